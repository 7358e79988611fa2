"""Manifests that a Dockerfile copies and the repository does not hold any more: their project moved to uv.

migrate-to-uv and the like write ``[project]`` and uv.lock, delete the requirement files, and leave the
Dockerfiles as they are. What is missing may also be made before each build, by CI or by hand: then it is not
gone.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from uvmigrate.build import bind_mounts, is_dockerfile, join
from uvmigrate.build.installs import expanded
from uvmigrate.codemod import Project, Refusal
from uvmigrate.commands import read_pip
from uvmigrate.project import Pyproject, Selection, is_requirements_name, project_folder, read_pyproject
from uvmigrate.shell import unwrap
from uvmigrate.source import NamedTuple, lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvmigrate.build import Build, Call, Copied, StageFacts
    from uvmigrate.build.installs import Install
    from uvmigrate.project import InstallMode
    from uvmigrate.source import Repo

_MANIFESTS = frozenset({"poetry.lock", "Pipfile", "Pipfile.lock"})
#: A name that says that a file held what every image needs.
_MAIN = frozenset({"", "base", "common", "main", "prod", "production"})
#: Words of a line that may make the file which the line names.
_MAKES = lazy_pattern(rb">|\b(export|compile|freeze|output|tee|cp|mv|render|generate\w*)\b|(^|[\s\"',])-o")
_INSTEAD = "install it with `uv sync`, or put the file back"
#: Options with which an install is still one of what the file held.
_PLAIN = frozenset(
    """--requirement --editable --upgrade --no-cache-dir --quiet --verbose --no-input --no-color
    --progress-bar --disable-pip-version-check --root-user-action --no-warn-script-location --prefer-binary
    --timeout --retries --default-timeout --compile --no-compile --upgrade-strategy --break-system-packages
    --use-pep517""".split()
)


def gone_manifests(build: Build) -> frozenset[PurePosixPath]:
    """The manifests (context paths) that a COPY or a bind mount names and that no build context could hold.

    Empty where it is not certain which folder is the context, and where something may make them first.
    """
    context, repo = build.context, build.context.repo
    named = {service.build.folder() for _, service in build.services if service.build} - {None}
    found = set()
    for copied in _copies(build) if len(named) < 2 else ():
        for source in copied.sources:
            path = join(PurePosixPath(), source.lstrip("/") or ".")
            manifest = path.name in _MANIFESTS or is_requirements_name(path)
            literal = not any(mark in source for mark in "*?[") and path.parts[:1] != ("..",)
            if copied.origin is None and literal and manifest and not context.matches(source):
                found.add(path)
    folders = {context.folder, build.path.parent, *build.path.parent.parents}
    return frozenset(
        path
        for path in found
        if not any(folder / path in repo for folder in folders) and not _is_made(build, path.name)
    )


def gone_project(build: Build, installs: tuple[Install, ...]) -> Project | Refusal | None:
    """The project, with its lock, that installs of gone requirement files are to come from.

    None where no file is gone that an install could want, or no ``[project]`` with a uv.lock took its place;
    a refusal where one did, and what of it the install is to bring is not certain.
    """
    gone = gone_manifests(build)
    asking = [_Asking(install, _files(install, gone)) for install in installs] if gone else []
    if not any(files or install.projects for install, files in asking):
        return None
    context = build.context
    folders = {project_folder(context.folder / path) for path in gone}
    folder = folders.pop()
    project = read_pyproject(context.repo, folder / "pyproject.toml")
    if folders or not isinstance(project, Pyproject) or not project.has_project:
        return None
    if folder / "uv.lock" not in context.repo:
        return None
    roots = {install.stage.lineage[0] for install, files in asking if files or install.projects}
    selections: dict[int, Selection] = {}
    for install, files in (one for one in asking if one.install.stage.lineage[0] in roots):
        chosen = _selection(build, install, files, project)
        if isinstance(chosen, str):
            line = build.line(install.call.command.span.start)
            path = next(iter(sorted(gone)))
            because = f"{path} is gone, {folder / 'uv.lock'} is there, and {chosen}"
            return Refusal(build.path, line, "manifest-gone", because, _INSTEAD)
        selections[install.call.command.span.start] = chosen
    declared = project.default_groups
    defaults = tuple(project.groups) if declared == "all" else declared
    names = ", ".join(sorted(map(str, gone)))
    return Project(
        folder,
        None,
        None,
        project.is_packaged,
        selections,
        "--no-dev" if defaults is None else "--no-default-groups",
        frozenset(("dev",) if defaults is None else defaults),
        frozenset(context.folder / path for path in gone),
        (f"{names}: not in the repository any more, so {folder / 'uv.lock'} says what is installed",),
    )


class _Asking(NamedTuple):
    """An install, and the gone files that it names."""

    install: Install
    files: tuple[PurePosixPath, ...]


def _copies(build: Build) -> Iterator[Copied]:
    for facts in build.stages:
        yield from _copies_of(facts)


def _copies_of(facts: StageFacts) -> Iterator[Copied]:
    for instruction, state in zip(facts.instructions, facts.states, strict=False):
        if instruction.keyword in ("COPY", "ADD"):
            copied = facts.copied(instruction)
            yield from () if copied is None else (copied,)
        yield from bind_mounts(state, instruction)


def _is_made(build: Build, name: str) -> bool:
    """Whether git is told to ignore a file of that name, or a line outside of Dockerfiles may make one."""
    repo: Repo = build.context.repo
    encoded = name.encode(errors="surrogateescape")
    for path in (path for path in repo if not is_dockerfile(path)):
        data = repo.get(path, b"") if path.name not in ("uv.lock", "poetry.lock") else b""
        if path.name == ".gitignore":
            patterns = [text.strip("/") for text in data.decode(errors="replace").split()]
            if any(PurePosixPath(name).match(pattern) for pattern in patterns if pattern):
                return True
        elif encoded in data and b"\0" not in data[:1024]:
            lines = (line for line in data.splitlines() if encoded in line)
            if any(_MAKES.search(line) for line in lines):
                return True
    return False


def _files(install: Install, gone: frozenset[PurePosixPath]) -> tuple[PurePosixPath, ...]:
    """The gone files that an install names."""
    call = install.call
    found = []
    for text in install.tool.values("--requirement"):
        path = expanded(call, text)
        full = join(call.cwd, path) if path is not None and call.cwd is not None else None
        place = _source(call, full, gone) if full is not None and call.locate(path or "") is None else None
        if place is not None:
            found.append(place)
    return tuple(found)


def _source(call: Call, full: PurePosixPath, gone: frozenset[PurePosixPath]) -> PurePosixPath | None:
    """The gone file that would lie at an image path when a command runs."""
    for copied in reversed((*call.state.copies, *bind_mounts(call.state, call.instruction))):
        for source in copied.sources if copied.origin is None else ():
            path = join(PurePosixPath(), source.lstrip("/") or ".")
            if path in gone and full == (copied.dest / path.name if copied.into_folder else copied.dest):
                return path
    return None


def _selection(
    build: Build, install: Install, files: tuple[PurePosixPath, ...], project: Pyproject
) -> Selection | str:
    """What an install takes from the project, or one clause on why that is not certain."""
    call, tool = install.call, install.tool
    if call.nested or call.command.guarded or call.command.piped or call.command.background:
        return "the install is tied to other commands"
    option = next((a.option for a in tool.arguments if a.option and a.option not in _PLAIN), None)
    if option is not None or tool.verb != "install":
        return f"what `{option or tool.verb}` would mean for it cannot be told"
    if len(tool.values("--requirement")) != len(files) or install.pip is None or install.others:
        return "it is installed together with something else"
    if install.packages:
        return f"{install.packages[0]} is installed beside it"
    if install.pip.dynamic:
        return "only the shell knows all that is installed with it"
    problem = _not_locked(project) or _other_python(install, project) or _read(build, files)
    if problem is not None:
        return problem
    groups: list[str] = []
    extras = [extra for argument in install.projects for extra in argument.extras]
    for path in files:
        kind, name = _part(path, project)
        if kind is None:
            return f"which part of {project.path} took the place of {path} cannot be told"
        (groups if kind == "group" else extras).extend([name] if name else [])
    mode: InstallMode | None = None
    for argument in install.projects:
        if argument.folder is None or build.context.folder / argument.folder != project.path.parent:
            return f"{argument.text} is installed beside it"
        if not project.is_packaged or any(extra not in project.optional for extra in argument.extras):
            return f"uv would not install {argument.text} as pip did"
        mode = "editable" if argument.editable else "plain"
    return Selection(True, tuple(dict.fromkeys(groups)), mode, tuple(dict.fromkeys(extras)))


def _part(path: PurePosixPath, project: Pyproject) -> tuple[str | None, str]:
    """What a requirement file was, by its name: ("main", ""), or a group or an extra of the project's."""
    word = re.sub(r"requirements?|reqs?|^[-_.]+|[-_.]+$", "", path.stem.lower())
    word = word.strip("-_.")
    if word in project.groups:
        return "group", word
    if word in project.optional:
        return "extra", word
    if word in ("develop", "development", "devel") and "dev" in project.groups:
        return "group", "dev"
    return ("main", "") if word in _MAIN else (None, "")


