"""Commands that run other commands."""

from __future__ import annotations

import pytest

from uvmigrate.shell import Command, inner_scripts, parse, unwrap


def only(text: bytes) -> Command:
    (command,) = parse(text, 100).commands
    return command


@pytest.mark.parametrize(
    ("text", "argv"),
    [
        (b"sudo pip install x", ("pip", "install", "x")),
        (b"sudo -E -H -u app pip install x", ("pip", "install", "x")),
        (b"sudo -- pip list", ("pip", "list")),
        (b"env -i -u HOME A=1 B=$C pip list", ("pip", "list")),
        (b"exec -a me gunicorn app", ("gunicorn", "app")),
        (b"time -p nice -n 5 pip list", ("pip", "list")),
        (b"nice -10 pip list", ("pip", "list")),
        (b"env 'A=b c' \"B=$C\" pip list", ("pip", "list")),
        (b"/usr/bin/env python x.py", ("python", "x.py")),
        (b"exec $APP run", (None, "run")),
        (b"command pip list", ("pip", "list")),
        (b"command -v pip", ("command", "-v", "pip")),
        (b"env -S 'pip list'", ("env", "-S", "pip list")),
        (b"sudo", ("sudo",)),
        (b"pip list", ("pip", "list")),
    ],
)
def test_a_wrapper_is_seen_through(text: bytes, argv: tuple[str | None, ...]) -> None:
    assert unwrap(only(text)).argv == argv


def test_what_is_unwrapped_keeps_the_span_of_the_whole_and_gains_the_assignments() -> None:
    command = only(b"A=1 env B=2 C=$D pip list")
    inner = unwrap(command)
    assert inner.span == command.span
    assert [(found.name, found.value) for found in inner.assignments] == [("A", "1"), ("B", "2"), ("C", None)]


@pytest.mark.parametrize(
    "text",
    [
        b"sh -c 'cd x && pip list'",
        b'bash -lc "cd x && pip list"',
        b"bash -euxo pipefail -c 'cd x && pip list'",
        b"bash --login -o pipefail -c 'cd x && pip list' name",
        b"sudo /bin/bash -c 'cd x && pip list'",
        b'sh -c "cd x && \\\n  pip list"',
    ],
)
def test_the_text_of_a_shell_is_found_where_it_stands(text: bytes) -> None:
    (script,) = inner_scripts(only(text))
    assert script.located
    assert [command.argv for command in script.commands] == [("cd", "x"), ("pip", "list")]
    assert script.commands[1].span.shift(-100).of(text) == b"pip list"


def test_variables_of_the_outer_shell_make_words_dynamic() -> None:
    (script,) = inner_scripts(only(b'sh -c "pip install $X"'))
    assert script.located
    assert script.commands[0].argv == ("pip", "install", None)


def test_a_text_with_escapes_is_only_there_to_be_searched() -> None:
    (script,) = inner_scripts(only(b'sh -c "pip install \\"x\\""'))
    assert not script.located
    assert script.commands[0].argv == ("pip", "install", "x")


@pytest.mark.parametrize(
    "text", [b"sh x.sh -c y", b"bash -e", b'sh -c "$(cat x)"', b"sh -c a$B'c'", b"python -c 'import x'"]
)
def test_what_a_shell_reads_from_elsewhere_is_not_guessed(text: bytes) -> None:
    assert inner_scripts(only(text)) == ()
