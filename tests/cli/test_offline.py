"""What plans asks no network, and starts no program but git; so does what writes without making a lock."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cli.conftest import BUILT_IN, tree

if TYPE_CHECKING:
    from cli.conftest import Console

EXAMPLES = Path(__file__).parents[2] / "examples"
FORMATS = ("text", "json", "patch", "sarif", "markdown", "html", "github")
LISTING = ("--work-tree=.", "ls-files", "-z", "-t")
LISTED = (["--cached", "--others", "--exclude-standard"], ["--deleted"])
#: Python imports it at its start. An audit hook cannot be removed again, nor evaded by another import.
WATCH = """
import os, sys

def watch(event, arguments, name=os.environ["WATCHED"]):
    if event.startswith("socket."):
        line = event
    elif event in ("subprocess.Popen", "os.exec", "os.posix_spawn", "os.system", "os.fork", "pty.spawn"):
        line = event + " " + repr(arguments[1] if len(arguments) > 1 else arguments)
    else:
        return
    descriptor = os.open(name, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(descriptor, line.encode() + b"\\n")
    os.close(descriptor)
    if event.startswith("socket."):
        raise RuntimeError("the network is forbidden here: " + event)

sys.addaudithook(watch)
"""


@pytest.fixture
def examples(tmp_path: Path, git: Console) -> Path:
    """The examples as one repository; its setup.py leaves a sign if it is run."""
    root = tmp_path / "examples"
    shutil.copytree(EXAMPLES, root, ignore=shutil.ignore_patterns("__pycache__", "uv.lock"))
    with (root / "setup-cli/setup.py").open("a") as file:
        file.write(f"\nPath({str(tmp_path / 'executed')!r}).touch()\n")
    git("init", "-q", cwd=root)
    git("add", "-A", cwd=root)
    git("commit", "-q", "-m", "first", cwd=root)
    return root


@pytest.fixture
def watched(tmp_path: Path, environment: dict[str, str]) -> Path:
    """The log of what the commands of a test ask the network and start, one line each."""
    site = tmp_path / "watching"
    site.mkdir()
    (site / "sitecustomize.py").write_text(WATCH)
    environment["PYTHONPATH"] = f"{site}:{environment['PYTHONPATH']}"
    environment["WATCHED"] = str(tmp_path / "log")
    return tmp_path / "log"


def events(log: Path) -> list[str]:
    return log.read_text().splitlines() if log.exists() else []


def test_the_watch_sees_sockets_and_programs(watched: Path, environment: dict[str, str]) -> None:
    """Also those of a caller that takes errors for an answer."""
    code = (
        "import contextlib, socket, subprocess\n"
        "with contextlib.suppress(RuntimeError): socket.create_connection(('127.0.0.1', 9))\n"
        "with contextlib.suppress(RuntimeError): socket.socket()\n"
        "subprocess.run(['true'])\n"
    )
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)
    assert [event.partition(" ")[0] for event in events(watched)] == [
        "socket.getaddrinfo",
        "socket.__new__",
        "subprocess.Popen",
    ]


@pytest.mark.parametrize(
    "options",
    [
        ("--diff",),
        ("--diff", "--squash"),
        ("--check", "--strict"),
        ("--diff", "--select=uv-switch,exec-form,non-root,smoke-test,compose-watch"),
        *(("--format", name) for name in FORMATS),
    ],
    ids=" ".join,
)
def test_planning_asks_no_network_and_starts_git_alone(
    options: tuple[str, ...], examples: Path, watched: Path, uvmigrate: Console
) -> None:
    before = tree(examples)
    done = uvmigrate(*options, BUILT_IN, cwd=examples)
    assert done.returncode in (0, 1, 3)
    assert b"fastapi-pip/Dockerfile" in done.stdout
    command = ["git", "-c", "core.fsmonitor=false", "-C", str(examples), *LISTING]
    assert set(events(watched)) == {f"subprocess.Popen {[*command, *options]}" for options in LISTED}
    assert tree(examples) == before
    assert not (examples.parent / "executed").exists()


@pytest.mark.parametrize("options", [("--write",), ("--commit",), ("--each", "steps")], ids=" ".join)
def test_writing_without_a_lock_asks_no_network_and_starts_git_alone(
    options: tuple[str, ...], examples: Path, watched: Path, uvmigrate: Console, tmp_path: Path
) -> None:
    target = [str(tmp_path / name) if name == "steps" else name for name in options]
    done = uvmigrate(*target, "--no-lock", BUILT_IN, cwd=examples)
    assert (done.returncode, b"fastapi-pip" in done.stdout + done.stderr) == (0, True)
    assert {event.split(",")[0] for event in events(watched)} == {"subprocess.Popen ['git'"}
    assert not (tmp_path / "executed").exists()


def test_a_machine_without_any_network_plans_the_same(
    examples: Path, uvmigrate: Console, environment: dict[str, str]
) -> None:
    """Not Python's sockets alone: git, and whatever else were started, has no network either."""
    unshare = ["unshare", "--map-root-user", "--net"]
    try:
        listed = subprocess.run(
            [*unshare, "cat", "/proc/net/dev"], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no network namespace can be made here: {error}")
    assert [line.split(":")[0].strip() for line in listed.stdout.splitlines()[2:]] == ["lo"]
    command = [*unshare, sys.executable, "-m", "uvmigrate", "--diff", BUILT_IN]
    alone = subprocess.run(command, cwd=examples, env=environment, capture_output=True, check=True)
    assert alone.stdout == uvmigrate("--diff", BUILT_IN, cwd=examples).stdout
    assert alone.stdout.count(b"\ndiff --git ") > 20
