"""Sets of compose files that settings name: what is laid over what, also in another folder."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from uvmigrate.codemod import Settings, SettingsError
from uvmigrate.plan.look import look
from uvmigrate.source import Repo

FILES = {
    "Dockerfile": b"FROM a\nCMD one\n",
    "compose.yaml": b"services:\n  web:\n    build: .\n",
    "deploy/prod.yaml": b"services:\n  web:\n    command: two\n",
}
PROD = PurePosixPath("deploy/prod.yaml")


def users(*sets: tuple[str, ...]) -> list[tuple[str, str]]:
    """The services that run the Dockerfile's image, by file."""
    context = look(Repo.of(FILES), [PurePosixPath("Dockerfile")], Settings(compose=sets))
    return [(str(file.path), service.name) for file, service in context.builds[0].services]


def test_a_file_in_another_folder_is_laid_over_the_one_before_it() -> None:
    assert users() == [("compose.yaml", "web")]
    assert users(("compose.yaml", "deploy/prod.yaml")) == [("compose.yaml", "web"), (str(PROD), "web")]


def test_a_set_of_one_is_laid_over_nothing() -> None:
    assert users(("deploy/prod.yaml",)) == [("compose.yaml", "web")]


def test_files_keep_what_is_below_them_in_later_snapshots() -> None:
    settings = Settings(compose=(("compose.yaml", "deploy/prod.yaml"),))
    paths = [PurePosixPath("Dockerfile")]
    first = look(Repo.of(FILES), paths, settings)
    edited = first.repo.replace({PROD: FILES[str(PROD)] + b"    user: app\n"})
    then = look(edited, paths, settings, first)
    [file] = [file for file in then.compose if file.path == PROD]
    assert (file.services[0].user, file.below) == ("app", (PurePosixPath("compose.yaml"),))


def test_a_file_that_is_not_there_is_told() -> None:
    with pytest.raises(SettingsError, match=r"compose: gone\.yaml is not in the repository"):
        users(("compose.yaml", "gone.yaml"))
