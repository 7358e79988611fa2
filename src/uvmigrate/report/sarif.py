"""The plan for code scanning and editors: SARIF 2.1.0 (OASIS). docs/formats.md says what stands where.

Numbers in brackets are sections of the standard. Messages are plain text in which braces would be
placeholders (3.11.5) and ``[text](place)`` a link (3.11.6): what comes from a repository makes neither.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from uvmigrate import __version__
from uvmigrate.codemod.codes import CODES
from uvmigrate.report.regions import Region, instead, regions
from uvmigrate.report.sarif_fix import fix_of, is_utf8
from uvmigrate.report.words import shown
from uvmigrate.source import lines_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import PurePosixPath

    from uvmigrate.codemod import Codemod, Level, Refusal
    from uvmigrate.plan import Migration, Step
    from uvmigrate.source import Repo

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json"
#: The name of the folder that all paths are relative to. It has no place: each machine has its own.
_ROOT = "%SRCROOT%"
#: A level of SARIF asks to act; that of a codemod says how much there is to read.
_LEVELS: dict[Level, str] = {"safe": "note", "review": "warning", "opt-in": "note"}


def as_sarif(migration: Migration, codemods: Sequence[Codemod]) -> str:
    """The log: one run, ASCII only, with a newline at its end. *codemods* are those that the plan ran."""
    used = {step.codemod.id: step.codemod for step in migration.steps}
    codes = dict.fromkeys(refusal.code for refusal in migration.refusals)
    rules = [
        *(_codemod(one) for one in {**{one.id: one for one in codemods}, **used}.values()),
        *map(_code, codes),
    ]
    index = {rule["id"]: number for number, rule in enumerate(rules)}
    results = [*_changes(migration), *(_refusal(one, migration.before) for one in migration.refusals)]
    run = {
        "tool": {"driver": {"name": "uvmigrate", "version": __version__, "rules": rules}},
        "originalUriBaseIds": {_ROOT: {"description": _text("The root of the repository.")}},
        "columnKind": "unicodeCodePoints",
        "newlineSequences": ["\r\n", "\n"],
        "artifacts": _artifacts(migration),
        "results": [{**result, "ruleIndex": index[result["ruleId"]]} for result in results],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _text(text: str) -> dict[str, str]:
    """A message (3.11), or a string for one (3.12), that says just this."""
    literal = shown(text).replace("{", "{{").replace("}", "}}").replace("](", "] (")
    return {"text": literal}


def _codemod(codemod: Codemod) -> dict[str, Any]:
    return {
        "id": codemod.id,
        "shortDescription": _text(codemod.title),
        "fullDescription": _text(codemod.why),
        "helpUri": codemod.docs,
        "help": _text(f"{codemod.why} `uvmigrate explain {codemod.id}` says more."),
        "defaultConfiguration": {"level": _LEVELS[codemod.level]},
        "properties": {"level": codemod.level},
    }


def _code(code: str) -> dict[str, Any]:
    """The rule of a refusal. Codes of other catalogues are explained in these."""
    means, instead = CODES.get(code, ("", ""))
    explained = {"fullDescription": _text(means), "help": _text(f"{means} {instead}")} if means else {}
    return {
        "id": code,
        "shortDescription": _text(f"Not migrated: {code.replace('-', ' ')}"),
        **explained,
        "defaultConfiguration": {"level": "note"},
    }


def _changes(migration: Migration) -> Iterator[dict[str, Any]]:
    """One result for each codemod and file that is there already, at all lines that it touches (3.27.12).

    The fix is that of the whole series, since no step but the first applies to the files as they are; so it
    stands once, with the first result.
    """
    fix = fix_of(migration, _location)
    for number, (step, where) in enumerate(zip(migration.steps, regions(migration), strict=True), 1):
        places: Mapping[PurePosixPath, Sequence[Region | None]] = where or instead(step, migration)
        for position, (path, found) in enumerate(places.items()):
            result = {
                "ruleId": step.codemod.id,
                "level": _LEVELS[step.level],
                "message": _text(_message(step, path, first=not position)),
                "locations": [_place(path, region, migration.before) for region in found],
                "properties": {"step": number, "level": step.level},
            }
            if fix:
                result["fixes"] = [{"description": _text(_whole(migration)), "artifactChanges": fix}]
                fix = []
            yield result


def _message(step: Step, path: PurePosixPath, *, first: bool) -> str:
    """What is done and why; the first result of a step also says what else it makes, and what to look at."""
    told = [f"{step.codemod.title}: {step.codemod.why}"]
    if first:
        made = [str(one) for one in step.paths if one not in step.before and one != path]
        told += [f"It makes {', '.join(made)}."] if made else []
        told += [f"Look at: {note}." for note in step.notes]
    return " ".join(told)


def _whole(migration: Migration) -> str:
    locks = ", ".join(str(lock.path) for lock in migration.locks)
    after = f"; then `uv lock` has to make {locks}" if locks else ""
    return f"All {len(migration.steps)} steps at once, as `uvmigrate --write` makes them{after}"


def _refusal(refusal: Refusal, repo: Repo) -> dict[str, Any]:
    """A note: what has a kind of its own, such as informational, may have no level (3.27.10)."""
    line = refusal.line or 1
    instead = f" Instead: {refusal.instead}." if refusal.instead else ""
    return {
        "ruleId": refusal.code,
        "level": "note",
        "message": _text(f"{refusal.because}.{instead}"),
        "locations": [_place(refusal.path, Region(line, line), repo)],
        "properties": {"whole_file": not refusal.line},
    }


def _location(path: PurePosixPath) -> dict[str, str]:
    """Where a file is (3.4): as a reference, its bytes encoded (RFC 3986, 2.1)."""
    return {"uri": quote(str(path).encode(errors="surrogateescape")), "uriBaseId": _ROOT}


def _place(path: PurePosixPath, region: Region | None, repo: Repo) -> dict[str, Any]:
    """Whole lines (3.30), with the columns that GitHub asks for; none in a file whose letters are unknown."""
    place: dict[str, Any] = {"artifactLocation": _location(path)}
    if region is not None:
        where = {"startLine": region.first, "endLine": region.last}
        data = repo.get(path) or b""
        lines = lines_of(data)
        if is_utf8(data) and region.last <= len(lines):
            last = lines[region.last - 1].decode("utf-8-sig").removesuffix("\n").removesuffix("\r")
            where |= {"startColumn": 1, "endColumn": len(last) + 1}
        place["region"] = where
    return {"physicalLocation": place}


def _artifacts(migration: Migration) -> list[dict[str, Any]]:
    """The files that results are about, with the encoding where it is known (3.24)."""
    paths = {path for step in migration.steps for path in step.paths} | {r.path for r in migration.refusals}
    known: Mapping[PurePosixPath, bytes] = {p: migration.before.get(p) or b"" for p in sorted(paths)}
    return [
        {"location": _location(path), **({"encoding": "UTF-8"} if is_utf8(data) else {})}
        for path, data in known.items()
    ]
