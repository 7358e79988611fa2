"""What becomes exec form starts the program as a shell did: any text, and real shells to say so."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.running import run
from uvmigrate.dockerfile import parse
from uvmigrate_codemods.exec_form import CODEMOD

DOCKERFILE = PurePosixPath("Dockerfile")
HEAD = b"FROM python:3.12-slim\nRUN uv --version\n"
PLAIN = st.sampled_from(b"a b1 --name= -x /srv :80 . % + @ , = ^ _ \xc3\xa9 exec cd".split())
SPECIAL = st.sampled_from(
    b"""\\ ' " "" '' $ $X ${X} $( ` * ? [ ] [a] { } {a,b} ~ ! # ; & && | < > ( ) 'a"' "a'" \\$ \\" \\'
    \\\\""".split()
)
BLANK = st.sampled_from(
    [b" ", b" ", b"  ", b"\t", b" \\\n", b"\\\n  ", b"\\\n# why\n", b" \\\n    # why\n  "]
)
TEXTS = st.lists(PLAIN | PLAIN | BLANK | BLANK | SPECIAL, max_size=10).map(b"".join)
SHELLS = [shell for shell in ("sh", "bash") if shutil.which(shell)]


def started(shell: str, text: bytes) -> bytes:
    """The words that a program called ``show`` gets from a shell, each ended by a NUL."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file in ("a", "b1"):
            # A pattern finds something.
            (folder / file).touch()
        show = folder / "show"
        show.write_text("#!/bin/sh\nfor word; do printf '%s\\0' \"$word\"; done\n")
        show.chmod(0o755)
        command = [str(shutil.which(shell)).encode(), b"-c", text]
        variables = {"PATH": name, "HOME": "/somewhere", "X": "filled in"}
        return subprocess.run(command, cwd=folder, env=variables, capture_output=True, check=False).stdout


@pytest.mark.parametrize("shell", SHELLS)
@settings(deadline=None, max_examples=150)
@given(st.sampled_from([b"show ", b"exec show ", b"exec \\\n# it\n show "]), TEXTS)
def test_the_program_gets_the_words_that_a_shell_gave_it(shell: str, start: bytes, text: bytes) -> None:
    data = HEAD + b"CMD " + start + text + b"\n"
    after = run(CODEMOD, {str(DOCKERFILE): data}).after[DOCKERFILE]
    before, now = parse(data).instructions[-1], parse(after).instructions[-1]
    if now.exec_form is None:
        assert after == data
        return
    assert now.exec_form[0] == "show"
    words = b"".join(word.encode() + b"\0" for word in now.exec_form[1:])
    assert words == started(shell, before.line.text)
