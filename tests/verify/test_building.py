"""From a recipe to what an engine is asked to build: nothing but what lies in the repository."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

from uvmigrate.verify.building import order_of
from uvmigrate.verify.engine import BuildFailed
from uvmigrate.verify.subjects import Recipe

RECIPE = Recipe(PurePosixPath(), PurePosixPath("Dockerfile"))


def with_secret(name: str, path: str) -> Recipe:
    return RECIPE._replace(secret_files=((name, PurePosixPath(path)),))


def test_a_secret_of_the_repository_is_a_file_of_the_tree(tmp_path: Path) -> None:
    found = order_of(with_secret("token", "keys/token"), tmp_path)
    assert found.secrets == (f"id=token,src={tmp_path.resolve()}/keys/token",)


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("token", "s,src=/home/me/key"),
        ("token,env=HOME", "key"),
        ("token", 'say "s'),
        ("a\nb", "key"),
    ],
)
def test_a_name_adds_no_option(name: str, path: str, tmp_path: Path) -> None:
    with pytest.raises(BuildFailed, match="cannot be handed over"):
        order_of(with_secret(name, path), tmp_path)


@pytest.mark.parametrize("recipe", [RECIPE, with_secret("a", "Dockerfile")])
def test_a_link_that_leads_out_is_not_followed(recipe: Recipe, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "Dockerfile").symlink_to(tmp_path / "private")
    with pytest.raises(BuildFailed, match="leads out"):
        order_of(recipe, tree)
