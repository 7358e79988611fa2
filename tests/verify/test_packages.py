"""The packages of the system: which are lost, new or others, and what only those had brought."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from uvmigrate.verify.compare.packages import compare_packages, system_packages
from verify.environments import meaning
from verify.images import Entry, differing, image, listing

if TYPE_CHECKING:
    from uvmigrate.verify.meaning import Meaning

NOTHING = meaning()
COMPILERS = meaning({"system-package": ("gcc", "*-dev")})


def status(*packages: str, auto: tuple[str, ...] = ()) -> dict[str, bytes]:
    """Files of dpkg's for packages written as ``name version`` and then fields: ``gcc 12 Depends: cpp``."""
    blocks = []
    for package in packages:
        name, version, *rest = package.split(" ", 2)
        fields = [f"Package: {name}", "Status: install ok installed", f"Version: {version}", *rest]
        blocks.append("\n".join(fields))
    marks = "".join(f"Package: {name}\nArchitecture: amd64\nAuto-Installed: 1\n\n" for name in auto)
    return {
        "/var/lib/dpkg/status": "\n\n".join(blocks).encode(),
        "/var/lib/apt/extended_states": marks.encode(),
    }


def rows(
    before: dict[str, bytes], after: dict[str, bytes], means: Meaning = NOTHING
) -> list[tuple[str, ...]]:
    return differing(compare_packages(image(before).packages, image(after).packages, means))


def test_a_lost_package_is_a_regression() -> None:
    found = rows(status("libpq5 15.2", "zlib1g 1.2"), status("zlib1g 1.2"))
    assert found == [("system-package", "libpq5", "regression", "15.2", "")]


def test_what_is_installed_anew_is_a_regression() -> None:
    assert rows(status("zlib1g 1.2"), status("zlib1g 1.2", "curl 7.88")) == [
        ("system-package", "curl", "regression", "", "7.88")
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [("1.2-3", "1.2-2"), ("3.0.20", "3.0.9"), ("1:1.0", "2.0"), ("1.0", "1.0~rc1"), ("1.0+b1", "1.0")],
)
def test_an_older_version_is_a_regression_and_a_newer_one_is_of_another_day(old: str, new: str) -> None:
    assert rows(status(f"curl {old}"), status(f"curl {new}"))[0][2] == "regression"
    assert rows(status(f"curl {new}"), status(f"curl {old}"))[0][2] == "unknown"


def test_what_a_compiler_had_brought_goes_with_it() -> None:
    before = status(
        "gcc 12 Depends: cpp (= 12), libgcc-dev | other\nRecommends: libc-dev",
        "cpp 12 Depends: libmpc3",
        "libmpc3 1.3",
        "libc6-dev 2.36 Provides: libc-dev",
        "zlib1g 1.2",
        auto=("cpp", "libmpc3", "libc6-dev"),
    )
    assert rows(before, status("zlib1g 1.2"), COMPILERS) == [
        ("system-package", "", "meant", "4 packages: cpp, gcc, libc6-dev, libmpc3", "")
    ]


def test_what_somebody_asked_for_does_not_go_with_a_compiler() -> None:
    before = status("gcc 12 Depends: libmpc3", "libmpc3 1.3")
    assert rows(before, {}, COMPILERS) == [
        ("system-package", "libmpc3", "regression", "1.3", ""),
        ("system-package", "gcc", "meant", "12", ""),
    ]


def test_a_compiler_may_have_brought_newer_versions() -> None:
    """apt takes the packages of one source to a new version together."""
    before = status("libssl-dev 3.2 Depends: libssl3 (= 3.2)", "libssl3 3.2 Source: openssl", "openssl 3.2")
    after = status("libssl3 3.1 Source: openssl", "openssl 3.1")
    assert rows(before, after, COMPILERS) == [
        ("system-package", "libssl-dev", "meant", "3.2", ""),
        ("system-package", "", "meant", "2 packages: libssl3, openssl", "other versions"),
    ]


def test_the_meant_ones_are_listed_with_their_versions() -> None:
    before = status("gcc 12 Depends: cpp", "cpp 13", auto=("cpp",))
    (row,) = compare_packages(image(before).packages, image({}).packages, COMPILERS)
    assert (row.by, row.because, row.detail) == (("tools-away",), "no longer installed", "cpp 13\ngcc 12")


def test_apk_says_which_packages_somebody_asked_for() -> None:
    installed = (
        b"P:gcc\nV:14.2\nD:so:libgmp.so.10 curl\n\nP:gmp\nV:6.3\np:so:libgmp.so.10=10\n\nP:curl\nV:8\n"
    )
    before = {"/lib/apk/db/installed": installed, "/etc/apk/world": b"gcc\ncurl>7\n"}
    assert rows(before, {"/lib/apk/db/installed": b""}, COMPILERS) == [
        ("system-package", "curl", "regression", "8", ""),
        ("system-package", "", "meant", "2 packages: gcc, gmp", ""),
    ]


def test_the_files_of_a_package_are_where_the_links_of_the_system_put_them() -> None:
    files: dict[str, bytes | Entry] = {
        **status("zlib1g 1.2"),
        "/lib": Entry(link="usr/lib"),
        "/usr/lib/x/libz.so.1": b"",
        "/var/lib/dpkg/info/zlib1g:amd64.list": b"/.\n/lib/x/libz.so.1\n",
    }
    from_tar = system_packages(listing(files))
    assert "/usr/lib/x/libz.so.1" in from_tar.packages["zlib1g"].files


def test_apk_names_the_files_of_a_package_by_folder() -> None:
    found = system_packages(listing({"/lib/apk/db/installed": b"P:curl\nV:8\nF:usr/bin\nR:curl\nR:curl2\n"}))
    assert {"/usr/bin/curl", "/usr/bin/curl2"} <= found.packages["curl"].files


def test_packages_that_were_removed_are_none() -> None:
    text = b"Package: curl\nStatus: deinstall ok config-files\nVersion: 7\n"
    assert not system_packages(listing({"/var/lib/dpkg/status": text})).packages


def test_images_that_are_put_together_without_dpkg_have_a_file_for_each_package() -> None:
    found = system_packages(listing({"/var/lib/dpkg/status.d/tzdata": b"Package: tzdata\nVersion: 2024a\n"}))
    assert found.packages["tzdata"].version == "2024a"


def test_a_database_of_rpm_that_differs_is_unknown() -> None:
    place = "/var/lib/rpm/rpmdb.sqlite"
    assert rows({place: b"a"}, {place: b"b"}) == [("system-package", "", "unknown", "", "")]
    assert rows({place: b"a"}, {place: b"a"}) == []
