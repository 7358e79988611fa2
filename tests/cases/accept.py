"""Accept what the codemods do: rewrite the diff, refused and locks blocks of their pages in place.

    python tests/cases/accept.py [ID…]

Without ids, every page of the catalogue. Read the result with `git diff` before you commit it: what stands
there is a promise from then on.
"""

from __future__ import annotations

import sys
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from uvmigrate.codemod import Codemod


def accept(codemod: Codemod, text: str) -> str:
    """A page of the codemod with the expectations that hold now."""
    from cases.pages import read_cases, rewritten
    from cases.running import run

    actual = {}
    for case in read_cases(text):
        found = run(codemod, case.files).expectations()
        if found["diff"] and "locks" not in case.expected:
            found["locks"] = ""
        actual[case.line] = found
    return rewritten(text, actual)


def main(ids: list[str]) -> None:
    """Rewrite the pages of the codemods named, or of all."""
    from uvmigrate.codemod.page import read_further_pages, read_page
    from uvmigrate_codemods import CATALOGUE

    unknown = set(ids) - {codemod.id for codemod in CATALOGUE}
    if unknown:
        sys.exit(f"no such codemod: {', '.join(sorted(unknown))}")
    for codemod in CATALOGUE:
        if ids and codemod.id not in ids:
            continue
        package, _, module = codemod.run.__module__.rpartition(".")
        for name, old in {f"{module}.md": read_page(codemod), **read_further_pages(codemod)}.items():
            new = accept(codemod, old)
            if new != old:
                Path(str(files(package) / name)).write_text(new, encoding="utf-8")
            print(f"{name}: {'rewritten' if new != old else 'as it was'}")


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    main(sys.argv[1:])
