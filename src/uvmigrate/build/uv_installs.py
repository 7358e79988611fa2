"""The installs by uv: which files of the context each reads, and how to run one without the sources.

uv's guide "Using uv in Docker" ("Intermediate layers") has the rule: all but the project itself, the members
of its workspace and its path dependencies can be installed from pyproject.toml and uv.lock alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from uvmigrate.build.context import LOCK, join
from uvmigrate.build.installs import expanded, uv_calls
from uvmigrate.project import (
    Editable,
    Include,
    Index,
    LocalPath,
    Pyproject,
    Requirement,
    Unreadable,
    closure,
    constraints,
    read_pyproject,
)
from uvmigrate.source import NamedTuple, once_a_view

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import PurePosixPath

    from uvmigrate.build.model import Build, Call
    from uvmigrate.commands import Argument, UvCommand
    from uvmigrate.source import Repo

#: The verbs that fill an environment.
INSTALLING = frozenset({"sync", "pip install", "pip sync"})
#: Options and variables of ``uv sync`` that leave out what the project's own folder holds.
_WITHOUT_PROJECT = {
    "--no-install-project": "UV_NO_INSTALL_PROJECT",
    "--no-install-workspace": "UV_NO_INSTALL_WORKSPACE",
    "--no-install-local": "UV_NO_INSTALL_LOCAL",
}


class UvInstall(NamedTuple):
    """One call of ``uv sync``, ``uv pip install`` or ``uv pip sync``.

    ``files`` are what it reads of the context: image paths to context paths. ``project`` is what a sync
    installs from. ``first`` says how to install all that needs no sources: () the command as it is, options
    to be added to it, or None where that cannot be told apart; ``why`` is then the reason. ``builds`` is the
    image folder of a project that the command installs from its sources; by ``uv pip`` only if not editable.
    """

    call: Call
    uv: UvCommand
    files: Mapping[PurePosixPath, PurePosixPath]
    project: Pyproject | None
    first: tuple[str, ...] | None
    why: str = ""
    builds: PurePosixPath | None = None


@once_a_view
def uv_installs(build: Build) -> tuple[UvInstall, ...]:
    """Every install by uv in the build's RUN instructions, in order."""
    found = ((call, uv) for call, uv in uv_calls(build) if uv.verb in INSTALLING)
    return tuple(_sync(call, uv) if uv.verb == "sync" else _pip(call, uv) for call, uv in found)


def is_set(call: Call, variable: str) -> bool:
    """Whether a boolean UV_ variable is on (or unknown) where the command runs."""
    assigned = {a.name: a.value for a in call.command.assignments}
    if variable in assigned:
        return assigned[variable] not in ("0", "false")
    known = call.state.env.get(variable)
    return known not in ("0", "false") if known is not None else variable in call.state.exported


def _sync(call: Call, uv: UvCommand) -> UvInstall:
    folder = _project_folder(call, uv)
    path = _located(call, folder / "pyproject.toml") if folder else None
    project = _pyproject(call, path)
    if folder is None or path is None or project is None:
        return UvInstall(
            call, uv, {}, None, None, "its pyproject.toml is not found among the files that are copied"
        )
    files = {folder / "pyproject.toml": path}
    for name in (LOCK, "uv.toml", ".python-version"):
        located = _located(call, folder / name)
        if located is not None:
            files[folder / name] = located
    itself = project.is_packaged and not any(
        uv.has(option, "--only-group", "--only-dev") or is_set(call, variable)
        for option, variable in _WITHOUT_PROJECT.items()
    )
    first, why = _without_sources(call, uv, project, itself=itself)
    if first is not None and folder / LOCK not in files:
        first, why = None, "uv.lock does not reach the build"
    return UvInstall(call, uv, files, project, first, why, folder if itself else None)


def _project_folder(call: Call, uv: UvCommand) -> PurePosixPath | None:
    """The image folder of the project that uv finds: it looks upwards (uv docs, "Projects")."""
    start = call.cwd
    for option in ("--directory", "--project"):
        for argument in uv.arguments:
            if argument.option == option:
                text = expanded(call, argument.value)
                start = join(start, text) if text is not None and start is not None else None
    if start is None or call.state.exported & {"UV_PROJECT", "UV_WORKING_DIR"}:
        return None
    return next((up for up in (start, *start.parents) if _located(call, up / "pyproject.toml")), None)


def _located(call: Call, path: PurePosixPath) -> PurePosixPath | None:
    return call.stage.locate(path, call.state, call.instruction)


def _pyproject(call: Call, path: PurePosixPath | None) -> Pyproject | None:
    if path is None:
        return None
    read = read_pyproject(call.stage.context.repo, call.stage.context.folder / path)
    return read if isinstance(read, Pyproject) and (read.is_synced or read.workspace) else None


def _without_sources(
    call: Call, uv: UvCommand, project: Pyproject, *, itself: bool
) -> tuple[tuple[str, ...] | None, str]:
    """The options for a sync of everything that needs no sources, or None and the reason."""
    if uv.has("--no-install-local") or is_set(call, "UV_NO_INSTALL_LOCAL"):
        return (), ""
    sources = list(_tables(project.sources.values()))
    if any(source.get("workspace") for source in sources) and not project.workspace:
        return None, "the project is a member of a workspace that is rooted elsewhere"
    if any("://" not in url for url in _index_urls(project)):
        return None, "an index of the project is a folder"
    if any("path" in source for source in sources):
        return ("--frozen", "--no-install-local"), ""
    if project.workspace:
        left_out = uv.has("--no-install-workspace") or is_set(call, "UV_NO_INSTALL_WORKSPACE")
        return (() if left_out else ("--frozen", "--no-install-workspace")), ""
    if not itself:
        return (), ""
    dynamic = {"dependencies", "optional-dependencies"} & set(project.dynamic)
    return (("--frozen",) if dynamic else ()) + ("--no-install-project",), ""


