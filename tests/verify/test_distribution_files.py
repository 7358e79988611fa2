"""What distributions bring beside metadata and programs: their code, and their data."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from uvmigrate.verify.compare.distribution_files import compare_distribution_files
from uvmigrate.verify.compare.places import places
from uvmigrate.verify.environment import Distribution, Environment, Script
from verify.environments import meaning
from verify.images import Entry, differing, image, listing

if TYPE_CHECKING:
    from collections.abc import Mapping

OLD, NEW = "/usr/local", "/opt/venv"
SITE = "lib/python3.11/site-packages"


def environment(prefix: str, *distributions: Distribution) -> Environment:
    found = {one.name: one for one in distributions}
    return Environment(
        ("python",), "3.11.7", prefix, OLD, (f"{prefix}/{SITE}",), (f"{prefix}/bin",), {}, found
    )


def shop(prefix: str, *names: str, version: str = "1.0") -> Distribution:
    """A distribution with files of these names in its environment."""
    return Distribution("shop", version, files=tuple(f"{prefix}/{name}" for name in names))


def rows(
    before: Mapping[str, bytes | Entry],
    after: Mapping[str, bytes | Entry],
    owned: tuple[str, ...] | None = None,
    version: str = "1.0",
    extra: Mapping[str, bytes] = MappingProxyType({}),
) -> list[tuple[str, ...]]:
    """What differs where the old environment holds some files of *shop*, all by default, and others."""
    old = environment(OLD, shop(OLD, *(before if owned is None else owned)))
    new = environment(NEW, shop(NEW, *after, version=version))
    first = image({f"{OLD}/{name}": data for name, data in before.items()} | dict(extra))
    second = image({f"{NEW}/{name}": data for name, data in after.items()})
    return differing(compare_distribution_files((first, old), (second, new), meaning()))


def test_package_data_that_is_lost_is_a_regression() -> None:
    before = {f"{SITE}/shop/web.py": b"1", f"{SITE}/shop/prices.csv": b"12"}
    assert rows(before, {f"{SITE}/shop/web.py": b"1"}) == [
        ("distribution-file", "shop: shop/prices.csv", "regression", "2 bytes", "")
    ]


def test_code_may_not_differ_and_what_is_compiled_may() -> None:
    before: dict[str, bytes] = {f"{SITE}/shop/web.py": b"1", f"{SITE}/shop/fast.so": b"1"}
    assert rows(before, dict.fromkeys(before, b"2")) == [
        ("distribution-file", "shop: shop/web.py", "regression", "1 byte", "1 byte")
    ]


def test_files_outside_of_the_packages_count_as_well() -> None:
    assert rows({"share/shop/icon.svg": b"1"}, {}) == [
        ("distribution-file", "shop: {prefix}/share/shop/icon.svg", "regression", "1 byte", "")
    ]


def test_another_version_has_a_row_already() -> None:
    assert rows({f"{SITE}/shop/web.py": b"1"}, {}, version="2.0") == []


def test_metadata_bytecode_hooks_and_programs_are_not_compared() -> None:
    names = ("shop-1.0.dist-info/RECORD", "shop/__pycache__/web.cpython-311.pyc", "__editable__.shop.pth")
    assert rows({f"{SITE}/{name}": b"1" for name in names} | {"bin/shop": b"1"}, {}) == []


def test_what_a_project_put_beside_the_packages_is_missed() -> None:
    before = {f"{SITE}/sitecustomize.py": b"1", f"{SITE}/README.txt": b"Python's own"}
    assert rows(before, {}, owned=()) == [
        ("distribution-file", "sitecustomize.py", "regression", "1 byte", "")
    ]
    assert rows(before, {f"{SITE}/sitecustomize.py": b"1"}, owned=()) == []


def test_what_nobody_recorded_is_its_distributions_by_name() -> None:
    assert rows({f"{SITE}/shop/web.py": b"1"}, {}, owned=()) == []


def test_system_packages_own_what_they_put_there() -> None:
    listed = {"/var/lib/dpkg/info/python3-yaml.list": f"{OLD}/{SITE}/yaml.py\n".encode()}
    state = {"/var/lib/dpkg/status": b"Package: python3-yaml\nVersion: 6\n"}
    assert rows({f"{SITE}/yaml.py": b"1"}, {}, owned=(), extra=listed | state) == []


def test_places_of_an_environment_are_its_parts_and_not_the_sources_beside_them() -> None:
    paths = ("/srv/app/src/web.py", "/srv/app/bin/shop", "/srv/app/share/x")
    files = listing({"/app": Entry(link="srv/app"), **dict.fromkeys(paths, b"")})
    one = Distribution("shop", "1", files=("/app/share/x",), scripts=(Script("shop", "/app/bin/shop"),))
    found = places(files, environment("/app", one))
    for path in ("/app/pyvenv.cfg", f"/app/{SITE}/x.py", "/app/bin/python", "/app/share/x", *paths[1:]):
        assert found.hold(path), path
    for path in ("/app/src/web.py", "/srv/app/src/web.py", "/app", "/"):
        assert not found.hold(path), path


def test_places_of_the_images_own_python_are_its_packages_alone() -> None:
    one = Distribution("shop", "1", files=(f"{OLD}/bin/shop",))
    found = places(listing({}), environment(OLD, one))
    assert found.hold(f"{OLD}/{SITE}/shop/web.py")
    assert found.hold(f"{OLD}/bin/shop")
    assert not found.hold(f"{OLD}/bin/python3")
    assert not found.hold(f"{OLD}/lib/python3.11/os.py")


def test_data_may_not_differ_either() -> None:
    before: dict[str, bytes] = {f"{SITE}/shop/page.html": b"1", f"{SITE}/shop/words.mo": b"1"}
    assert rows(before, dict.fromkeys(before, b"2")) == [
        ("distribution-file", "shop: shop/page.html", "regression", "1 byte", "1 byte")
    ]


def test_a_hook_that_was_put_there_by_hand_is_missed_and_those_of_installers_are_not() -> None:
    hooks = ("ours.pth", "_virtualenv.pth", "easy-install.pth", "__editable__.shop-1.0.pth")
    extra = {f"{OLD}/{SITE}/{name}": b"/srv/src" for name in hooks}
    assert rows({}, {}, extra=extra) == [("distribution-file", "ours.pth", "regression", "8 bytes", "")]


def test_an_editable_install_has_a_hook_of_its_own_name() -> None:
    assert rows({f"{SITE}/shop.pth": b"/srv"}, {f"{SITE}/_shop.pth": b"/srv"}) == []


def test_code_that_nobody_brought_is_told() -> None:
    old, new = environment(OLD), environment(NEW)
    first = image({f"{OLD}/{SITE}/kept.py": b"1"})
    names = ("kept.py", "sitecustomize.py", "ours.pth", "_virtualenv.py", "notes.txt")
    second = image({f"{NEW}/{SITE}/{name}": b"1" for name in names})
    assert differing(compare_distribution_files((first, old), (second, new), meaning())) == [
        ("distribution-file", "ours.pth", "regression", "", "1 byte"),
        ("distribution-file", "sitecustomize.py", "regression", "", "1 byte"),
    ]
