"""With every prefix built, what went wrong is told by the codemod after which it first was wrong."""

from __future__ import annotations

from uvmigrate.verify.series import failing, judged
from uvmigrate.verify.verdict import Row

FINE = Row("build", "", "same")
USER = Row("user", "", "regression", "app", "root")
PATH = Row("environment", "PATH", "meant", "/bin", "/opt/venv/bin:/bin", ("a", "b"))


def test_the_first_prefix_with_a_regression_names_the_codemod() -> None:
    prefixes = [("a", [FINE]), ("b", [FINE, USER]), ("c", [FINE, USER])]
    assert failing(prefixes) == ("b",)
    assert [row.by for _, rows in judged(prefixes) for row in rows if row.kind == "user"] == [("b",)] * 2


def test_each_regression_has_its_own_codemod() -> None:
    lost = Row("file", "/app/data", "regression", "file", "")
    assert failing([("a", [USER]), ("b", [USER, lost]), ("c", [lost])]) == ("a", "b")
    assert failing([("a", [FINE]), ("b", [FINE])]) == ()


def test_a_regression_that_went_and_came_again_counts_twice() -> None:
    assert failing([("a", [USER]), ("b", []), ("c", [USER])]) == ("a", "c")


def test_a_difference_is_of_the_codemod_that_made_it() -> None:
    (_, first), (_, second), (_, third) = judged([("a", [PATH]), ("b", [PATH]), ("c", [PATH, FINE])])
    assert [row.by for row in (*first, *second, *third)] == [("a",), ("a",), ("a",), ()]


def test_who_changes_it_again_made_it() -> None:
    again = PATH._replace(after="/usr/venv/bin:/bin")
    _, (_, rows) = judged([("a", [PATH]), ("b", [again])])
    assert rows[0].by == ("b",)


def test_what_another_codemod_would_mean_is_not_meant_by_the_one_that_did_it() -> None:
    prefixes = judged([("a", [FINE]), ("c", [PATH]), ("d", [PATH])])
    assert [(row.status, row.by) for _, rows in prefixes[1:] for row in rows] == [("regression", ("c",))] * 2
    assert failing(prefixes) == ("c",)
