"""Settings of pip and the managers in ENV, ARG and in front of commands, and their folders on PATH."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from uvmigrate.codemod import (
    HARMLESS_VARIABLES,
    Change,
    Edit,
    NamedTuple,
    Span,
    as_arg,
    as_env,
    edit_pairs,
    expand,
    interpreter_of,
    lazy_pattern,
    start_scripts,
)
from uvmigrate_codemods._leftovers.places import own_places
from uvmigrate_codemods._leftovers.settings import belongs_to
from uvmigrate_codemods._leftovers.tidy import delete
from uvmigrate_codemods._leftovers.uses import executed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from uvmigrate.codemod import Build, Instruction, Pair, State
    from uvmigrate_codemods._leftovers.places import Places

#: What became of settings that uv has under another name.
_COUNTERPARTS = {
    "PIP_DEFAULT_TIMEOUT": "UV_HTTP_TIMEOUT",
    "PIP_TIMEOUT": "UV_HTTP_TIMEOUT",
    "PIP_RETRIES": "UV_HTTP_RETRIES",
}
_PREFIXES = ("POETRY_", "PIPENV_")
_CACHE = "PIP_CACHE_DIR"
_COMMENTS = lazy_pattern(rb"(?m)^[ \t]*#.*$")
_ONLY_PATH: tuple[list[str], ...] = ([], ["$PATH"], ["${PATH}"])


class _Said(NamedTuple):
    """Where a setting of a tool's stands: a pair of an ENV or ARG, or (``words``) one before a command."""

    key: str
    span: Span
    tool: str
    instruction: Instruction
    words: Span | None = None


class _Shorter(NamedTuple):
    """A PATH without the folders of the managers; ``text`` is None where nothing of its own is left."""

    pair: Pair
    instruction: Instruction
    text: str | None


def drop_settings(build: Build, unused: Collection[str], gone: Collection[Span]) -> Iterator[Change]:
    """The variables of the tools *unused* go, unless something else reads them; so do their folders on PATH.

    *gone* is what else is deleted.
    """
    places = own_places(build)
    steered = [tool for tool in unused if tool == "pip" or not _is_named(build, tool, gone)]
    said = [one for one in _said(build, places, steered) if not any(span.contains(one.span) for span in gone)]
    paths = [
        one for one in _paths(build, places, unused) if not any(span.contains(one.pair.span) for span in gone)
    ]
    unread = _unread(build, said, paths, gone)
    for item in build.dockerfile.instructions:
        own = [one for one in said if one.instruction is item and one.key in unread]
        shorter = next((one for one in paths if one.instruction is item), None)
        if own or shorter is not None:
            yield Change(
                {build.path: _edits(build, item, own, shorter)}, notes=_notes(own), builds=(build.path,)
            )


def pip_settings_go(build: Build) -> bool:
    """Whether pip's settings go where nothing calls pip: not on a base that people install more on."""
    return not any(interpreter_of(facts).keeps for facts in build.stages)


def _is_named(build: Build, tool: str, gone: Collection[Span]) -> bool:
    """Whether a RUN names a tool in any way: it may come from an installer that is not known."""
    rest = _without(build, gone)
    runs = (item for item in build.dockerfile.instructions if item.keyword == "RUN")
    texts = (_COMMENTS.sub(b"", rest[item.span.start : item.span.end]) for item in runs)
    return any(re.search(rb"(?<![A-Za-z])%s" % tool.encode(), text) for text in texts)


def _without(build: Build, spans: Collection[Span]) -> bytes:
    """The Dockerfile with blanks at the spans."""
    rest = bytearray(build.dockerfile.data)
    for span in spans:
        rest[span.start : span.end] = b" " * len(span)
    return bytes(rest)


def _pairs(instruction: Instruction) -> tuple[Pair, ...]:
    return as_env(instruction) or as_arg(instruction) or ()


def _states(build: Build) -> Iterator[tuple[Instruction, State | None]]:
    yield from ((item, None) for item in build.dockerfile.preamble)
    for facts in build.stages:
        yield from zip(facts.instructions, facts.states, strict=False)


