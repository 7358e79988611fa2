"""Whatever is lying in a repository: no traceback, no hang, nothing executed, and a line that says why."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from hostile.reading import PAGES, Input, arranged, printed, read_page, says

if TYPE_CHECKING:
    from pathlib import Path

INPUTS = [(page, one) for page in PAGES for one in read_page(page)]
#: What an escape code of a terminal begins with, and what turns the direction of a text.
_STEERING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def test_there_are_many() -> None:
    assert len(INPUTS) >= 60
    assert len({one.claim for _, one in INPUTS}) == len(INPUTS)


@pytest.mark.parametrize(
    "one", [one for _, one in INPUTS], ids=[f"{page.stem}: {one.claim}" for page, one in INPUTS]
)
def test_it_is_said_as_the_page_shows(one: Input, tmp_path: Path) -> None:
    root = arranged(one, tmp_path)
    said = printed(one, root)
    assert "Traceback" not in said
    assert not (tmp_path / "executed").exists()
    if "--diff" not in one.shown.partition("\n")[0]:
        # A patch holds the lines of files as they are; all else is ours.
        assert _STEERING.search(said) is None
    assert says(one.shown, said), said
