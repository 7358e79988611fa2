"""Labels every image; refuses one that says `LABEL none`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cli.acme.inserting import inserted
from uvmigrate.codemod import Codemod, Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvmigrate.codemod import Change, Context


def run(context: Context) -> Iterator[Change | Refusal]:
    """One change an image."""
    for build in context.builds:
        before, found, _ = context.repo[build.path].partition(b"LABEL none")
        if found:
            line = before.count(b"\n") + 1
            because = "see https://me:secret@acme.example for why"
            yield Refusal(build.path, line, "acme-unlabelled", because, "take LABEL none away")
            return
    yield from inserted(context, b"LABEL acme=1", "ask https://me:secret@acme.example\nabout it")


CODEMOD = Codemod(
    "acme-label",
    "Label the images",
    "Acme finds its images by label.",
    "https://acme.example/label",
    "safe",
    run,
)
