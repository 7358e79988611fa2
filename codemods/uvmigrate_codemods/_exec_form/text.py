"""The text of a CMD or ENTRYPOINT in shell form: its words, where a shell does nothing but split it.

What a shell does besides is POSIX, "Shell Command Language"; the names of its own commands are those of dash,
bash and busybox.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from uvmigrate.codemod import Edit, NamedTuple, Span, lazy_pattern, parse_shell

if TYPE_CHECKING:
    from uvmigrate.codemod import Command, Instruction, Script

#: Without quotes around them, a shell reads patterns, home folders and lists in a word.
_EXPANDED = lazy_pattern(r"[*?\[~{]")
_QUOTED = lazy_pattern(r"""\\.|'[^']*'|"(?:\\.|[^"\\])*\"""", re.DOTALL)
_BLANK = lazy_pattern(rb"(?:[ \t\r\n]|\\\r?\n)*")
_NO_UTF8 = lazy_pattern("[\ud800-\udfff]")
_OWN = frozenset(
    """. : [ alias bg bind break builtin caller cd chdir command compgen complete continue declare dirs disown
    echo enable eval exec exit export false fc fg getopts hash help history jobs kill let local logout mapfile
    newgrp popd printf pushd pwd read readarray readonly return set shift shopt source suspend test time times
    trap true type typeset ulimit umask unalias unset wait""".split()
)


class Text(NamedTuple):
    """The one command of an instruction. ``first`` is its program's word: 1 behind the shell's ``exec``."""

    command: Command
    first: int

    @property
    def program(self) -> str:
        """The name of the program, as it is written."""
        return self.command.argv[self.first] or ""

    def edits(self, data: bytes) -> tuple[Edit, ...]:
        """Each word as an element of a JSON array, in its own place: the lines and comments between stay."""
        words = self.command.words[self.first :]
        made = []
        for word in words:
            element = json.dumps(word.text, ensure_ascii=False).encode()
            made.append(Edit(word.span, element + (b"]" if word is words[-1] else b",")))
        start = self.command.words[0].span
        if self.first and b"#" in Span(start.end, words[0].span.start).of(data):
            # Between `exec` and the program stands a comment line.
            return (Edit(start, b"["), *made)
        return (Edit(Span(start.start, words[0].span.end), b"[" + made[0].new), *made[1:])


def read(instruction: Instruction) -> Text | str:
    """The command of an instruction in shell form, or in a clause what keeps it from being in exec form.

    The clause is empty where the shell hands over to the program by ``exec``, and stands in nobody's way.
    """
    script = parse_shell(*instruction.masked())
    last = script.commands[-1] if script.commands and not script.opaque else None
    replaced = last is not None and last.name == "exec"
    clause = _statement(script) or _feature(script.commands[0], int(replaced))
    if not clause:
        # What stands in the file reads differently where a word goes on below a comment line.
        handed = parse_shell(instruction.line.text)
        same = [one.argv for one in handed.commands] == [script.commands[0].argv]
        if same and _only_blanks(script):
            return Text(script.commands[0], int(replaced))
        clause = "goes on with a word below a comment line, which JSON cannot do"
    return "" if replaced else clause


def _statement(script: Script) -> str:
    """What is there besides one command; empty where there is nothing."""
    if script.opaque:
        return f"holds shell code ({script.opaque[0].why.removeprefix('control flow: ')})"
    if len(script.commands) != 1:
        return "joins several commands, which only a shell does" if script.commands else "holds no command"
    command = script.commands[0]
    if command.negated:
        return "turns its program's exit code around, which only a shell does"
    if command.after is not None:
        return f"ends with `{command.after.text}`, which only a shell reads"
    if command.assignments:
        return f"sets {command.assignments[0].name} for its program, which only a shell does"
    if command.redirects:
        return "redirects what its program reads or writes, which only a shell does"
    return "ends in a comment, which only a shell passes over" if script.comments else ""


def _feature(command: Command, first: int) -> str:
    """What a shell makes of the words, besides splitting them; empty where it does nothing."""
    for word in command.words:
        if _NO_UTF8.search(word.raw):
            return "holds bytes that are no UTF-8, which JSON cannot hold"
        expanded = f"${word.variables[0]}" if word.variables else " ".join(word.raw.split())
        if word.text is None or _EXPANDED.search(_QUOTED.sub("", word.raw)):
            return f"has {expanded} filled in, which only a shell does"
    program = command.argv[first] if len(command.words) > first else None
    if not program or program.startswith("-"):
        return "names no program"
    return f"calls {program}, which is the shell's own" if program in _OWN else ""


def _only_blanks(script: Script) -> bool:
    """Whether nothing but blanks and continuations stands around the words."""
    words = script.commands[0].words
    ends = [script.span.start, *(word.span.end for word in words)]
    starts = [*(word.span.start for word in words), script.span.end]
    gaps = (script.of(Span(end, start)) for end, start in zip(ends, starts, strict=True))
    return all(_BLANK.fullmatch(gap) for gap in gaps)