def _tables(values: Iterable[Any]) -> Iterator[Mapping[str, Any]]:
    for value in values:
        yield from (one for one in (value if isinstance(value, list) else [value]) if isinstance(one, dict))


def _index_urls(project: Pyproject) -> Iterator[str]:
    listed = project.uv.get("index", [])
    for table in _tables(listed if isinstance(listed, list) else []):
        yield str(table.get("url", "://"))
    links = project.uv.get("find-links", [])
    yield from (str(link) for link in (links if isinstance(links, list) else [links]))


def _pip(call: Call, uv: UvCommand) -> UvInstall:
    operands = [a for a in uv.arguments if a.option in (None, "--editable")]
    named = [a for a in uv.arguments if a.option in _FILE_OPTIONS] + (
        operands if uv.verb == "pip sync" else []
    )
    files: dict[PurePosixPath, PurePosixPath] = {}
    why = ""
    if uv.verb == "pip install" and any(_is_local(a.value, a.option) for a in operands):
        why = "it installs a folder of the sources"
    if uv.has("--project", "--directory", "--group"):
        why = "it looks for the project by itself"
    if any(a.option in _INDEX_OPTIONS and "://" not in (a.value or "") for a in uv.arguments):
        why = "it looks for packages in a folder"
    for argument in named:
        text = expanded(call, argument.value)
        path = call.locate(text) if text is not None else None
        full = join(call.cwd, text) if text is not None and call.cwd is not None else None
        if path is None or full is None:
            return UvInstall(
                call, uv, {}, None, None, "a file that it installs from is not found among those copied"
            )
        for included in _included(call.stage.context.repo, call.stage.context.folder / path):
            if isinstance(included, str):
                why = why or included
                continue
            if not included.is_relative_to(call.stage.context.folder):
                why = why or "a requirement file includes another that lies outside the context"
                continue
            relative = included.relative_to(call.stage.context.folder)
            files[_beside(full, path, relative)] = relative
    if not why and any(_located(call, place) != path for place, path in files.items()):
        why = "its requirement files are not all copied to the places that they name"
    built = (_built(call, a) for a in operands if uv.verb == "pip install")
    builds = next((folder for folder in built if folder is not None), None)
    return UvInstall(call, uv, files, None, None if why else (), why, builds)


_INDEX_OPTIONS = frozenset({"--find-links", "--index-url", "--extra-index-url", "--index", "--default-index"})
_FILE_OPTIONS = frozenset({"--requirements", "--requirement", "--constraints", "--constraint", "--overrides",
                           "--build-constraints"})  # fmt: skip


def _is_local(text: str | None, option: str | None) -> bool:
    """Whether an operand names files of the image: a folder, an archive, or a pattern for some."""
    archive = text is not None and ("*" in text or text.endswith((".whl", ".tar.gz", ".zip")))
    return (
        text is None
        or (archive and "://" not in text and "@" not in text)
        or option == "--editable"
        or text.startswith((".", "/", "~"))
        or ("/" in text and "://" not in text and "@" not in text)
    )


def _built(call: Call, operand: Argument) -> PurePosixPath | None:
    """The folder that an operand of ``uv pip install`` names, if it is not installed editable."""
    text = (operand.value or "").partition("[")[0]
    archive = text.endswith((".whl", ".zip", ".gz", ".bz2", ".xz", "*"))
    if operand.option is not None or archive or not text or not _is_local(text, None) or call.cwd is None:
        return None
    return join(call.cwd, text)


def _beside(full: PurePosixPath, path: PurePosixPath, other: PurePosixPath) -> PurePosixPath:
    """Where *other* has to lie if the context file *path* lies at *full*: as far apart as in the context."""
    here = path.parent
    ups = 0
    while not other.is_relative_to(here):
        here, ups = here.parent, ups + 1
    return join(full.parent, "/".join([".."] * ups + [str(other.relative_to(here))]))


def _included(repo: Repo, path: PurePosixPath) -> Iterator[PurePosixPath | str]:
    """The requirement files that a file leads to, itself first; a text says why they are not enough."""
    if path.name == "pyproject.toml":
        yield path
        read = read_pyproject(repo, path)
        if (
            not isinstance(read, Pyproject)
            or read.dynamic
            or any("path" in s for s in _tables(read.sources.values()))
        ):
            yield "pyproject.toml does not hold all that it installs"
        return
    for file in (*closure(repo, path), *constraints(repo, path)):
        yield file.path
        for line in file.lines:
            if isinstance(line, Include) and line.path is None:
                yield "a requirement file includes another that is not in the repository"
            elif isinstance(line, Unreadable):
                yield f"a requirement file cannot be read: {line.why}"
            elif (
                isinstance(line, LocalPath)
                or (isinstance(line, Editable) and not line.vcs)
                or (isinstance(line, Requirement) and (line.url or "").startswith("file:"))
            ):
                yield "its requirement files name folders of the sources"
            elif isinstance(line, Index) and line.kind == "find-links" and "://" not in line.url:
                yield "its requirement files look for packages in a folder"
