"""Refusals at a place of a Dockerfile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.codemod import Refusal

if TYPE_CHECKING:
    from uvmigrate.build import Build, Call


def refuse_at(build: Build, offset: int, code: str, because: str, instead: str) -> Refusal:
    """A refusal at the line of a byte offset."""
    return Refusal(build.path, build.line(offset), code, because, instead)


def refuse_call(build: Build, call: Call, code: str, because: str, instead: str) -> Refusal:
    """A refusal at the line of a command."""
    return refuse_at(build, call.command.span.start, code, because, instead)
