"""The catalogue: the codemods of all installed packages, in their order, and those that a run chooses."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from uvmigrate.codemod import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from uvmigrate.codemod import Codemod, Settings

GROUP = "uvmigrate.codemods"


def load_catalogue() -> tuple[Codemod, ...]:
    """All codemods behind the entry-point group ``uvmigrate.codemods``, the built-in ones first.

    Raises SettingsError where two share an id.
    """
    if _alone():
        from uvmigrate_codemods import CATALOGUE

        return in_order(CATALOGUE)
    import importlib.metadata

    points = sorted(importlib.metadata.entry_points(group=GROUP), key=lambda point: point.name != "uvmigrate")
    catalogue = [codemod for point in points for codemod in point.load()]
    ids = [codemod.id for codemod in catalogue]
    doubled = next((name for name in ids if ids.count(name) > 1), None)
    if doubled:
        raise SettingsError(f"two codemods are called {doubled}: remove one of the packages that bring them")
    return in_order(catalogue)


def _alone() -> bool:
    """Whether no other installed package declares the group.

    importlib.metadata would tell, and alone take a tenth of the time of a whole run to be imported; so it is
    asked only where a look into the folders of ``sys.path`` does not rule it out (packaging.python.org,
    "Recording installed projects": entry_points.txt).
    """
    for folder in dict.fromkeys(sys.path):
        try:
            names = os.listdir(folder or ".")  # noqa: PTH208 (path objects take as long as all the rest)
        except FileNotFoundError:
            continue
        except OSError:
            # An archive may hold packages, too.
            return False
        infos = [name for name in names if name.endswith((".dist-info", ".egg-info"))]
        if any(_declares(f"{folder or '.'}/{name}") for name in infos if not name.startswith("uvmigrate-")):
            return False
    return True


def _declares(info: str) -> bool:
    """Whether the package of a ``.dist-info`` folder declares the group, or cannot be asked."""
    try:
        with open(f"{info}/entry_points.txt", "rb", buffering=0) as file:  # noqa: PTH123 (the same)
            return GROUP.encode() in file.read()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True


def in_order(catalogue: Iterable[Codemod]) -> tuple[Codemod, ...]:
    """The codemods, each behind those that it names in ``after``; otherwise in the order given."""
    waiting = list(catalogue)
    placed: list[Codemod] = []
    while waiting:
        left = {codemod.id for codemod in waiting}
        ready = next((codemod for codemod in waiting if not left & set(codemod.after)), waiting[0])
        waiting.remove(ready)
        placed.append(ready)
    return tuple(placed)


def chosen(catalogue: Sequence[Codemod], settings: Settings) -> tuple[Codemod, ...]:
    """The codemods that run. Raises SettingsError for an id that nobody has."""
    known = {codemod.id for codemod in catalogue}
    for name in (*settings.select, *settings.ignore):
        if name not in known:
            raise SettingsError(f"no codemod is called {name}: `uvmigrate codemods` lists them")
    return tuple(
        codemod
        for codemod in catalogue
        if codemod.id not in settings.ignore
        and (codemod.id in settings.select if settings.select else codemod.level != "opt-in")
    )
