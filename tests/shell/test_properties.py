"""What holds for any text: reading is total, and an edit changes nothing but what it names."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from uvmigrate.shell import drop, droppable, insert_after, insert_before, parse, remove_words
from uvmigrate.source import apply_edits

if TYPE_CHECKING:
    from uvmigrate.shell import Script

PRINTING = "p() { for word in \"$@\"; do printf '%s\\0' \"$word\"; done; printf '\\1'; }\n"
QUOTED = st.lists(st.sampled_from([*"ab='\"\\ \n#;", "\\\n", " && ", "é", "'a b'", '"a b"']), max_size=8).map(
    "".join
)


@settings(deadline=None)
@given(QUOTED)
def test_words_are_those_that_a_real_shell_passes(text: str) -> None:
    script = parse(f"p {text}".encode())
    if script.opaque:
        return
    # An error in a later line comes after the first command has run.
    done = subprocess.run(["/bin/sh", "-c", f"{PRINTING}p {text}"], capture_output=True, check=False)
    passed, ended, _ = done.stdout.partition(b"\1")
    if ended:
        assert b"".join((word or "").encode() + b"\0" for word in script.commands[0].argv[1:]) == passed


COMMANDS = st.sampled_from(
    ["apt-get update", "A=1 run 'x y'", "pip install \\\n        x", "echo $B > f", "cd /z"]
)
COMMENTED = [" && \\\n    # why\n    ", " \\\n  # why\n  && ", "; \\\n  # one\n# two\n  "]
IN_RUN = st.sampled_from([" && ", "; ", " && \\\n    ", " \\\n && ", "; \\\n  ", " & ", *COMMENTED])
IN_LINES = st.sampled_from([" && ", "; ", "\n", "\n\n# why\n", "  # why\n", " &&\n  ", " &\n", " && \\\n  "])


def joined(joiners: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Commands with a number of their own, joined by any of the joiners."""

    def build(parts: list[tuple[str, str]]) -> str:
        texts = [f"{command} n{index}{joiner}" for index, (command, joiner) in enumerate(parts[:-1])]
        return "".join(texts) + parts[-1][0]

    return st.lists(st.tuples(COMMANDS, joiners), min_size=1, max_size=6).map(build)


def masked(text: bytes) -> bytes:
    """The comment lines inside continuations as blanks, as the Dockerfile reader gives them."""
    return b"".join(
        b" " * len(line) if line.lstrip(b" ").startswith(b"#") else line
        for line in text.splitlines(keepends=True)
    )


def shown(script: Script) -> list[tuple[object, ...]]:
    return [
        (command.argv, [found.value for found in command.assignments], len(command.redirects))
        for command in script.commands
    ]


def comments(text: bytes) -> list[bytes]:
    return [line.strip() for line in text.splitlines() if line.lstrip(b" ").startswith(b"#")]


def read(text: bytes, *, lines: bool) -> Script:
    if lines:
        return parse(text)
    # What follows the instruction's last line is no part of it: comments that came to stand there.
    end = len(text)
    rows = text.splitlines(keepends=True)
    while len(rows) > 1 and rows[-1].lstrip(b" ").startswith(b"#"):
        end -= len(rows.pop())
    return parse(masked(text[len("RUN ") : end].rstrip(b"\r\n")), len("RUN "))


@settings(deadline=None)
@given(st.data(), st.booleans(), st.booleans())
def test_dropping_commands_leaves_the_others_as_they_were(
    data: st.DataObject, lines: bool, crlf: bool
) -> None:
    body = data.draw(joined(IN_LINES if lines else IN_RUN))
    source = ("" if lines else "RUN ").encode() + body.encode() + b"\n"
    source = source.replace(b"\n", b"\r\n") if crlf else source
    script = read(source, lines=lines)
    assert not script.opaque
    assert all(droppable(command) for command in script.commands)
    keep = data.draw(st.sets(st.integers(0, len(script.commands) - 1), min_size=1))
    gone = [command for index, command in enumerate(script.commands) if index not in keep]
    result = apply_edits(source, drop(script, gone, "because", source))
    again = read(result, lines=lines)
    assert shown(again) == [shown(script)[index] for index in sorted(keep)]
    assert comments(result) == comments(source)
    assert result.count(b"\n") - result.count(b"\r\n") == (0 if crlf else result.count(b"\n"))


@settings(deadline=None)
@given(st.data(), st.booleans(), st.booleans())
def test_an_inserted_command_stands_where_it_should(data: st.DataObject, lines: bool, first: bool) -> None:
    source = (
        ("" if lines else "RUN ").encode() + data.draw(joined(IN_LINES if lines else IN_RUN)).encode() + b"\n"
    )
    script = read(source, lines=lines)
    index = data.draw(st.integers(0, len(script.commands) - 1))
    insert = insert_before if first else insert_after
    result = apply_edits(source, [insert(script, script.commands[index], "new x", source)])
    argvs = [command.argv for command in script.commands]
    argvs.insert(index if first else index + 1, ("new", "x"))
    assert [command.argv for command in read(result, lines=lines).commands] == argvs
    assert comments(result) == comments(source)


GAPS = st.sampled_from([" ", "  ", " \\\n    ", " \\\n  # why\n    "])


@settings(deadline=None)
@given(st.lists(GAPS, min_size=1, max_size=5), st.data())
def test_removing_words_leaves_the_others_as_they_were(gaps: list[str], data: st.DataObject) -> None:
    source = b"RUN pip" + b"".join(gap.encode() + b"w%d" % index for index, gap in enumerate(gaps)) + b"\n"
    (command,) = read(source, lines=False).commands
    gone = data.draw(st.sets(st.integers(1, len(gaps))))
    result = apply_edits(source, remove_words(command, gone, source))
    (again,) = read(result, lines=False).commands
    assert again.argv == tuple(word.text for index, word in enumerate(command.words) if index not in gone)
    assert comments(result) == comments(source)
