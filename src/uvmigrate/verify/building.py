"""From a recipe and a tree to what an engine is asked to build."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from uvmigrate.verify.engine import BuildFailed, Order

if TYPE_CHECKING:
    from pathlib import Path, PurePosixPath

    from uvmigrate.verify.subjects import Recipe


def order_of(recipe: Recipe, tree: Path, *, fresh: bool = False) -> Order:
    """The order for the image of a recipe, built from a tree of the repository.

    With *fresh* no layer comes from the builder's cache. Raises BuildFailed where a path of it leads out of
    the tree: what a repository links to elsewhere is none of its builds' business; and where the name of a
    secret would be more than that to the engine.
    """
    secrets = [_secret(name, _inside(tree, path)) for name, path in recipe.secret_files]
    return Order(
        context=_inside(tree, recipe.context),
        dockerfile=_inside(tree, recipe.dockerfile),
        target=recipe.target,
        platform=recipe.platform,
        args=dict(recipe.args),
        secrets=(*recipe.secrets, *secrets),
        ssh=recipe.ssh,
        network=recipe.network,
        fresh=fresh,
    )


def _secret(name: str, path: Path) -> str:
    """A secret as engines take it: options with commas between them, of which the last ones count."""
    if re.search(r"""[,"\r\n]""", f"{name}{path}"):
        raise BuildFailed(
            f"the secret {name} cannot be handed over: a comma, a quote or a new line is in its name"
        )
    return f"id={name},src={path}"


def _inside(tree: Path, path: PurePosixPath) -> Path:
    real = (tree / path).resolve()
    if not real.is_relative_to(tree.resolve()):
        raise BuildFailed(f"{path} leads out of the repository")
    return real
