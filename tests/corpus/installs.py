"""The installs of a build as the twelve properties see them: what each reads, where it puts packages.

Of uv's and of the older managers' commands alike, so that a Dockerfile is judged before and after by the
same rules.
"""

from __future__ import annotations

import re
import tomllib
from functools import lru_cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple

from corpus.manifests import from_manifest, is_archive, is_local, pip_manifest
from corpus.reading import base, found_in
from uvmigrate.build import ROOT, bind_mounts, join, read_copied
from uvmigrate.dockerfile import as_copy, as_run
from uvmigrate.source import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from corpus.reading import Found
    from uvmigrate.build import Build, Copied, StageFacts, State
    from uvmigrate.dockerfile import Instruction

_UV = frozenset({"sync", "add", "pip install", "pip sync", "tool install"})
_OLD = {
    "pip": ("install", "wheel"),
    "poetry": ("install", "sync", "update", "add"),
    "pipenv": ("install", "sync", "update"),
    "setup.py": ("install", "develop"),
    "pip-tools": ("pip-sync",),
}
#: Files that say what is to be installed, or how; all others are sources if they are Python or in a folder.
_MANIFEST = re.compile(
    r"""pyproject\.toml | uv\.(lock|toml) | poetry\.(lock|toml) | Pipfile(\.lock)? | setup\.(py|cfg)
    | .*(requirement|constraint|reqs?\b).* | \.python-version | pip\.conf | .*\.(txt|in|lock|whl)
    | README.* | LICEN[CS]E.* | MANIFEST\.in""",
    re.VERBOSE | re.IGNORECASE,
)
_ONLY_TOOLS = frozenset({"pip", "setuptools", "wheel", "uv", "poetry", "pipenv", "virtualenv", "pip-tools"})


class Install(NamedTuple):
    """A command that fills an environment. ``manifest``: it installs what a file of the project says."""

    found: Found
    manifest: bool

    @property
    def stage(self) -> StageFacts:
        """The stage that it runs in."""
        return self.found.call.stage

    @property
    def instruction(self) -> Instruction:
        """The RUN that it stands in."""
        return self.found.call.instruction

    @property
    def state(self) -> State:
        """What holds before that."""
        return self.found.call.state

    @property
    def is_uv(self) -> bool:
        """Whether it is uv's."""
        return self.found.tool == "uv"

    @property
    def only_project(self) -> bool:
        """Whether it installs folders or wheels without what they depend on."""
        hit = self.found
        alone = hit.has("--no-deps", "--no-dependencies", "--no-index") and not _files(hit)
        operands = (*hit.texts(None), *hit.texts("--editable"))
        return alone and bool(operands) and all(is_local(one) or is_archive(one) for one in operands)


@lru_cache(maxsize=64)
def installs_of(build: Build) -> tuple[Install, ...]:
    """Every install of the build, of whatever manager, in order; those of nothing but managers left out."""
    return tuple(install for hit in found_in(build) for install in _install(hit))


def _install(hit: Found) -> Iterator[Install]:
    if hit.tool == "uv":
        syncs = hit.verb == "run" and not hit.has("--no-sync", "--no-project", "--script", "--isolated")
        if syncs and not hit.on("UV_NO_SYNC"):
            # Whatever `uv run` starts, it syncs first.
            yield Install(hit, manifest=True)
        elif hit.verb in _UV and not _of_tools(hit):
            by_pip = hit.verb == "pip install"
            manifest = pip_manifest(hit) if by_pip else hit.verb in ("sync", "pip sync")
            yield Install(hit, manifest)
    elif hit.verb in _OLD.get(hit.tool, ()) and not (hit.tool == "pip" and _of_tools(hit)):
        yield Install(hit, from_manifest(hit))


def _of_tools(hit: Found) -> bool:
    names = {re.split(r"[\[=<>~!$@ ]", one)[0].lower() for one in hit.texts(None)}
    return bool(names) and names <= _ONLY_TOOLS and not _files(hit) and not hit.has("--editable")


