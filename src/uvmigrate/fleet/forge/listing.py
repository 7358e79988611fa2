"""Lists what an organisation or a group has, for targets such as ``github:acme``."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from uvmigrate.fleet.forge import forge_at, home, token_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from uvmigrate.fleet.forge.model import Kind, Wish
    from uvmigrate.fleet.forge.patience import Patience


def lister(
    wish: Wish, forge_url: str = "", patience: Patience | None = None
) -> Callable[[str, str], Iterator[str]]:
    """A function that lists the addresses of an organisation's repositories that are wished for.

    It is given the kind of forge, then the organisation. *forge_url* is the forge's web address, where it is
    not the public one's. It raises ForgeUnavailable and ForgeRefused.
    """

    def listed(kind: str, owner: str) -> Iterator[str]:
        known: Kind = "gitlab" if kind == "gitlab" else "github"
        place = home(known, os.environ, forge_url)
        with forge_at(place, token_for(place, os.environ), patience) as forge:
            yield from (one.address for one in forge.listed(owner, wish))

    return listed
