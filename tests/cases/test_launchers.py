"""The Python files of uv-switch's cases, before and after: libcst judges that nothing else changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cases.running import cases_of, run
from pycode.judge import damage
from uvmigrate.plan import load_catalogue

if TYPE_CHECKING:
    from cases.pages import Case

SWITCH = next(codemod for codemod in load_catalogue() if codemod.id == "uv-switch")
CASES = [
    case
    for case in cases_of(SWITCH)
    if any(b"import" in data and b"/usr/local" not in data for data in case.files.values())
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.claim)
def test_a_python_file_loses_nothing_but_its_manager(case: Case) -> None:
    outcome = run(SWITCH, case.files)
    for path in outcome.before:
        before, after = outcome.before[path], outcome.after.get(path)
        if before != after and (path.suffix == ".py" or before.startswith(b"#!/usr/bin/env python3")):
            assert after is not None
            assert damage(before, after) == []


def test_the_judge_sees_what_else_is_edited() -> None:
    before = b'import os  # one\nos.execvp("poetry", ["poetry", "run", "x"])\n'
    assert damage(before, b'import os  # one\nos.execvp("x", ["x"])\n') == []
    for after in (
        b'import os\nos.execvp("x", ["x"])\n',
        b'import os  # one\nos.execvp("poetry", ["x"])\n',
        b'import os  # one\nos.execvp("x", ["x", "y"])\n',
        b'import os  # one\nos.execvpe("x", ["x"])\n',
        b'import sys  # one\nos.execvp("x", ["x"])\n',
    ):
        assert damage(before, after)
