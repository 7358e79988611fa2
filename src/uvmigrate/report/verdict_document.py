"""The verdict for programs: versioned JSON, described by docs/json.md and schema/verdict-v1.json."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from uvmigrate import __version__
from uvmigrate.report.words import named, shown, spoken

if TYPE_CHECKING:
    from uvmigrate.codemod import Refusal
    from uvmigrate.verify.verdict import ImageVerdict, Row, Sizes, Timing, Verdict, Written

#: Grows when a key is renamed or taken away, or changes its meaning; not when one is added.
VERSION = 1


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
