"""How fast `uvmigrate --diff` is, and how much memory it takes: whole processes, and plans inside one.

    PYTHONPATH=tests python benchmarks/speed.py [--repeat ROUNDS] [--rivals CACHE] [CHECKOUT…]

- A whole process on a small repository, without its compose file and with it, beside ``python -c "import
  click"``; with ``--rivals``, beside the other fixers of Dockerfiles on the same file (`corpus.rivals` puts
  them into the folder). All take turns, so their ratios hold where seconds do not. Modules come from
  bytecode, as for an installed package.
- The peak of its memory, as Linux saw it.
- Planning in one process: of each Dockerfile of the checkouts, or of the examples where none is named (parse,
  plan, all codemods, diffs), and of one with 2,000 lines; beside that, what reading alone takes, and of the
  first ones reading what each step leaves, and the diffs.
- A repository of 100,000 files, beside ``git ls-files`` there.
"""

from __future__ import annotations

import argparse
import gc
import os
import shutil
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from functools import lru_cache, partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from corpus import rivals
from source.git import git
from uvmigrate.codemod import read_settings
from uvmigrate.dockerfile import as_run, parse, second_reader_disagrees
from uvmigrate.plan import load_catalogue, plan
from uvmigrate.plan.look import find_readable, look
from uvmigrate.shell import parse as parse_shell
from uvmigrate.source import Repo, patch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from uvmigrate.plan import Step

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "examples" / "fastapi-pip"
MANY = 100_000
#: What each of so many files holds: a module as short as many are.
MODULE = '''"""Part {0} of many."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class Part:
    """One part, with its number."""

    number: int = {0}

    def is_even(self) -> bool:
        """Whether the number is even."""
        return self.number % 2 == 0
'''
#: What a function becomes that remembers its results.
_CACHED = type(lru_cache(len))
#: As it is installed: ``python -m`` imports what runs modules, too.
DIFF = [str(Path(sysconfig.get_path("scripts")) / "uvmigrate"), "--diff"]
#: Plans the repository that it is given, and says what modules there are then.
TELLING = """
import os, sys
from uvmigrate.cli.main import run
sys.stdout = open(os.devnull, "w")
run(["--diff", sys.argv[1]])
sys.stderr.write("\\n".join(["modules:", *sys.modules]))
"""
IMPORTING = """
import gc, importlib, os
gc.disable()
for name in {}:
    importlib.import_module(name)
os._exit(0)
"""
LONG = ["ENV A{0}=b{0}", "RUN echo {0} && mkdir -p /srv/{0}", "COPY f{0} /srv/f{0}", "# {0}", "LABEL l{0}=v"]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("checkouts", nargs="*", type=Path)
    parser.add_argument("--repeat", type=int, default=15)
    parser.add_argument("--rivals", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        small = _copied(folder / "small")
        alone = _copied(folder / "alone", compose=False)
        _processes(alone, small, given.repeat, given.rivals)
        shutil.copytree(ROOT / "examples", folder / "examples")
        _plans(given.checkouts or sorted(one for one in (folder / "examples").iterdir() if one.is_dir()))
        _long()
        _many(folder / "many", given.repeat)


def _copied(folder: Path, *, compose: bool = True) -> Path:
    """The example as a repository of its own, with whatever is in the folder already."""
    left = None if compose else shutil.ignore_patterns("compose.yaml")
    shutil.copytree(EXAMPLE, folder, dirs_exist_ok=True, ignore=left)
    git(folder, "init", "-q")
    git(folder, "add", "--all")
    git(folder, "commit", "-q", "-m", "files")
    return folder


def _processes(alone: Path, small: Path, rounds: int, cache: Path | None) -> None:
    """Whole processes on the example without its compose file (*alone*) and with it."""
    commands: dict[str, list[str]] = {
        'python -c "import click"': [sys.executable, "-c", "import click"],
        "uvmigrate --help": [*DIFF[:-1], "--help"],
        "uvmigrate --diff": [*DIFF, str(alone)],
        "importing what it needs": [sys.executable, "-c", _imports(alone)],
        "with a compose file": [*DIFF, str(small)],
        "importing what that needs": [sys.executable, "-c", _imports(small)],
    }
    for rival in rivals.RIVALS if cache is not None else ():
        programs = rivals.install(rival, cache or Path())
        file = _copied(small.with_name(rival.name))
        commands[rival.name] = ["env", "-C", str(file), str(programs / rival.command[0]), *rival.command[1:]]
    times = _in_turns(commands, rounds)
    click = times['python -c "import click"']
    for name, taken in times.items():
        print(f"{name:28}{taken * 1000:8.0f} ms{taken / click:8.2f} times")
    peak = max(_peak([*DIFF, str(small)]) for _ in range(3))
    print(f"{'memory of uvmigrate --diff':28}{peak:8.0f} MB")


def _imports(small: Path) -> str:
    """A program that imports what `uvmigrate --diff` imports, in that order, and does nothing with it."""
    done = subprocess.run(
        [sys.executable, "-c", TELLING, str(small)], capture_output=True, text=True, check=True
    )
    names = done.stderr.partition("modules:\n")[2].splitlines()
    return IMPORTING.format(names[names.index("click") :])


def _in_turns(commands: dict[str, list[str]], rounds: int) -> dict[str, float]:
    """The median of each command's seconds; a round that is not measured writes the bytecode."""
    times: dict[str, list[float]] = {name: [] for name in commands}
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    for number in range(rounds + 1):
        for name, command in commands.items():
            began = time.perf_counter()
            subprocess.run(command, env=environment, capture_output=True, check=False)
            times[name] += [time.perf_counter() - began] if number else []
    return {name: statistics.median(taken) for name, taken in times.items()}


def _peak(command: list[str]) -> float:
    """The most memory of a command's process, in MB."""
    script = "import resource,subprocess,sys; subprocess.run(sys.argv[1:], capture_output=True); "
    script += "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    done = subprocess.run(
        [sys.executable, "-c", script, *command], capture_output=True, text=True, check=True
    )
    return int(done.stdout) / (1024 if sys.platform == "linux" else 1024 * 1024)


