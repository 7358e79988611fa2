"""File modes: which of them let a file's owner read or start it, and nobody else (chmod(1), umask(1))."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from uvmigrate.codemod import lazy_pattern

if TYPE_CHECKING:
    from uvmigrate.codemod import Command

_OCTAL = lazy_pattern(r"[0-7]{1,4}")
_CLAUSE = lazy_pattern(r"(?P<who>[ugoa]*)(?P<sign>[+=-])(?P<what>[rwxXst]*|[ugo])")
_SHIFTS = {"u": 6, "g": 3, "o": 0}
_LETTERS = {"r": 0o4, "w": 0o2, "x": 0o1}
_READ_AND_ENTER = 0o5
#: What files, programs and folders have before: git knows no other modes.
_BEFORE = (0o644, 0o755)


def closing_mode(command: Command) -> str | None:
    """How a ``chmod`` or ``umask`` closes files to others than their owner, as it is written; None if not."""
    name = (command.name or "").rpartition("/")[2]
    if name not in ("chmod", "umask"):
        return None
    words = [word for word in command.words[1:] if not re.fullmatch(r"-[RvcfS]+|--(?!reference).*", word.raw)]
    if not words:
        return None
    mode = words[0].text
    if mode is not None and name == "umask" and _OCTAL.fullmatch(mode):
        return f"umask {mode}" if int(mode, 8) & _READ_AND_ENTER else None
    return f"{name} {words[0].raw}" if mode is None or name == "umask" or closes(mode) else None


def closes(mode: str) -> bool:
    """Whether others can read or start less than the owner under a mode; also where it cannot be read."""
    if _OCTAL.fullmatch(mode):
        return _is_closed(int(mode, 8))
    return any(after is None or _is_closed(after) for after in (_applied(mode, bits) for bits in _BEFORE))


def _is_closed(bits: int) -> bool:
    return bool((bits >> 6) & ~bits & _READ_AND_ENTER)


def _applied(mode: str, bits: int) -> int | None:
    """The bits after a symbolic mode; None where it cannot be read."""
    for clause in mode.split(","):
        found = _CLAUSE.fullmatch(clause)
        if found is None:
            return None
        letters = {**_LETTERS, "X": 0o1 if bits & 0o111 else 0, "s": 0, "t": 0}
        # One of the letters for whom means what those have.
        letters |= {who: (bits >> shift) & 0o7 for who, shift in _SHIFTS.items()}
        value = 0
        for letter in found["what"]:
            value |= letters[letter]
        for who, shift in _SHIFTS.items():
            # Without a letter it is for all, as far as the umask lets it: that takes no reading away.
            if who not in found["who"] and "a" not in found["who"] and found["who"]:
                continue
            kept = 0 if found["sign"] == "=" else (bits >> shift) & 0o7
            new = kept & ~value if found["sign"] == "-" else kept | value
            bits = (bits & ~(0o7 << shift)) | (new << shift)
    return bits
