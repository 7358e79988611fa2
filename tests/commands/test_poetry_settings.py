"""Every setting of poetry's has a meaning for uv, or a reason why it has none; no secret is shown."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from uv import find_uv_bin

from commands.reading import poetry
from uvmigrate.commands import Setting, Unsaid, poetry_config, poetry_setting, poetry_variable
from uvmigrate.commands.poetry_settings import _BY_VARIABLE

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("variable", "action", "to"),
    [
        ("POETRY_VIRTUALENVS_CREATE=false", "drop", ()),
        ("POETRY_VIRTUALENVS_CREATE=$X", "drop", ()),
        ("POETRY_VIRTUALENVS_IN_PROJECT=1", "drop", ()),
        ("POETRY_VIRTUALENVS_PATH=/venvs", "drop", ()),
        ("POETRY_VIRTUALENVS_OPTIONS_NO_PIP=true", "drop", ()),
        ("POETRY_VIRTUALENVS_OPTIONS_SYSTEM_SITE_PACKAGES=false", "drop", ()),
        ("POETRY_VIRTUALENVS_OPTIONS_SYSTEM_SITE_PACKAGES=true", "refuse", ()),
        ("POETRY_VIRTUALENVS_OPTIONS_SYSTEM_SITE_PACKAGES=$X", "refuse", ()),
        ("POETRY_HOME=/opt/poetry", "drop", ()),
        ("POETRY_VERSION=$X", "drop", ()),
        ("POETRY_NO_INTERACTION=1", "drop", ()),
        ("POETRY_CACHE_DIR=/tmp/cache", "drop", ()),
        ("POETRY_INSTALLER_PARALLEL=false", "drop", ()),
        ("POETRY_INSTALLER_MAX_WORKERS=4", "rename", ("UV_CONCURRENT_DOWNLOADS",)),
        ("POETRY_INSTALLER_MAX_WORKERS=$X", "rename", ("UV_CONCURRENT_DOWNLOADS",)),
        ("POETRY_INSTALLER_MAX_WORKERS=0", "refuse", ()),
        ("POETRY_REQUESTS_TIMEOUT=120", "rename", ("UV_HTTP_TIMEOUT",)),
        ("POETRY_REQUESTS_TIMEOUT=1.5", "refuse", ()),
        ("POETRY_REQUESTS_MAX_RETRIES=3", "rename", ("UV_HTTP_RETRIES",)),
        ("POETRY_INSTALLER_NO_BINARY=:none:", "drop", ()),
        ("POETRY_INSTALLER_NO_BINARY=$X", "refuse", ()),
        ("POETRY_INSTALLER_ONLY_BINARY=:all:", "refuse", ()),
        ("POETRY_INSTALLER_ONLY_BINARY=false", "drop", ()),
        ("POETRY_INSTALLER_BUILD_CONFIG_SETTINGS_NUMPY={}", "refuse", ()),
        ("POETRY_HTTP_BASIC_MY_CORP_USERNAME=u", "rename", ("UV_INDEX_MY_CORP_USERNAME",)),
        ("POETRY_HTTP_BASIC_MY_CORP_PASSWORD=$X", "rename", ("UV_INDEX_MY_CORP_PASSWORD",)),
        ("POETRY_PYPI_TOKEN_CORP=t", "drop", ()),
        ("POETRY_REPOSITORIES_CORP_URL=https://example.org", "drop", ()),
        ("POETRY_CERTIFICATES_CORP_CERT=/c.pem", "refuse", ()),
        ("POETRY_CERTIFICATES_CORP_CLIENT_CERT=/c.pem", "refuse", ()),
        ("POETRY_KEYRING_ENABLED=false", "drop", ()),
        ("POETRY_KEYRING_ENABLED=true", "refuse", ()),
        ("POETRY_EXPERIMENTAL_SYSTEM_GIT_CLIENT=true", "drop", ()),
        ("POETRY_DYNAMIC_VERSIONING_BYPASS=1.2.3", "keep", ()),
    ],
)
def test_a_variable_has_a_meaning(variable: str, action: str, to: tuple[str, ...]) -> None:
    name, _, value = variable.partition("=")
    found = poetry_variable(name, None if value == "$X" else value)
    assert found is not None
    assert (found.action, found.to) == (action, to)
    assert found.why


@pytest.mark.parametrize(
    "name", ["POETRY_EXTRAS", "POETRY_INSTALL_ARGS", "POETRY", "PIP_NO_CACHE_DIR", "PATH"]
)
def test_a_variable_that_poetry_does_not_read_is_not_its_own(name: str) -> None:
    assert poetry_variable(name, "x") is None


def test_packages_that_are_always_built_or_never_are_named_as_uv_names_them() -> None:
    some = poetry_variable("POETRY_INSTALLER_NO_BINARY", "uwsgi, lxml")
    every = poetry_variable("POETRY_INSTALLER_NO_BINARY", ":all:")
    never = poetry_setting("installer.only-binary", "numpy")
    assert some == Setting("set", "uv's name for it", ("UV_NO_BINARY_PACKAGE",), "uwsgi lxml")
    assert every == Setting("set", "uv's name for it", ("UV_NO_BINARY",), "1")
    assert never == Setting("set", "uv's name for it", ("UV_NO_BUILD_PACKAGE",), "numpy")


@pytest.mark.parametrize(
    ("text", "action", "to"),
    [
        ("virtualenvs.create false", "drop", ()),
        ("virtualenvs.create $CREATE", "drop", ()),
        ("--local virtualenvs.in-project true", "drop", ()),
        ("virtualenvs.in-project --unset", "drop", ()),
        ("--list", "drop", ()),
        ("virtualenvs.path", "drop", ()),
        ("", "drop", ()),
        ("cache-dir /c", "drop", ()),
        ("experimental.new-installer false", "drop", ()),
        ("installer.max-workers 10", "rename", ("UV_CONCURRENT_DOWNLOADS",)),
        ("installer.no-binary uwsgi", "set", ("UV_NO_BINARY_PACKAGE",)),
        ("repositories.corp https://u:p@example.org", "drop", ()),
        ("repo.corp.url https://example.org", "drop", ()),
        ("pypi-token.corp s3cret", "drop", ()),
        ("http-basic.a-b me s3cret", "rename", ("UV_INDEX_A_B_USERNAME", "UV_INDEX_A_B_PASSWORD")),
        ("http-basic.corp $U $P", "rename", ("UV_INDEX_CORP_USERNAME", "UV_INDEX_CORP_PASSWORD")),
        ("certificates.corp.cert /c.pem", "refuse", ()),
        ("virtualenvs.options.system-site-packages true", "refuse", ()),
        ("installer.build-config-settings.numpy '{}'", "refuse", ()),
    ],
)  # fmt: skip
def test_a_config_has_a_meaning(text: str, action: str, to: tuple[str, ...]) -> None:
    found = poetry_config(poetry(f"poetry config {text}"))
    assert isinstance(found, Setting)
    assert (found.action, found.to) == (action, to)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("$KEY value", "which setting it changes only the shell knows"),
        ("frobnicate true", "frobnicate is no setting that uvmigrate knows"),
        ("http-basic.corp me", "it asks for what it is not told"),
        ("http-basic me s3cret", "http-basic is no setting that uvmigrate knows"),
        ("virtualenvs.created false", "virtualenvs.created is no setting that uvmigrate knows"),
    ],
)
def test_a_config_that_is_not_known_has_a_reason(text: str, why: str) -> None:
    found = poetry_config(poetry(f"poetry config {text}"))
    assert isinstance(found, Unsaid)
    assert found.why == why


@pytest.mark.parametrize(
    "text",
    [
        "http-basic.corp me s3cret",
        "pypi-token.corp s3cret",
        "repositories.corp https://me:s3cret@example.org",
    ],
)
def test_no_secret_is_shown(text: str) -> None:
    found = poetry_config(poetry(f"poetry config {text}"))
    assert isinstance(found, Setting)
    assert found.secret
    assert "s3cret" not in repr(found)
    variable = poetry_variable("POETRY_HTTP_BASIC_CORP_PASSWORD", "s3cret")
    assert variable is not None
    assert variable.secret
    assert "s3cret" not in repr(variable)


def test_every_setting_is_known_in_poetry_toml_and_as_a_variable() -> None:
    for variable, key in _BY_VARIABLE.items():
        assert poetry_setting(key, "1") == poetry_variable(variable, "1")
        assert isinstance(poetry_setting(key, "1"), Setting)


@pytest.mark.parametrize(
    "name",
    """POETRY_INSTALLER_MAX_WORKERS POETRY_REQUESTS_TIMEOUT POETRY_REQUESTS_MAX_RETRIES
    POETRY_INSTALLER_NO_BINARY POETRY_INSTALLER_ONLY_BINARY""".split(),
)
def test_the_real_uv_takes_the_values(name: str, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "app"\nversion = "1"\n')
    value = "7" if "_BINARY" not in name else "uwsgi,lxml"
    found = poetry_variable(name, value)
    assert found is not None
    environment = os.environ | {"UV_PYTHON": sys.executable, "UV_OFFLINE": "1", "UV_NO_CONFIG": "1"}
    environment |= {"UV_CACHE_DIR": str(tmp_path / "cache")} | dict.fromkeys(found.to, found.value or value)
    command = [find_uv_bin(), "sync", "--dry-run"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    wrong = environment | dict.fromkeys(found.to, "a,b")
    assert subprocess.run(command, cwd=tmp_path, env=wrong, capture_output=True).returncode != 0
