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


def test_who_changes_what_another_has_changed_has_to_mean_it() -> None:
    again = PATH._replace(after="/usr/venv/bin:/bin")
    _, (_, rows) = judged([("a", [PATH]), ("c", [again])])
    assert [(row.status, row.by) for row in rows] == [("regression", ("c",))]


def test_a_file_may_differ_in_two_ways() -> None:
    owner = Row("file", "/app/x", "meant", "owner 0:0", "owner 1:1", ("a",), "another owner")
    content = Row("file", "/app/x", "regression", "1 byte", "2 bytes", because="other contents")
    prefixes = [("a", [owner]), ("b", [content, owner])]
    assert failing(judged(prefixes)) == ("b",)
    assert [row.by for row in judged(prefixes)[1][1]] == [("b",), ("a",)]


def test_a_folder_of_which_others_take_some_files_stays_theirs() -> None:
    many = Row("file", "/app/", "meant", "5 files", "", ("a",), "no longer in the image: 5 files")
    few = many._replace(before="3 files", because="no longer in the image: 3 files")
    assert [row.by for row in judged([("a", [many]), ("c", [few])])[1][1]] == [("a",)]
