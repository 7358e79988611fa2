"""What a terminal sees, and what a pipe sees."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.pseudo import Terminal
from report.verdicts import VERDICT
from uvmigrate.cli.display import Look, rendered, rows
from uvmigrate.cli.terminal import printable
from uvmigrate.report.lines import plain
from uvmigrate.report.verdict_text import verdict_lines

if TYPE_CHECKING:
    from pathlib import Path

    from uvmigrate.report.lines import Line


#: A pager that shows what it was given, and behind it what is to be told about how.
PAGER = "import os, sys; print('-- page', *sys.argv[1:], os.environ['LESS']); print(sys.stdin.read(), end='')"


def on_a_terminal(*arguments: str, cwd: Path, env: dict[str, str], size: tuple[int, int] = (50, 100)) -> str:
    with Terminal.of(*arguments, cwd=cwd, env=env, size=size) as terminal:
        code, shown = terminal.end()
    assert code == 0
    return shown


def pager(*arguments: str) -> dict[str, str]:
    return {"PAGER": shlex.join([sys.executable, "-c", PAGER, *arguments])}


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


SLOW = """
import time
from uvmigrate.cli.terminal import progress, say
with progress("reading") as tell:
    time.sleep({before})
    tell("locking \x1b]0;x\x07 https://me:secret@acme.example \u2026")
    time.sleep({after})