def _said(build: Build, places: Places, unused: Collection[str]) -> Iterator[_Said]:
    # A cache mount may be named by it, and cache-mounts comes later.
    kept = _CACHE if b"type=cache" in build.dockerfile.data else None
    for item, state in _states(build):
        for pair in (pair for pair in _pairs(item) if pair.key != kept):
            value = expand(pair.value, state.env if state else {}) if pair.value is not None else None
            tool = "pip" if pair.key in HARMLESS_VARIABLES else belongs_to(pair.key, value)
            if tool is None and pair.key.startswith(_PREFIXES) and state is not None:
                # A name of people's own for a folder of the tool's: POETRY_VENV.
                tool = places.tool(pair.value or "", state)
            if tool in unused and tool is not None:
                yield _Said(pair.key, pair.span, tool, item)
    for call in build.calls(b"POETRY_", b"PIPENV_", b"PIPX_"):
        words = call.command.words
        for given in call.command.assignments if words and call.script.located else ():
            tool = belongs_to(given.name, given.value)
            after = [word.span.start for word in words if word.span.start > given.span.end]
            after += [a.span.start for a in call.command.assignments if a.span.start > given.span.end]
            if tool in unused and tool is not None and after:
                through = Span(given.span.start, min(after))
                yield _Said(given.name, given.span, tool, call.instruction, through)


def _paths(build: Build, places: Places, unused: Collection[str]) -> Iterator[_Shorter]:
    for item, state in _states(build):
        for pair in as_env(item) or ():
            if pair.key != "PATH" or pair.value_span is None or state is None:
                continue
            raw = pair.value_span.of(build.dockerfile.data).decode(errors="surrogateescape")
            quote = raw[:1] if raw[:1] in ('"', "'") and raw[-1:] == raw[:1] else ""
            inner = raw[len(quote) : len(raw) - len(quote)]
            if re.search(r"[\s\"'\\]|:[-+?=]", inner):
                continue
            entries = inner.split(":")
            kept = [entry for entry in entries if places.tool(entry, state) not in unused]
            if kept != entries:
                text = None if kept in _ONLY_PATH else quote + ":".join(kept) + quote
                yield _Shorter(pair, item, text)


def _unread(build: Build, said: list[_Said], paths: list[_Shorter], gone: Collection[Span]) -> set[str]:
    """The names that nothing reads but what goes, too."""
    keys = {one.key for one in said}
    scripts = {build.context.folder / path for path in start_scripts(build)}
    scripts |= {path for _, path in executed(build)} if keys else set()
    others = b"\n".join(build.context.repo.get(path, b"") for path in scripts)
    others += b"\n" + "\n".join(one.text or "" for one in paths).encode(errors="surrogateescape")
    while True:
        spans = [*gone, *(one.span for one in said if one.key in keys)]
        rest = _without(build, [*spans, *(one.pair.span for one in paths)])
        text = _COMMENTS.sub(b"", rest) + b"\n" + others
        read = {key for key in keys if re.search(rb"\b%s\b" % key.encode(errors="surrogateescape"), text)}
        if not read:
            return keys
        keys -= read


def _edits(build: Build, item: Instruction, said: list[_Said], shorter: _Shorter | None) -> tuple[Edit, ...]:
    tools = sorted({one.tool for one in said})
    whose = " and ".join(f"{tool}'s" for tool in tools) or "a manager's"
    because = f"uv does not read {whose} settings, and nothing calls {' or '.join(tools)}"
    if not tools:
        because = "what lay in that folder is not installed any more"
    if item.keyword == "RUN":
        return tuple(Edit.delete(one.words, because) for one in said if one.words is not None)
    keys = {one.key for one in said}
    if shorter is not None and shorter.text is None:
        keys.add("PATH")
    if all(pair.key in keys for pair in _pairs(item)):
        return delete(build.dockerfile, item, because)
    edits = edit_pairs(build.dockerfile, item, remove=keys, because=because) if keys else ()
    if shorter is not None and shorter.text is not None and shorter.pair.value_span is not None:
        text = shorter.text.encode(errors="surrogateescape")
        edits = (*edits, Edit(shorter.pair.value_span, text))
    return edits


def _notes(said: list[_Said]) -> tuple[str, ...]:
    keys = [one.key for one in said if one.tool == "pip"]
    notes = (
        [f"if the application itself calls pip when it runs, it would miss {', '.join(keys)}"] if keys else []
    )
    notes += [f"{key} goes: uv's name for it is {_COUNTERPARTS[key]}" for key in keys if key in _COUNTERPARTS]
    return tuple(notes)
