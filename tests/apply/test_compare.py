from __future__ import annotations

import pytest

from apply.making import request
from uvmigrate.apply.compare import differences

LOCK = b"""
version = 1
requires-python = "==3.11.*"

[[package]]
name = "shop"
version = "0.1.0"
source = { virtual = "." }

[package.metadata]
requires-dist = [
    { name = "enum34", marker = "python_full_version < '3.4'", specifier = "==1.1.10" },
    { name = "zope-interface", specifier = "==5.0" },
    { name = "torch", marker = "sys_platform == 'linux'" },
]

[package.metadata.requires-dev]
dev = [{ name = "backports-zoneinfo", marker = "python_full_version < '3.9'" }]

[[package]]
name = "zope-interface"
version = "5.0"
source = { registry = "https://example.org/simple" }
sdist = { url = "https://example.org/zope.tar.gz", hash = "sha256:aa" }
wheels = [{ url = "https://example.org/zope.whl", hash = "sha256:bb" }]

[[package]]
name = "torch"
version = "2.1.0+cpu"
source = { registry = "https://example.org/cpu" }

[[package]]
name = "numpy"
version = "1.26.4"
source = { registry = "https://example.org/simple" }
wheels = [{ url = "https://example.org/numpy.whl", hash = "sha256:cc" }]

[[package]]
name = "numpy"
version = "2.1.0"
source = { registry = "https://example.org/simple" }
wheels = [{ url = "https://example.org/numpy.whl", hash = "sha256:dd" }]

[[package]]
name = "lib"
source = { editable = "lib" }
"""


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("zope-interface", "5.0"),
        ("Zope.Interface", "5.0.0"),
        ("torch", "2.1.0"),
        ("torch", "2.1.0+cpu"),
        ("enum34", "1.1.10"),
        ("backports.zoneinfo", "0.2.1"),
    ],
)
def test_a_pin_is_kept(name: str, version: str) -> None:
    assert differences(request(pins={name: version}), LOCK) == ()


@pytest.mark.parametrize(
    ("name", "version", "said"),
    [
        ("zope-interface", "5.1", "zope-interface: pinned 5.1, locked 5.0"),
        ("torch", "2.1.0+cu121", "torch: pinned 2.1.0+cu121, locked 2.1.0+cpu"),
        ("numpy", "1.26.4", "numpy: pinned 1.26.4, locked 2.1.0"),
        ("six", "1.16.0", "six: pinned 1.16.0, not locked"),
        ("lib", "1.0", "lib: pinned 1.0, locked dynamic"),
        ("zope-interface", "not a version", "zope-interface: pinned not a version, locked 5.0"),
    ],
)
def test_a_pin_that_is_not_kept_is_named(name: str, version: str, said: str) -> None:
    assert differences(request(pins={name: version}), LOCK) == (said,)


@pytest.mark.parametrize(
    ("name", "versions", "said"),
    [
        ("numpy", ("1.26.4", "2.1.0"), ()),
        ("numpy", ("2.1", "1.26.4"), ()),
        ("enum34", ("1.1.9", "1.1.10"), ()),
        ("numpy", ("1.26.4", "2.0.0"), ("numpy: pinned 1.26.4, 2.0.0, locked 2.1.0",)),
        ("zope-interface", ("4.0", "5.0"), ("zope-interface: pinned 4.0, not locked",)),
        ("six", ("1.16.0", "1.17.0"), ("six: pinned 1.16.0, 1.17.0, not locked",)),
    ],
)
def test_of_several_pinned_versions_each_is_there_and_no_other(
    name: str, versions: tuple[str, ...], said: tuple[str, ...]
) -> None:
    assert differences(request(pins={name: versions}), LOCK) == said


GROUPS_ALONE = b"""
version = 1

[manifest.dependency-groups]
main = [
    { name = "enum34", marker = "python_full_version < '3.4'", specifier = "==1.1.10" },
    { name = "six", specifier = "==1.16.0" },
]
"""


def test_a_group_s_markers_count_without_a_project() -> None:
    wanted = request(pins={"enum34": "1.1.10", "six": "1.16.0"})
    assert differences(wanted, GROUPS_ALONE) == ("six: pinned 1.16.0, not locked",)


def test_one_of_the_accepted_hashes_is_enough() -> None:
    assert differences(request(hashes={"zope-interface": ("sha256:00", "sha256:bb")}), LOCK) == ()


def test_every_locked_version_needs_an_accepted_hash() -> None:
    assert differences(request(hashes={"numpy": ("sha256:cc",)}), LOCK) == (
        "numpy: locked 2.1.0 has none of the hashes that were accepted for it",
    )


def test_all_differences_are_told() -> None:
    wanted = request(pins={"zope-interface": "4", "six": "1"}, hashes={"zope-interface": ("sha256:00",)})
    assert len(differences(wanted, LOCK)) == 3
