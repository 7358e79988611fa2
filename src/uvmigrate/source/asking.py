"""Comments by which people ask for something to stay as it is: ``# uvmigrate: ignore[id] why``."""

from __future__ import annotations

from uvmigrate.source.patterns import lazy_pattern

_IGNORE = lazy_pattern(r"uvmigrate:\s*ignore\b(?:\[(?P<ids>[^\]]*)\])?", words=("uvmigrate:",))


def ignored_ids(comment: str) -> tuple[str, ...] | None:
    """The codemods that a comment's text, without its ``#``, asks to keep away; none named means all of them.

    None for any other comment.
    """
    found = _IGNORE.match(comment.strip())
    return None if found is None else tuple(dict.fromkeys((found["ids"] or "").replace(",", " ").split()))


def keeps_away(comment: str, codemod: str) -> bool:
    """Whether a comment keeps this codemod away."""
    ids = ignored_ids(comment)
    return ids is not None and (not ids or codemod in ids)
