"""The rules of ``develop.watch`` that do what a mount of the sources did."""

from __future__ import annotations

import posixpath
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from uvmigrate.codemod import (
    NamedTuple,
    as_copy,
    is_root,
    lazy_pattern,
    stage_of,
    uv_installs,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvmigrate.codemod import Build, ComposeFile, Copied, Service, ServiceMount, StageFacts

#: What is never of use in a container, wherever it lies (patterns as in .dockerignore).
_IGNORED = (".venv/", "**/__pycache__/")
#: The folder that Compose is called in: that of the file, as it is used.
_HERE = lazy_pattern(r"\A\$(?:PWD\b|\{PWD\})")


class Sources(NamedTuple):
    """A bind mount of a folder of the repository; ``folder`` is relative to the repository's root."""

    mount: ServiceMount
    folder: PurePosixPath


def sources(build: Build, file: ComposeFile, service: Service) -> Iterator[Sources]:
    """The mounts of a service by which it sees sources of the host's: folders that the build has as well."""
    for mount in service.volumes:
        folder = _folder(file, mount)
        if mount.kind == "bind" and folder is not None and build.context.repo.is_dir(folder):
            image = stage_of(build, service)
            workdir = image.final.workdir
            if _copied(image, folder, mount) is not None or (
                workdir is not None and workdir.is_relative_to(mount.target)
            ):
                yield Sources(mount, folder)


def _folder(file: ComposeFile, mount: ServiceMount) -> PurePosixPath | None:
    """The folder of the repository that is mounted; None where it lies elsewhere or depends on a variable."""
    source = _HERE.sub(".", mount.source or "$")
    if "$" in source or source.startswith(("/", "~")):
        return None
    path = posixpath.normpath(posixpath.join(file.path.parent.as_posix(), source))
    return None if path == ".." or path.startswith("../") else PurePosixPath(path)


def _copied(image: StageFacts, folder: PurePosixPath, mount: ServiceMount) -> Copied | None:
    """The COPY that brings the mounted folder to where it is mounted."""
    for copied in reversed(image.final.copies):
        if copied.origin is None and str(copied.dest) == mount.target:
            for source in copied.sources:
                found = image.context.matches(source)
                if len(copied.sources) == 1 and [image.context.folder / one for one in found] == [folder]:
                    return copied
    return None


def problem(build: Build, service: Service, found: Sources) -> str | None:
    """Why a container would not do without the mount, in a clause; None where it does."""
    image = stage_of(build, service)
    base = image.base
    copied = _copied(image, found.folder, found.mount)
    if copied is None:
        return f"no COPY is seen to bring {_shown(found.folder)} to {found.mount.target}"
    if base is None or base.kind not in ("python", "distribution"):
        return "Compose needs programs in the container that its base may not have"
    user = service.user or image.final.user
    copy = as_copy(copied.instruction)
    if not is_root(user) and (copy is None or _name(copy.chown) != _name(user)):
        return f"{user} may not write to {found.mount.target}"
    return "its root file system is read-only" if service.read_only else None


def _name(user: str | None) -> str | None:
    return user.partition(":")[0] if user is not None else None


def rules(
    build: Build, file: ComposeFile, service: Service, found: list[Sources]
) -> list[dict[str, str | list[str]]]:
    """``sync`` for each mounted folder, ``rebuild`` for what the image installs from, and its Dockerfile."""
    made: list[dict[str, str | list[str]]] = []
    for one in found:
        top = PurePosixPath(one.mount.target)
        inner = [PurePosixPath(mount.target) for mount in service.volumes]
        # What hid a part of the mount goes on doing so; Compose would write into it.
        apart = [f"{path.relative_to(top)}/" for path in inner if top in path.parents]
        ignored = list(dict.fromkeys([*_IGNORED, *apart]))
        path = _written(file, one.folder)
        made.append({"action": "sync", "path": path, "target": one.mount.target, "ignore": ignored})
    context = build.context.folder
    read = {context / path for install in uv_installs(build) for path in install.files.values()}
    made.extend({"action": "rebuild", "path": _written(file, path)} for path in (*sorted(read), build.path))
    return made


def _written(file: ComposeFile, path: PurePosixPath) -> str:
    """A path of the repository as it is written in a compose file."""
    text = posixpath.relpath(path.as_posix(), file.path.parent.as_posix())
    return text if text.startswith(".") else f"./{text}"


def _shown(folder: PurePosixPath) -> str:
    return "the repository" if folder == PurePosixPath() else str(folder)
