"""The table of system packages agrees with itself, and says what it says for the systems of real images."""

from __future__ import annotations

import tomllib
from fnmatch import fnmatchcase
from importlib.resources import files
from typing import Any

import pytest

from uvmigrate.codemod import read_image
from uvmigrate_codemods._means import BUILD_PACKAGES
from uvmigrate_codemods._stages.packages import (
    RELEASES,
    Manager,
    System,
    SystemPackage,
    find_package,
    system_of,
)

TABLE: dict[str, dict[str, Any]] = tomllib.loads(
    (files("uvmigrate_codemods._stages") / "packages.toml").read_text(encoding="utf-8")
)
BOOKWORM = System("apt", "bookworm", "debian", python_image=False)
ALPINE = System("apk", "alpine", "alpine", python_image=False)
#: What a table of names by release may have for its keys, and all that a build package may say.
PLACES = {place for name in ("debian", "ubuntu") for place in (name, *RELEASES[name])}
KEYS = {"brings", "python-image", "programs", "installs"}

each = pytest.mark.parametrize("manager", ["apt", "apk"])


def lists(entry: dict[str, Any]) -> list[list[str]]:
    """Every list of run-time packages that a build package brings somewhere."""
    brings = entry.get("brings", [])
    return [*(brings.values() if isinstance(brings, dict) else [brings]), entry.get("python-image", [])]


def found(name: str, system: System) -> SystemPackage:
    package = find_package(name, system)
    assert package is not None, f"{name} is not in the table"
    return package


@pytest.mark.parametrize(
    ("reference", "system"),
    [
        ("python:3.11-slim-bookworm", System("apt", "bookworm", "debian", python_image=True)),
        ("python:3.13-trixie", System("apt", "trixie", "debian", python_image=True)),
        ("python:3.12", System("apt", None, "debian", python_image=True)),
        ("python:3.12-slim", System("apt", None, "debian", python_image=True)),
        ("python:3.9-slim-buster", System("apt", "buster", "debian", python_image=True)),
        ("python", System("apt", None, "debian", python_image=True)),
        ("python:3.12-alpine3.20", System("apk", "alpine", "alpine", python_image=True)),
        ("registry.example/library/python:3.11-slim", System("apt", None, "debian", python_image=True)),
        (
            "ghcr.io/astral-sh/uv:python3.12-bookworm-slim",
            System("apt", "bookworm", "debian", python_image=True),
        ),
        ("ghcr.io/astral-sh/uv:python3.12-alpine", System("apk", "alpine", "alpine", python_image=True)),
        ("debian:12", System("apt", "bookworm", "debian", python_image=False)),
        ("debian:12.5", System("apt", "bookworm", "debian", python_image=False)),
        ("debian:bookworm-slim", System("apt", "bookworm", "debian", python_image=False)),
        ("debian:bookworm-20260101-slim", System("apt", "bookworm", "debian", python_image=False)),
        ("debian:stable-slim", System("apt", None, "debian", python_image=False)),
        ("registry.example:5000/debian:11", System("apt", "bullseye", "debian", python_image=False)),
        ("ubuntu:22.04", System("apt", "jammy", "ubuntu", python_image=False)),
        ("ubuntu:noble", System("apt", "noble", "ubuntu", python_image=False)),
        ("ubuntu:24.10", System("apt", None, "ubuntu", python_image=False)),
        ("ubuntu", System("apt", None, "ubuntu", python_image=False)),
        ("alpine:3.19", System("apk", "alpine", "alpine", python_image=False)),
        ("fedora:40", None),
        ("python:3.11-windowsservercore", None),
        ("nvidia/cuda:12.4.1-runtime-ubuntu22.04", None),
        ("node:22-bookworm", None),
        ("scratch", None),
    ],
)
def test_the_name_of_an_image_tells_its_packages(reference: str, system: System | None) -> None:
    assert system_of(read_image(reference)) == system


def test_no_image_has_no_packages() -> None:
    assert system_of(None) is None


@each
def test_no_package_has_two_roles(manager: Manager) -> None:
    table = TABLE[manager]
    both, runtime, build = (set(table[role]) for role in ("both", "runtime", "build"))
    assert not both & runtime
    assert not build & (both | runtime)
    family = tuple(table["runtime-prefixes"])
    assert {name for name in both | runtime | build if name.startswith(family)} == set()


@each
def test_what_a_build_package_brings_is_for_the_container(manager: Manager) -> None:
    system = {"apt": BOOKWORM, "apk": ALPINE}[manager]
    brought = {name for entry in TABLE[manager]["build"].values() for one in lists(entry) for name in one}
    assert len(brought) > 70
    assert {name for name in brought if found(name, system).role == "build"} == set()
    # The table says each name once: what is brought is known to be a run-time package by that.
    assert brought & set(TABLE[manager]["runtime"]) == set()


