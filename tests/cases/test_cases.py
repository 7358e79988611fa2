"""Every case of every codemod: the exact patch, and all that must hold of it besides."""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import TYPE_CHECKING

import pytest

from cases.running import TWINS, Outcome, cases_of, comments, git_apply, places, run, same_but_for, twin
from uvmigrate.source import patch
from uvmigrate_codemods import CATALOGUE

if TYPE_CHECKING:
    from pathlib import Path

    from cases.pages import Case
    from uvmigrate.codemod import Codemod

CASES = [
    pytest.param(codemod, case, id=f"{codemod.id}: {case.claim}")
    for codemod in CATALOGUE
    for case in cases_of(codemod)
]
TWINNED = [
    pytest.param(codemod, case, name, id=f"{codemod.id}: {case.claim} [{name}]")
    for codemod in CATALOGUE
    for case in cases_of(codemod)
    for name in TWINS
    if case.no_twins is None
]


@cache
def _outcome(codemod: Codemod, claim: str) -> Outcome:
    case = next(case for case in cases_of(codemod) if case.claim == claim)
    return run(codemod, case.files)


@pytest.mark.parametrize(("codemod", "case"), CASES)
def test_the_page_is_right(codemod: Codemod, case: Case) -> None:
    actual = _outcome(codemod, case.claim).expectations()
    assert actual["diff"] == case.expected.get("diff", "")
    assert actual["refused"] == case.expected.get("refused", "")
    if "locks" in case.expected or "diff" not in case.expected:
        assert actual["locks"] == case.expected.get("locks", "")


@pytest.mark.parametrize(("codemod", "case"), CASES)
def test_no_case_shows_a_failed_check(codemod: Codemod, case: Case) -> None:
    assert "check-failed" not in [refusal.code for refusal in _outcome(codemod, case.claim).refusals]


@pytest.mark.parametrize(("codemod", "case"), CASES)
def test_a_second_run_changes_nothing(codemod: Codemod, case: Case) -> None:
    once = _outcome(codemod, case.claim).after
    again = run(codemod, {str(path): once[path] for path in once})
    assert patch(once, again.after) == b""


@pytest.mark.parametrize(("codemod", "case"), CASES)
def test_no_comment_is_lost(codemod: Codemod, case: Case) -> None:
    outcome = _outcome(codemod, case.claim)
    assert comments(outcome.before) - comments(outcome.after) == Counter()


@pytest.mark.parametrize(("codemod", "case"), CASES)
def test_git_applies_the_patch(codemod: Codemod, case: Case, tmp_path: Path) -> None:
    outcome = _outcome(codemod, case.claim)
    assert git_apply(outcome, tmp_path) == dict(outcome.after)


@pytest.mark.parametrize(("codemod", "case", "name"), TWINNED)
def test_a_twin_comes_out_the_same(codemod: Codemod, case: Case, name: str, tmp_path: Path) -> None:
    base, other = _outcome(codemod, case.claim), run(codemod, twin(case.files, name))
    assert places(other) == places(base)
    assert set(other.after) == set(base.after)
    for path in base.after:
        assert same_but_for(name, path, base, other), patch(other.before, other.after, [path]).decode()
    assert git_apply(other, tmp_path) == dict(other.after)
