"""``develop.watch`` in the place of mounts of the sources.

Compose's documentation, "Use Compose Watch": ``docker compose up --watch`` copies what is edited into the
container and rebuilds the image when what it installs from changes. Compose passes over a ``sync`` of what is
mounted, since that could go on for ever (docker/compose#10741): it is one or the other.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from uvmigrate.codemod import Change, Codemod, Context, DropItem, Refusal, SetKey, uv_installs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import PurePosixPath

    from uvmigrate.codemod import ComposeFile, Service, Wish

_BECAUSE = "Compose copies the sources that change into the container"
_NOTES = (
    "start with `docker compose up --watch` (Compose 2.22 or later): else no edit reaches the containers",
    "what a container writes among the sources (migrations, lock files) does not reach the host any more",
    "what .dockerignore leaves out of the image, `.env` for example, is not in the container any more",
)
_INSTEAD = "keep the mount, or write develop.watch by hand"


def run(context: Context) -> Iterator[Change | Refusal]:
    """One change for each compose file whose services mount the sources of images on uv."""
    from uvmigrate.codemod import edit_services
    from uvmigrate_codemods._compose_watch.rules import problem, rules, sources

    wishes: dict[PurePosixPath, dict[str, list[Wish]]] = defaultdict(dict)
    files: dict[PurePosixPath, ComposeFile] = {}
    for build in context.builds:
        if build.path in context.targets or not uv_installs(build):
            continue
        for file, service in build.services:
            found = list(sources(build, file, service))
            if not found or service.watch or "develop" in file.tables[service.name].entries:
                continue
            whys = (problem(build, service, one) for one in found)
            why = next((why for why in whys if why is not None), _without_build(context, file, service))
            if why is not None:
                because = f"the service {service.name} needs the mount of its sources: {why}"
                yield Refusal(file.path, found[0].mount.line, "not-watchable", because, _INSTEAD)
                continue
            drops = [DropItem("volumes", one.mount.span, _BECAUSE) for one in found]
            watch = SetKey("develop", {"watch": rules(build, file, service, found)})
            files[file.path] = file
            wishes[file.path][service.name] = [*drops, watch]
    for path, wanted in wishes.items():
        edits = edit_services(files[path], wanted)
        if isinstance(edits, str):
            first = next(service for service in files[path].services if service.name in wanted)
            because = f"the mounts of the sources stay, because {edits}"
            yield Refusal(path, first.line, "compose-needs-edit", because, "write develop.watch by hand")
        elif edits:
            yield Change({path: edits}, notes=_NOTES)


def _without_build(context: Context, file: ComposeFile, service: Service) -> str | None:
    """A clause where a service takes the image that another one builds: Compose does not watch it."""
    layers = [other for other in context.compose if other.path.parent == file.path.parent]
    written = (other.tables[service.name].entries for other in layers if service.name in other.tables)
    return None if any("build" in entries for entries in written) else "another service builds its image"


CODEMOD = Codemod(
    id="compose-watch",
    title="Copy edited sources into containers with watch",
    why="Containers run from the image alone, and it is built anew when what it installs from changes.",
    docs="https://docs.docker.com/compose/how-tos/file-watch/",
    level="opt-in",
    run=run,
    after=("uv-switch", "compose-venv", "non-root"),
)
