"""ENV, ARG, WORKDIR, SHELL and USER above an install: which of them the build stage needs, too."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from uvmigrate.codemod import NamedTuple, as_arg, as_env, as_user, expand, lazy_pattern, start_scripts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvmigrate.codemod import Instruction, Pair
    from uvmigrate_codemods._stages.candidates import Candidate
    from uvmigrate_codemods._stages.needs import Needs

#: Variables that no install by uv notices: Python's own for its output and for what runs, those of pip and
#: of other managers.
_PYTHONS = frozenset(
    """PYTHONUNBUFFERED PYTHONDONTWRITEBYTECODE PYTHONFAULTHANDLER PYTHONHASHSEED PYTHONBREAKPOINT
    PYTHONDEVMODE PYTHONASYNCIODEBUG PYTHONTRACEMALLOC""".split()
)
#: What comes before the first underscore of theirs.
_MANAGERS = frozenset({"PIP", "POETRY", "PIPENV"})
#: Those of servers and frameworks, and what images are labelled with. The build of the project itself may
#: read them; any other could matter to every package that is built.
_APPLICATIONS = frozenset(
    """PORT HOST BIND WORKERS WEB_CONCURRENCY TZ LOG_LEVEL LOGLEVEL TERM DEBUG NODE_ENV ENVIRONMENT APP_ENV
    REVISION RELEASE COMMIT COMMIT_SHA COMMIT_HASH SOURCE_COMMIT
    BUILD_DATE BUILD_TIME BUILD_ID BUILD_NUMBER""".split()
)
#: The heads of others of theirs, and what follows that of a version control's.
_FRAMEWORKS = frozenset(
    "DJANGO FLASK UVICORN GUNICORN UWSGI CELERY HYPERCORN STREAMLIT GRADIO SENTRY OTEL".split()
)
_REVISIONS = frozenset("SHA COMMIT REV REF REVISION BRANCH TAG".split())
#: What only uv reads.
_UV = lazy_pattern(r"UV_\w+")


class Variables(NamedTuple):
    """The pairs of an ENV or ARG: those that the build stage needs, and those that leave the other stage."""

    all: tuple[Pair, ...]
    needed: tuple[Pair, ...]
    leaving: tuple[Pair, ...]


def part_variables(candidate: Candidate, instruction: Instruction, needs: Needs) -> Variables:
    """The pairs of an ENV or ARG above the install."""
    pairs = as_env(instruction) or as_arg(instruction) or ()
    leaving = tuple(pair for pair in pairs if _leaves(candidate, instruction, pair, pairs, needs))
    needed = tuple(
        pair
        for pair in pairs
        if needs.runs_more
        or not is_harmless(candidate, pair)
        or (needs.brings_uv and pair.key.startswith("PIP_"))
    )
    return Variables(pairs, needed, leaving)


def _leaves(
    candidate: Candidate, instruction: Instruction, pair: Pair, pairs: tuple[Pair, ...], needs: Needs
) -> bool:
    """Whether nothing in the runtime stage reads a variable of uv's.

    VIRTUAL_ENV is one beside others of uv's; alone it may be for anybody.
    """
    if candidate.keeps_uv:
        return False
    uvs = [other for other in pairs if _UV.fullmatch(other.key)]
    beside = uvs and all(other in uvs or other.key == "VIRTUAL_ENV" for other in pairs)
    if pair not in uvs and not (beside and pair.key == "VIRTUAL_ENV"):
        return False
    named = re.compile(rf"\b{re.escape(pair.key)}\b")
    return not any(named.search(text) for text in _remaining(candidate, instruction, needs))


def _remaining(candidate: Candidate, instruction: Instruction, needs: Needs) -> Iterator[str]:
    """The texts of all that may read a variable of an instruction's in the runtime stage."""
    build = candidate.build
    for facts in build.stages:
        for other in facts.instructions if candidate.stage in facts.lineage else ():
            pairs = as_env(other) or as_arg(other)
            if other is instruction:
                continue
            if pairs is not None:
                yield from (pair.value or "" for pair in pairs)
            elif facts is candidate.stage and other.span.start in needs.staying:
                yield from needs.staying[other.span.start]
            else:
                yield other.span.of(build.dockerfile.data).decode(errors="replace")
    for _, service in build.services:
        for given in service.runs:
            yield repr(given)
    for path in start_scripts(build):
        yield build.context.repo.get(build.context.folder / path, b"").decode(errors="replace")


def is_harmless(candidate: Candidate, pair: Pair) -> bool:
    """Whether no install by uv notices a variable."""
    if pair.key == "PATH":
        entry = rf"{re.escape(str(candidate.venv))}/bin/?:\$(PATH|\{{PATH\}})"
        return re.fullmatch(entry, pair.value or "") is not None and not candidate.by_path
    if pair.key in _PYTHONS or _begins(pair.key, _MANAGERS):
        return True
    return _is_for_applications(pair.key) and not candidate.builds


def _is_for_applications(name: str) -> bool:
    head, _, rest = name.partition("_")
    return (
        name in _APPLICATIONS or _begins(name, _FRAMEWORKS) or (head in ("GIT", "VCS") and rest in _REVISIONS)
    )


def _begins(name: str, heads: frozenset[str]) -> bool:
    """Whether a name is one of the heads, an underscore, and a word."""
    head, _, rest = name.partition("_")
    return head in heads and bool(rest) and name.isidentifier()


def names_root(candidate: Candidate, instruction: Instruction) -> bool:
    """Whether a USER names root: a base image's own user may be another."""
    word = as_user(instruction)
    text = expand(word.text, candidate.stage.state(instruction).env) if word is not None else None
    return (text or "").partition(":")[0] in ("root", "0")