def _plans(folders: list[Path]) -> None:
    """Each Dockerfile of the folders alone, as if no other were there."""
    looks, plans, parts = [], [], []
    for folder in folders:
        root = Repo.open(folder).root or folder
        for path in find_readable(Repo.at(root), PurePosixPath())[0]:
            looks.append(_seconds(partial(Repo.at, root), partial(_look, path=path)))
            plans.append(_seconds(partial(Repo.at, root), partial(_plan, path=path)))
            repo = Repo.at(root)
            steps = plan(repo, path, read_settings(repo, None, {}), load_catalogue()).steps
            parts.append(_seconds(partial(Repo.at, root), partial(_read_and_patch, path=path, steps=steps)))
    rows = {
        "looking at a Dockerfile": looks,
        "planning a Dockerfile": plans,
        "reading and patches alone": parts,
    }
    for name, times in rows.items():
        middle, most = statistics.median(times) * 1000, max(times) * 1000
        print(f"{name:28}{middle:8.1f} ms  (median of {len(times)}; the slowest {most:.0f} ms)")


def _seconds(made: Callable[[], Repo], work: Callable[[Repo], object]) -> float:
    """The least of the processor's seconds that *work* takes with a repository it has never seen.

    The list of files aside; what is imported and compiled first counts once a process, not once a Dockerfile.
    """
    times = []
    for _ in range(3):
        repo = made()
        len(list(repo))
        _forget()
        gc.collect()
        # As for the command, which looks for no reference cycles (`cli.main`).
        gc.disable()
        began = time.process_time()
        work(repo)
        times.append(time.process_time() - began)
        gc.enable()
    return min(times)


def _look(repo: Repo, path: PurePosixPath) -> None:
    """Read what a plan of a Dockerfile begins with, and decide what is to become of it."""
    look(repo, (path,), read_settings(repo, None, {}))


def _plan(repo: Repo, path: PurePosixPath) -> None:
    """Plan a Dockerfile, and make the diffs."""
    for step in plan(repo, path, read_settings(repo, None, {}), load_catalogue()).steps:
        patch(step.before, step.after)


def _read_and_patch(repo: Repo, path: PurePosixPath, steps: Iterable[Step]) -> None:
    """Read what each step of a plan leaves of a Dockerfile, ask the second reader, make the diffs."""
    second_reader_disagrees(repo[path])
    for state in {repo[path]: repo, **{step.after[path]: step.after for step in steps}}.values():
        _read(state, path)
    for step in steps:
        patch(step.before, step.after)


def _read(repo: Repo, path: PurePosixPath) -> None:
    """Read the instructions of a Dockerfile, their words and shell texts once, and nothing else."""
    for instruction in parse(repo[path]).instructions:
        len(instruction.words)
        run = as_run(instruction)
        for text in run.scripts if run is not None else ():
            parse_shell(text.data, text.offset)


def _forget() -> None:
    """Empty the caches of files that were read: a Dockerfile is to be measured as one never seen before."""
    for found in gc.get_objects():
        if isinstance(found, _CACHED) and (found.cache_parameters()["maxsize"] or 0) > 1:
            found.cache_clear()


def _long() -> None:
    lines = [
        "FROM python:3.11-slim",
        "WORKDIR /app",
        "COPY requirements.txt .",
        "RUN pip install -r requirements.txt",
    ]
    lines += [LONG[number % len(LONG)].format(number) for number in range(2000 - len(lines) - 1)]
    text = "\n".join([*lines, 'CMD ["python", "-m", "app"]', ""]).encode()
    files = {"Dockerfile": text, "requirements.txt": b"flask==3.0.0\n"}
    path = PurePosixPath("Dockerfile")
    works: dict[str, Callable[[Repo], object]] = {
        "a Dockerfile of 2,000 lines": partial(_plan, path=path),
        "reading it once": partial(_read, path=path),
        "dockerfile-parse alone": lambda repo: second_reader_disagrees(repo[path]),
    }
    for name, work in works.items():
        print(f"{name:28}{_seconds(partial(Repo.of, files), work) * 1000:8.0f} ms")


def _many(folder: Path, rounds: int) -> None:
    for number in range(MANY):
        file = folder / f"package{number // 1000}" / f"part{number % 1000 // 50}" / f"module{number}.py"
        if number % 50 == 0:
            file.parent.mkdir(parents=True)
        file.write_text(MODULE.format(number))
    _copied(folder)
    listing = ["git", "-C", str(folder), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    here, small = [*DIFF, str(folder)], [*DIFF, str(folder.with_name("small"))]
    times = _in_turns({"small": small, "git": listing, "many": here}, rounds // 3 + 1)
    more = times["many"] - times["small"]
    ratio = more / times["git"]
    print(f"{'100,000 files add':28}{more * 1000:8.0f} ms{ratio:8.2f} times what git ls-files takes")
    print(f"{'memory there':28}{_peak(here):8.0f} MB")


if __name__ == "__main__":
    main()
