"""A comment above an instruction keeps it as it is; the change that wanted it is refused as a whole."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import pytest

from plan.tiny import DOCKERFILE, codemod, planned, refused, replacing
from uvmigrate.codemod import Change
from uvmigrate.source import Edit, Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvmigrate.codemod import Context

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


def test_a_comment_in_a_compose_file_keeps_what_is_below_it() -> None:
    path = PurePosixPath("compose.yaml")
    files = {
        "Dockerfile": b"FROM a\nRUN one\n",
        "compose.yaml": b"services:\n  web:\n    build: .\n    # uvmigrate: ignore\n    command: one\n",
    }

    def edits(context: Context) -> Iterator[Change]:
        at = context.repo[path].find(b"one")
        if at >= 0:
            yield Change({path: (Edit(Span(at, at + 3), b"two"),)})

    migration = planned(files, codemod("edits", edits))
    assert migration.after[path] == files["compose.yaml"]
    assert refused(migration) == [("compose.yaml", 5, "ignored")]


def test_an_id_in_a_compose_file_that_no_codemod_has_is_told() -> None:
    files = {"Dockerfile": b"FROM a\n", "compose.yaml": b"# uvmigrate: ignore[tpyo]\nservices: {}\n"}
    assert refused(planned(files, CHANGE)) == [("compose.yaml", 1, "unknown-ignore")]
