from __future__ import annotations

import tomllib
from pathlib import PurePosixPath
from typing import Any

import pytest
import tomlkit

from project.test_poetry import BUILD, HEAD, PYTHON, converted, manifest, read, refused
from uvmigrate.project import Converted, NotAProject

TEXT = HEAD + PYTHON + 'web = "^1"\n' + BUILD

LOCK_2_1 = """
[[package]]
name = "web"
version = "1.4"
optional = false
python-versions = ">=3.8"
groups = ["main"]
files = [{ file = "web-1.4.whl", hash = "sha256:aa" }, { file = "web-1.4.tar.gz", hash = "sha256:ab" }]

[package.dependencies]
Num = ">=1"

[[package]]
name = "num"
version = "1.0"
optional = false
python-versions = ">=3.8"
groups = ["main", "dev"]
markers = "python_version < \\"3.12\\""
files = [{ file = "num-1.0.whl", hash = "sha256:ba" }]

[[package]]
name = "num"
version = "2.0"
optional = false
python-versions = ">=3.12"
groups = ["main", "dev"]
files = [{ file = "num-2.0.whl", hash = "sha256:bb" }]

[package.markers]
main = "python_version >= \\"3.12\\" and extra == \\"x\\""
dev = "python_version >= \\"3.13\\""

[metadata]
lock-version = "2.1"
python-versions = "^3.11"
content-hash = "00"
"""

LOCK_1_1 = """
[[package]]
name = "web"
version = "1.4"
category = "main"
optional = false
python-versions = "*"

[package.dependencies]
num = {NUM}

[[package]]
name = "num"
version = "1.0"
category = "main"
optional = false
python-versions = ">=3.7"

[[package]]
name = "num"
version = "2.0"
category = "main"
optional = false
python-versions = ">=3.12"

[[package]]
name = "stale"
version = "1"
category = "main"
optional = false
python-versions = "*"

[metadata]
lock-version = "1.1"

[metadata.files]
web = [{ file = "web-1.4.whl", hash = "sha256:aa" }]
Num = [{ file = "num-1.0.whl", hash = "sha256:ba" }, { file = "num-2.0.whl", hash = "md5:bb" }]
stale = []
"""


def test_versions_hashes_and_markers_are_held() -> None:
    found = converted(TEXT, {"poetry.lock": LOCK_2_1})
    assert found.pins == {"num": ("1.0", "2.0"), "web": ("1.4",)}
    assert found.hashes == {"num": ("sha256:ba", "sha256:bb"), "web": ("sha256:aa", "sha256:ab")}
    assert found.constraints == (
        'num==1.0 ; python_version < "3.12"',
        'num==2.0 ; python_version >= "3.12"',
        "web==1.4",
    )
    assert found.notes == ()


def test_an_older_lock_says_by_their_pythons_which_version_is_for_what() -> None:
    found = converted(TEXT, {"poetry.lock": LOCK_1_1.replace("{NUM}", '">=1"')})
    assert found.pins == {"num": ("1.0", "2.0"), "web": ("1.4",)}
    assert found.hashes == {"num": ("sha256:ba",), "web": ("sha256:aa",)}
    assert found.constraints == (
        'num==1.0 ; python_version >= "3.7" and python_version < "3.12"',
        'num==2.0 ; python_version >= "3.12"',
        "web==1.4",
    )
    assert found.notes == ("num: of several locked versions each Python gets its newest",)


@pytest.mark.parametrize(
    "asked",
    [
        # Which version Python 3.13 gets depends on who asks.
        '[{ version = "<2", markers = "os_name == \'nt\'" }, { version = ">=1" }]',
        '">=2"',
    ],
)
def test_versions_that_somebody_tells_apart_are_not_guessed(asked: str) -> None:
    lock = LOCK_1_1.replace("{NUM}", asked)
    why = (
        "poetry.lock holds num in the versions 1.0, 2.0 and does not say which is for what: "
        "`poetry lock` of poetry 2.1 writes that"
    )
    assert refused(TEXT, {"poetry.lock": lock}) == NotAProject(
        "lock-split", why, PurePosixPath("poetry.lock"), 0
    )


def test_a_version_for_pythons_that_nothing_covers_is_not_guessed() -> None:
    lock = LOCK_1_1.replace("{NUM}", '">=1"').replace('">=3.7"', '">=3.7,<3.11"')
    assert refused(TEXT, {"poetry.lock": lock}).code == "lock-split"


def test_an_older_lock_is_read_with_what_the_project_asks_for() -> None:
    said = 'num = [{ version = "<2", python = "<3.13" }, { version = ">=2", python = ">=3.13" }]\n'
    lock = LOCK_1_1.replace("{NUM}", '">=1"')
    assert converted(HEAD + PYTHON + said + BUILD, {"poetry.lock": lock}).constraints == (
        'num==1.0 ; python_version < "3.13"',
        'num==2.0 ; python_version >= "3.13"',
    )
    half = 'num = [{ version = "<2", python = "<3.13" }, { version = "*", python = ">=3.13" }]\n'
    assert refused(HEAD + PYTHON + half + BUILD, {"poetry.lock": lock}).code == "lock-split"


