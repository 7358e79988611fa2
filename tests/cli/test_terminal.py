"""What a terminal sees, and what a pipe sees."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from uvmigrate.cli.terminal import for_terminal, printable

if TYPE_CHECKING:
    from pathlib import Path


def on_a_terminal(*arguments: str, cwd: Path, env: dict[str, str]) -> str:
    return of_a_terminal([sys.executable, "-m", "uvmigrate", *arguments], cwd, env)


def of_a_terminal(command: list[str], cwd: Path, env: dict[str, str]) -> str:
    master, slave = pty.openpty()
    with subprocess.Popen(command, cwd=cwd, env=env, stdout=slave, stderr=slave) as process:
        os.close(slave)
        shown = b""
        while True:
            try:
                part = os.read(master, 65536)
            except OSError:  # Linux says EIO where the last writer has closed a terminal.
                break
            if not part:
                break
            shown += part
    os.close(master)
    assert process.returncode == 0
    return shown.decode().replace("\r\n", "\n")


@pytest.fixture
def hostile(repository: Path) -> Path:
    """A repository whose Dockerfile would retitle a terminal's window."""
    (repository / "Dockerfile").write_bytes(b"FROM scratch\n# \x1b]0;owned\x07 caf\xe9\r\n")
    return repository


def test_a_diff_is_coloured_on_a_terminal_and_control_characters_are_escaped(
    hostile: Path, environment: dict[str, str]
) -> None:
    shown = on_a_terminal("--diff", "--select=acme-label", cwd=hostile, env=environment | {"TERM": "xterm"})
    assert "\x1b[32m+LABEL acme=1\\r\x1b[0m\n" in shown
    assert "\x1b[1mdiff --git a/Dockerfile b/Dockerfile\x1b[0m\n" in shown
    assert " # \\x1b]0;owned\\x07 caf\\xe9\\r\n" in shown


@pytest.mark.parametrize("variables", [{"NO_COLOR": "1", "TERM": "xterm"}, {"TERM": "dumb"}])
def test_a_diff_is_plain_where_no_colour_is_wanted_but_still_escaped(
    hostile: Path, environment: dict[str, str], variables: dict[str, str]
) -> None:
    shown = on_a_terminal("--diff", "--select=acme-label", cwd=hostile, env=environment | variables)
    assert "\x1b" not in shown
    assert "\n+LABEL acme=1\\r\n" in shown


def test_a_pipe_gets_the_bytes_as_they_are(hostile: Path, environment: dict[str, str]) -> None:
    command = [sys.executable, "-m", "uvmigrate", "--diff", "--select=acme-label"]
    done = subprocess.run(command, cwd=hostile, env=environment, capture_output=True, check=True)
    assert b"\n # \x1b]0;owned\x07 caf\xe9\r\n" in done.stdout
    assert b"\n+LABEL acme=1\r\n" in done.stdout


def test_a_reader_that_stops_reading_is_no_error(hostile: Path, environment: dict[str, str]) -> None:
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "uvmigrate", "--diff", "--select=acme-label"]
    done = subprocess.run(
        command, cwd=hostile, env=environment, stdout=write, stderr=subprocess.PIPE, check=False
    )
    os.close(write)
    assert (done.returncode, done.stderr) == (0, b"")


def test_an_interrupt_ends_with_130_and_without_a_traceback(
    environment: dict[str, str], tmp_path: Path
) -> None:
    script = (
        "import signal, sys\n"
        "from uvmigrate import plan\n"
        "plan.load_catalogue = lambda: signal.raise_signal(signal.SIGINT)\n"
        "from uvmigrate.cli.main import run\n"
        "sys.exit(run(['codemods']))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, env=environment, capture_output=True, check=False
    )
    assert done.returncode == 130
    assert done.stderr.splitlines()[-1] == b"uvmigrate: interrupted"
    assert b"Traceback" not in done.stderr


def test_a_spinner_tells_what_is_locked_and_leaves_the_result_readable(
    environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "Dockerfile").write_text(
        "FROM python:3.11-slim\nWORKDIR /x\nCOPY . .\nRUN pip install -r r.txt\n"
    )
    (tmp_path / "r.txt").write_text("six==1.17.0\n")
    arguments = ("--write", "--ignore=acme-label,acme-owner")
    shown = on_a_terminal(*arguments, cwd=tmp_path, env=environment | {"TERM": "xterm"})
    assert "locking " in shown
    assert "\ncreated pyproject.toml (uv-switch)\n" in shown
    assert "\nlocked uv.lock\n" in shown
    assert shown.splitlines()[-1].startswith("uvmigrate: to undo: ")


def test_a_spinner_stays_on_one_line(environment: dict[str, str], tmp_path: Path) -> None:
    program = (
        "from uvmigrate.cli.terminal import progress\n"
        "with progress() as tell: tell('RUN ' + 'a' * 500); __import__('time').sleep(0.3)\n"
    )
    variables = environment | {"TERM": "xterm", "COLUMNS": "60"}
    shown = of_a_terminal([sys.executable, "-c", program], tmp_path, variables)
    first, *_ = shown.split("\n")
    assert f" RUN {'a' * 53}…\r" in first
    assert first.count("…") == shown.count("…") == shown.count("RUN") > 1


def test_letters_that_turn_the_direction_of_others_are_escaped() -> None:
    assert printable("a\u202eb\x7f\x9b\ud800é\t\n") == "a\\u202eb\\x7f\\x9b\\ud800é\t\n"


def test_only_lines_of_a_patch_are_coloured() -> None:
    shown = for_terminal(b"@@ -1 +1 @@\n-a\n+b\n c\n\n# head\n\\ No newline at end of file", coloured=True)
    assert shown == (
        "\x1b[36m@@ -1 +1 @@\x1b[0m\n\x1b[31m-a\x1b[0m\n\x1b[32m+b\x1b[0m\n c\n\n"
        "\x1b[2m# head\x1b[0m\n\\ No newline at end of file"
    )