def _not_locked(project: Pyproject) -> str | None:
    """Why `uv sync --locked` would need more than pyproject.toml and uv.lock."""
    sources = str(project.sources)
    if project.workspace or "'workspace':" in sources or "'path':" in sources:
        return f"{project.path} names folders beside it"
    if "dependencies" in project.dynamic or "optional-dependencies" in project.dynamic:
        return f"{project.path} leaves its dependencies to code"
    return None


def _other_python(install: Install, project: Pyproject) -> str | None:
    """Why the project's environment could not be made with the image's Python."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    base = install.stage.base
    if base is None or base.kind != "python" or base.python is None:
        return "which Python the image has is not known"
    version = ".".join(map(str, base.python))
    try:
        wanted = SpecifierSet(project.requires_python or "")
    except InvalidSpecifier:
        return f"requires-python of {project.path} cannot be read"
    # A minor version is taken for its newest: nobody builds on the first ones any more.
    if not wanted.contains(f"{version}.99"):
        return f"{project.path} wants Python {wanted}, not {version}"
    return None


def _read(build: Build, files: tuple[PurePosixPath, ...]) -> str | None:
    """What else reads a gone file, or takes it to another stage."""
    names = {path.name for path in files}
    for call in build.calls(*(name.encode(errors="surrogateescape") for name in names)):
        program = (unwrap(call.command).name or "").rpartition("/")[2]
        texts = [word.raw for word in call.command.words]
        known = program == "rm" or read_pip(call.command) is not None
        if not known and any(name in text for name in names for text in texts):
            return f"`{program}` reads it, too"
    taken = (copied.sources for copied in _copies(build) if copied.origin is not None)
    if any(PurePosixPath(source).name in names for sources in taken for source in sources):
        return "another stage takes it"
    return None
