"""``uvmigrate codemods`` and ``uvmigrate explain ID``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from uvmigrate.cli.exits import CommandError
from uvmigrate.cli.terminal import emit

if TYPE_CHECKING:
    from uvmigrate.codemod import Codemod


@click.command()
@click.option(
    "--format", "format_", type=click.Choice(["text", "json"]), default="text", help="The form of the list."
)
def codemods(format_: str) -> None:
    """List the codemods in the order in which they run: id, level, title."""
    catalogue = _catalogue()
    if format_ == "json":
        import json

        keys = ("id", "title", "why", "docs", "level", "after", "requires")
        listed = [{key: getattr(codemod, key) for key in keys} for codemod in catalogue]
        emit(json.dumps(listed, indent=2).encode() + b"\n")
        return
    width = max((len(codemod.id) for codemod in catalogue), default=0)
    emit("".join(f"{c.id:<{width}}  {c.level:<6}  {c.title}\n" for c in catalogue).encode(), paged=True)


@click.command()
@click.argument("id_", metavar="ID")
def explain(id_: str) -> None:
    """Explain a codemod, or what the code of a refusal means and what to do about it."""
    from uvmigrate.codemod.codes import CODES

    codemod = next((codemod for codemod in _catalogue() if codemod.id == id_), None)
    if codemod is not None:
        emit(explained(codemod).encode(), paged=True)
    elif id_ in CODES:
        meaning, instead = CODES[id_]
        emit(f"{id_}: {meaning}\n\nInstead: {instead}\n".encode())
    else:
        raise CommandError(f"{id_}: neither a codemod (`uvmigrate codemods` lists them) nor a refusal's code")


def _catalogue() -> tuple[Codemod, ...]:
    from uvmigrate.codemod import SettingsError
    from uvmigrate.plan import load_catalogue

    try:
        return load_catalogue()
    except SettingsError as error:
        raise CommandError(str(error)) from error


def explained(codemod: Codemod) -> str:
    """The prose of the codemod's page; where somebody's codemod came without one, what it says itself."""
    from uvmigrate.codemod.page import prose, read_page

    try:
        return prose(read_page(codemod))
    except (FileNotFoundError, ValueError):  # ValueError: its module is in no package
        return f"{codemod.id} ({codemod.level}): {codemod.title}\n\n{codemod.why}\n\n{codemod.docs}\n"
