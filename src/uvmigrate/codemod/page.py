"""A codemod's page: the Markdown file beside its module, which is its documentation and its cases."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from uvmigrate.codemod.contract import Codemod

#: The heading of a case is a claim about the codemod: "## It keeps comments".
CASE = "## It "


def read_page(codemod: Codemod) -> str:
    """The whole page. Raises FileNotFoundError where a codemod came without one."""
    package, _, module = codemod.run.__module__.rpartition(".")
    return (files(package) / f"{module}.md").read_text(encoding="utf-8")


def prose(text: str) -> str:
    """What a page says before its first case: what the codemod does, why, and when it refuses."""
    lines = text.splitlines(keepends=True)
    first = next((index for index, line in enumerate(lines) if line.startswith(CASE)), len(lines))
    return "".join(lines[:first]).rstrip() + "\n"
