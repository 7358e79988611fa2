"""Where the repository still names a manifest, or calls the tool that reads it.

Names count, wherever they stand: in Dockerfiles, compose files, workflows, makefiles, scripts, settings of
tools, sources. A path with a variable or a wildcard counts where it may mean the file. Comments and prose do
not count: they are told to people.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from uvmigrate.codemod import (
    NamedTuple,
    bind_mounts,
    is_requirements_name,
    join,
    lazy_pattern,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from uvmigrate.codemod import Build, Context, Repo

_MAX_BYTES = 1024 * 1024
_PROSE = frozenset({".md", ".rst", ".txt", ".adoc", ".html"})
#: Files of patterns: what matches nothing any more does no harm in them. Locks name packages.
_PATTERNS = lazy_pattern(
    r"\..*ignore|.*\.dockerignore|\.gitattributes|CODEOWNERS|LICEN[CS]E.*|.*\.lock|.*-lock\.\w+"
)
_SOURCES = frozenset({".py", ".js", ".ts", ".go", ".rs", ".c", ".h", ".java", ".css", ".svg", ".ipynb"})
_COMMENT = lazy_pattern(rb"\s*(#|//)")
_TOKEN = lazy_pattern(r"[\w./*?\[\]@~+-]+")
#: What stands for something in a path: ``${X}``, ``$X``, ``{x}``, ``<x>``, ``%s``.
_VARIABLE = lazy_pattern(r"\$?\{[^{}\s]*\}+|\$\w+|\$\([^()]*\)|<\w+>|%\(\w+\)s|%[sd]")
#: Lines that install from a file: a variable in them may mean any.
_INSTALLS = lazy_pattern(
    rb"\bpip[0-9.]*\b.*\s(-r|--requirement|-c|--constraint)[ =]|^\s*(-r|--requirement|-c|--constraint)[ =]"
)
_MAY_NAME = lazy_pattern(
    rb"require|reqs|pipfile|poetry|pipenv|\.txt|\.in\b|\.pip\b|pip[0-9.]* .*-|-r \S*\$|-c \S*\$"
)
_MANIFEST = lazy_pattern(r"(.*/)?(Pipfile(\.lock)?|poetry\.lock|[^/]+\.(txt|in|pip))|.*[*?[].*")
_STEM = lazy_pattern(r"(?i)require|reqs|pipfile|poetry")
_TOOLS = {
    "poetry.lock": lazy_pattern(rb"(?<![\w./-])poetry(-(lock|check|export|install))?(?![\w-]|\.core)"),
    "Pipfile": lazy_pattern(rb"(?<![\w./-])pipenv(?![\w-])"),
    "Pipfile.lock": lazy_pattern(rb"(?<![\w./-])pipenv(?![\w-])"),
}


class Mention(NamedTuple):
    """A line (of a file of the repository) that names a manifest; ``told`` where only people read it."""

    path: PurePosixPath
    line: int
    told: bool


class _Line(NamedTuple):
    """A line that may name a manifest, and its words, variables in them as ``*``."""

    mention: Mention
    text: bytes
    words: tuple[str, ...]


class _Brought(NamedTuple):
    """The listed files that a COPY or a mount brings into an image."""

    mention: Mention
    files: frozenset[PurePosixPath]


class Mentions:
    """All that may be a mention, looked for once for all manifests."""

    def __init__(self, context: Context) -> None:
        """Look into the Dockerfiles that are planned, and into every file of the repository."""
        self._repo = context.repo
        # Paths are slow to compare, one by one, in a large repository.
        listed = {str(path): path for path in context.repo}
        self._copies = [found for build in context.builds for found in _copies(build, listed)]
        self._lines = [line for path in context.repo for line in _lines(context.repo, path)]

    def of(self, manifest: PurePosixPath, gone: Collection[PurePosixPath]) -> Iterator[Mention]:
        """Where *manifest* is mentioned, except in the manifests *gone*, which go as well."""
        for brought in self._copies:
            # A COPY that brings something else besides does not fail.
            if manifest in brought.files and brought.files <= set(gone):
                yield brought.mention
        tool = _TOOLS.get(manifest.name)
        for line in self._lines:
            path = line.mention.path
            if path in gone:
                continue
            called = tool is not None and _calls_tools(path) and tool.search(line.text)
            installs = _INSTALLS.search(line.text) is not None
            if called or any(_means(self._repo, path, w, manifest, installs=installs) for w in line.words):
                yield line.mention


def _copies(build: Build, listed: Mapping[str, PurePosixPath]) -> Iterator[_Brought]:
    context = build.context
    for facts in build.stages:
        for instruction, state in zip(facts.instructions, facts.states, strict=False):
            copied = facts.copied(instruction)
            everything = (*bind_mounts(state, instruction), *((copied,) if copied is not None else ()))
            line = build.line(instruction.text_span.start)
            for source in (source for one in everything if one.origin is None for source in one.sources):
                tops = tuple(str(context.folder / match) for match in context.matches(source))
                below = tuple(f"{top}/" for top in tops)
                brought = (path for text, path in listed.items() if text in tops or text.startswith(below))
                yield _Brought(Mention(build.path, line, told=False), frozenset(brought))


def _lines(repo: Repo, path: PurePosixPath) -> Iterator[_Line]:
    data = repo.get(path, b"") if not _PATTERNS.fullmatch(path.name) else b""
    if len(data) > _MAX_BYTES or b"\0" in data[:4096]:
        return
    manifest = is_requirements_name(path)
    prose = path.name.startswith("README") or (path.suffix in _PROSE and not manifest)
    end, number = -1, 1
    for match in _MAY_NAME.finditer(data.lower()):
        if match.start() < end:
            continue
        number += data.count(b"\n", max(end, 0), match.start())
        start, end = data.rfind(b"\n", 0, match.start()) + 1, data.find(b"\n", match.start())
        end = len(data) if end < 0 else end
        line = data[start:end]
        text = _VARIABLE.sub("*", line.decode(errors="replace"))
        words = tuple(w for word in _TOKEN.findall(text) if _MANIFEST.fullmatch(w := word.rstrip(".")))
        # What a compiled file was made from stands in its comments.
        told = prose or (not manifest and _COMMENT.match(line) is not None)
        if words or any(tool.search(line) for tool in _TOOLS.values()):
            yield _Line(Mention(path, number, told), line, words)


def _calls_tools(path: PurePosixPath) -> bool:
    return path.suffix not in _SOURCES and path.name != "pyproject.toml"


def _means(repo: Repo, path: PurePosixPath, token: str, manifest: PurePosixPath, *, installs: bool) -> bool:
    """Whether a word of the file at *path* may mean the manifest."""
    token = re.sub(r"^-[rc](?=[\w./*])", "", token)
    if any(mark in token for mark in "*?["):
        plain = re.sub(r"^(\.{0,2}/|\*\*?/)+", "", token)
        return bool(plain) and (installs or bool(_STEM.search(plain))) and manifest.match(plain)
    if token.rpartition("/")[2] != manifest.name:
        return False
    seen = {join(path.parent, token), join(PurePosixPath(), token.lstrip("/"))}
    there = {place for place in seen if place in repo}
    # A bare name is relative to wherever a command runs.
    return not there or manifest in there or (token == manifest.name and path.parent == PurePosixPath())
