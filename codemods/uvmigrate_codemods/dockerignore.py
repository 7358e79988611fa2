"""The host's virtual environment and bytecode stay out of the build context.

What a ``.dockerignore`` does is Docker's reference, "Build context"; why ``.venv`` belongs into it uv's guide
"Using uv in Docker": an environment of the host does not work in the image, and it is large.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from uvmigrate.codemod import Change, Codemod, Context, Edit, Refusal, as_copy, uv_calls

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvmigrate.codemod import Build, Copied

ENVIRONMENT, BYTECODE = "**/.venv", "**/__pycache__"
_DENY_ALL = ("*", "**", "**/*")


def run(context: Context) -> Iterator[Change | Refusal]:
    """One change for each ignore file, whichever builds share it."""
    together: dict[PurePosixPath, list[Build]] = defaultdict(list)
    for build in context.builds:
        together[build.context.ignore.path or build.context.folder / ".dockerignore"].append(build)
    for path, builds in together.items():
        on_uv = [build for build in builds if build.path not in context.targets and uv_calls(build)]
        missing = [pattern for pattern in (ENVIRONMENT, BYTECODE) if any(_lacks(b, pattern) for b in on_uv)]
        if not missing:
            continue
        wanted = next((refusal for build in builds for refusal in _wanted(build, missing)), None)
        yield wanted or _change(context, path, missing, on_uv)


def _lacks(build: Build, pattern: str) -> bool:
    """Whether files that the pattern names would get into the image from the host."""
    ignore = build.context.ignore
    if ignore.patterns[:1] and ignore.patterns[0] in _DENY_ALL:
        return False
    probes = _environments(build) if pattern == ENVIRONMENT else _caches(build)
    return any(not ignore.ignores(probe) for probe in probes)


def _environments(build: Build) -> Iterator[PurePosixPath]:
    """Where uv, or a person, makes an environment on the host: beside a pyproject.toml, and at the top."""
    for folder in _copied_folders(build):
        if folder == PurePosixPath():
            yield folder / ".venv/pyvenv.cfg"
        for path in build.context.named("pyproject.toml"):
            if path.is_relative_to(folder) and not build.context.ignore.ignores(path):
                yield path.parent / ".venv/pyvenv.cfg"


def _caches(build: Build) -> Iterator[PurePosixPath]:
    """Where Python leaves its bytecode on the host: beside the modules."""
    context = build.context
    for folder in {inner for outer in _copied_folders(build) for inner in context.folders(outer)}:
        modules = (folder / name for name in context.children(folder) if name.endswith(".py"))
        if any(not context.ignore.ignores(module) for module in modules):
            yield folder / "__pycache__/module.pyc"


def _copied_folders(build: Build) -> frozenset[PurePosixPath]:
    """The folders of the context that a COPY or ADD takes whole."""
    return frozenset(path for path in build.sources if build.context.is_dir(path))


def _copies(build: Build) -> Iterator[Copied]:
    for facts in build.stages:
        inherited = len(facts.parent.final.copies) if facts.parent else 0
        yield from (copied for copied in facts.final.copies[inherited:] if copied.origin is None)


def _wanted(build: Build, missing: list[str]) -> Iterator[Refusal]:
    """A COPY that asks for what the patterns would keep out: somebody wants the host's files."""
    names = {PurePosixPath(pattern).name for pattern in missing}
    for copied in _copies(build):
        copy = as_copy(copied.instruction)
        for word in copy.sources if copy else ():
            named = next((part for part in PurePosixPath(word.text).parts if part in names), None)
            if named is not None:
                because = f"the image is made from the host's own {named}, so it cannot be left out"
                instead = "install the packages in the image, then run uvmigrate again"
                yield Refusal(build.path, build.line(word.span.start), "copies-ignored", because, instead)


def _change(context: Context, path: PurePosixPath, missing: list[str], builds: list[Build]) -> Change:
    made_for = tuple(build.path for build in builds)
    data = context.repo.get(path)
    if data is None:
        text = "".join(f"{pattern}\n" for pattern in missing).encode(errors="surrogateescape")
        note = f"{path} is new: it holds for every image that is built from this folder"
        return Change(writes={path: text}, notes=(note,), builds=made_for)
    newline = b"\r\n" if b"\r\n" in data else b"\n"
    ended = not data or data.endswith(b"\n")
    lines = newline.join(pattern.encode(errors="surrogateescape") for pattern in missing)
    new = lines + newline if ended else newline + lines
    return Change({path: (Edit.insert(len(data), new),)}, builds=made_for)


CODEMOD = Codemod(
    id="dockerignore",
    title="Keep the host's environment and bytecode out of builds",
    why="The host's environment does not work in the image, and whatever changes in it costs the cache.",
    docs="https://docs.astral.sh/uv/guides/integration/docker/#installing-a-project",
    level="safe",
    run=run,
    after=("uv-switch",),
    means={
        "file": ("*/.venv/*",),
    },
)
