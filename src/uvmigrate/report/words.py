"""How paths and messages of a repository become text: nothing secret, nothing that is no text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.source import lazy_pattern
from uvmigrate.source.mask import mask

if TYPE_CHECKING:
    from pathlib import PurePath

    from uvmigrate.codemod import Refusal

#: What programs colour their words with, and move a terminal's cursor by (ECMA-48, 5.3 to 5.6).
_CODES = lazy_pattern(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -/]*[0-~])")


def named(path: PurePath) -> str:
    """A path as text that can be encoded."""
    return _encodable(str(path))


def printable(path: PurePath) -> str:
    """A path as text that can be printed: what cannot is written as an escape."""
    return escaped(named(path))


def place(refusal: Refusal) -> str:
    """Where a refusal is about: ``path:line``, or the path where it concerns the whole file."""
    return f"{named(refusal.path)}:{refusal.line}" if refusal.line else named(refusal.path)


def said(text: str) -> str:
    """A message on one line, without the credentials that a quoted URL may carry."""
    return mask(" ".join(_encodable(text).split()))


def spoken(text: str) -> list[str]:
    """A program's own words line by line, as a terminal would show them in the end, masked.

    The codes for terminals are taken out; what else cannot be printed is written as an escape.
    """
    # First the codes: one in the middle of a credential would hide it.
    bare = mask(_CODES.sub("", _encodable(text)).replace("\t", " "))
    return [escaped(line.rstrip().rpartition("\r")[2]) for line in bare.strip("\n").split("\n")]


def shown(text: str) -> str:
    """Words of a program or a repository on one line, as `spoken` has them."""
    return " ".join(" ".join(spoken(text)).split())


def verbatim(text: str) -> str:
    """Words whose blanks count, such as a command, masked; what cannot be printed is escaped."""
    return escaped(mask(_encodable(text)))


def read(data: bytes) -> list[str]:
    """A file's or a patch's lines without their ends, masked; what cannot be printed is escaped, but tabs."""
    text = mask(_encodable(data.decode(errors="backslashreplace")))
    lines = (line.removesuffix("\r").split("\t") for line in text.removesuffix("\n").split("\n"))
    return ["\t".join(map(escaped, parts)) for parts in lines]


def cut(text: str, width: int, end: int = 0) -> str:
    """*text* in at most *width* characters, of which the last *end* are its own end: what is between goes."""
    return text if len(text) <= width else f"{text[: width - end - 1]}…{text[len(text) - end :]}"


def escaped(text: str) -> str:
    """*text* as it can be printed on one line: line ends and codes of terminals are written as escapes."""
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text
    )


def _encodable(text: str) -> str:
    """Lone surrogates, which stand for the bytes of a name that is not UTF-8, are written ``\\udcff``."""
    return text.encode(errors="backslashreplace").decode()
