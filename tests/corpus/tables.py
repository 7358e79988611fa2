"""The totals of a corpus run, and how they are shown: Markdown for people, plain data for JSON."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from corpus.pattern import NAMES
from uvmigrate import __version__

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from corpus.measure import Checkout, Dockerfile
    from corpus.rivals import Row

_STATUSES = ("migrated", "partial", "refused", "noop")


class Totals(NamedTuple):
    """The figures of a run. All but ``dockerfiles``, ``changed`` and the faults are of the Dockerfiles that
    install from a manifest; ``migrated`` and ``refused`` are shares of these, ``score`` the migrated ones'
    average of 12, ``score_before`` the same files' average before."""

    version: str
    checkouts: int
    dockerfiles: int
    changed: int
    manifest: int
    migrated: float
    refused: float
    score: float
    score_before: float
    crashed: int
    broken: int
    comments_lost: int
    outside: int
    not_idempotent: int


def manifest_files(checkouts: Iterable[Checkout]) -> list[Dockerfile]:
    """The Dockerfiles that install from a manifest with pip, poetry or pipenv."""
    return [one for checkout in checkouts for one in checkout.dockerfiles if one.manifest]


def total(checkouts: Sequence[Checkout]) -> Totals:
    """The figures of these checkouts."""
    every = [one for checkout in checkouts for one in checkout.dockerfiles]
    counted = manifest_files(checkouts)
    statuses = Counter(one.status for one in counted)
    migrated = [one for one in counted if one.status == "migrated"]
    return Totals(
        version=__version__,
        checkouts=len(checkouts),
        dockerfiles=len(every),
        changed=sum(one.changed for one in every),
        manifest=len(counted),
        migrated=_share(statuses["migrated"], len(counted)),
        refused=_share(statuses["refused"], len(counted)),
        score=_share(sum(one.score for one in migrated), len(migrated)),
        score_before=_share(sum(sum(one.before.values()) for one in migrated), len(migrated)),
        crashed=sum(bool(checkout.crashed) for checkout in checkouts),
        broken=sum(bool(one.broken) for one in every),
        comments_lost=sum(len(one.lost) for one in every) + sum(len(one.lost) for one in checkouts),
        outside=sum(len(checkout.outside) + len(checkout.stray) for checkout in checkouts),
        not_idempotent=sum(len(checkout.again) for checkout in checkouts),
    )


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0


def as_data(checkouts: Sequence[Checkout]) -> dict[str, Any]:
    """Everything, as JSON takes it."""
    listed = []
    for checkout in checkouts:
        files = [one._asdict() | {"score": one.score} for one in checkout.dockerfiles]
        services = [one._asdict() for one in checkout.services]
        listed.append(checkout._asdict() | {"dockerfiles": files, "services": services})
    return {"totals": total(checkouts)._asdict(), "checkouts": listed}


