"""How paths and messages of a repository become text: nothing secret, nothing that is no text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.source.mask import mask

if TYPE_CHECKING:
    from pathlib import PurePath

    from uvmigrate.codemod import Refusal


def named(path: PurePath) -> str:
    """A path as text that can be encoded."""
    return _encodable(str(path))


def place(refusal: Refusal) -> str:
    """Where a refusal is about: ``path:line``, or the path where it concerns the whole file."""
    return f"{named(refusal.path)}:{refusal.line}" if refusal.line else named(refusal.path)


def said(text: str) -> str:
    """A message on one line, without the credentials that a quoted URL may carry."""
    return mask(" ".join(_encodable(text).split()))


def _encodable(text: str) -> str:
    """Lone surrogates, which stand for the bytes of a name that is not UTF-8, are written ``\\udcff``."""
    return text.encode(errors="backslashreplace").decode()
