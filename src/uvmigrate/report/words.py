"""How paths and messages of a repository become text: nothing secret, nothing that is no text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.source.mask import mask

if TYPE_CHECKING:
    from pathlib import PurePath

    from uvmigrate.codemod import Refusal


def named(path: PurePath) -> str:
    """A path as text. Bytes of a name that are not UTF-8 are written ``\\xff``: text has no other way."""
    return str(path).encode(errors="surrogateescape").decode(errors="backslashreplace")


def place(refusal: Refusal) -> str:
    """Where a refusal is about: ``path:line``, or the path where it concerns the whole file."""
    return f"{named(refusal.path)}:{refusal.line}" if refusal.line else named(refusal.path)


def said(text: str) -> str:
    """A message on one line, without the credentials that a quoted URL may carry."""
    return mask(" ".join(text.split()))
