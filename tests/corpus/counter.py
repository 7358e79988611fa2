"""A second counter: is every instruction and command of real Dockerfiles still there, or named as gone?

    PYTHONPATH=tests python -m corpus.counter CHECKOUT…

Plans each CHECKOUT (a folder with the files of one repository; nothing is written to it) and compares every
Dockerfile that changes with what the whole series makes of it. It knows nothing of how the ledger is kept:
the instructions are those of BuildKit's own parser, the commands of a RUN those of a simple split, and both
are counted as texts, wherever they stand. Then the ledger is held against the counts:

- what is there less often than before must be named as rewritten or dropped, by a codemod of the series, a
  drop with its reason; else it is *unexplained*: lost, or said to be kept or moved where it is not;
- what is named as dropped must be gone, what is named as rewritten must have made room for something new of
  its kind, what the last stage keeps must be in the last stage (copies of it may stand above), and every
  line of the ledger must name something that was there; else the ledger is *false*.

Prints a Markdown table and what does not balance. Returns 1 where anything does not.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from corpus.judge import READER
from uvmigrate.codemod import Settings
from uvmigrate.plan import load_catalogue, plan
from uvmigrate.source import Repo

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from corpus.judge import Record
    from uvmigrate.plan import Entry, Migration

KINDS = ("instruction", "command")
COLUMNS = [f"{kind} {what}" for kind in KINDS for what in ("before", "after", "gone", "explained")]
HEADER = """\
| repository | Dockerfiles | instructions | after | gone | explained | commands | after | gone | explained \
| unexplained | false |
|---|---|---|---|---|---|---|---|---|---|---|---|"""

_TOKEN = re.compile(
    r"""(?P<comment>(?<![^\s;&|(])\#[^\n]*)
    |(?P<text>\\. | '[^']*' | "(?:\\.|[^"\\])*" | [<>]& | &>)
    |(?P<end>&& | \|\| | [;&|()`\n])
    |.""",
    re.DOTALL | re.VERBOSE,
)
#: What a command may follow without being a part of it, and what may stand alone where one could.
_LEADING = frozenset({"if", "then", "elif", "else", "while", "until", "do", "!", "{", "time"})
_ALONE = frozenset({"", "fi", "done", "esac", "}"})


class Unit(NamedTuple):
    """An instruction, or a simple command of a RUN: its text, and the lines of its instruction."""

    kind: str
    keyword: str
    text: str
    start: int
    end: int


class Books(NamedTuple):
    """One Dockerfile's counts, by COLUMNS, and what does not balance, one sentence each."""

    counts: Counter[str]
    unexplained: tuple[str, ...]
    false: tuple[str, ...]


def read(files: Sequence[bytes]) -> list[list[Unit]]:
    """The units of each Dockerfile. Raises ValueError where BuildKit's parser refuses one."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{number}.Dockerfile" for number in range(len(files))]
        for path, data in zip(paths, files, strict=True):
            path.write_bytes(data)
        done = subprocess.run(
            [sys.executable, "-c", READER],
            input=json.dumps([str(path) for path in paths]),
            capture_output=True,
            text=True,
            check=True,
        )
    return [list(_units(records)) for records in json.loads(done.stdout)]


def _units(records: list[Record] | str) -> Iterator[Unit]:
    if isinstance(records, str):
        raise ValueError(f"BuildKit's parser refuses it: {records}")
    for keyword, trigger, is_json, start, end, flags, values, heredocs in records:
        bodies = [content for _, _, content in heredocs]
        parts = [keyword, trigger or "", *flags, is_json, *map(_plain, values), *bodies]
        yield Unit("instruction", keyword, json.dumps(parts), start, end)
        if "RUN" in (keyword, trigger) and not is_json:
            # A heredoc alone is the script; behind a command it is that command's input.
            is_script = bodies and re.fullmatch(r"<<-?\S+", values[0].strip())
            for script in bodies if is_script else values:
                yield from (Unit("command", "", text, start, end) for text in commands(script))


def commands(script: str) -> Iterator[str]:
    """The simple commands of a shell text: what stands between ``&&``, ``;``, ``|``, brackets, newlines."""
    current = ""
    for token in _TOKEN.finditer(script.replace("\\\n", " ") + "\n"):
        if token["end"] is None:
            current += token[0] if token["comment"] is None else ""
            continue
        words = current.split()
        current = ""
        while words and words[0] in _LEADING:
            words.pop(0)
        if " ".join(words) not in _ALONE:
            yield " ".join(words)


def _plain(text: str) -> str:
    return " ".join(text.split())


def balance(before: list[Unit], after: list[Unit], entries: list[Entry], series: set[str]) -> Books:
    """Hold one Dockerfile's *entries* of the ledger against the counts; *series* are the ids of its steps."""
    claims, false = _claims(before, entries)
    had, left = (Counter(unit[:3] for unit in units) for units in (before, after))
    counts = Counter(f"{unit.kind} before" for unit in before)
    counts.update(f"{unit.kind} after" for unit in after)
    unexplained = []
    room = Counter[tuple[str, str]]()
    for what, number in (left - had).items():
        room[what[:2]] += number
    for what, made in claims.items():
        kind, keyword, text = what
        gone = max(0, had[what] - left[what])
        explaining = sum(_explains(entry, series) for entry in made)
        dropped = sum(entry.fate == "dropped" for entry in made)
        counts[f"{kind} gone"] += gone
        counts[f"{kind} explained"] += min(gone, explaining)
        if gone > explaining:
            fates = ", ".join(entry.fate for entry in made) or "not in the ledger"
            unexplained.append(f"{kind} {text}: {had[what]} before, {left[what]} after; {fates}")
        if dropped > gone:
            false.append(f"{kind} {text}: dropped {dropped}, gone {gone}")
        room[kind, keyword] -= min(max(0, gone - dropped), explaining)
    false += [f"{number} {' '.join(what)} too many rewritten" for what, number in (-room).items()]
    false += _not_last(before, after, entries)
    return Books(counts, tuple(unexplained), tuple(false))


def _last_stage(units: list[Unit]) -> list[Unit]:
    starts = [number for number, unit in enumerate(units) if unit.keyword == "FROM"]
    return units[starts[-1] :] if starts else []


def _not_last(before: list[Unit], after: list[Unit], entries: list[Entry]) -> Iterator[str]:
    """What the ledger calls kept in the last stage, and what only an earlier stage has now."""
    stage = _last_stage(before)
    claims, _ = _claims(stage, [entry for entry in entries if stage and entry.line >= stage[0].start])
    left, anywhere = (Counter(unit[:3] for unit in units) for units in (_last_stage(after), after))
    for what, made in claims.items():
        kept = sum(entry.fate == "kept" for entry in made)
        if left[what] < kept <= anywhere[what]:
            yield f"{what[0]} {what[2]}: kept {kept} in the last stage, {left[what]} there"


def _explains(entry: Entry, series: set[str]) -> bool:
    """Whether an entry says that something is not there any more as it was, and by whom."""
    if not entry.by or not series.issuperset(entry.by):
        return False
    return entry.fate == "rewritten" or (entry.fate == "dropped" and bool(entry.because))


def _claims(
    units: list[Unit], entries: list[Entry]
) -> tuple[dict[tuple[str, str, str], list[Entry]], list[str]]:
    """For each text its entries, and what the entries name that was not there."""
    claims: dict[tuple[str, str, str], list[Entry]] = {unit[:3]: [] for unit in units}
    free = list(units)
    rest = entries
    for fits in (_names, _begins, _goes_on):
        unnamed = []
        for entry in rest:
            unit = next((unit for unit in free if _is_there(unit, entry) and fits(unit, entry)), None)
            if unit is None:
                unnamed.append(entry)
            else:
                free.remove(unit)
                claims[unit[:3]].append(entry)
        rest = unnamed
    wrong = [entry for entry in rest if not any(_holds(unit, entry) for unit in units)]
    return claims, [f"{entry.kind} {entry.text}, line {entry.line}: was not there" for entry in wrong]


def _is_there(unit: Unit, entry: Entry) -> bool:
    return unit.kind == entry.kind and unit.start <= entry.line <= unit.end


def _names(unit: Unit, entry: Entry) -> bool:
    """Whether an entry is a unit's, an instruction's by its keyword and line, a command's by its text."""
    if unit.kind == "command":
        return unit.text == _plain(entry.text)
    return unit.start == entry.line and entry.text.upper().startswith(unit.keyword)


def _begins(unit: Unit, entry: Entry) -> bool:
    """Whether an entry is the first line of a command of several lines."""
    return unit.kind == "command" and unit.text.startswith(_plain(entry.text))


def _goes_on(unit: Unit, entry: Entry) -> bool:
    """Whether an entry begins with a command: brackets end it here, for the ledger they are parts of it."""
    return unit.kind == "command" and _plain(entry.text).startswith(unit.text)


def _holds(unit: Unit, entry: Entry) -> bool:
    """Whether a command stands in an instruction's quotes, as in ``"$(…)"``: it comes and goes with them."""
    is_within = unit.kind == "instruction" and unit.start <= entry.line <= unit.end
    return is_within and entry.kind == "command" and json.dumps(_plain(entry.text))[1:-1] in unit.text


def count(migration: Migration) -> dict[PurePosixPath, Books]:
    """The books of every Dockerfile that changes."""
    paths = [b.path for b in migration.builds if migration.before[b.path] != migration.after[b.path]]
    before = read([migration.before[path] for path in paths])
    after = read([migration.after[path] for path in paths])
    series = {step.codemod.id for step in migration.steps}
    return {
        path: balance(before[at], after[at], [e for e in migration.ledger if e.path == path], series)
        for at, path in enumerate(paths)
    }


def row(name: str, books: Iterable[Books]) -> tuple[str, Counter[str]]:
    """The table's row for one repository, and its counts."""
    counts = Counter[str]()
    for found in books:
        counts.update(found.counts)
        counts["Dockerfiles"] += 1
        counts["unexplained"] += len(found.unexplained)
        counts["false"] += len(found.false)
    cells = [name, *(counts[column] for column in ("Dockerfiles", *COLUMNS, "unexplained", "false"))]
    return "| " + " | ".join(map(str, cells)) + " |", counts


def main(arguments: list[str]) -> int:
    """Print the table. Returns 1 where something does not balance, or where nothing changes at all."""
    total, problems = list[Books](), list[str]()
    print(HEADER)
    for folder in map(Path, arguments):
        books = count(plan(Repo.open(folder), PurePosixPath(), Settings(), load_catalogue()))
        total += books.values()
        if books:
            print(row(folder.name, books.values())[0], flush=True)
        for path, found in books.items():
            problems += [f"UNEXPLAINED {folder.name} {path}: {text}" for text in found.unexplained]
            problems += [f"FALSE {folder.name} {path}: {text}" for text in found.false]
    print(row("all", total)[0])
    print("\n".join(problems))
    return int(bool(problems) or not total)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