@each
def test_every_list_is_sorted(manager: Manager) -> None:
    table = TABLE[manager]
    named = {role: table[role] for role in ("both", "runtime", "runtime-prefixes")}
    for name, entry in table["build"].items():
        named |= {f"{name} {number}": one for number, one in enumerate(lists(entry))}
        named |= {f"{name} {key}": entry.get(key, []) for key in ("programs", "installs")}
    assert [key for key, names in named.items() if names != sorted(set(names))] == []


@each
def test_build_packages_are_described_by_known_words(manager: Manager) -> None:
    for name, entry in TABLE[manager]["build"].items():
        assert set(entry) <= KEYS, name
        assert set(entry.get("installs", [])) <= set(TABLE[manager]["build"]), name
        if isinstance(entry.get("brings"), dict):
            assert manager == "apt", name
            assert set(entry["brings"]) <= PLACES, name


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("libpq-dev", "build"),
        ("libc6-dev", "build"),
        ("git", "both"),
        ("ca-certificates", "both"),
        ("python3", "both"),
        ("ffmpeg", "runtime"),
        ("libpq5", "runtime"),
        ("libgl1", "runtime"),
        ("fonts-noto-cjk", "runtime"),
        ("tesseract-ocr-deu", "runtime"),
        # It calls `msgfmt`, `protoc`, `proj`, `mpicc`: builds of some packages do.
        ("gettext", "both"),
        ("protobuf-compiler", "both"),
    ],
)
def test_a_package_has_its_role(name: str, role: str) -> None:
    assert found(name, BOOKWORM).role == role


@pytest.mark.parametrize("name", ["libreoffice-dev", "acme-tool", "", "./acme.deb", "git-", "libpq-dev/sid"])
def test_what_is_not_in_the_table_is_not_known(name: str) -> None:
    assert find_package(name, BOOKWORM) is None


def test_the_packages_of_one_manager_are_not_those_of_the_other() -> None:
    assert find_package("postgresql-dev", BOOKWORM) is None
    assert found("postgresql-dev", ALPINE).brings == ("libpq",)
    assert find_package("build-essential", ALPINE) is None


def test_a_version_goes_and_an_architecture_stays_with_what_is_brought() -> None:
    assert found("gcc=4:12.2.0-3", BOOKWORM) == found("gcc", BOOKWORM)
    assert found("libpq-dev=15.*", BOOKWORM).brings == ("libpq5",)
    assert found("libpq-dev:arm64=15.*", BOOKWORM).brings == ("libpq5:arm64",)
    assert found("libpq-dev:arm64", BOOKWORM).name == "libpq-dev"
    for name in ("gcc>12", "gcc~=13.2", "gcc=13.2.1_git20231014-r0", "gcc@edge"):
        assert found(name, ALPINE) == found("gcc", ALPINE)


def test_names_that_differ_by_release_are_those_of_the_release() -> None:
    bullseye, jammy = BOOKWORM._replace(release="bullseye"), System("apt", "jammy", "ubuntu", False)
    assert found("libffi-dev", BOOKWORM).brings == ("libffi8",)
    assert found("libffi-dev", bullseye).brings == ("libffi7",)
    assert found("libjpeg-dev", bullseye).brings == ("libjpeg62-turbo",)
    assert found("libjpeg-dev", jammy).brings == ("libjpeg-turbo8",)
    # Debian alone is named.
    assert found("libgtk-3-dev", BOOKWORM).brings is not None
    assert found("libgtk-3-dev", jammy).brings is None


@pytest.mark.parametrize("release", [None, "buster", "forky"])
def test_a_release_that_is_not_known_brings_what_all_agree_on(release: str | None) -> None:
    system = BOOKWORM._replace(release=release)
    assert found("libpq-dev", system).brings == ("libpq5",)
    assert found("libjpeg-dev", system).brings == ("libjpeg62-turbo",)
    assert found("libffi-dev", system).brings is None
    assert found("libtiff-dev", system).brings is None


def test_a_python_image_holds_what_python_needs() -> None:
    system = System("apt", None, "debian", python_image=True)
    assert found("libffi-dev", system).brings == ()
    assert found("libssl-dev", system).brings == ()
    assert found("libtiff-dev", system).brings is None


def test_programs_come_with_those_of_the_packages_that_are_installed_along() -> None:
    programs = found("build-essential", BOOKWORM).programs
    assert {"gcc", "cc", "g++", "make", "ld", "strip", "patch"} <= programs
    assert found("libpq-dev", BOOKWORM).programs == {"pg_config"}
    assert found("libffi-dev", BOOKWORM).programs == frozenset()
    # `ps` is there by nothing but cmake in many a slim image.
    assert "ps" in found("cmake", BOOKWORM).programs


@each
def test_a_build_package_is_meant_to_leave_the_image_and_no_other_is(manager: str) -> None:
    def meant(names: list[str]) -> list[str]:
        return [name for name in names if any(fnmatchcase(name, glob) for glob in BUILD_PACKAGES)]

    table = TABLE[manager]
    assert meant(list(table["build"])) == list(table["build"])
    assert meant([*table["runtime"], *table["both"]]) == []
