"""An install or export by poetry is said in uv; the real uv then chooses what poetry would."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

import pytest

from commands.offline import Offline, lay_out
from commands.reading import poetry
from uvmigrate.commands import ExportOptions, SyncOptions, Unsaid, poetry_export_options, poetry_sync_options
from uvmigrate.project.converted import Converted

if TYPE_CHECKING:
    from pathlib import Path

#: What each dependency of the project belongs to.
PACKAGES = {
    "alpha": "main",
    "beta": "dev",
    "gamma": "docs",
    "delta": "lint",
    "omega": "an extra",
    "psi": "an extra",
}
MANIFEST = b"""\
[project]
name = "app"
version = "1"
requires-python = ">=3.9"
dependencies = ["alpha"]

[project.optional-dependencies]
ex = ["omega"]
cloud-store = ["psi"]

[dependency-groups]
dev = ["beta"]
lint = ["delta"]
docs-group = ["gamma"]

[tool.uv]
package = true
default-groups = ["dev", "lint"]

[tool.uv.sources]
"""
CONVERTED = Converted(
    MANIFEST,
    groups=MappingProxyType({"dev": "dev", "lint": "lint", "docs": "docs-group"}),
    optional=frozenset({"docs"}),
    extras=("ex", "cloud-store"),
    packaged=True,
)


@pytest.fixture(scope="module")
def uv(tmp_path_factory: pytest.TempPathFactory) -> Offline:
    return lay_out(tmp_path_factory.mktemp("poetry"), MANIFEST, PACKAGES)


def said(text: str, converted: Converted = CONVERTED) -> SyncOptions:
    found = poetry_sync_options(poetry(f"poetry {text}"), converted)
    assert isinstance(found, SyncOptions), found
    return found


def exported(text: str, converted: Converted = CONVERTED) -> ExportOptions:
    found = poetry_export_options(poetry(f"poetry {text}"), converted)
    assert isinstance(found, ExportOptions), found
    return found


#: Options of poetry, those of uv, and what both install (with the project itself). What poetry installs was
#: asked of poetry 2.5's `--dry-run`; `--no-dev` and `--remove-untracked` are those of poetry 1.8.
CASES = [
    ("", "", "app alpha beta delta"),
    ("--no-root", "--no-install-project", "alpha beta delta"),
    ("--only main", "--no-default-groups", "app alpha"),
    ("--only=main --no-root", "--no-install-project --no-default-groups", "alpha"),
    ("--no-dev", "--no-default-groups", "app alpha"),
    ("--no-dev --with docs", "--no-default-groups", "app alpha"),
    ("--only main,dev", "--no-default-groups --group dev", "app alpha beta"),
    ("--only dev --only main", "--no-default-groups --group dev", "app alpha beta"),
    ("--only main --with docs --without main", "--no-default-groups", "app alpha"),
    ("--only dev --no-root", "--only-group dev", "beta"),
    ("--only dev,docs --no-root", "--only-group dev --only-group docs-group", "beta gamma"),
    ("--only dev -E ex --no-root", "--only-group dev", "beta"),
    ("--without main --no-root", "--only-group dev --only-group lint", "beta delta"),
    ("--without dev", "--no-group dev", "app alpha delta"),
    ("--without dev,lint", "--no-group dev --no-group lint", "app alpha"),
    ("--without docs", "--no-group docs-group", "app alpha beta delta"),
    ("--with docs", "--group docs-group", "app alpha beta delta gamma"),
    ("--with Docs", "--group docs-group", "app alpha beta delta gamma"),
    ("--with docs,lint,main", "--group docs-group --group lint", "app alpha beta delta gamma"),
    ("--with docs --without dev", "--no-group dev --group docs-group", "app alpha delta gamma"),
    ("--with docs --without docs", "--no-group docs-group", "app alpha beta delta"),
    ("--all-groups", "--all-groups", "app alpha beta delta gamma"),
    ("-E ex", "--extra ex", "app alpha beta delta omega"),
    ("-E 'ex Cloud_Store'", "--extra ex --extra cloud-store", "app alpha beta delta omega psi"),
    ("--extras=ex -Eex", "--extra ex", "app alpha beta delta omega"),
    ("--all-extras --only main", "--no-default-groups --all-extras", "app alpha omega psi"),
    ("--no-directory --no-root", "--no-install-local", ""),
    ("--only-root", "--only-install-project", "app"),
    ("--sync --only main", "--no-default-groups", "app alpha"),
    ("--remove-untracked --no-dev", "--no-default-groups", "app alpha"),
    ("-n --no-ansi --ansi --no-plugins --no-interaction", "", "app alpha beta delta"),
    ("--compile --no-cache", "--compile-bytecode --no-cache", "app alpha beta delta"),
    ("-vvv --only main", "--verbose --no-default-groups", "app alpha"),
    ("-P . -C .", "--project . --directory .", "app alpha beta delta"),
]  # fmt: skip


@pytest.mark.parametrize(("options", "expected", "installed"), CASES)
def test_the_real_uv_installs_what_poetry_would(
    options: str, expected: str, installed: str, uv: Offline
) -> None:
    found = said(f"install {options}")
    assert " ".join(found.options) == expected
    assert uv.installed(*found.options) == set(installed.split())
    wanted = {name: PACKAGES.get(name, "project") for name in installed.split()}
    assert found.project is ("project" in wanted.values())
    if "--no-directory" not in options:
        assert found.main is ("main" in wanted.values())
        assert [PACKAGES[name] for name in ("beta", "delta", "gamma") if name in wanted] == [
            {"docs-group": "docs"}.get(group, group)
            for group in sorted(found.groups, key="dev lint docs-group".split().index)
        ]
        assert found.extras == tuple(
            {"omega": "ex", "psi": "cloud-store"}[name] for name in ("omega", "psi") if name in wanted
        )


def test_a_dry_run_stays_one() -> None:
    assert said("install --dry-run").options == ("--dry-run",)


@pytest.mark.parametrize(
    ("text", "exact"),
    [("install", False), ("sync", True), ("install --sync", True), ("install --remove-untracked", True)],
)
def test_only_a_sync_removes_what_it_does_not_install(text: str, exact: bool) -> None:
    assert said(text).exact is exact


def test_what_needs_no_option_of_uv_is_said_all_the_same() -> None:
    assert said("install --only-root").only_project
    assert not said("install --no-root").only_project
    assert said("install --without gone").notes == ("--without gone goes: the project has no such group",)
    assert said("install --without gone").options == ()


def test_a_project_that_is_not_packaged_is_never_installed() -> None:
    plain = CONVERTED._replace(packaged=False)
    for text in ("install", "install --no-root"):
        found = said(text, plain)
        assert (found.options, found.project, found.main) == ((), False, True)
    assert said("install --only dev", plain).options == ("--only-group", "dev")
    nothing = poetry_sync_options(poetry("poetry install --only-root"), plain)
    assert nothing == Unsaid("there is no project that could be installed")


def test_a_value_with_a_space_is_quoted() -> None:
    assert said("-C 'the web' install").options == ("--directory", "'the web'")


NO_PROJECT = "poetry installs the project itself here, and uv does not without its dependencies"
NO_FOLDERS = "uv cannot install the project where it leaves out the folders that it depends on"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('install --extras "$EXTRAS"', "an argument of it only the shell knows"),
        ('install $(test "$E" == production && echo "--no-dev")', "an argument of it only the shell knows"),
        ("install $ARGS", "an argument of it only the shell knows"),
        ("-C $APP install", "an argument of it only the shell knows"),
        ("install --$MODE", "--$MODE is an option that uvmigrate does not know"),
        ("install --frobnicate", "--frobnicate is an option that uvmigrate does not know"),
        ("install --help", "--help is an option that uvmigrate does not know"),
        ("install --dev", "--dev is an option that uvmigrate does not know"),
        ("install six", "poetry install is not known with operands"),
        ("install --with", "--with has no value"),
        ("install --with --no-root", "--with has no value"),
        ("install --extras=", "--extras has no value"),
        ("install --with gone", "--with names the group gone, which the project does not have"),
        ("install --only gone", "--only names the group gone, which the project does not have"),
        ("install -E gone", "--extras names gone, which is no extra of the project"),
        ("install -E ex,cloud-store", "--extras names ex,cloud-store, which is no extra of the project"),
        ("install --all-extras -E ex", "poetry does not take these options together"),
        ("install --all-groups --only main", "poetry does not take these options together"),
        ("install --only-root --no-root", "poetry does not take these options together"),
        ("install --only-root --with docs", "poetry does not take these options together"),
        ("install --without main,dev,lint", "no group is left that could be installed"),
        ("install --only dev", NO_PROJECT),
        ("install --without main", NO_PROJECT),
        ("install --no-directory", NO_FOLDERS),
    ],
)  # fmt: skip
def test_what_cannot_be_said_has_a_reason(text: str, why: str) -> None:
    found = poetry_sync_options(poetry(f"poetry {text}"), CONVERTED)
    assert isinstance(found, Unsaid)
    assert found.why == why


EXPORTS = [
    ("", "--no-default-groups", "alpha"),
    ("--only main", "--no-default-groups", "alpha"),
    ("--dev", "--no-default-groups --group dev", "alpha beta"),
    ("--with dev,docs", "--no-default-groups --group dev --group docs-group", "alpha beta gamma"),
    ("--with dev --without dev", "--no-default-groups", "alpha"),
    ("--without dev", "--no-default-groups", "alpha"),
    ("--only dev", "--only-group dev", "beta"),
    ("--without main --with dev", "--only-group dev", "beta"),
    ("--all-groups", "--all-groups", "alpha beta delta gamma"),
    ("-E ex", "--no-default-groups --extra ex", "alpha omega"),
    ("--all-extras", "--no-default-groups --all-extras", "alpha omega psi"),
    ("-f requirements.txt --without-hashes", "--no-default-groups --no-hashes", "alpha"),
    ("--without-urls --with-credentials -n", "--no-default-groups", "alpha"),
]


@pytest.mark.parametrize(("options", "expected", "listed"), EXPORTS)
def test_the_real_uv_exports_what_poetry_would(options: str, expected: str, listed: str, uv: Offline) -> None:
    found = exported(f"export {options}")
    assert " ".join(found.options) == f"--no-emit-project {expected}"
    assert uv.exported(*found.options) == set(listed.split())
    assert found.main is ("alpha" in listed)


def test_an_export_goes_where_poetry_s_went(uv: Offline, tmp_path: Path) -> None:
    file = tmp_path / "a b.txt"
    found = exported(f"export --only main -o '{file}' --without-hashes")
    assert found.output == str(file)
    assert found.options[-3:] == ("--output-file", f"'{file}'", "--quiet")
    words = [word.strip("'") for word in found.options]
    assert uv.call("export", "--locked", *words) == ""
    assert "../alpha" in file.read_text()
    assert exported("export -q -o r.txt").options.count("--quiet") == 1
    assert exported("export > r.txt").output is None


def test_the_lock_format_of_all_tools_stays(uv: Offline) -> None:
    found = exported("export -f pylock.toml")
    assert found.options[-2:] == ("--format", "pylock.toml")
    assert "lock-version" in uv.call("export", "--locked", *found.options)


def test_indexes_are_exported_where_the_project_has_some(uv: Offline) -> None:
    index = b'[[tool.uv.index]]\nname = "corp"\nurl = "https://example.org/simple"\n'
    converted = CONVERTED._replace(manifest=MANIFEST + index)
    assert exported("export", converted).options[-1] == "--emit-index-url"
    assert "--emit-index-url" not in exported("export --without-urls", converted).options
    assert "--emit-index-url" not in exported("export").options
    assert "--index-url" in uv.call("export", "--locked", "--emit-index-url")
    found = poetry_export_options(poetry("poetry export --with-credentials"), converted)
    assert found == Unsaid("uv export writes no credentials")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("export -f constraints.txt", "uv export writes no constraints.txt"),
        ("export -o $FILE", "an argument of it only the shell knows"),
        ("export --with gone", "--with names the group gone, which the project does not have"),
        ("export -E gone", "--extras names gone, which is no extra of the project"),
        ("export --no-dev", "--no-dev is an option that uvmigrate does not know"),
        ("export --only main --all-groups", "poetry does not take these options together"),
    ],
)
def test_what_cannot_be_exported_has_a_reason(text: str, why: str) -> None:
    found = poetry_export_options(poetry(f"poetry {text}"), CONVERTED)
    assert isinstance(found, Unsaid)
    assert found.why == why
