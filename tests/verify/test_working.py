"""What worked before works after: imports, libraries and console scripts."""

from __future__ import annotations

from uvmigrate.verify.compare.working import compare_imports, compare_libraries, compare_scripts
from uvmigrate.verify.environment import Script
from verify.environments import distribution, environment, meaning, told

SHOP = environment(distribution("shop 1.0", imports=("shop", "shop_api")))


def test_a_module_that_fails_now_is_a_regression() -> None:
    why = "ImportError: libpq.so.5: cannot open shared object file"
    rows = [told(row) for row in compare_imports(SHOP, SHOP, {}, {"shop": why})]
    assert rows == [
        ("import", "shop", "regression", "imports", "fails", why),
        ("import", "", "same", "1 module", "1 module", ""),
    ]


def test_a_module_that_failed_before_may_fail() -> None:
    [row] = compare_imports(SHOP, SHOP, {"shop": "ImportError"}, {"shop": "another"})
    assert told(row)[2:4] == ("same", "1 module, 1 import neither way")


def test_a_distribution_that_is_gone_has_no_row_for_its_modules() -> None:
    rows = compare_imports(SHOP, environment(), {}, {"shop": "gone", "shop_api": "gone"})
    assert list(rows) == []


def test_a_module_of_two_distributions_counts_while_one_is_left() -> None:
    before = environment(
        distribution("shop 1.0", imports=("shop",)), distribution("shop-extra 1.0", imports=("shop",))
    )
    [row] = compare_imports(before, environment("shop 1.0"), {}, {"shop": "gone"})
    assert told(row)[1:3] == ("shop", "regression")


def test_imports_that_could_not_be_tried_are_unknown() -> None:
    assert [row.status for row in compare_imports(SHOP, SHOP, None, {})] == ["unknown"]
    assert [row.status for row in compare_imports(SHOP, SHOP, {}, None)] == ["unknown"]


def test_a_library_that_is_missing_now_is_one_row_for_all_its_files() -> None:
    known = ("old.so", "libold.so.1")
    after = frozenset({known, ("a.so", "libpq.so.5"), ("b.so", "libpq.so.5"), ("b.so", "libz.so.1")})
    assert [told(row) for row in compare_libraries(frozenset({known}), after)] == [
        ("library", "libpq.so.5", "regression", "found", "not found", "a.so, b.so cannot load it"),
        ("library", "libz.so.1", "regression", "found", "not found", "b.so cannot load it"),
    ]


def test_a_library_that_was_missing_may_be() -> None:
    both = frozenset({("old.so", "libold.so.1")})
    assert [told(row)[2:4] for row in compare_libraries(both, both)] == [("same", "1 missing, as before")]
    assert [told(row)[2:4] for row in compare_libraries(both, frozenset())] == [("same", "none is missing")]


def test_libraries_that_nothing_could_tell_of_are_unknown() -> None:
    assert [row.status for row in compare_libraries(None, frozenset())] == ["unknown"]
    assert [row.status for row in compare_libraries(frozenset(), None)] == ["unknown"]


def scripts(before: Script, *after: Script) -> list[tuple[str, ...]]:
    old = environment(distribution("shop 1.0", scripts=(before,)))
    new = environment(
        distribution("shop 1.0", scripts=after[:1]), distribution("shop-cli 1.0", scripts=after[1:])
    )
    return [told(row)[1:] for row in compare_scripts(old, new, meaning())]


def test_a_program_that_can_be_started_is_the_same_wherever_it_lies() -> None:
    found = scripts(Script("shop", "/usr/local/bin/shop"), Script("shop", "/opt/venv/bin/shop"))
    assert found == [("", "same", "1 program", "1 program", "")]


def test_a_program_that_is_gone_or_does_not_start_is_a_regression() -> None:
    before, path = Script("shop", "/usr/local/bin/shop"), "/opt/venv/bin/shop"
    assert scripts(before) == [("shop", "regression", before.path, "", "it is not there")]
    fault = "its interpreter /build/bin/python is not there"
    assert scripts(before, Script("shop", path, fault)) == [("shop", "regression", before.path, path, fault)]


def test_a_program_that_its_name_found_has_to_be_found_by_it() -> None:
    before, path = Script("shop", "/usr/local/bin/shop"), "/opt/venv/bin/shop"
    [row] = scripts(before, Script("shop", path, on_path=False))
    assert row[-1] == "PATH does not lead to it any more"
    assert scripts(before._replace(on_path=False), Script("shop", path, on_path=False))[0][1] == "same"


def test_a_program_that_never_started_does_not_count() -> None:
    assert scripts(Script("shop", "/usr/local/bin/shop", "it is not there")) == []


def test_another_distribution_may_bring_the_program() -> None:
    broken = Script("shop", "/opt/venv/bin/shop", "it is not there")
    assert scripts(Script("shop", "/bin/shop"), broken, Script("shop", "/opt/bin/shop"))[0][1] == "same"


def test_the_programs_of_a_distribution_that_is_gone_have_no_rows() -> None:
    before = environment(distribution("pip 23", scripts=(Script("pip", "/usr/local/bin/pip"),)))
    assert list(compare_scripts(before, environment(), meaning())) == []
