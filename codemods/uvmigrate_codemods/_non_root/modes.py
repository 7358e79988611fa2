"""File modes: which of them let a file's owner read or start it, and nobody else (chmod(1), umask(1))."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from uvmigrate.codemod import Command

_OCTAL = re.compile(r"[0-7]{1,4}")
_CLAUSE = re.compile(r"(?P<who>[ugoa]*)(?P<sign>[+=-])(?P<what>[rwxXst]*)")
_READ_AND_ENTER = 0o5


def closing_mode(command: Command) -> str | None:
    """How a ``chmod`` or ``umask`` closes files to others than their owner, as it is written; None if not."""
    name = (command.name or "").rpartition("/")[2]
    if name not in ("chmod", "umask"):
        return None
    operands = [word for word in command.words[1:] if not re.match(r"-[RvcfS]|--", word.raw)]
    if not operands:
        return None
    mode = operands[0].text
    if name == "umask":
        closes_all = mode is None or not _OCTAL.fullmatch(mode) or bool(int(mode, 8) & _READ_AND_ENTER)
        return f"umask {operands[0].raw}" if closes_all else None
    return f"chmod {operands[0].raw}" if mode is None or closes(mode) else None


def closes(mode: str) -> bool:
    """Whether others can read or start less than the owner under a mode; also where it cannot be read."""
    if _OCTAL.fullmatch(mode):
        bits = int(mode, 8)
        return bool((bits >> 6) & ~bits & _READ_AND_ENTER)
    clauses = [_CLAUSE.fullmatch(clause) for clause in mode.split(",")]
    allowed = set[str]()
    for clause in clauses:
        if clause is None:
            return True
        # Without a letter it is for all, as far as the umask lets it.
        others = not clause["who"] or bool({"o", "a"} & set(clause["who"]))
        what = set(clause["what"].lower()) & {"r", "x"}
        if others and ((clause["sign"] == "=" and "r" not in what) or (clause["sign"] == "-" and what)):
            return True
        allowed |= what if others else set()
    owners = {
        letter
        for clause in clauses
        if clause is not None and clause["sign"] != "-" and "u" in clause["who"]
        for letter in set(clause["what"].lower()) & {"r", "x"}
    }
    return bool(owners - allowed)