def test_versions_that_only_an_extra_tells_apart_are_refused() -> None:
    lock = LOCK_2_1.replace('python_version < \\"3.12\\"', 'extra == \\"old\\"')
    found = refused(TEXT, {"poetry.lock": lock})
    assert found.why == (
        'poetry.lock holds both num==1.0 and num==2.0 ; python_version >= "3.12", '
        "which only an extra tells apart"
    )


def test_what_nothing_installs_is_not_held() -> None:
    text = HEAD + PYTHON + 'a = "1"\nweb = { version = "^1", optional = true }\n' + BUILD
    found = converted(text, {"poetry.lock": LOCK_2_1})
    assert found.pins == {}
    assert found.notes == (
        "web is optional and in no extra: nothing installs it, and it is left out",
        "poetry.lock does not hold a: it is older than pyproject.toml",
    )


GIT = """
[[package]]
name = "till"
version = "3.0"
optional = false
python-versions = "*"
files = []

[package.source]
type = "git"
url = "https://acme.example/till.git"
reference = "main"
resolved_reference = "0123456789012345678901234567890123456789"

[metadata]
lock-version = "2.0"
"""


@pytest.mark.parametrize("ref", [', branch = "main"', ', rev = "main"', ""])
def test_a_git_dependency_stays_at_the_locked_commit(ref: str) -> None:
    text = HEAD + PYTHON + f'Till = {{ git = "https://acme.example/till.git"{ref} }}\n' + BUILD
    found = converted(text, {"poetry.lock": GIT})
    assert manifest(text, {"poetry.lock": GIT})["tool"]["uv"]["sources"] == {
        "Till": {"git": "https://acme.example/till.git", "rev": "0123456789012345678901234567890123456789"}
    }
    assert (found.pins, found.constraints) == ({}, ())
    assert any(note.startswith("Till is held at the commit that poetry.lock has") for note in found.notes)


def test_a_dependency_that_is_not_locked_yet_is_named() -> None:
    text = HEAD + PYTHON + 'web = "^1"\nnovel = "1"\n' + BUILD
    notes = converted(text, {"poetry.lock": LOCK_2_1}).notes
    assert notes == ("poetry.lock does not hold novel: it is older than pyproject.toml",)


def test_without_a_lock_versions_are_todays() -> None:
    found = converted(TEXT)
    assert (found.pins, found.hashes, found.constraints) == ({}, {}, ())
    assert found.notes == (
        "there is no poetry.lock: the versions are those of the day of the first `uv lock`",
    )


@pytest.mark.parametrize("data", ["[[package]\n", '[[package]]\nname = "a"\n', "package = 3\n"])
def test_a_broken_lock_is_no_exception(data: str) -> None:
    found = refused(TEXT, {"poetry.lock": data})
    assert (found.code, found.path) == ("invalid-lock", PurePosixPath("poetry.lock"))


ODD: tuple[object, ...] = (3, "", "x", [], ["x"], [3], [{}], {}, {"x": 3}, True)
FULL = LOCK_2_1.replace('">=3.8"', '">=3.7"') + GIT.partition("[metadata]")[0]


@pytest.mark.parametrize("number", range(4))
@pytest.mark.parametrize(
    "key", ["name", "version", "python-versions", "groups", "markers", "files", "source"]
)
@pytest.mark.parametrize("value", ODD, ids=repr)
def test_values_of_another_kind_are_no_exceptions(number: int, key: str, value: object) -> None:
    data: Any = tomllib.loads(FULL)
    data["package"][number][key] = value
    text = HEAD + PYTHON + 'web = "^1"\nTill = { git = "https://acme.example/till.git" }\n' + BUILD
    found = read(text, {"poetry.lock": tomlkit.dumps(data)})
    assert isinstance(found, Converted) or found.path == PurePosixPath("poetry.lock")


def prerelease(said: str) -> dict[str, object]:
    lock = LOCK_2_1.replace('version = "1.4"', 'version = "1.4rc1"')
    tool: dict[str, object] = manifest(HEAD + PYTHON + said + BUILD, {"poetry.lock": lock}).get("tool", {})
    return tool


def test_a_locked_prerelease_that_only_poetrys_option_lets_in_is_let_in() -> None:
    assert prerelease('web = { version = "^1", allow-prereleases = true }\n') == {
        "uv": {"prerelease": "allow"}
    }
    assert prerelease('web = { version = ">=1.4rc1", allow-prereleases = true }\n') == {}
    assert prerelease('web = "^1"\n') == {}
