"""What comes out for real repositories, as the Markdown table of docs/corpus.md.

    PYTHONPATH=tests python -m corpus.table CHECKOUT…

Each CHECKOUT is a folder with the files of one repository; its name is the row's. Nothing is written to it.
Judged are the Dockerfiles that install Python packages. BuildKit's own parser must read the results as we do,
and a second run over what came out must change nothing.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from corpus.judge import compare
from uvmigrate.codemod import Settings
from uvmigrate.plan import load_catalogue, plan
from uvmigrate.source import Repo

if TYPE_CHECKING:
    from uvmigrate.plan import Migration

HEADER = """\
| repository | Dockerfiles | migrated | by `uv sync` | partial | refused | codes | broken | second run |
|---|---|---|---|---|---|---|---|---|"""


def row(folder: Path) -> tuple[str, Counter[str]]:
    """The table's row for one checkout, and its counts."""
    migration = plan(Repo.open(folder), PurePosixPath(), Settings(), load_catalogue())
    counts = Counter[str](
        build.status for build in migration.builds if build.why != "installs no Python packages"
    )
    counts["Dockerfiles"] = counts.total()
    counts["sync"] = sum(b.status == "migrated" and b.strategy == "sync" for b in migration.builds)
    codes = Counter(refusal.code for refusal in migration.refusals)
    counts["broken"] = broken(migration)
    again = plan(migration.after, PurePosixPath(), Settings(), load_catalogue())
    unsettled = [step.codemod.id for step in again.steps if step.paths]
    counts["again"] = len(unsettled)
    cells = [
        folder.name,
        *(counts[key] for key in ("Dockerfiles", "migrated", "sync", "partial", "refused")),
        ", ".join(f"{code} {number}" if number > 1 else code for code, number in sorted(codes.items()))
        or "–",
        counts["broken"],
        ", ".join(unsettled) or "changes nothing",
    ]
    return "| " + " | ".join(map(str, cells)) + " |", counts


def broken(migration: Migration) -> int:
    """How many changed Dockerfiles BuildKit's own parser reads differently than we do, or not at all."""
    paths = [b.path for b in migration.builds if migration.before[b.path] != migration.after[b.path]]
    with tempfile.TemporaryDirectory() as folder:
        copies = [Path(folder) / str(number) / "Dockerfile" for number in range(len(paths))]
        for copy, path in zip(copies, paths, strict=True):
            copy.parent.mkdir()
            copy.write_bytes(migration.after[path])
        return sum(bool(verdict.difference) and not verdict.excuse for verdict in compare(copies))


def main(arguments: list[str]) -> int:
    """Print the table. Returns 1 where anything is broken or not settled."""
    total = Counter[str]()
    print(HEADER)
    for argument in arguments:
        line, counts = row(Path(argument))
        total += counts
        print(line, flush=True)
    print(
        f"\n{total['Dockerfiles']} Dockerfiles: {total['migrated']} migrated ({total['sync']} by `uv sync`), "
        f"{total['partial']} partial, {total['refused']} refused, {total['noop']} left as they are."
    )
    return int(total["broken"] > 0 or total["again"] > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
