"""Changes the same files again: a second step over the first one's result."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cli.acme.inserting import inserted
from uvmigrate.codemod import Codemod

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvmigrate.codemod import Change, Context


def run(context: Context) -> Iterator[Change]:
    """One change an image."""
    yield from inserted(context, b"LABEL owner=web")


CODEMOD = Codemod(
    *(
        "acme-owner",
        "Name the owner",
        "Somebody must answer the phone.",
        "https://acme.example/owner",
        "review",
    ),
    run,
    after=("acme-label",),
)
