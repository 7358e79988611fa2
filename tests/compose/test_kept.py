"""Comments in compose files that keep what is below them: a service, a key, an item."""

from __future__ import annotations

import pytest

from compose.reading import read
from uvmigrate.compose import is_kept
from uvmigrate.compose.kept import asked_ids, kept_spans

FILE = b"""\
services:
  # uvmigrate: ignore[read-only] it writes
  # where it likes
  web:
    image: a

    ports:
    - "80"
    # of no concern
  other:
    # uvmigrate: ignore
    command: b
    volumes:
      # uvmigrate: ignore[compose-venv]
      - x:/x
      - y:/y
"""


@pytest.mark.parametrize(
    ("codemod", "kept"),
    [
        ("read-only", [b'web:\n    image: a\n\n    ports:\n    - "80"', b"command: b"]),
        ("no-sync", [b"command: b"]),
        ("compose-venv", [b"command: b", b"- x:/x"]),
    ],
)
@pytest.mark.parametrize("newline", [b"\n", b"\r\n"])
def test_a_comment_keeps_the_block_below_it(codemod: str, kept: list[bytes], newline: bytes) -> None:
    data = FILE.replace(b"\n", newline)
    found = [span.of(data).replace(newline, b"\n").strip() for span in kept_spans(data, codemod)]
    assert found == kept


def test_lines_are_kept_or_not() -> None:
    file = read(FILE)
    assert [is_kept(file, service.line, "read-only") for service in file.services] == [True, False]
    assert not is_kept(file, 4, "no-sync")


def test_ids_are_told_with_their_lines() -> None:
    assert list(asked_ids(FILE)) == [(2, "read-only"), (14, "compose-venv")]


def test_a_comment_with_nothing_below_it_keeps_nothing() -> None:
    assert list(kept_spans(b"services: {}\n# uvmigrate: ignore\n", "read-only")) == []
