"""The state in forms that others read, row by row: a JSON document, a table for spreadsheets, Markdown."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

from uvmigrate import __version__
from uvmigrate.fleet.outcome import STATUSES
from uvmigrate.report.markup import code
from uvmigrate.source.mask import mask

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from uvmigrate.fleet.store import Row

#: Grows when a key is renamed or taken away, or changes its meaning; not when one is added.
VERSION = 1
_COLUMNS = (
    *("name", "status", "why", "codemods", "refusals", "base", "default_branch", "plan"),
    *("patch", "branch", "remote", "pull", "seconds", "finished", "version"),
)
#: What programs for tables take for the beginning of a formula (OWASP, "CSV Injection").
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def document(row: Row) -> dict[str, Any]:
    """One repository as plain data; one that waits has no status."""
    found: dict[str, Any] = {"name": row.target.name, "source": mask(row.target.source), "status": None}
    if row.outcome is not None:
        found |= row.outcome._asdict()
        del found["series"], found["text"]
        found["builds"] = [one._asdict() for one in row.outcome.builds]
        found["refusals"] = [one._asdict() for one in row.outcome.refusals]
    return found | {"patch": row.patch, "pull": row.pull, "finished": row.finished, "version": row.version}


def as_json(rows: Iterable[Row]) -> Iterator[str]:
    """The document, ASCII only, piece by piece."""
    tool = json.dumps({"name": "uvmigrate", "version": __version__})
    yield f'{{\n  "version": {VERSION},\n  "tool": {tool},\n  "repositories": ['
    for number, row in enumerate(rows):
        yield f"{',' if number else ''}\n    {json.dumps(document(row))}"
    yield "\n  ]\n}\n"


def as_csv(rows: Iterable[Row]) -> Iterator[str]:
    """One line a repository below a head; of refusals the codes. No cell is a formula."""
    yield _csv(_COLUMNS)
    for row in rows:
        found = document(row)
        found["codemods"] = " ".join(found.get("codemods", ()))
        found["refusals"] = " ".join(one["code"] for one in found.get("refusals", ()))
        yield _csv([_cell(found.get(name)) for name in _COLUMNS])


def as_markdown(rows: Iterable[Row]) -> Iterator[str]:
    """A table a repository a line, below the counts."""
    counts = dict.fromkeys([*STATUSES, "waiting"], 0)
    lines = []
    for row in rows:
        status = row.outcome.status if row.outcome else "waiting"
        counts[status] += 1
        why = row.outcome.why if row.outcome else ""
        pull = f" {row.pull}" if row.pull else ""
        lines.append(f"| {_code(row.target.name)}{pull} | {status} | {_code(why)} |\n")
    yield f"{len(lines)} repositories: {', '.join(f'{n} {name}' for name, n in counts.items() if n)}\n\n"
    yield "| repository | outcome | why |\n|---|---|---|\n"
    yield from lines


def _code(text: str) -> str:
    """Code in a table, where a bar would end the cell also in code (GFM, "Tables")."""
    return code(text).replace("|", "\\|")


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _csv(cells: Iterable[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(cells)
    return line.getvalue()
