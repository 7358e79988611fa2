from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from uvmigrate.project import group_name, project_name, requires_python
from uvmigrate.source import Repo

ROOT = PurePosixPath()


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("https://example.org/acme/Web_Shop.git", "web-shop"),
        ("https://user:secret@example.org/acme/shop/", "shop"),
        ("git@example.org:acme/shop.git", "shop"),
        ("git@example.org:shop", "shop"),
        ("/srv/git/shop é.git", "app"),
    ],
)
def test_the_root_project_is_named_after_its_remote(address: str, name: str) -> None:
    config = (
        '[core]\n\tbare = false\n[remote "fork"]\n\turl = https://example.org/me/fork.git\n'
        f'[remote "origin"]\n\tfetch = +refs/heads/*:refs/remotes/origin/*\n\turl = {address}\n'
        '[branch "main"]\n\tremote = origin\n'
    )
    assert project_name(Repo.of({".git/config": config.encode()}), ROOT) == name


def test_without_origin_the_first_remote_counts() -> None:
    config = (
        b'[remote "up"]\n\turl = https://example.org/a/one\n[remote "z"]\n\turl = https://example.org/a/two\n'
    )
    assert project_name(Repo.of({".git/config": config}), ROOT) == "one"


def test_a_project_below_the_root_is_named_after_its_folder() -> None:
    config = b'[remote "origin"]\n\turl = https://example.org/acme/shop\n'
    assert project_name(Repo.of({".git/config": config}), PurePosixPath("services/API")) == "api"


def test_without_any_name_it_is_app() -> None:
    assert project_name(Repo.of({}), ROOT) == "app"


def test_a_project_is_never_called_like_a_dependency() -> None:
    assert project_name(Repo.of({}), PurePosixPath("flask"), {"flask"}) == "flask-app"


@pytest.mark.parametrize(
    ("pythons", "expected"),
    [
        ({(3, 11)}, "==3.11.*"),
        ({(3, 9), (3, 11)}, ">=3.9,<3.12"),
    ],
)
def test_the_python_range_is_no_wider_than_the_images(pythons: set[tuple[int, int]], expected: str) -> None:
    assert requires_python(pythons) == expected


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("requirements-dev.txt", "dev"),
        ("dev-requirements.txt", "dev"),
        ("requirements/dev.txt", "dev"),
        ("requirements_dev.pip", "dev"),
        ("requirements.dev.txt", "dev"),
        ("requirements/Local_Tests.txt", "local-tests"),
        ("docs/requirements.txt", "docs"),
        ("requirements/requirements.txt", "requirements"),
    ],
)
def test_a_group_is_named_by_what_tells_its_file_from_others(path: str, name: str) -> None:
    assert group_name(PurePosixPath(path)) == name


def test_two_groups_never_share_a_name() -> None:
    assert group_name(PurePosixPath("dev-requirements.txt"), {"dev", "dev-2"}) == "dev-3"
