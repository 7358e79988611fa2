"""A codemod's page: the Markdown file beside its module, which is its documentation and its cases.

Where one page would be too long, further ones with a word of their own in the name hold more cases.
"""

from __future__ import annotations

import re
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


def read_further_pages(codemod: Codemod) -> dict[str, str]:
    """The pages that only hold more cases, by their file names (``uv_switch.poetry.md``), in that order."""
    package, _, module = codemod.run.__module__.rpartition(".")
    further = re.compile(rf"{re.escape(module)}\.\w+\.md")
    found = [file for file in files(package).iterdir() if further.fullmatch(file.name)]
    return {file.name: file.read_text(encoding="utf-8") for file in sorted(found, key=lambda file: file.name)}


def prose(text: str) -> str:
    """What a page says before its first case: what the codemod does, why, and when it refuses."""
    lines = text.splitlines(keepends=True)
    first = next((index for index, line in enumerate(lines) if line.startswith(CASE)), len(lines))
    return "".join(lines[:first]).rstrip() + "\n"
