from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from uvmigrate.project import (
    Editable,
    Include,
    Index,
    Line,
    LocalPath,
    Option,
    Requirement,
    Unreadable,
    Url,
    read_requirements,
)
from uvmigrate.source import Repo


def read(text: str, path: str = "requirements.txt") -> tuple[Line, ...]:
    return read_requirements(Repo.of({path: text.encode()}), PurePosixPath(path)).lines


def one(text: str, path: str = "requirements.txt") -> Line:
    (line,) = read(text, path)
    return line


@pytest.mark.parametrize(
    ("text", "name", "tidied", "pinned"),
    [
        ("six==1.16.0", "six", "six==1.16.0", "1.16.0"),
        ("Zope.Interface == 6.1", "zope-interface", "Zope.Interface==6.1", "6.1"),
        ("six", "six", "six", None),
        ("six==1.*", "six", "six==1.*", None),
        ("six>=1.15, <2", "six", "six>=1.15,<2", None),
        ("six==1.16.0,!=1.17", "six", "six==1.16.0,!=1.17", None),
        ("torch==2.1.0+cpu", "torch", "torch==2.1.0+cpu", "2.1.0+cpu"),
        ("uvicorn[standard, x]==0.2", "uvicorn", "uvicorn[standard,x]==0.2", "0.2"),
        ("six==1 # why", "six", "six==1", "1"),
        ("six==1;python_version<'3.9'", "six", "six==1 ; python_version<'3.9'", "1"),
        ("six (>=1.15)", "six", "six>=1.15", None),
    ],
)
def test_a_requirement_is_read_as_written_with_its_blanks_tidied(
    text: str, name: str, tidied: str, pinned: str | None
) -> None:
    line = one(text)
    assert isinstance(line, Requirement)
    assert (line.name, line.text, line.pinned) == (name, tidied, pinned)


def test_hashes_and_build_settings_belong_to_their_requirement() -> None:
    line = one('uwsgi==2.0 \\\n    --hash=sha256:aa \\\n    --hash sha256:bb --config-settings="a=b"')
    assert isinstance(line, Requirement)
    assert line.text == "uwsgi==2.0"
    assert line.hashes == ("sha256:aa", "sha256:bb")
    assert [option.text for option in line.options] == ["--config-settings=a=b"]


def test_a_direct_reference_is_a_requirement_and_keeps_its_url() -> None:
    line = one("demo[x] @ git+https://example.org/demo@v1#subdirectory=lib ; sys_platform == 'linux'")
    assert isinstance(line, Requirement)
    assert (line.name, line.extras) == ("demo", ("x",))
    assert line.url == "git+https://example.org/demo@v1#subdirectory=lib"
    assert line.marker == 'sys_platform == "linux"'


@pytest.mark.parametrize(
    ("text", "name", "extras"),
    [
        ("git+https://example.org/demo@v1#egg=My_Demo", "my-demo", ()),
        ("git+https://example.org/demo#subdirectory=a&egg=demo[x,y]", "demo", ("x", "y")),
        ("https://example.org/files/my_demo-1.0-py3-none-any.whl", "my-demo", ()),
        ("https://example.org/files/demo-1.0.tar.gz", None, ()),
        ("git+ssh://git@example.org/demo.git", None, ()),
    ],
)
def test_a_bare_url_is_named_by_its_egg_or_its_wheel(
    text: str, name: str | None, extras: tuple[str, ...]
) -> None:
    line = one(text)
    assert isinstance(line, Url)
    assert (line.url, line.name, line.extras) == (text, name, extras)


def test_a_marker_follows_a_bare_url_after_a_semicolon_and_a_blank() -> None:
    line = one("https://example.org/a;b/demo.zip#egg=demo ; os_name == 'nt'")
    assert isinstance(line, Url)
    assert (line.url, line.marker) == ("https://example.org/a;b/demo.zip#egg=demo", "os_name == 'nt'")


@pytest.mark.parametrize(
    ("text", "target", "path", "extras"),
    [
        (".", ".", ".", ()),
        ("./lib[x]", "./lib", "lib", ("x",)),
        ("vendor/demo-1.0.tar.gz", "vendor/demo-1.0.tar.gz", "vendor/demo-1.0.tar.gz", ()),
        ("demo-1.0-py3-none-any.whl", "demo-1.0-py3-none-any.whl", "demo-1.0-py3-none-any.whl", ()),
        ("../other", "../other", None, ()),
        ("/srv/demo", "/srv/demo", None, ()),
        ("file:///srv/demo", "file:///srv/demo", None, ()),
    ],
)
def test_what_looks_like_a_path_is_one(
    text: str, target: str, path: str | None, extras: tuple[str, ...]
) -> None:
    line = one(text)
    assert isinstance(line, LocalPath)
    assert (line.target, line.extras) == (target, extras)
    assert line.path == (PurePosixPath(path) if path else None)


