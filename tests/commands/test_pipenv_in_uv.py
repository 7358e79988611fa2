"""An install or export by pipenv is said in uv; the real uv then chooses what pipenv would."""

from __future__ import annotations

from types import MappingProxyType

import pytest

from commands.offline import Offline, lay_out
from commands.reading import pipenv
from uvmigrate.commands import (
    ExportOptions,
    SyncOptions,
    Unsaid,
    pipenv_export_options,
    pipenv_sync_options,
)
from uvmigrate.project.converted import Converted

#: What each dependency of the project belongs to.
PACKAGES = {"alpha": "main", "beta": "dev", "gamma": "docs"}
MANIFEST = b"""\
[project]
name = "app"
version = "1"
requires-python = ">=3.9"
dependencies = ["alpha"]

[dependency-groups]
dev = ["beta"]
docs = ["gamma"]

[tool.uv]
package = false
%s
[tool.uv.sources]
"""
CONVERTED = Converted(
    MANIFEST % b"",
    groups=MappingProxyType({"dev-packages": "dev", "Docs": "docs"}),
    optional=frozenset({"dev-packages", "Docs"}),
    extras=(),
    packaged=False,
)


@pytest.fixture(scope="module", params=[b"", b"default-groups = []\n"])
def uv(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Offline:
    """The options say all: whether the project says what is usual makes no difference."""
    return lay_out(tmp_path_factory.mktemp("pipenv"), MANIFEST % request.param, PACKAGES)


def said(text: str, converted: Converted = CONVERTED) -> SyncOptions:
    found = pipenv_sync_options(pipenv(f"pipenv {text}"), converted)
    assert isinstance(found, SyncOptions), found
    return found


def exported(text: str, converted: Converted = CONVERTED) -> ExportOptions:
    found = pipenv_export_options(pipenv(f"pipenv {text}"), converted)
    assert isinstance(found, ExportOptions), found
    return found


@pytest.mark.parametrize(
    ("text", "options", "installed"),
    [
        ("install", "--no-default-groups", "alpha"),
        ("install --system --deploy --ignore-pipfile", "--no-default-groups", "alpha"),
        ("sync", "--no-default-groups", "alpha"),
        ("install --dev", "--group dev", "alpha beta"),
        ("sync -d --clear --bare", "--group dev", "alpha beta"),
        ("install --categories Docs", "--only-group docs", "gamma"),
        ("install --categories 'packages, Docs'", "--no-default-groups --group docs", "alpha gamma"),
        ("install --categories 'packages dev-packages'", "--group dev", "alpha beta"),
        ("sync --categories=develop,Docs", "--only-group dev --only-group docs", "beta gamma"),
        ("install --all", "--all-groups", "alpha beta gamma"),
        ("install -v --keep-outdated --three", "--verbose --no-default-groups", "alpha"),
    ],
)
def test_the_real_uv_installs_what_pipenv_would(text: str, options: str, installed: str, uv: Offline) -> None:
    found = said(text)
    assert " ".join(found.options) == options
    assert uv.installed(*found.options) == set(installed.split())
    assert found.main is ("alpha" in installed)
    assert set(found.groups) == {PACKAGES[name] for name in installed.split()} - {"main"}
    assert not found.project


#: As beside a setup.py, where no [project] holds what is always installed.
GROUPS_ALONE = b"""\
[dependency-groups]
main = ["alpha"]
dev = ["beta"]
docs = ["gamma"]

[tool.uv]
default-groups = ["main", "dev"]

[tool.uv.sources]
"""


@pytest.fixture(scope="module")
def groups_alone(tmp_path_factory: pytest.TempPathFactory) -> Offline:
    return lay_out(tmp_path_factory.mktemp("groups"), GROUPS_ALONE, PACKAGES)


@pytest.mark.parametrize(
    ("text", "installed"),
    [
        ("install --system --deploy", "alpha"),
        ("sync", "alpha"),
        ("install --dev", "alpha beta"),
        ("install --categories Docs", "gamma"),
        ("install --categories 'packages, Docs'", "alpha gamma"),
        ("install --all", "alpha beta gamma"),
    ],
)
def test_groups_alone_are_installed_in_the_same_way(text: str, installed: str, groups_alone: Offline) -> None:
    found = said(text, CONVERTED._replace(manifest=GROUPS_ALONE, main_group="main"))
    assert groups_alone.installed(*found.options) == set(installed.split())
    assert found.main is ("alpha" in installed)
    assert "main" not in found.groups


@pytest.mark.parametrize(
    ("text", "listed"),
    [
        ("requirements", "alpha"),
        ("requirements --dev", "alpha beta"),
        ("requirements --dev-only", "beta"),
        ("requirements --categories packages,Docs", "alpha gamma"),
        ("lock -r", "alpha"),
    ],
)
def test_groups_alone_are_exported_in_the_same_way(text: str, listed: str, groups_alone: Offline) -> None:
    found = exported(text, CONVERTED._replace(manifest=GROUPS_ALONE, main_group="main"))
    assert groups_alone.exported(*found.options) == set(listed.split())


def test_the_python_that_it_asks_for_is_asked_for() -> None:
    assert said("--python 3.11 install --dev").options == ("--python", "3.11", "--group", "dev")


def test_a_project_that_installs_itself_does_so_with_its_packages() -> None:
    packaged = CONVERTED._replace(packaged=True)
    assert said("install", packaged).project
    assert not said("install --categories Docs", packaged).project


@pytest.mark.parametrize(
    ("text", "frozen"),
    [("install", False), ("install --deploy", False), ("install --ignore-pipfile", True), ("sync", True)],
)
def test_a_lock_is_taken_as_it_is_where_pipenv_did(text: str, frozen: bool) -> None:
    assert said(text).frozen is frozen


def test_only_a_clean_sync_removes_what_it_does_not_install() -> None:
    assert said("sync --clean").exact
    assert not said("sync").exact


def test_what_is_not_quite_the_same_has_a_note() -> None:
    assert said("install --skip-lock").notes == (
        "--skip-lock chose the versions at every build; now the lock holds them",
    )
    without = CONVERTED._replace(groups={})
    found = said("install --dev", without)
    assert (found.options, found.notes) == ((), ("the Pipfile has no packages in dev-packages",))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("install six", "it adds packages to the Pipfile"),
        ("install $PACKAGE", "it adds packages to the Pipfile"),
        ("install -r requirements.txt", "it adds packages to the Pipfile"),
        ("install -e .", "it adds a package to the Pipfile"),
        ("install --pypi-mirror https://example.org", "the lock names its index, and uv takes no other"),
        ("install --site-packages", "the environment also sees the packages of the image"),
        ("install --extra-pip-args=--no-deps", "it hands options to pip"),
        ("install --extras Docs", "pipenv does not do what it says about the option"),
        ("install --two", "uv installs for Python 3 only"),
        ("install --python $V", "an argument of it only the shell knows"),
        ("install --categories", "--categories has no value"),
        ("install --frobnicate", "--frobnicate is an option that uvmigrate does not know"),
        ("install --skip-lock --pre", "it takes versions that the project's metadata does not allow"),
        ("install --categories gone", "nothing is left that could be installed"),
        ("install --all --dev", "which of these options counts is not the same in all versions of pipenv"),
        (
            "install --dev --categories Docs",
            "which of these options counts is not the same in all versions of pipenv",
        ),
    ],
)
def test_what_cannot_be_said_has_a_reason(text: str, why: str) -> None:
    found = pipenv_sync_options(pipenv(f"pipenv {text}"), CONVERTED)
    assert isinstance(found, Unsaid)
    assert found.why == why