def as_markdown(checkouts: Sequence[Checkout]) -> str:
    """The tables: totals, properties, refusal codes, a row for each checkout; then every fault by name."""
    parts = [
        _totals(checkouts),
        _properties(checkouts),
        _codes(checkouts),
        _services(checkouts),
        _rows(checkouts),
        "\n".join(faults(checkouts)),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def as_rivals(rows: Sequence[Row]) -> str:
    """The table of fixers side by side; then what each did wrong, file by file."""
    head = ["fixer", "files", "changed", "broken", "lose comments", "not idempotent", "crashed"]
    shown = [
        (row.name, row.missing, *["–"] * 5)
        if row.missing
        else (row.name, row.files, row.changed, row.broken, row.comments, row.unsettled, row.crashed)
        for row in rows
    ]
    faults = [line for row in rows for line in row.faults]
    return "\n\n".join(filter(None, [_table(head, shown), "\n".join(faults)])) + "\n"


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join([*lines, *("| " + " | ".join(map(str, row)) + " |" for row in rows)])


def _totals(checkouts: Sequence[Checkout]) -> str:
    found = total(checkouts)
    statuses = Counter(one.status for one in manifest_files(checkouts))
    by_sync = sum(one.status == "migrated" and one.strategy == "sync" for one in manifest_files(checkouts))
    rows: list[tuple[str, object]] = [
        ("checkouts", found.checkouts),
        ("Dockerfiles", found.dockerfiles),
        ("of these changed", found.changed),
        ("install from a manifest", found.manifest),
        *(
            (f"of these {status}", f"{statuses[status]} ({_share(statuses[status], found.manifest):.1%})")
            for status in _STATUSES
        ),
        ("migrated by `uv sync`", by_sync),
        ("average score of the migrated, of 12", f"{found.score:.2f}"),
        ("the same files before", f"{found.score_before:.2f}"),
        ("crashed", found.crashed),
        ("broken", found.broken),
        ("comments lost", found.comments_lost),
        ("changed outside hunks", found.outside),
        ("not idempotent", found.not_idempotent),
    ]
    return _table([f"uvmigrate {found.version}", ""], rows)


def _properties(checkouts: Sequence[Checkout]) -> str:
    migrated = [one for one in manifest_files(checkouts) if one.status == "migrated"]
    others = [
        one
        for checkout in checkouts
        for one in checkout.dockerfiles
        if one.on_uv and one.properties and one not in migrated
    ]
    rows = [
        (
            name,
            sum(one.before[name] for one in migrated),
            sum(one.properties[name] for one in migrated),
            sum(one.before[name] for one in others),
            sum(one.properties[name] for one in others),
        )
        for name in NAMES
    ]
    head = ["property", f"{len(migrated)} migrated: before", "after", f"{len(others)} on uv: before", "after"]
    return _table(head, rows)


def _codes(checkouts: Sequence[Checkout]) -> str:
    """The codes by how many manifest Dockerfiles they refuse, then by how often they stand anywhere."""
    refused = Counter(
        one.why.partition(":")[0] for one in manifest_files(checkouts) if one.status == "refused"
    )
    anywhere = Counter[str]()
    for checkout in checkouts:
        anywhere.update(checkout.codes)
    ordered = sorted(
        refused.keys() | anywhere.keys(), key=lambda code: (-refused[code], -anywhere[code], code)
    )
    head = ["refusal code", "refuses Dockerfiles with a manifest", "anywhere"]
    return _table(head, [(code, refused[code], anywhere[code]) for code in ordered])


def _services(checkouts: Sequence[Checkout]) -> str:
    """What became of the services that run an image with Python, and why."""
    every = [one for checkout in checkouts for one in checkout.services]
    if not every:
        return ""
    outcomes = Counter(one.outcome for one in every)
    why = Counter(one.codes[0] for one in every if one.outcome == "refused")
    rows: list[tuple[str, object]] = [
        ("compose files", sum(checkout.composes for checkout in checkouts)),
        ("services that run an image with Python", len(every)),
        ("of these edited", outcomes["edited"]),
        ("of these refused, or left alone with a reason", outcomes["refused"]),
        *((f"— {code}", number) for code, number in sorted(why.items(), key=lambda one: (-one[1], one[0]))),
        ("of these left: there is nothing to do", outcomes["left"]),
        ("values changed that no codemod edits", sum(len(checkout.stray) for checkout in checkouts)),
    ]
    return _table(["compose", ""], rows)


def _rows(checkouts: Sequence[Checkout]) -> str:
    rows = []
    for checkout in checkouts:
        counted = manifest_files([checkout])
        statuses = Counter(one.status for one in counted)
        migrated = [one for one in counted if one.status == "migrated"]
        codes = [f"{code} {n}" if n > 1 else code for code, n in checkout.codes.items()]
        score = f"{sum(one.score for one in migrated) / len(migrated):.1f}" if migrated else "–"
        rows.append(
            (
                checkout.name,
                len(counted),
                *(statuses[status] for status in _STATUSES),
                score,
                "crashed" if checkout.crashed else ", ".join(codes) or "–",
            )
        )
    return _table(["checkout", "with a manifest", *_STATUSES, "score", "codes"], rows)


def faults(checkouts: Iterable[Checkout]) -> list[str]:
    """A line for each fault."""
    lines = []
    for checkout in checkouts:
        name = checkout.name
        lines += [f"CRASHED {name}: {checkout.crashed}"] if checkout.crashed else []
        for one in checkout.dockerfiles:
            lines += [f"BROKEN {name} {one.path}: {one.broken}"] if one.broken else []
            lines += [f"COMMENT LOST {name} {one.path}: {text}" for text in one.lost]
        lines += [f"COMMENT LOST {name} {text}" for text in checkout.lost]
        lines += [f"OUTSIDE HUNKS {name} {text}" for text in checkout.outside]
        lines += [f"OUTSIDE WHAT IS EDITED {name} {text}" for text in checkout.stray]
        lines += [f"NOT IDEMPOTENT {name} {text}" for text in checkout.again]
    return lines
