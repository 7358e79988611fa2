"""What differs between two environments is meant or a regression, and nothing is the same without a look."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from uvmigrate.verify.compare.environment import (
    compare_distributions,
    compare_environments,
    compare_python,
)
from uvmigrate.verify.compare.requirements import PROJECT, compare_requirements, needs
from uvmigrate.verify.engine import Docker, Ended
from uvmigrate.verify.environment import (
    Environment,
    Seen,
    failing_imports,
    missing_libraries,
    read_environment,
)
from verify.environments import distribution, environment, meaning, told

TOOLS = {"distribution": ("pip", "poetry", "setuptools")}


def distributions(
    before: Environment, after: Environment, *project: str, means: bool = True
) -> list[tuple[str, ...]]:
    rows = compare_distributions(before, after, meaning(TOOLS if means else {}), project)
    return [told(row)[1:] for row in rows]


def test_the_same_python_is_said_once() -> None:
    [row] = compare_python(environment(), environment(), meaning())
    assert told(row) == ("python", "", "same", "CPython 3.11.7", "CPython 3.11.7", "")


def test_another_python_is_a_regression_unless_somebody_means_it() -> None:
    pair = environment(), environment(version="3.12.1")
    [row] = compare_python(*pair, meaning())
    assert told(row)[2:5] == ("regression", "CPython 3.11.7", "CPython 3.12.1")
    [row] = compare_python(*pair, meaning({"python": ("*",)}))
    assert row.status == "meant"


def test_an_image_that_lost_its_python_has_nothing_else_compared() -> None:
    rows = list(compare_environments(Seen(environment("flask 3.1"), {}, frozenset()), None, meaning()))
    assert [told(row)[:3] for row in rows] == [("python", "", "regression")]


def test_an_image_that_never_had_a_python_is_unknown() -> None:
    rows = list(compare_environments(None, Seen(environment("flask 3.1"), {}, frozenset()), meaning()))
    assert [told(row)[:3] for row in rows] == [("python", "", "unknown")]


def test_all_is_compared_where_both_have_one() -> None:
    found = environment(distribution("flask 3.1", "click>=8", imports=("flask",)), "click 8.1")
    seen = Seen(found, {}, frozenset())
    assert [(row.kind, row.status, row.after) for row in compare_environments(seen, seen, meaning())] == [
        ("python", "same", "CPython 3.11.7"),
        ("distribution", "same", "2 distributions"),
        ("requirement", "same", "1 requirement satisfied"),
        ("import", "same", "1 module"),
        ("library", "same", "none is missing"),
    ]


def test_versions_are_compared_as_versions() -> None:
    before = environment("click 8.1", "flask 3.0", "odd 1.x")
    after = environment("click 8.1.0", "flask 3.1", "odd 1.y")
    assert distributions(before, after) == [
        ("flask", "regression", "3.0", "3.1", ""),
        ("odd", "regression", "1.x", "1.y", ""),
        ("", "same", "1 distribution", "1 distribution", ""),
    ]


def test_a_local_version_is_another_version() -> None:
    [row] = distributions(environment("torch 2.4+cpu"), environment("torch 2.4"))
    assert row[:4] == ("torch", "regression", "2.4+cpu", "2.4")


def test_what_is_gone_or_new_is_a_regression() -> None:
    assert distributions(environment("click 8.1"), environment("flask 3.1")) == [
        ("click", "regression", "8.1", "", ""),
        ("flask", "regression", "", "3.1", "it was not there before"),
    ]


def test_an_install_that_is_no_longer_editable_is_a_regression() -> None:
    before = environment(distribution("shop 1.0", editable="/app"))
    assert distributions(before, environment("shop 1.0")) == [
        ("shop", "regression", "1.0, editable", "1.0", "")
    ]


def test_a_tool_goes_with_what_it_brought() -> None:
    before = environment(
        distribution("poetry 1.8", "cleo", 'cachecontrol[filecache]; python_version > "3"', requested=True),
        "cleo 2.1",
        distribution("cachecontrol 0.14", 'filelock; extra == "filecache"'),
        "filelock 3.1",
        "flask 3.1",
    )
    by_poetry = ("", "poetry brought it")
    assert distributions(before, environment("flask 3.1")) == [
        ("cachecontrol", "meant", "0.14", *by_poetry),
        ("cleo", "meant", "2.1", *by_poetry),
        ("filelock", "meant", "3.1", *by_poetry),
        ("poetry", "meant", "1.8", "", ""),
        ("", "same", "1 distribution", "1 distribution", ""),
    ]


def test_who_means_a_tool_means_what_it_brought() -> None:
    before = environment(distribution("poetry 1.8", "cleo"), "cleo 2.1")
    rows = compare_distributions(before, environment(), meaning(TOOLS))
    assert [row.by for row in rows] == [("tools-away",)] * 2


def test_nothing_goes_with_a_tool_that_nobody_means() -> None:
    before = environment(distribution("poetry 1.8", "cleo"), "cleo 2.1")
    rows = distributions(before, environment(), means=False)
    assert [row[:2] for row in rows] == [("cleo", "regression"), ("poetry", "regression")]


def test_what_a_tool_brought_may_be_needed_by_others() -> None:
    before = environment(distribution("poetry 1.8", "requests"), "requests 2.1", distribution("shop 1.0"))
    after = environment(distribution("shop 1.0", 'requests; os_name == "posix"'))
    assert distributions(before, after)[:2] == [
        ("poetry", "meant", "1.8", "", ""),
        ("requests", "regression", "2.1", "", "shop requires it"),
    ]


def test_what_a_tool_brought_may_be_needed_by_the_project() -> None:
    before = environment(distribution("poetry 1.8", "requests"), "requests 2.1")
    assert distributions(before, environment(), "Requests>=2")[1:] == [
        ("requests", "regression", "2.1", "", f"{PROJECT} requires it")
    ]


def test_what_a_tool_brought_may_have_been_asked_for_as_well() -> None:
    before = environment(distribution("poetry 1.8", "requests"), distribution("requests 2.1", requested=True))
    assert distributions(before, environment())[1:] == [("requests", "regression", "2.1", "", "")]


def test_a_tool_that_is_still_required_is_no_leftover() -> None:
    before = environment("setuptools 65", distribution("old 1.0", "setuptools"))
    after = environment(distribution("old 1.0", "setuptools"))
    assert distributions(before, after)[0] == ("setuptools", "regression", "65", "", "old requires it")


def test_extras_of_extras_hold() -> None:
    found = environment(
        distribution("a 1", "b[x]"),
        distribution("b 1", 'c[y]; extra == "x"'),
        distribution("c 1", 'd; extra == "Y"'),
    )
    assert [(need.by, need.name) for need in needs(found)] == [("a", "b"), ("b", "c"), ("c", "d")]


def test_extras_that_nobody_asks_for_do_not_hold() -> None:
    found = environment(
        distribution("a 1", 'b; extra == "x"', 'c; sys_platform == "win32"', "no [requirement")
    )
    assert needs(found) == ()


def requirements(before: Environment, after: Environment, *project: str) -> list[tuple[str, ...]]:
    return [told(row)[1:5] for row in compare_requirements(before, after, meaning(), project)]


def test_a_requirement_that_was_satisfied_has_to_be() -> None:
    flask = distribution("flask 3.1", "werkzeug>=3.1", "click")
    before = environment(flask, "werkzeug 3.1.2", "click 8")
    assert requirements(before, environment(flask, "werkzeug 3.0", "click 8")) == [
        ("flask: werkzeug>=3.1", "regression", "werkzeug 3.1.2", "werkzeug is 3.0"),
        ("", "same", "1 requirement satisfied", "1 requirement satisfied"),
    ]
    assert requirements(before, environment(flask, "click 8"))[0] == (
        "flask: werkzeug>=3.1",
        "regression",
        "werkzeug 3.1.2",
        "werkzeug is not there",
    )


def test_a_requirement_that_nothing_satisfied_may_stay_so() -> None:
    flask = distribution("flask 3.1", "werkzeug>=3.1")
    assert requirements(environment(flask, "werkzeug 3.0"), environment(flask, "werkzeug 2.0")) == []


def test_the_project_s_requirements_count() -> None:
    assert requirements(environment("click 8.1"), environment("click 7.0"), "click>=8") == [
        ("the project: click>=8", "regression", "click 8.1", "click is 7.0")
    ]


def test_prereleases_and_unreadable_versions_satisfy() -> None:
    found = environment("click 8.2rc1", "odd 1.x")
    assert requirements(found, found, "click>=8", "odd>=1")[0][2] == "2 requirements satisfied"


class Saying(Docker):
    """An engine whose containers all print the same, whatever they are asked."""

    def __init__(self, said: str) -> None:
        super().__init__(timeout=1)
        self.said = said

    def output(self, *_: object) -> Ended:
        return Ended(0, self.said, "")


@pytest.mark.parametrize(
    "said",
    ["[" * 100_000, "{}", "null", '{"distributions": 5}', '{"version": [], "prefix": {}}', "1e999", "\x00"],
)
def test_what_is_no_answer_is_none(said: str) -> None:
    engine = Saying(said)
    assert read_environment(engine, "image", [("python",)]) is None


@pytest.mark.parametrize("said", ['{"six": 5}', "[[1, 2]]", '[["a"]]', "[5]", "7"])
def test_modules_and_libraries_are_not_known_from_what_is_no_answer(said: str) -> None:
    engine = Saying(said)
    assert failing_imports(engine, "image", environment(), ["six"]) is None
    assert missing_libraries(engine, "image", environment()) is None


def test_what_a_tool_brought_and_a_source_imports_is_not_known_to_be_spare() -> None:
    before = environment(
        distribution("poetry 2.0", "requests"), distribution("requests 2.32", imports=("requests",))
    )
    imported = {"requests": PurePosixPath("shop/web.py")}
    rows = compare_distributions(before, environment(), meaning(TOOLS), (), imported)
    assert [(row.name, row.status) for row in rows] == [("poetry", "meant"), ("requests", "unknown")]
    rows = compare_distributions(before, environment(), meaning(TOOLS), (), {})
    assert [row.status for row in rows] == ["meant", "meant"]
