"""Codemods that are wrong on purpose, each in its own way, for the image of examples/django-psycopg."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.codemod import Change, Codemod, Context, Edit, Refusal, Span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DOCS = "https://wrong.example/docs"
LAST = ("uv-switch", "multi-stage", "cache-mounts", "uv-settings", "no-sync", "dockerignore")


def swap(old: bytes, new: bytes) -> Callable[[Context], Iterator[Change | Refusal]]:
    """The last *old* of every Dockerfile becomes *new*, once."""

    def run(context: Context) -> Iterator[Change | Refusal]:
        for build in context.builds:
            data = context.repo[build.path]
            start = data.rfind(old)
            if start >= 0 and new not in data:
                edit = Edit(Span(start, start + len(old)), new)
                yield Change({build.path: (edit,)}, builds=(build.path,))

    return run


def wrong(what: str, old: bytes, new: bytes) -> Codemod:
    return Codemod(
        id=f"wrong-{what}",
        title=f"Lose a {what}",
        why="It is wrong on purpose.",
        docs=DOCS,
        level="review",
        run=swap(old, new),
        after=LAST,
    )


CATALOGUE = (
    wrong("library", b"libpq5", b"libxml2"),
    wrong("package", b"USER app", b"RUN rm -r /opt/venv/lib/python3.11/site-packages/whitenoise*\nUSER app"),
    wrong("file", b"USER app", b"RUN rm shop/views.py\nUSER app"),
    wrong("user", b"USER app", b"USER 0"),
    # These are for an image of test_wrong.py.
    wrong("argument", b'"--host", "0.0.0.0"', b'"--quiet"'),
    wrong("interval", b"--interval=5s", b"--interval=9s"),
    wrong("folder", b"mkdir /var/log/shop", b"true"),
)
