"""Settings come from the organisation, the repository, the command line; nonsense is said at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from uvmigrate.codemod import Settings, SettingsError, read_settings
from uvmigrate.source import Repo

if TYPE_CHECKING:
    from pathlib import Path


def test_without_any_file_the_defaults_hold() -> None:
    assert read_settings(Repo.of({}), None, {}) == Settings()


def test_keys_are_written_with_hyphens() -> None:
    repo = Repo.of({"uvmigrate.toml": b'uv-version = "0.12.1"\nkeep-uv = true\nignore = ["multi-stage"]\n'})
    assert read_settings(repo, None, {}) == Settings(
        uv_version="0.12.1", keep_uv=True, ignore=("multi-stage",)
    )


@pytest.mark.parametrize(
    "table", ["[tool.uvmigrate]\n", "[ tool . uvmigrate ]\n", "[tool]\n[tool.'uvmigrate']\n"]
)
def test_pyproject_may_hold_them(table: str) -> None:
    repo = Repo.of({"pyproject.toml": f'{table}venv = "/venv"\n'.encode()})
    assert read_settings(repo, None, {}).venv == "/venv"


def test_an_own_file_is_taken_instead_of_pyproject() -> None:
    files = {
        "pyproject.toml": b'[tool.uvmigrate]\nvenv = "/a"\nname = "b"\n',
        "uvmigrate.toml": b'venv = "/c"\n',
    }
    assert read_settings(Repo.of(files), None, {}) == Settings(venv="/c")


def test_a_pyproject_of_others_is_not_even_read() -> None:
    assert read_settings(Repo.of({"pyproject.toml": b"no TOML at all ["}), None, {}) == Settings()


def test_the_command_line_wins_over_the_repository_and_that_over_the_organisation(tmp_path: Path) -> None:
    config = tmp_path / "organisation.toml"
    config.write_text('venv = "/organisation"\nuv-image = "mirror.example.org/uv"\nname = "app"\n')
    repo = Repo.of({"uvmigrate.toml": b'venv = "/repository"\nname = "shop"\n'})
    found = read_settings(repo, config, {"venv": "/given", "python": None})
    assert found == Settings(venv="/given", name="shop", uv_image="mirror.example.org/uv")


DIGEST = "@sha256:" + "0" * 64


@pytest.mark.parametrize(
    ("image", "reference"),
    [
        ("ghcr.io/astral-sh/uv", "ghcr.io/astral-sh/uv:0.13.8"),
        ("mirror.example.org:5000/uv", "mirror.example.org:5000/uv:0.13.8"),
        ("mirror.example.org:5000/uv:0.12.0", "mirror.example.org:5000/uv:0.12.0"),
        ("example.org/uv" + DIGEST, "example.org/uv" + DIGEST),
    ],
)
def test_uv_s_image_is_always_pinned(image: str, reference: str) -> None:
    assert read_settings(Repo.of({}), None, {"uv_image": image}).uv_reference == reference


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("color = true", "uvmigrate.toml: no such setting: color"),
        ('keep-uv = "yes"', "uvmigrate.toml: keep-uv must be true or false"),
        ("python = 3.12", "uvmigrate.toml: python must be a string"),
        ('ignore = "multi-stage"', "uvmigrate.toml: ignore must be a list of codemod ids"),
        ("select = [1]", "uvmigrate.toml: select must be a list of codemod ids"),
        ('exclude = "examples"', "uvmigrate.toml: exclude must be a list of paths"),
        ('compose = ["a.yaml"]', "uvmigrate.toml: compose must be a list of lists of compose files"),
        ("compose = [[1]]", "uvmigrate.toml: compose must be a list of lists of compose files"),
        ('strategy = "fast"', "uvmigrate.toml: strategy must be auto, sync or pip, not fast"),
        ('uv-version = "latest"', "uvmigrate.toml: uv-version must be like 0.13.8, not latest"),
        ('python = "2.7"', "uvmigrate.toml: python must be like 3.12, not 2.7"),
        ('venv = "env"', "uvmigrate.toml: venv must be an absolute path or .venv, not env"),
        ('name = "my app"', "uvmigrate.toml: name must be a project name like my-app, not my app"),
        ('uv-image = "a/uv:latest"', "uvmigrate.toml: uv-image must be a pinned image reference, like"),
        (
            'uv-image = "me:secret@example.org/uv:0.9.2"',
            "uvmigrate.toml: uv-image must be a pinned image reference, like",
        ),
        (
            'uv-image = "https://example.org/uv:0.9.2"',
            "uvmigrate.toml: uv-image must be a pinned image reference, like",
        ),
        ("a = b", "uvmigrate.toml: not readable as TOML: Invalid value"),
        ("a = '\udcff'", "uvmigrate.toml: not readable as TOML: 'utf-8' codec"),
    ],
)
def test_a_setting_that_cannot_be_is_named_with_its_file(text: str, message: str) -> None:
    repo = Repo.of({"uvmigrate.toml": text.encode(errors="surrogateescape")})
    with pytest.raises(SettingsError) as error:
        read_settings(repo, None, {})
    assert str(error.value).startswith(message)


@pytest.mark.parametrize("text", ["tool = 1 # uvmigrate", "[tool]\nruff = {} # uvmigrate"])
def test_a_pyproject_that_only_mentions_the_name_sets_nothing(text: str) -> None:
    assert read_settings(Repo.of({"pyproject.toml": text.encode()}), None, {}) == Settings()


def test_a_table_that_is_none_is_an_error() -> None:
    with pytest.raises(SettingsError, match=r"pyproject.toml: tool.uvmigrate must be a table"):
        read_settings(Repo.of({"pyproject.toml": b"[tool]\nuvmigrate = 3\n"}), None, {})


def test_a_settings_file_that_leaves_the_repository_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "uvmigrate.toml").symlink_to("/etc/hostname")
    with pytest.raises(SettingsError, match=r"uvmigrate.toml: leads out of the repository"):
        read_settings(Repo.open(tmp_path), None, {})