@pytest.mark.parametrize(
    ("text", "options", "listed"),
    [
        ("requirements", "--no-default-groups --no-hashes", "alpha"),
        ("requirements --hash", "--no-default-groups", "alpha"),
        ("requirements --dev", "--no-default-groups --group dev --no-hashes", "alpha beta"),
        ("requirements --dev-only", "--only-group dev --no-hashes", "beta"),
        ("requirements --dev --dev-only", "--only-group dev --no-hashes", "beta"),
        ("requirements --categories packages,Docs --hash", "--no-default-groups --group docs", "alpha gamma"),
        ("requirements --categories=Docs --exclude-index", "--only-group docs --no-hashes", "gamma"),
        ("lock -r", "--no-default-groups --no-hashes", "alpha"),
        ("lock --requirements --dev-only --keep-outdated", "--only-group dev --no-hashes", "beta"),
    ],
)  # fmt: skip
def test_the_real_uv_exports_what_pipenv_would(text: str, options: str, listed: str, uv: Offline) -> None:
    found = exported(text)
    assert " ".join(found.options) == f"--no-emit-project {options}"
    assert uv.exported(*found.options) == set(listed.split())
    assert (found.main, found.output) == ("alpha" in listed, None)


def test_indexes_are_exported_where_the_project_has_some() -> None:
    index = b'[[tool.uv.index]]\nname = "corp"\nurl = "https://example.org/simple"\n'
    converted = CONVERTED._replace(manifest=CONVERTED.manifest + index)
    assert exported("requirements", converted).options[-1] == "--emit-index-url"
    assert "--emit-index-url" not in exported("requirements --exclude-index", converted).options


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (
            "lock -r --dev",
            "pipenv before 2020 wrote the development packages alone there, and later ones all",
        ),
        ("requirements --exclude-markers", "--exclude-markers is an option that uvmigrate does not know"),
        ("requirements --from-pipfile", "--from-pipfile is an option that uvmigrate does not know"),
        ("requirements --categories gone", "nothing is left that could be installed"),
    ],
)
def test_what_cannot_be_exported_has_a_reason(text: str, why: str) -> None:
    found = pipenv_export_options(pipenv(f"pipenv {text}"), CONVERTED)
    assert isinstance(found, Unsaid)
    assert found.why == why
