"""Other fixers of Dockerfiles on the same files, judged by the same judge.

Each is installed from wheels, in an environment of its own in the cache, and run as its documentation has
it. It gets a copy of one Dockerfile, called ``Dockerfile``, in a folder that holds nothing else: none of them
reads more. It has no network where the machine can make a network namespace.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from uv import find_uv_bin

from corpus.faults import lost_comments, refused
from uvmigrate import __version__

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from corpus.measure import Checkout

#: Seconds that a fixer may take for one file, and its installation.
SECONDS, INSTALL_SECONDS = 60, 600


class Rival(NamedTuple):
    """A fixer: its distribution, the words of its command, and where the result is.

    ``result`` is a file's name, or empty where the result is what the command prints.
    """

    name: str
    version: str
    command: tuple[str, ...]
    result: str = "Dockerfile"


RIVALS = (
    # Its slow checks ask registries: without network they are skipped anyhow, after a long wait.
    Rival("tally-cli", "0.45.0", ("tally", "lint", "--fix", "--slow-checks=off", "Dockerfile")),
    Rival("dockerfile-doctor", "0.1.5", ("dockerfile-doctor", "--fix", "Dockerfile")),
    Rival("dockerfile-hardener", "1.0.2", ("dockerfile-hardener", "fix", "--no-backup", "Dockerfile")),
    Rival("docktor-py", "0.2.1", ("docktor", "optimize", "--raw", "Dockerfile"), ""),
    Rival("dockrx", "0.1.1", ("dockrx", "fix", "--yes", "."), "Dockerfile.fixed"),
)


class Row(NamedTuple):
    """What a fixer made of the files: how many of them it changed, and how many came out wrong.

    ``missing`` says why it could not be tried; then there are no figures. ``faults`` names each file.
    """

    name: str
    files: int = 0
    changed: int = 0
    broken: int = 0
    comments: int = 0
    unsettled: int = 0
    crashed: int = 0
    missing: str = ""
    faults: tuple[str, ...] = ()


class Fixed(NamedTuple):
    """One file as a fixer leaves it, after one run and after two; ``crashed`` says how it ended else."""

    once: bytes
    twice: bytes
    crashed: str = ""


def install(rival: Rival, cache: Path) -> Path:
    """The folder of its programs. Raises `subprocess.SubprocessError` where it cannot be installed."""
    folder = cache / "rivals" / f"{rival.name}-{rival.version}"
    programs = folder / "bin"
    if (programs / rival.command[0]).exists():
        return programs
    environment = os.environ | {"VIRTUAL_ENV": str(folder)}
    wanted = [f"{rival.name}=={rival.version}", "--only-binary=:all:"]
    for words in (["venv", "--clear", "--python=>=3.12", str(folder)], ["pip", "install", *wanted]):
        subprocess.run(
            [find_uv_bin(), *words],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
            timeout=INSTALL_SECONDS,
        )
    return programs


@functools.cache
def offline() -> tuple[str, ...]:
    """The words before a command that take the network from it; none where the machine cannot."""
    words = ("unshare", "--map-root-user", "--net")
    try:
        subprocess.run([*words, "true"], capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ()
    return words


def run(rival: Rival, programs: Path, data: bytes) -> Fixed:
    """One file, fixed once and once more."""
    results = [data]
    for _ in range(2):
        with tempfile.TemporaryDirectory() as name:
            file = Path(name) / "project" / "Dockerfile"
            file.parent.mkdir()
            file.write_bytes(results[-1])
            made, problem = _run(rival, programs, file)
        if problem:
            return Fixed(data, data, problem)
        results.append(made)
    return Fixed(results[1], results[2])


def _run(rival: Rival, programs: Path, file: Path) -> tuple[bytes, str]:
    environment = {
        "PATH": f"{programs}:{os.environ['PATH']}",
        "HOME": str(file.parents[1]),
        "LC_ALL": "C.UTF-8",
    }
    program = str(programs / rival.command[0])
    try:
        done = subprocess.run(
            [*offline(), program, *rival.command[1:]],
            cwd=file.parent,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return b"", f"no end after {SECONDS} seconds"
    said = done.stderr.decode(errors="replace").strip().splitlines()
    # That something is left to mend is no crash, whatever the code.
    if done.returncode < 0 or any("Traceback (most recent call last)" in line for line in said):
        return b"", said[-1] if said else f"ended by signal {-done.returncode}"
    if not rival.result:
        return done.stdout, "" if done.stdout else "it printed nothing"
    result = file.with_name(rival.result)
    return (result if result.exists() else file).read_bytes(), ""


def judge(name: str, files: Sequence[tuple[str, bytes]], fixed: Sequence[Fixed]) -> Row:
    """The row of a fixer: *files* are the names and bytes of the originals."""
    results = [(title, data, one) for (title, data), one in zip(files, fixed, strict=True)]
    altered = [(title, data, one) for title, data, one in results if one.once != data]
    problems = refused([(data, one.once) for _, data, one in altered])
    broken = [
        f"BROKEN {title}: {text}" for (title, _, _), text in zip(altered, problems, strict=True) if text
    ]
    lost = [
        f"COMMENT LOST {title}: {texts[0]}"
        for title, data, one in altered
        if (texts := lost_comments(PurePosixPath("Dockerfile"), data, one.once))
    ]
    unsettled = [f"NOT IDEMPOTENT {title}" for title, _, one in altered if one.twice != one.once]
    crashed = [f"CRASHED {title}: {one.crashed}" for title, _, one in results if one.crashed]
    faults = tuple(f"{name}: {line}" for line in (*broken, *lost, *unsettled, *crashed))
    return Row(
        name,
        files=len(files),
        changed=len(altered),
        broken=len(broken),
        comments=len(lost),
        unsettled=len(unsettled),
        crashed=len(crashed),
        faults=faults,
    )


def try_all(rivals: Iterable[Rival], files: Sequence[tuple[str, bytes]], cache: Path, jobs: int) -> list[Row]:
    """A row for each rival."""
    rows = []
    for rival in rivals:
        title = f"{rival.name} {rival.version}"
        try:
            programs = install(rival, cache)
        except subprocess.SubprocessError as error:
            said = error.stderr if isinstance(error, subprocess.CalledProcessError) else str(error)
            shutil.rmtree(cache / "rivals" / f"{rival.name}-{rival.version}", ignore_errors=True)
            rows.append(Row(title, missing=" ".join(said.split())))
            continue
        with ThreadPoolExecutor(jobs) as pool:
            fixed = list(pool.map(functools.partial(run, rival, programs), (data for _, data in files)))
        rows.append(judge(title, files, fixed))
    return rows


def own(checkouts: Sequence[Checkout]) -> Row:
    """Our own row, of the same files."""
    every = [one for checkout in checkouts for one in checkout.dockerfiles]
    paths = {f"{checkout.name} {one.path}" for checkout in checkouts for one in checkout.dockerfiles}
    again = {
        f"{checkout.name} {text.partition(': ')[2]}" for checkout in checkouts for text in checkout.again
    }
    return Row(
        f"uvmigrate {__version__}",
        len(every),
        sum(one.changed for one in every),
        sum(bool(one.broken) for one in every),
        sum(bool(one.lost) for one in every),
        len(again & paths),
        sum(bool(checkout.crashed) for checkout in checkouts),
    )


def originals(checkouts: Sequence[Checkout], folders: Sequence[Path]) -> list[tuple[str, bytes]]:
    """The names and bytes of all files that the checkouts were judged by."""
    return [
        (f"{checkout.name} {one.path}", (folder / one.path).read_bytes())
        for checkout, folder in zip(checkouts, folders, strict=True)
        for one in checkout.dockerfiles
    ]