def test_an_editable_is_a_folder_or_a_checkout() -> None:
    here, lib, checkout = read("-e .[dev]\n--editable=./lib\n-e git+https://example.org/demo#egg=demo\n")
    assert isinstance(here, Editable)
    assert isinstance(lib, Editable)
    assert isinstance(checkout, Editable)
    assert (here.target, here.path, here.extras) == (".", PurePosixPath(), ("dev",))
    assert lib.path == PurePosixPath("lib")
    assert (checkout.vcs, checkout.name) == (True, "demo")


def test_paths_are_seen_from_the_project_but_includes_from_the_file() -> None:
    editable, include = read("-e .\n-r base.txt\n", "api/requirements/dev.txt")
    assert isinstance(editable, Editable)
    assert isinstance(include, Include)
    assert editable.path == PurePosixPath("api")
    assert include.path == PurePosixPath("api/requirements/base.txt")


@pytest.mark.parametrize(
    ("text", "path", "constraint"),
    [
        ("-r base.txt", "base.txt", False),
        ("-rbase.txt", "base.txt", False),
        ("--requirement=lib/../base.txt", "base.txt", False),
        ("--const base.txt", "base.txt", True),
        ("-c limits.txt", "limits.txt", True),
        ("--constraint 'two words.txt'", "two words.txt", True),
        ("-r ../base.txt", None, False),
        ("-r https://example.org/base.txt", None, False),
        ("-r ${ENVIRONMENT}.txt", None, False),
    ],
)
def test_an_include_names_a_file_of_the_repository_or_none(
    text: str, path: str | None, constraint: bool
) -> None:
    line = one(text)
    assert isinstance(line, Include)
    assert line.path == (PurePosixPath(path) if path else None)
    assert line.constraint is constraint


@pytest.mark.parametrize(
    ("text", "kind", "url", "credentials"),
    [
        ("-i https://example.org/simple", "default", "https://example.org/simple", False),
        ("--index-url=https://example.org/simple", "default", "https://example.org/simple", False),
        ("--extra-index-url https://u:p@example.org", "extra", "https://u:p@example.org", True),
        ("--extra-index-url https://${TOKEN}@example.org", "extra", "https://${TOKEN}@example.org", True),
        ("-f https://example.org/wheels.html", "find-links", "https://example.org/wheels.html", False),
        ("--find-links ./wheels", "find-links", "./wheels", False),
        ("--no-index", "no-index", "", False),
    ],
)
def test_an_index_line_says_where_packages_come_from(
    text: str, kind: str, url: str, credentials: bool
) -> None:
    line = one(text)
    assert isinstance(line, Index)
    assert (line.kind, line.url, line.has_credentials) == (kind, url, credentials)


@pytest.mark.parametrize(
    "text",
    ["--pre", "--prefer-binary", "--require-hashes", "--no-binary=:all:", "--trusted-host=example.org"],
)
def test_other_options_are_kept_by_name_and_value(text: str) -> None:
    line = one(text)
    assert isinstance(line, Option)
    assert line.text == text


def test_pip_takes_the_kinds_of_packages_from_behind_a_requirement_too() -> None:
    requirement, first, second = read("six==1.17.0 --no-binary=six --only-binary idna,attrs --pre\n")
    assert isinstance(requirement, Requirement)
    assert isinstance(first, Option)
    assert isinstance(second, Option)
    assert (requirement.text, requirement.options) == ("six==1.17.0", ())
    assert (first.text, second.text) == ("--no-binary=six", "--only-binary=idna,attrs")


def test_one_line_may_hold_several_options() -> None:
    index, option = read("-i https://example.org/simple --trusted-host example.org\n")
    assert isinstance(index, Index)
    assert isinstance(option, Option)
    assert index.line == option.line == 1


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("six>=1.16.*", "invalid-requirement"),
        ("six<2 >1", "invalid-requirement"),
        ("six=1", "invalid-requirement"),
        ("six==1 ; python_versions < '3'", "invalid-requirement"),
        ("--no-deps", "invalid-requirement"),
        ("-r", "invalid-requirement"),
        ("-c 'open", "invalid-requirement"),
        ("six==${SIX_VERSION}", "variable"),
        ("git+https://${TOKEN}@example.org/demo#egg=demo", "variable"),
        ("-e ${LIB}", "variable"),
    ],
)
def test_what_says_nothing_certain_is_unreadable_with_a_reason_of_one_line(text: str, code: str) -> None:
    line = one(text)
    assert isinstance(line, Unreadable)
    assert line.code == code
    assert line.why
    assert "\n" not in line.why


def test_a_word_without_a_dash_after_an_option_is_passed_over_as_pip_does() -> None:
    assert isinstance(one("-r base.txt six"), Include)
