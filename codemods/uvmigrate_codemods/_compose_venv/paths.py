"""Where a text names an environment's place, and what that becomes where the environment moves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.codemod import ROOT, Edit, NamedTuple, Span, expand, join, lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import PurePosixPath

#: A path as it may stand in a shell command, in YAML or in the settings of a program.
_PART = rb"[\w./~%]|\$\{\w+\}|\$\w+"
_TOKEN = lazy_pattern(rb"(?:%b)(?:%b|[+-])*" % (_PART, _PART))
#: An option with its value in one word: ``-I/opt/include``.
_OPTION = lazy_pattern(rb"[A-Za-z](?=/)")
#: What says that a name is left out of something: no environment is used there.
_LEFT_OUT = lazy_pattern(rb"(?:exclude|ignore|skip|prune|-name|-path)[\w-]*[=\s]+[\"']?(?:\./)?\Z")
_COMMENT = lazy_pattern(rb"(?m)^[ \t]*#(?!!)[^\n]*")


class Move(NamedTuple):
    """From which image path an environment moves, and where to."""

    old: PurePosixPath
    new: str


class Named(NamedTuple):
    """A path in a text, down to the name of the environment's folder; what follows it is left out."""

    span: Span
    text: str

    @property
    def absolute(self) -> bool:
        """Whether it says itself where it begins."""
        return self.text.startswith(("/", "$", "~"))


def named(text: bytes, move: Move, start: int = 0, end: int | None = None) -> Iterator[Named]:
    """The paths in ``text[start:end]`` that have the name of the environment's folder in them."""
    name = move.old.name.encode(errors="surrogateescape")
    for token in _TOKEN.finditer(text, start, len(text) if end is None else end):
        first = at = token.start()
        if text[:first].endswith(b"-") and _OPTION.match(text, first):
            first += 1
        for part in token[0].split(b"/"):
            at += len(part)
            if part == name and not _LEFT_OUT.search(text, max(start, first - 40), first):
                yield Named(Span(first, at), text[first:at].decode(errors="replace"))
                break
            at += 1


def resolved(found: Named, cwd: PurePosixPath | None, variables: Mapping[str, str]) -> PurePosixPath | None:
    """The image path that a text names where variables have these values; None where that is not known."""
    text = expand(found.text, variables) if "$" in found.text else found.text
    if text is None or text.startswith("~"):
        return None
    if text.startswith("/"):
        return join(ROOT, text.lstrip("/"))
    return join(cwd, text) if cwd is not None else None


def moved(found: Named, move: Move) -> Edit:
    """The edit of a path into the environment."""
    return Edit(found.span, move.new.encode(errors="surrogateescape"))


def plain(text: bytes, move: Move) -> Iterator[Named]:
    """The paths that name the environment's place in full, those in comment lines left out."""
    path = str(move.old).encode(errors="surrogateescape")
    if path not in text:
        return
    text = without_comments(text)
    for found in named(text, move):
        if found.absolute and resolved(found, None, {}) == move.old:
            yield found


def without_comments(text: bytes) -> bytes:
    """The text with its comment lines blanked; offsets stay."""
    return _COMMENT.sub(lambda found: b" " * len(found[0]), text)