def _files(hit: Found) -> tuple[str, ...]:
    return hit.texts("--requirement", "--requirements")


def requirement_files(install: Install) -> tuple[str, ...]:
    """The requirement files that the command names, variables filled in as far as they are known."""
    hit = install.found
    by_operand = hit.texts(None) if hit.verb in ("pip sync", "pip-sync") else ()
    return (*_files(hit), *by_operand)


def read(install: Install, name: str) -> str | None:
    """The text of a file of the context that the command sees by that name; None if it is not found."""
    path = install.found.call.locate(name)
    if path is None:
        return None
    context = install.stage.context
    try:
        return context.repo[context.folder / path].decode(errors="replace")
    except (KeyError, Unreadable):
        return None


def project(install: Install) -> Mapping[str, Any] | None:
    """The pyproject.toml that a command of a project works with; None if it is not found."""
    for place in (".", *install.found.texts("--project", "--directory")):
        data = read(install, f"{place}/pyproject.toml")
        if data is not None:
            try:
                return tomllib.loads(data)
            except tomllib.TOMLDecodeError:
                return None
    return None


def feeding(build: Build) -> frozenset[int]:
    """The stages that something of the last image comes from."""
    waiting, seen = list(build.stages[-1:]), set[int]()
    while waiting:
        facts = waiting.pop()
        if facts.index in seen:
            continue
        seen.add(facts.index)
        waiting += [facts.parent] if facts.parent else []
        for instruction in facts.instructions:
            copy, run = as_copy(instruction), as_run(instruction)
            origins = [copy.from_ if copy else None]
            origins += [mount.options.get("from") for mount in run.mounts] if run else []
            found = (facts.find(origin) for origin in origins if origin)
            waiting += [other for other in found if other is not None]
    return frozenset(seen)


def sees_sources(install: Install) -> bool:
    """Whether sources are there when the command runs: copied above it, mounted, or cloned by git."""
    facts = install.stage
    copies = install.state.copies + bind_mounts(install.state, install.instruction)
    if any(_brings_sources(facts, copied) for copied in copies) or _unlocated_sources(install):
        return True
    start = install.found.call.command.span.start
    return any(
        base(word) == "git" and call.command.words[1:2] and call.command.words[1].text == "clone"
        for call in facts.calls(b"git")
        for word in call.command.words[:1]
        if call.command.span.start < start
    )


def _unlocated_sources(install: Install) -> bool:
    """Whether a COPY to a place that is not known, ``$LAMBDA_TASK_ROOT`` for example, brings sources."""
    for facts in install.stage.lineage:
        for instruction, state in zip(facts.instructions, facts.states, strict=False):
            if instruction is install.instruction:
                break
            copy = as_copy(instruction)
            if copy is None or read_copied(state, instruction, facts.context) is not None:
                continue
            if copy.from_ and facts.find(copy.from_) is None:
                # What another image brings is not the project's.
                continue
            local = (word.text for word in copy.sources if "://" not in word.text)
            if any(_is_source(facts, source) for source in local):
                return True
    return False


def _brings_sources(facts: StageFacts, copied: Copied, depth: int = 0) -> bool:
    if copied.origin is None:
        return any(_is_source(facts, source) for source in copied.sources)
    other = facts.find(copied.origin)
    if other is None or depth > len(other.lineage) + 9:
        return False
    for source in copied.sources:
        path = join(ROOT, source.lstrip("/") or ".")
        for one in other.final.copies:
            if _touch(one.dest, path) and _brings_sources(other, one, depth + 1):
                return True
    return False


def _touch(one: PurePosixPath, other: PurePosixPath) -> bool:
    return one.is_relative_to(other) or other.is_relative_to(one)


