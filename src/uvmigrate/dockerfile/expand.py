"""Docker's variable substitution (``frontend/dockerfile/shell/lex.go``) over the texts of words and pairs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from uvmigrate.source import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAME = lazy_pattern(r"[0-9]+|[@*#?$!-]|\w*")
#: Text up to the next character that means something.
_TEXT = lazy_pattern(r"[^\\$}]+")
_PATTERNS = {end: lazy_pattern(rf"(?:[^\\$'\"{end}]|\\.)*", re.DOTALL) for end in "/}"}
_DEEPEST = 40
#: No path, name or option is longer, and of ``ARG B=$A$A`` thirty lines make one that fills the memory.
_LONGEST = 4096


def expand(text: str, variables: Mapping[str, str]) -> str | None:
    """*text* with its variables filled in; None where one that matters is not known, or it is malformed.

    *text* is the text of a `Word` or a `Pair`: its quotes are resolved, a backslash is special only before
    ``$`` and another backslash. Known are ``$X``, ``${X}``, ``-``, ``+``, ``?`` with and without colon,
    ``#``, ``##``, ``%``, ``%%``, ``/`` and ``//`` with ``*`` and ``?`` as wildcards. A variable that is not
    in *variables* is unknown; but a default (``${X:-d}``) is what its author says it is then. So is what
    variables make longer than a path can be.
    """
    if "$" not in text and "\\" not in text:
        return text
    try:
        return _Reader(text, variables).read(nested=False)
    except _MalformedError:
        return None


class _MalformedError(ValueError):
    """BuildKit would refuse the text."""


class _Reader:
    def __init__(self, text: str, variables: Mapping[str, str]) -> None:
        self.text = text
        self.variables = variables
        self.at = 0
        self.depth = 0

    def read(self, *, nested: bool) -> str | None:
        """The text up to the end, or up to the brace that closes a variable; None if something is unknown."""
        out: list[str | None] = []
        while self.at < len(self.text):
            char, after = self.text[self.at], self.text[self.at + 1 : self.at + 2]
            plain = _TEXT.match(self.text, self.at)
            if plain:
                out.append(plain[0])
                self.at = plain.end()
            elif char == "$":
                out.append(self._variable())
            elif char == "}" and nested:
                self.at += 1
                return _joined(out)
            else:
                escaped = char == "\\" and after and after in ("\\$}" if nested else "\\$")
                out.append(after if escaped else char)
                self.at += 2 if escaped else 1
        if nested:
            raise _MalformedError
        return _joined(out)

    def _name(self) -> str:
        match = _NAME.match(self.text, self.at)
        name = match[0] if match else ""
        self.at += len(name)
        return name

    def _take(self) -> str:
        self.at += 1
        return self.text[self.at - 1 : self.at]

    def _variable(self) -> str | None:
        self.at += 1
        if self.text[self.at : self.at + 1] != "{":
            name = self._name()
            return self.variables.get(name) if name else "$"
        self.at += 1
        name = self._name()
        self.depth += 1
        if not name or self.depth > _DEEPEST:
            raise _MalformedError
        value = self._braced(self.variables.get(name))
        self.depth -= 1
        return value

    def _braced(self, value: str | None) -> str | None:
        """What follows the name in ``${NAME…}``; *value* is None where it is unknown."""
        modifier = self._take()
        if modifier == "}":
            return value
        if modifier in ("#", "%"):
            longest = self.text[self.at : self.at + 1] == modifier
            self.at += longest
            pattern = self._pattern("}")
            return None if value is None else _strip(value, pattern, longest=longest, end=modifier == "%")
        if modifier == "/":
            everywhere = self.text[self.at : self.at + 1] == "/"
            self.at += everywhere
            pattern, new = self._pattern("/"), re.sub(r"\\(.)", r"\1", self._pattern("}"))
            return None if value is None else _replaced(value, pattern, new, everywhere=everywhere)
        colon = modifier == ":"
        if colon:
            modifier = self._take()
        if not modifier or modifier not in "-+?":
            raise _MalformedError
        word = self.read(nested=True)
        filled = value is not None and (value != "" or not colon)
        if modifier == "-":
            return value if filled else word
        if value is None or (modifier == "?" and not filled):
            return None
        if modifier == "?":
            return value
        return word if filled else ""

    def _pattern(self, end: str) -> str:
        """A pattern up to *end*. One with variables or quotes in it is not read."""
        match = _PATTERNS[end].match(self.text, self.at)
        found = match[0] if match else ""
        self.at += len(found)
        if self._take() != end:
            raise _MalformedError
        return found


def _joined(parts: list[str | None]) -> str | None:
    known = [part for part in parts if part is not None]
    if len(known) != len(parts) or (len(parts) > 1 and sum(map(len, known)) > _LONGEST):
        return None
    return "".join(known)


def _strip(value: str, pattern: str, *, longest: bool, end: bool) -> str | None:
    """*value* without the shortest or longest start (or end) that matches."""
    if len(value) > _LONGEST:
        return None
    parts = _parts(pattern)
    found = re.match(_regex(parts[::-1] if end else parts, longest=longest), value[::-1] if end else value)
    cut = found.end() if found else 0
    return value[: len(value) - cut] if end else value[cut:]


def _replaced(value: str, pattern: str, new: str, *, everywhere: bool) -> str | None:
    """*value* with *new* where the pattern matches, as far as it goes from there."""
    if len(value) > _LONGEST:
        return None
    parts = _parts(pattern)
    # Behind what a pattern that begins with a star has matched there is no other match of it.
    once = not everywhere or parts[:1] == [_STAR]
    start = r"\A" if parts[:1] == [_STAR] else ""
    return re.sub(start + _regex(parts, longest=True), lambda _: new, value, count=int(once))


_STAR = "*"


def _parts(pattern: str) -> list[str]:
    """The regular expressions of a shell pattern's characters; ``*`` and ``?`` alone mean something, as in
    BuildKit."""
    found = (part[0] for part in re.finditer(r"\\?.", pattern, re.DOTALL))
    return [_STAR if part == "*" else "." if part == "?" else re.escape(part[-1]) for part in found]


def _regex(parts: list[str], *, longest: bool) -> str:
    """A regular expression of the parts, for the longest or the shortest match that begins at a place.

    Only the last star can have to go further than to the first place where what follows it matches: so the
    others are never tried again, which would take a time that grows with the power of their number.
    """
    chunks = [""]
    for part in parts:
        if part == _STAR:
            chunks.append("")
        else:
            chunks[-1] += part
    first, *others = chunks
    if not longest or not others:
        return first + "".join(f"(?>.*?{chunk})" for chunk in others)
    return first + "".join(f"(?>.*?{chunk})" for chunk in others[:-1]) + ".*" + others[-1]