say("done")
"""


def told(env: dict[str, str], cwd: Path, before: float, after: float) -> str:
    return written(SLOW.format(before=before, after=after), cwd, env)


def written(script: str, cwd: Path, env: dict[str, str]) -> str:
    with Terminal([sys.executable, "-c", script], cwd, env) as terminal:
        code, _ = terminal.end()
    assert code == 0
    return terminal.written


def test_a_spinner_turns_up_after_half_a_second_and_is_gone_in_the_end(
    environment: dict[str, str], tmp_path: Path
) -> None:
    shown = told(environment, tmp_path, 0, 1.5)
    assert "⠋" in shown
    assert " locking \\x1b]0;x\\x07 https://***@acme.example …" in shown
    assert "reading" not in shown
    # The cursor is back, and so is its line, empty.
    assert shown.endswith("\x1b[?25h\r\x1b[1A\x1b[2Kuvmigrate: done\n")
    assert " reading" in told(environment, tmp_path, 1.5, 0)


def test_a_spinner_stays_on_one_line(environment: dict[str, str], tmp_path: Path) -> None:
    program = (
        "from uvmigrate.cli.terminal import progress\n"
        "with progress() as tell: tell('RUN ' + 'a' * 500); __import__('time').sleep(1.5)\n"
    )
    variables = environment | {"COLUMNS": "60"}
    shown = written(program, tmp_path, variables)
    first, *_ = shown.split("\n")
    assert f" RUN {'a' * 53}…\r" in first
    assert first.count("…") == shown.count("…") == shown.count("RUN") > 1
    in_ascii = written(program, tmp_path, variables | {"LC_ALL": "C"})
    assert f" RUN {'a' * 51}...\r" in in_ascii


def test_what_takes_less_than_half_a_second_shows_no_spinner(
    environment: dict[str, str], tmp_path: Path
) -> None:
    assert told(environment, tmp_path, 0, 0) == "uvmigrate: done\n"


def test_a_spinner_is_in_ascii_where_the_terminal_is(environment: dict[str, str], tmp_path: Path) -> None:
    shown = told(environment | {"LC_ALL": "C"}, tmp_path, 0, 1.5)
    assert shown.isascii()
    assert " https://***@acme.example ..." in shown


def test_a_dumb_terminal_is_told_line_by_line(environment: dict[str, str], tmp_path: Path) -> None:
    assert told(environment | {"TERM": "dumb"}, tmp_path, 0, 0).splitlines() == [
        "uvmigrate: locking \\x1b]0;x\\x07 https://***@acme.example …",
        "uvmigrate: done",
    ]


def test_what_is_written_is_readable_on_a_terminal(environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(
        "FROM python:3.11-slim\nWORKDIR /x\nCOPY . .\nRUN pip install -r r.txt\n"
    )
    (tmp_path / "r.txt").write_text("six==1.17.0\n")
    shown = on_a_terminal("--write", "--ignore=acme-label,acme-owner", cwd=tmp_path, env=environment)
    assert "created pyproject.toml (uv-switch)\n" in shown
    assert "\nlocked uv.lock\n" in shown
    assert shown.splitlines()[-1].startswith("uvmigrate: to undo: ")


def test_a_plan_is_coloured_and_wrapped_to_the_width(hostile: Path, environment: dict[str, str]) -> None:
    arguments = ("--select=acme-label,acme-owner",)
    shown = on_a_terminal(*arguments, cwd=hostile, env=environment, size=(50, 40))
    assert shown == (
        "\x1b[1mDockerfile\x1b[0m: \x1b[2mnoop\x1b[0m\n"
        "    installs no Python packages\n"
        "\x1b[1mapi/Dockerfile\x1b[0m: \x1b[2mnoop\x1b[0m\n"
        "    installs no Python packages\n"
        "\n"
        "1. \x1b[1macme-label\x1b[0m (\x1b[32msafe\x1b[0m): Label the images\n"
        "    Acme finds its images by label.\n"
        "    changes \x1b[1mDockerfile\x1b[0m, \x1b[1mapi/Dockerfile\x1b[0m\n"
        "    look at: ask\n"
        "        https://***@acme.example about\n"
        "        it\n"
        "2. \x1b[1macme-owner\x1b[0m (\x1b[33mreview\x1b[0m): Name the owner\n"
        "    Somebody must answer the phone.\n"
        "    changes \x1b[1mDockerfile\x1b[0m, \x1b[1mapi/Dockerfile\x1b[0m\n"
        "\n"
        "To read the patches:  \x1b[36muvmigrate --diff --select acme-label,acme-owner .\x1b[0m\n"
        "To prove them:        \x1b[36muvmigrate verify --select acme-label,acme-owner .\x1b[0m\n"
        "To apply them:        \x1b[36muvmigrate --write --select acme-label,acme-owner .\x1b[0m\n"
    )


@pytest.mark.parametrize("variables", [{"LC_ALL": "C"}, {"PYTHONIOENCODING": "latin-1"}])
def test_a_terminal_without_utf_8_gets_ascii(
    repository: Path, environment: dict[str, str], variables: dict[str, str]
) -> None:
    (repository / "Dockerfile").write_text("FROM scratch\nLABEL none\n# a → é\n")
    shown = on_a_terminal("--select=acme-label", cwd=repository, env=environment | variables)
    assert "\n    -> take LABEL none away\n" in shown
    diff = on_a_terminal("--diff", "--select=acme-owner", cwd=repository, env=environment | variables)
    assert "\n # a \\u2192 \\xe9\n" in diff


def test_what_is_longer_than_the_screen_goes_through_the_pager_as_one_argument_list(
    hostile: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    env = environment | pager("two words", "$(touch owned); touch owned")
    long = on_a_terminal("--diff", "--select=acme-label", cwd=hostile, env=env, size=(10, 80))
    assert long.startswith("-- page two words $(touch owned); touch owned FRX\n\x1b[33m# acme-label: ")
    assert "\x1b[32m+LABEL acme=1\\r\x1b[0m\n" in long
    assert not (hostile / "owned").exists()
    short = on_a_terminal("--diff", "--select=acme-label", cwd=hostile, env=env, size=(50, 80))
    assert long.partition("\n")[2] == short


def test_a_plan_is_paged_and_what_was_written_is_not(repository: Path, environment: dict[str, str]) -> None:
    env = environment | pager()
    assert "-- page" in on_a_terminal("--select=acme-label", cwd=repository, env=env, size=(5, 80))
    written = on_a_terminal("--write", "--select=acme-label", cwd=repository, env=env, size=(2, 80))
    assert "-- page" not in written


@pytest.mark.parametrize("wished", ["", "no-such-program-at-all", "un'balanced"])
def test_without_a_pager_that_starts_it_is_printed(
    repository: Path, environment: dict[str, str], wished: str
) -> None:
    env = environment | {"PAGER": wished}
    shown = on_a_terminal("--diff", "--select=acme-label", cwd=repository, env=env, size=(3, 80))
    assert shown.startswith("\x1b[33m# acme-label: Label the images\x1b[0m\n# Acme finds ")


def test_a_dumb_terminal_has_no_pager(repository: Path, environment: dict[str, str]) -> None:
    env = environment | pager() | {"TERM": "dumb"}
    assert "-- page" not in on_a_terminal("--select=acme-label", cwd=repository, env=env, size=(3, 80))


def test_a_pager_that_stops_reading_is_no_error(repository: Path, environment: dict[str, str]) -> None:
    (repository / "Dockerfile").write_bytes(b"FROM scratch\n# " + b"x" * 300_000)
    env = environment | {"PAGER": "true"}
    shown = on_a_terminal("--diff", "--select=acme-label", cwd=repository, env=env, size=(3, 80))
    assert "LABEL acme" not in shown
    assert "error" not in shown.lower()


def test_ctrl_c_is_the_pagers(repository: Path, environment: dict[str, str]) -> None:
    waiting = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGINT, lambda *_: sys.exit(print('interrupted')))\n"
        "print('-- page', flush=True)\n"
        "time.sleep(60)\n"
    )
    env = environment | {"PAGER": shlex.join([sys.executable, "-c", waiting])}
    with Terminal.of("--select=acme-label", cwd=repository, env=env, size=(3, 80)) as terminal:
        terminal.until("-- page")
        terminal.type("\x03")
        code, shown = terminal.end()
    assert (code, shown.splitlines()[-1]) == (0, "^Cinterrupted")


def test_letters_that_turn_the_direction_of_others_are_escaped() -> None:
    assert printable("a\u202eb\x7f\x9b\ud800é\t\n") == "a\\u202eb\\x7f\\x9b\\ud800é\t\n"


LOOK = Look(width=30, height=24, coloured=True, encoding="utf-8")


def test_only_lines_of_a_patch_are_coloured_and_a_title_stands_out() -> None:
    data = b"# head\n# why\n@@ -1 +1 @@\n-a\n+b\n c\n\n# next\n\\ No newline at end of file"
    assert rendered(data, LOOK, patch=True) == (
        "\x1b[33m# head\x1b[0m\n# why\n\x1b[36m@@ -1 +1 @@\x1b[0m\n\x1b[31m-a\x1b[0m\n\x1b[32m+b\x1b[0m\n"
        " c\n\n\x1b[33m# next\x1b[0m\n\\ No newline at end of file"
    )


def test_lines_are_wrapped_between_words_whatever_their_colours_and_commands_are_not() -> None:
    lines: tuple[Line, ...] = (
        ("    one two ", ("path", "three four five six"), ", seven"),
        ("no-blank-in-these-words-that-are-longer-than-a-row: next",),
        ("Type:  ", ("command", "uvmigrate --write 'a folder' --select this")),
    )
    assert rendered(lines, LOOK) == (
        "    one two \x1b[1mthree four five\x1b[0m\n        \x1b[1msix\x1b[0m, seven\n"
        "no-blank-in-these-words-that-are-longer-than-a-row:\n    next\n"
        "Type:  \x1b[36muvmigrate --write 'a folder' --select this\x1b[0m\n"
    )
    assert rendered(lines, LOOK._replace(coloured=False, width=200)).splitlines() == [
        "    one two three four five six, seven",
        "no-blank-in-these-words-that-are-longer-than-a-row: next",
        "Type:  uvmigrate --write 'a folder' --select this",
    ]


PARTS = st.text(alphabet="ab é→ ", max_size=30)


@given(
    st.lists(st.one_of(PARTS, st.tuples(st.just("path"), PARTS)), max_size=5).map(tuple), st.integers(1, 60)
)
def test_wrapping_loses_no_word_and_makes_no_row_too_long(line: Line, width: int) -> None:
    look = LOOK._replace(width=width, coloured=False)
    shown = rendered((line,), look)
    assert shown.split() == plain([line]).split()
    indent = len(plain([line])) - len(plain([line]).lstrip(" "))
    for row in shown.splitlines():
        # A row holds a word at least, and 20 columns of text however narrow the terminal is.
        assert len(row) <= max(width, 20 + indent + 4) or len(row.split()) == 1


def test_a_name_with_a_newline_stays_on_its_line() -> None:
    assert rendered(((("path", "a\nb\tc\x1b[2J"), ": noop"),), LOOK._replace(coloured=False)) == (
        "a\\nb\\tc\\x1b[2J: noop\n"
    )


def test_rows_are_counted_as_the_screen_shows_them() -> None:
    assert rows("\x1b[1mab\x1b[0m\n\nabcde\n", 2) == 5


def test_a_verdict_is_coloured_and_wrapped_and_its_commands_stay_whole() -> None:
    look = Look(width=60, height=50, coloured=True, encoding="utf-8")
    shown = rendered(verdict_lines(VERDICT), look)
    assert "    \x1b[1;31mREGRESSION\x1b[0m system-package libpq5: 15.3 → nothing\n" in shown
    assert "    environment PATH: \x1b[36mmeant\x1b[0m (\x1b[1muv-switch\x1b[0m): " in shown
    assert "\x1b[36muvmigrate --write --tmpfs-from verify.json --ignore multi-stage .\x1b[0m\n" in shown

    narrow = rendered(verdict_lines(VERDICT), look._replace(coloured=False)).splitlines()
    assert max(len(row) for row in narrow if "uvmigrate" not in row) <= 60
