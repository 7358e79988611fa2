"""ENV, ARG, WORKDIR, SHELL and USER above an install: which of them the build stage needs, too."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from uvmigrate.codemod import as_arg, as_env, as_user, expand

if TYPE_CHECKING:
    from collections.abc import Iterable

    from uvmigrate.codemod import Instruction, Pair
    from uvmigrate_codemods._stages.candidates import Candidate

#: Variables that no install by uv notices: Python's own for its output and for what runs, those of pip and
#: of other managers, those of servers and frameworks, and what images are labelled with. Any other could
#: matter to a package that is built.
_HARMLESS = re.compile(
    r"PYTHON(UNBUFFERED|DONTWRITEBYTECODE|FAULTHANDLER|HASHSEED|BREAKPOINT|DEVMODE|ASYNCIODEBUG|TRACEMALLOC)"
    r"|(PIP|POETRY|PIPENV|DJANGO|FLASK|UVICORN|GUNICORN|UWSGI|CELERY|HYPERCORN|STREAMLIT|GRADIO|SENTRY|OTEL)_\w+"
    r"|PORT|HOST|BIND|WORKERS|WEB_CONCURRENCY|TZ|LOG_LEVEL|LOGLEVEL|TERM|DEBUG|NODE_ENV|ENVIRONMENT|APP_ENV"
    r"|REVISION|RELEASE|COMMIT(_SHA|_HASH)?|(GIT|VCS)_(SHA|COMMIT|REV|REF|REVISION|BRANCH|TAG)|SOURCE_COMMIT"
    r"|BUILD_(DATE|TIME|ID|NUMBER)"
)
#: What only uv reads.
_UV = re.compile(r"UV_\w+")


class Variables(NamedTuple):
    """The pairs of an ENV or ARG: those that the build stage needs, and those that leave the other stage."""

    all: tuple[Pair, ...]
    needed: tuple[Pair, ...]
    leaving: tuple[Pair, ...]


def part_variables(candidate: Candidate, instruction: Instruction, *, runs_more: bool) -> Variables:
    """The pairs of an ENV or ARG above the install. *runs_more*: the build stage runs other commands, too."""
    pairs = as_env(instruction) or as_arg(instruction) or ()
    leaving = tuple(pair for pair in pairs if _leaves(candidate, instruction, pair, pairs))
    needed = tuple(pair for pair in pairs if runs_more or not _is_harmless(candidate, pair))
    return Variables(pairs, needed, leaving)


def _leaves(candidate: Candidate, instruction: Instruction, pair: Pair, pairs: tuple[Pair, ...]) -> bool:
    """Whether nothing in the runtime stage reads a variable of uv's."""
    if candidate.keeps_uv:
        return False
    own = all(_UV.fullmatch(other.key) or other.key == "VIRTUAL_ENV" for other in pairs)
    if not (_UV.fullmatch(pair.key) or (own and pair.key == "VIRTUAL_ENV")):
        return False
    named = re.compile(rb"\b" + re.escape(pair.key.encode(errors="surrogateescape")) + rb"\b")
    return not any(named.search(text) for text in _remaining(candidate, instruction))


def _remaining(candidate: Candidate, instruction: Instruction) -> Iterable[bytes]:
    """The texts of all that may read a variable of an instruction's, installs left out."""
    build = candidate.build
    for facts in build.stages:
        if candidate.stage in facts.lineage:
            for other in facts.instructions:
                text = other.span.of(build.dockerfile.data)
                own = other.keyword in ("ENV", "ARG") and other is not instruction
                if other is instruction or (other.keyword == "RUN" and b"uv" in text):
                    continue
                yield text.partition(b"=")[2] if own else text
    for _, service in build.services:
        for given in (service.command, service.entrypoint, service.healthcheck):
            yield repr(given).encode() if given is not None else b""


def _is_harmless(candidate: Candidate, pair: Pair) -> bool:
    if pair.key == "PATH":
        entry = rf"{re.escape(str(candidate.venv))}/bin/?:\$(PATH|\{{PATH\}})"
        return re.fullmatch(entry, pair.value or "") is not None
    return _HARMLESS.fullmatch(pair.key) is not None


def names_root(candidate: Candidate, instruction: Instruction) -> bool:
    """Whether a USER names root: a base image's own user may be another."""
    word = as_user(instruction)
    text = expand(word.text, candidate.stage.state(instruction).env) if word is not None else None
    return (text or "").partition(":")[0] in ("root", "0")
