"""The verdict for programs: versioned JSON, described by docs/json.md and schema/verdict-v1.json.

What services needed in order to run read-only is read back from it: ``--tmpfs-from``.
"""

from __future__ import annotations

import json
import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from uvmigrate import __version__
from uvmigrate.codemod import SettingsError, Tried
from uvmigrate.report.words import named, shown, spoken

if TYPE_CHECKING:
    from uvmigrate.codemod import Refusal
    from uvmigrate.verify.verdict import ImageVerdict, Row, Sizes, Timing, Verdict, Written

#: Grows when a key is renamed or taken away, or changes its meaning; not when one is added.
VERSION = 1
#: An entry of tmpfs that means the same in every compose file: no variable, no second target.
_ENTRY = re.compile(r"/[^\s:$]*(:[\w.,=%-]+)?")


def verdict_json(verdict: Verdict) -> str:
    """The document, indented, ASCII only, with a newline at its end."""
    document = {
        "version": VERSION,
        "tool": {"name": "uvmigrate", "version": __version__},
        "engine": shown(verdict.engine),
        "holds": verdict.holds,
        "counts": dict(verdict.counts),
        "images": [_image(image) for image in verdict.images],
        "dropped": [_refusal(refusal) for refusal in verdict.dropped],
    }
    return json.dumps(document, indent=2) + "\n"


def _image(image: ImageVerdict) -> dict[str, Any]:
    return {
        "name": shown(image.name),
        "dockerfile": named(image.dockerfile),
        "target": image.target or None,
        "rows": [_row(row) for row in image.rows],
        "sizes": dict(zip(("before", "after"), map(_sizes, image.sizes), strict=True))
        if image.sizes
        else None,
        "timings": [_timing(timing) for timing in image.timings],
        "written": [_written(written) for written in image.written],
        "prefixes": image.prefixes,
        "failed": list(image.failed),
    }


def _row(row: Row) -> dict[str, Any]:
    return {
        "kind": row.kind,
        "name": shown(row.name),
        "status": row.status,
        "before": shown(row.before),
        "after": shown(row.after),
        "by": list(row.by),
        "because": shown(row.because),
        "detail": "\n".join(spoken(row.detail)),
    }


def _sizes(sizes: Sizes) -> dict[str, Any]:
    layers = [{"size": size, "made_by": shown(made_by)} for size, made_by in sizes.layers]
    return {"total": sizes.total, "bytecode": sizes.bytecode, "layers": layers}


def _timing(timing: Timing) -> dict[str, Any]:
    return {
        "what": timing.what,
        "before": list(timing.before),
        "after": list(timing.after),
        "median": timing.median,
        "because": shown(timing.because),
    }


def _written(written: Written) -> dict[str, Any]:
    # Paths and names are as they are: `--tmpfs-from` reads them again.
    return {
        "file": named(written.file) if written.file else None,
        "service": written.service,
        "paths": list(written.paths),
        "tmpfs": list(written.tmpfs),
        "hidden": list(written.hidden),
        "works": written.works,
    }


def _refusal(refusal: Refusal) -> dict[str, Any]:
    return {
        "path": named(refusal.path),
        "line": refusal.line or None,
        "code": refusal.code,
        "because": shown(refusal.because),
        "instead": shown(refusal.instead),
    }


def read_tried(data: bytes, where: str) -> dict[tuple[PurePosixPath, str], Tried]:
    """The services that a document says ran read-only, by compose file and name.

    A service that is there several times, as for several platforms, counts if it ran each time. Raises
    SettingsError, which names *where*, for what is no such document or tells of no trial.
    """
    try:
        written = [one for image in document_of(data)["images"] for one in image["written"]]
        ran: dict[tuple[PurePosixPath, str], list[Tried | None]] = {}
        for one in written:
            if one["file"] is not None and one["works"] is not None:
                found = Tried(_texts(one["tmpfs"]), _texts(one["hidden"]), _texts(one["paths"]))
                key = PurePosixPath(_text(one["file"])), _text(one["service"])
                ran.setdefault(key, []).append(found if one["works"] is True else None)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        reason = str(error) if type(error) is ValueError else "it is not as its schema says"
        raise SettingsError(f"{where}: no verdict of uvmigrate verify: {reason}") from error
    if not ran:
        raise SettingsError(
            f"{where}: no service of compose was tried: make it by uvmigrate verify --read-only"
        )
    for entry in (entry for some in ran.values() for one in some if one is not None for entry in one.tmpfs):
        if not _ENTRY.fullmatch(entry):
            raise SettingsError(f"{where}: not an entry of tmpfs: {entry}")
    return {key: _together([one for one in some if one]) for key, some in ran.items() if None not in some}


def document_of(data: bytes) -> Any:
    """A verdict's document, of a version that is known. Raises ValueError, KeyError or TypeError."""
    try:
        document = json.loads(data)
    except ValueError as error:
        raise ValueError("it is no JSON") from error
    version = document["version"]
    if version != VERSION:
        raise ValueError(f"its version is {version!r}, and {VERSION} is known")
    return document


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("a text is wanted")
    return value


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError("a list is wanted")
    return tuple(map(_text, value))


def _together(some: list[Tried]) -> Tried:
    return Tried(*(tuple(dict.fromkeys(text for one in some for text in one[at])) for at in range(3)))
