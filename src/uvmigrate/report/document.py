"""The plan for programs: a versioned JSON document. docs/json.md and schema/migration-v1.json describe it."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from uvmigrate import __version__
from uvmigrate.report.patches import patch_of
from uvmigrate.report.words import named, said

if TYPE_CHECKING:
    from uvmigrate.codemod import Refusal
    from uvmigrate.plan import BuildResult, Entry, Mention, Migration, Step

#: Grows when a key is renamed or taken away, or changes its meaning; not when one is added.
VERSION = 1


def as_json(migration: Migration) -> str:
    """The document, indented, ASCII only, with a newline at its end."""
    root = migration.before.root
    document = {
        "version": VERSION,
        "tool": {"name": "uvmigrate", "version": __version__},
        "root": named(root) if root else None,
        "builds": [_build(result) for result in migration.builds],
        "steps": [_step(step) for step in migration.steps],
        "refusals": [_refusal(refusal) for refusal in migration.refusals],
        "ledger": [_entry(entry) for entry in migration.ledger],
        "locks": [{"path": named(lock.path), "python": lock.python} for lock in migration.locks],
        "mentions": [_mention(mention) for mention in migration.mentions],
    }
    return json.dumps(document, indent=2) + "\n"


def _build(result: BuildResult) -> dict[str, Any]:
    return {
        "dockerfile": named(result.path),
        "context": named(result.context),
        "strategy": result.strategy,
        "status": result.status,
        "why": said(result.why),
    }


def _step(step: Step) -> dict[str, Any]:
    body = patch_of(step)
    try:
        patch, encoding = body.decode(), "utf-8"
    except UnicodeDecodeError:
        patch, encoding = base64.b64encode(body).decode(), "base64"
    return {
        "codemod": step.codemod.id,
        "title": step.codemod.title,
        "why": step.codemod.why,
        "docs": step.codemod.docs,
        "level": step.level,
        "files": [named(path) for path in step.paths],
        "patch": patch,
        "patch_encoding": encoding,
        "notes": [said(note) for note in step.notes],
    }


def _refusal(refusal: Refusal) -> dict[str, Any]:
    return {
        "path": named(refusal.path),
        "line": refusal.line or None,
        "code": refusal.code,
        "because": said(refusal.because),
        "instead": said(refusal.instead),
    }


def _entry(entry: Entry) -> dict[str, Any]:
    return {
        "path": named(entry.path),
        "line": entry.line,
        "kind": entry.kind,
        "text": said(entry.text),
        "fate": entry.fate,
        "by": list(entry.by),
        "because": said(entry.because),
    }


def _mention(mention: Mention) -> dict[str, Any]:
    return {
        "path": named(mention.path),
        "line": mention.line,
        "tool": mention.tool,
        "text": said(mention.text),
    }
