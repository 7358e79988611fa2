"""The paths that commands and variables of the build stage name: what fills one of them is needed there."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from uvmigrate.codemod import as_arg, as_env, join, lazy_pattern
from uvmigrate_codemods._stages.settings import is_harmless

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from uvmigrate_codemods._stages.candidates import Candidate
    from uvmigrate_codemods._stages.statements import Statement

_TOKEN = lazy_pattern(r"[^\s=:,;'\"()<>|&\[\]{}`]+")
_VARIABLE = lazy_pattern(r"\$(?:(\w+)|\{(\w+)\})", words=("$",))
#: Where a program lies that is called by its bare name.
_PATH = ("/usr/local/bin", "/usr/local/sbin", "/usr/bin", "/usr/sbin", "/bin", "/sbin")


def paths_of(candidate: Candidate, statement: Statement) -> frozenset[PurePosixPath]:
    """The image paths that a statement names."""
    call, state = statement.call, candidate.stage.state(statement.instruction)
    folder = call.cwd if call is not None else state.workdir
    text = statement.script.of(statement.span).decode(errors="replace")
    return frozenset(_named(text, folder, state.env))


def programs_of(statement: Statement) -> frozenset[PurePosixPath]:
    """Where the programs may lie that a statement calls by their bare names."""
    inside = [c for c in statement.script.everything if statement.span.contains(c.span)]
    names = {command.name for command in inside if command.name and "/" not in command.name}
    return frozenset(PurePosixPath(place) / name for name in names for place in _PATH)


def paths_of_variables(candidate: Candidate, until: int) -> frozenset[PurePosixPath]:
    """The paths in the values of ENV and ARG above byte *until* that an install may read."""
    found: set[PurePosixPath] = set()
    for facts in candidate.stage.lineage:
        for instruction, state in zip(facts.instructions, facts.states, strict=False):
            if facts is candidate.stage and instruction.span.start > until:
                break
            for pair in as_env(instruction) or as_arg(instruction) or ():
                if not is_harmless(candidate, pair):
                    found |= {*_named(pair.value or "", None, state.env)}
    return frozenset(found) - {candidate.venv, candidate.venv / "bin"}


def meet(paths: Iterable[PurePosixPath], others: Collection[PurePosixPath]) -> bool:
    """Whether any path is, holds, or lies in one of the others."""
    return any(a.is_relative_to(b) or b.is_relative_to(a) for a in paths for b in others)


def _named(text: str, folder: PurePosixPath | None, variables: Mapping[str, str]) -> Iterator[PurePosixPath]:
    """Paths that stand for one file or folder: neither the working directory nor what holds it."""
    filled = _VARIABLE.sub(lambda found: variables.get(found[1] or found[2], "$"), text)
    for token in _TOKEN.findall(filled):
        known = "$" not in token and "//" not in token and "*" not in token.partition("/")[0]
        if not known or not ("/" in token or "." in token):
            continue
        path = re.split(r"[*?]", token, maxsplit=1)[0] or "."
        if path.startswith("/") or folder is not None:
            full = join(folder or PurePosixPath("/"), path)
            if folder is None or not folder.is_relative_to(full):
                yield full
