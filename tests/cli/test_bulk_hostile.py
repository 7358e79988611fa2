"""What a hostile repository gets `uvmigrate bulk` to print, write and leave behind: nothing of its wishes."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from cli import many
from cli.conftest import BUILT_IN, tree
from cli.pseudo import Terminal
from fleet import hostile
from fleet.servers import silent_server
from source.git import committed, git
from uvmigrate.source.disk import MAX_BYTES

if TYPE_CHECKING:
    from pathlib import Path

    from cli.conftest import Console

#: Clears a screen, retitles a window, turns the direction of letters.
ESCAPES = "\x1b[2J\x1b]0;owned\x07‮"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A repository with everything that could be tried, armed."""
    source = tmp_path / "shop"
    (tmp_path / "outside").write_text("FROM python:3.11\nRUN pip install outs1de\n")
    config = b"[global]\nextra-index-url = https://bob:s3cret@pkgs.acme.example/simple\n"
    module = f'[submodule "x"]\n\tpath = x\n\turl = ext::sh -c "touch% {tmp_path / "sign"}"\n'
    laughs = b"a0: &a0 [x, x]\n" + b"".join(
        b"a%d: &a%d [%s]\n" % (n, n, b", ".join([b"*a%d" % (n - 1)] * 9)) for n in range(1, 30)
    )
    committed(
        source,
        {
            **many.MIGRATES,
            "pip.conf": config,
            "compose.yaml": laughs + b"services:\n  web:\n    build: .\n    labels: *a29\n",
            ".gitattributes": b"* filter=evil diff=evil merge=evil\n",
            ".gitmodules": module.encode(),
            f"{ESCAPES}/Dockerfile": many.CONDA,
            "line\nbreak/Dockerfile": many.CONDA + f"RUN pip install {ESCAPES}\n".encode(),
            "index/Dockerfile": b"FROM python:3.11\n"
            b"RUN pip install -i https://bob:s3cret@pkgs.acme.example/simple six\n",
        },
    )
    (source / "link").mkdir()
    (source / "link" / "Dockerfile").symlink_to(tmp_path / "outside")
    with (source / "weights.bin").open("wb") as file:
        file.truncate(4 * MAX_BYTES)
    git(source, "config", "core.bigFileThreshold", "1m")
    git(source, "config", "uploadpack.allowFilter", "true")
    git(source, "add", "-A")
    git(source, "commit", "-qm", ESCAPES)
    git(source, "checkout", "-q", "-b", "x‮y")
    git(source, "remote", "add", "origin", f"ext::sh -c touch% {tmp_path / 'sign'}")
    hostile.arm(source, tmp_path / "sign")
    return source


@pytest.mark.parametrize("mode", [(), ("--output", "patches"), ("--branch",), ("--push",)])
def test_it_executes_nothing_reads_nothing_outside_and_prints_no_secret(
    shop: Path, uvmigrate: Console, tmp_path: Path, mode: tuple[str, ...]
) -> None:
    place = tmp_path / "temporary"
    place.mkdir()
    before = tree(shop)
    done = uvmigrate("bulk", "shop", BUILT_IN, "--no-lock", *mode, cwd=tmp_path, TMPDIR=str(place))
    assert done.returncode == (1 if "--push" in mode else 0), done.stdout
    said = [done.stdout, done.stderr, uvmigrate("bulk", "status", cwd=tmp_path).stdout]
    said += [
        uvmigrate("bulk", "export", "--format", form, cwd=tmp_path).stdout
        for form in ("json", "csv", "markdown", "html")
    ]
    for output in said:
        text = output.decode()
        assert "s3cret" not in text
        assert "outs1de" not in text
        assert [letter for letter in text if not letter.isprintable() and letter != "\n"] == []
    assert b"s3cret" not in (tmp_path / "uvmigrate-bulk.db").read_bytes()
    assert not (tmp_path / "sign").exists(), (tmp_path / "sign").read_text()
    assert tree(shop) == before
    assert list(place.iterdir()) == []
    for patch in (tmp_path / "patches").glob("*"):
        assert b"outs1de" not in patch.read_bytes()


def test_a_terminal_is_not_moved_by_it(shop: Path, environment: dict[str, str], tmp_path: Path) -> None:
    arguments = ("bulk", "shop", BUILT_IN, "--no-lock")
    with Terminal.of(*arguments, cwd=tmp_path, env=environment) as terminal:
        assert terminal.end()[0] == 0
    with Terminal.of("bulk", "status", cwd=tmp_path, env=environment) as status:
        assert status.end()[0] == 0
    for written in (terminal.written, status.written):
        assert "\x1b[2J" not in written
        assert "owned\x07" not in written
        assert "‮" not in written


def test_what_a_killed_run_left_is_removed_by_the_next(
    environment: dict[str, str], uvmigrate: Console, tmp_path: Path
) -> None:
    place = tmp_path / "temporary"
    place.mkdir()
    committed(tmp_path / "shop", {"Dockerfile": b"FROM scratch\n"})
    with silent_server() as address:
        arguments = ["bulk", "shop", f"{address}/x", "--jobs", "1", BUILT_IN]
        with subprocess.Popen(
            [sys.executable, "-m", "uvmigrate", *arguments],
            cwd=tmp_path,
            env=environment | {"TMPDIR": str(place)},
            stderr=subprocess.PIPE,
        ) as run:
            assert run.stderr is not None
            assert b": noop:" in run.stderr.readline()
            run.send_signal(signal.SIGKILL)
    assert list(place.iterdir()) != []
    uvmigrate("bulk", "shop", BUILT_IN, cwd=tmp_path, TMPDIR=str(place))
    assert list(place.iterdir()) == []