def _is_source(facts: StageFacts, source: str) -> bool:
    """Whether a COPY of *source* makes the layer depend on Python files beside the manifests."""
    context = facts.context
    matches = context.matches(source)
    if not matches:
        # Nothing is known of it: a folder, unless its name is a manifest's or has an ending.
        name = PurePosixPath(source).name
        return not _MANIFEST.fullmatch(name) and PurePosixPath(name).suffix in ("", ".py")
    for match in matches:
        if context.is_dir(match):
            if _holds_python(context.folder / match, facts):
                return True
        elif match.suffix == ".py" and not _MANIFEST.fullmatch(match.name):
            return True
    return False


def _holds_python(folder: PurePosixPath, facts: StageFacts) -> bool:
    context = facts.context
    return any(
        path.suffix in (".py", ".pyx") and not _MANIFEST.fullmatch(path.name)
        for path in context.repo
        if path.is_relative_to(folder) and not context.ignore.ignores(path.relative_to(context.folder))
    )


def environment(install: Install) -> PurePosixPath | str | None:
    """The folder of the virtual environment that packages go into, None where that is not known.

    ``system`` and ``target`` where there is none, ``on PATH`` where it is whatever Python PATH finds.
    """
    hit = install.found
    if hit.has("--target", "--prefix"):
        return "target"
    if hit.tool == "uv":
        if hit.verb in ("sync", "run", "add") and not hit.has("--active"):
            folder = next(iter(hit.texts("--project", "--directory")), ".")
            named = hit.value("UV_PROJECT_ENVIRONMENT") or ".venv"
            return _venv(_at(_at(hit.call.cwd, folder), named))
        if hit.has("--system") or hit.on("UV_SYSTEM_PYTHON"):
            return "system"
        python = next(iter(hit.texts("--python")), hit.value("UV_PYTHON") or "")
        if re.fullmatch(r"(\$\(|`)(command -v|which) python[0-9.]*[)`]", python):
            return "on PATH"
        if "/" in python:
            return _venv(_at(hit.call.cwd, re.sub(r"/bin(/python[0-9.]*)?$", "", python)))
        named = hit.value("VIRTUAL_ENV") or activated(hit) or ".venv"
        return _venv(_at(hit.call.cwd, named))
    program = hit.words[0].raw.strip("\"'")
    folder = program.rpartition("/bin/")[0]
    if folder.startswith("$"):
        folder = hit.value(folder.strip("${}")) or folder
    named = folder or hit.value("VIRTUAL_ENV") or activated(hit) or ""
    if hit.tool in ("poetry", "pipenv") and not named:
        return None
    return _venv(_at(hit.call.cwd, named)) if named else "system"


def _at(folder: PurePosixPath | None, path: str) -> PurePosixPath | None:
    return None if folder is None or "$" in path else join(folder, path)


def _venv(path: PurePosixPath | None) -> PurePosixPath | str | None:
    return "system" if path is not None and path.is_relative_to("/usr") else path


def activated(hit: Found) -> str | None:
    """The environment that the script has activated before the command."""
    for command in reversed(hit.call.script.everything):
        if command.name in (".", "source") and command.span.start < hit.call.command.span.start:
            named = command.words[1].text if len(command.words) > 1 else None
            if named and named.endswith("/bin/activate"):
                return named.removesuffix("/bin/activate")
    return None


def carries(build: Build, facts: StageFacts, path: PurePosixPath, origin: StageFacts) -> bool:
    """Whether the image of a stage has the folder *path* as the stage *origin* has it."""
    if origin in facts.lineage:
        return True
    for copied in facts.final.copies:
        other = facts.find(copied.origin) if copied.origin else None
        for source in copied.sources if other is not None else ():
            at = join(ROOT, source.lstrip("/") or ".")
            same = copied.dest == at or (copied.into_folder and copied.dest / at.name == at)
            if same and path.is_relative_to(at) and other and carries(build, other, path, origin):
                return True
    return False
