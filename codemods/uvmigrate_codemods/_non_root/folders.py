"""The folders that a container keeps its data in: the paths of its volumes, which its user must own.

A new volume takes over the content and the owner of the image's folder (Docker's documentation, "Volumes");
one that is there already stays as it is.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from uvmigrate.codemod import ROOT, NamedTuple, Refusal, expand, join, stage_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvmigrate.codemod import Build, StageFacts

#: Everybody may write there.
OPEN = (ROOT / "tmp", ROOT / "var/tmp", ROOT / "dev")
#: They are the system's, with all that is in them.
_SYSTEM = tuple(
    PurePosixPath(path)
    for path in "/bin /boot /etc /lib /lib64 /proc /root /sbin /sys /usr/bin /usr/lib /usr/sbin".split()
)
#: They are the system's, and folders in them may be anybody's.
_SHARED = frozenset(
    PurePosixPath(path)
    for path in """/ /home /media /mnt /opt /run /srv /usr /usr/local /usr/local/bin /usr/local/lib /usr/share
    /usr/src /var /var/cache /var/lib /var/log /var/run /var/spool""".split()
)
_NEW_ONLY = "a new volume takes the owner of the image's folder; one that exists stays root's: chown it"
_SOCKET = "docker.sock"


class Folders(NamedTuple):
    """The image paths that the user must own, what speaks against that, and what a reader should know."""

    owned: tuple[PurePosixPath, ...]
    refusals: tuple[Refusal, ...]
    notes: tuple[str, ...]


class _Volume(NamedTuple):
    file: PurePosixPath
    line: int
    path: PurePosixPath | None


class _Mounted(NamedTuple):
    file: PurePosixPath
    line: int
    target: str
    read_only: bool


def folders(build: Build, stage: StageFacts, environments: frozenset[PurePosixPath]) -> Folders:
    """What the stage's user must own: the writable volumes that hold neither environment nor sources."""
    owned: dict[PurePosixPath, None] = {}
    refusals = list(_sockets(build, stage))
    notes = []
    for volume in (*_own(build, stage), *_of_services(build, stage)):
        path = volume.path
        if path is None or path in _SHARED or any(path.is_relative_to(folder) for folder in _SYSTEM):
            what = (
                f"a volume lies at {path}, which is the system's" if path else "a volume's path is not known"
            )
            instead = "give the volume a folder of its own, such as /data"
            refusals.append(Refusal(volume.file, volume.line, "needs-root", what, instead))
        elif any(place.is_relative_to(path) or path.is_relative_to(place) for place in environments):
            # The environment is read only by what it starts.
            continue
        elif stage.final.workdir is not None and stage.final.workdir.is_relative_to(path):
            notes.append(f"the volume at {path} holds the sources too, and stays root's")
        elif not any(path.is_relative_to(folder) for folder in OPEN):
            owned[path] = None
    if any(not mount.read_only for mount in _mounts(build, stage, "volume")):
        notes += [f"{_NEW_ONLY} ({', '.join(map(str, owned))})"] if owned else []
    binds = sorted({mount.target for mount in _mounts(build, stage, "bind") if not mount.read_only})
    if binds:
        notes.append(f"the host says who may write to what compose mounts from it: {', '.join(binds)}")
    return Folders(tuple(owned), tuple(refusals), tuple(notes))


def as_image_says(build: Build, stage: StageFacts) -> bool:
    """Whether anything starts the stage's image as the user that the image names: compose may name others."""
    services = [service for _, service in build.services if stage_of(build, service) is stage]
    return not services or any(service.user is None for service in services)


def _own(build: Build, stage: StageFacts) -> Iterator[_Volume]:
    for facts in stage.lineage:
        for instruction, state in zip(facts.instructions, facts.states, strict=False):
            for word in instruction.words if instruction.keyword == "VOLUME" else ():
                text = expand(word.text, state.env)
                path = join(ROOT, text) if text and text.startswith("/") else None
                yield _Volume(build.path, build.line(word.span.start), path)


def _of_services(build: Build, stage: StageFacts) -> Iterator[_Volume]:
    for mount in (*_mounts(build, stage, "volume"), *_mounts(build, stage, "anonymous")):
        if not mount.read_only:
            known = mount.target.startswith("/") and "$" not in mount.target
            yield _Volume(mount.file, mount.line, PurePosixPath(mount.target) if known else None)


def _mounts(build: Build, stage: StageFacts, kind: str) -> list[_Mounted]:
    return [
        _Mounted(mount.path, mount.line, mount.target, mount.read_only)
        for _, service in build.services
        if stage_of(build, service) is stage and service.user is None
        for mount in service.volumes
        if mount.kind == kind
    ]


def _sockets(build: Build, stage: StageFacts) -> Iterator[Refusal]:
    for mount in _mounts(build, stage, "bind"):
        if mount.target.endswith(_SOCKET):
            because = f"compose mounts {mount.target}, which only root and the host's group docker may use"
            instead = "leave the service as root, or name the group in group_add and write USER by hand"
            yield Refusal(mount.file, mount.line, "needs-root", because, instead)
