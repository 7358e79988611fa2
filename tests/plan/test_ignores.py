"""A comment above an instruction keeps it as it is; the change that wanted it is refused as a whole."""

from __future__ import annotations

import pytest

from plan.tiny import DOCKERFILE, planned, refused, replacing

CHANGE = replacing("one", b"RUN one", b"RUN 1")
#: A codemod that has nothing to do, for comments to name.
OTHER = replacing("two", b"RUN nowhere", b"RUN 2")


@pytest.mark.parametrize(
    "comment",
    [
        "# uvmigrate: ignore",
        "# uvmigrate: ignore because we pin it by hand",
        "# uvmigrate: ignore[one]",
        "# uvmigrate: ignore[one] because",
        "# uvmigrate: ignore[two, one]",
        "# uvmigrate: ignore[two one]",
        "#uvmigrate:ignore",
        "# uvmigrate: ignore[the bracket is missing",
        "  # uvmigrate: ignore",
        "# uvmigrate: ignore\n# and another comment",
        "# uvmigrate: ignore\n\n# and a blank line\n",
        "# uvmigrate: ignore[two]\n# uvmigrate: ignore[one]",
    ],
)
def test_it_keeps_the_instruction_below(comment: str) -> None:
    text = f"FROM a\n{comment}\nRUN one\n".encode()
    migration = planned(text, CHANGE, OTHER)
    assert migration.after[DOCKERFILE] == text
    assert refused(migration) == [("Dockerfile", text[: text.index(b"RUN")].count(b"\n") + 1, "ignored")]


@pytest.mark.parametrize(
    "comment",
    [
        "# uvmigrate: ignore[two]",
        "# uvmigrate: ignored in vain",
        "# please uvmigrate: ignore",
        "# ignore",
        "# uvmigrate: ignore\nRUN other",
        "RUN other # uvmigrate: ignore",
        "RUN other && \\\n# uvmigrate: ignore\n  more",
    ],
)
def test_anything_else_does_not(comment: str) -> None:
    migration = planned(f"FROM a\n{comment}\nRUN one\n".encode(), CHANGE, OTHER)
    assert migration.after[DOCKERFILE] == f"FROM a\n{comment}\nRUN 1\n".encode()
    assert refused(migration) == []


def test_it_keeps_one_instruction_only() -> None:
    text = b"FROM a\n# uvmigrate: ignore\nRUN two\nRUN one\n"
    assert planned(text, CHANGE).after[DOCKERFILE] == text.replace(b"one", b"1")


def test_what_stands_beside_it_may_change() -> None:
    text = b"FROM a\n# uvmigrate: ignore\nRUN two\nRUN one\n"
    inserting = replacing(
        "inserting", b"# uvmigrate: ignore\nRUN two\n", b"RUN new\n# uvmigrate: ignore\nRUN two\n"
    )
    assert refused(planned(text, inserting)) == [("Dockerfile", 3, "ignored")]
    above = replacing("above", b"FROM a\n", b"FROM b\n")
    assert refused(planned(text, above)) == []


def test_an_ignore_comment_that_names_no_codemod_is_told() -> None:
    text = b"FROM a\n# uvmigrate: ignore[won] a typing error\nRUN one\n"
    migration = planned(text, CHANGE)
    assert refused(migration) == [("Dockerfile", 2, "unknown-ignore")]
    assert migration.after[DOCKERFILE] == text.replace(b"RUN one", b"RUN 1")
