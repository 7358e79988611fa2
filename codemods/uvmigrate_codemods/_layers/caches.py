"""uv's cache: where it lies for a RUN, what turns it off, and why a mount there would not be used."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from uvmigrate.codemod import NamedTuple, as_copy, as_env, as_run, expand, is_set, user_id
from uvmigrate_codemods._layers.sources import is_root

if TYPE_CHECKING:
    from uvmigrate.codemod import Build, Call, Instruction, Mount, StageFacts, UvCommand

#: Where others than root keep uv's cache.
OTHERS_CACHE = PurePosixPath("/", "tmp", "uv-cache")


class Obstacle(NamedTuple):
    """Why a RUN cannot have the cache mount: a refusal's code, reason and advice."""

    code: str
    because: str
    instead: str


def cache_folder(call: Call, uv: UvCommand) -> PurePosixPath | None:
    """Where uv keeps its cache, or is to keep it; None where that is not known (uv docs, "Cache").

    For another user than root it lies below /tmp, where BuildKit makes no folder of root's for the mount.
    """
    for argument in uv.arguments:
        if argument.option == "--cache-dir":
            return call.state.absolute(argument.value) if argument.value else None
    if any(a.name in ("UV_CACHE_DIR", "XDG_CACHE_HOME", "HOME") for a in call.command.assignments):
        return None
    env = call.state.env
    for name, below in (("UV_CACHE_DIR", ""), ("XDG_CACHE_HOME", "uv"), ("HOME", ".cache/uv")):
        if name in call.state.exported:
            folder = call.state.absolute(env[name]) if env.get(name) else None
            return folder / below if folder is not None else None
        if name == "UV_CACHE_DIR" and not is_root(call.stage, call.instruction):
            return OTHERS_CACHE
    return PurePosixPath("/root/.cache/uv")


def mounted_caches(stage: StageFacts, run: Instruction) -> tuple[tuple[Mount, PurePosixPath | None], ...]:
    """The cache mounts of a RUN, with their targets; None for one that is not known."""
    view, state = as_run(run), stage.state(run)
    found = []
    for mount in view.mounts if view else ():
        if mount.type == "cache":
            text = expand(mount.target or "", state.env)
            found.append((mount, state.absolute(text) if text else None))
    return tuple(found)


def has_cache(stage: StageFacts, run: Instruction, folder: PurePosixPath | None) -> bool:
    """Whether a cache mount is there: at the folder or around it, or one that is somebody's own for uv."""
    for mount, target in mounted_caches(stage, run):
        if target is None or (folder is not None and folder.is_relative_to(target)):
            return True
        known = folder is not None and is_root(stage, run)
        if not known and "uv" in f"{mount.target} {mount.id}":
            return True
    return False


def obstacle(build: Build, call: Call, uv: UvCommand, *, alone: bool) -> Obstacle | None:
    """Why a cache mount for the command would not work or not be used, or None.

    *alone*: all that calls uv in the stages with the same variables is one user.
    """
    folder = cache_folder(call, uv)
    others = not is_root(call.stage, call.instruction)
    if others and (user_id(call.stage, call.instruction) is None or not alone):
        user = call.state.user or "the base image's own user"
        because = f"uv runs as {user}, who cannot write to a cache mount of root's"
        instead = "install before USER, or say the user's number and let nobody else install"
        return Obstacle("cache-non-root", because, instead)
    if folder is None:
        return Obstacle(
            "cache-unknown", "a variable decides where uv's cache is", "set UV_CACHE_DIR to a fixed path"
        )
    if uv.values("--link-mode") == ("symlink",) or call.state.env.get("UV_LINK_MODE") == "symlink":
        because = "packages would be links into a mount that the image does not hold"
        return Obstacle("cache-linked", because, "leave UV_LINK_MODE to uvmigrate")
    if any(copied.dest.is_relative_to(folder) for copied in call.state.copies) or _carried(
        build, call.stage, folder
    ):
        return Obstacle("cache-copied", f"{folder} is copied as files", "leave the cache out of the image")
    return None


def _carried(build: Build, stage: StageFacts, folder: PurePosixPath) -> bool:
    """Whether another stage copies the cache out of this one."""
    for other in build.stages:
        for copied in other.final.copies:
            if copied.origin is None or other.find(copied.origin) is not stage:
                continue
            sources = [PurePosixPath("/") / source for source in copied.sources]
            if any(source.is_relative_to(folder) or source == folder.parent for source in sources):
                return True
    return False


def turned_off(call: Call) -> bool:
    """Whether a variable of the stage turns the cache off."""
    return is_set(call, "UV_NO_CACHE") and not any(a.name == "UV_NO_CACHE" for a in call.command.assignments)


def setters(stage: StageFacts, run: Instruction, name: str) -> tuple[tuple[StageFacts, Instruction], ...]:
    """The ENV instructions above a RUN that set a variable, in its stage and those that it is FROM."""
    found = []
    for facts in stage.lineage:
        for instruction in facts.instructions:
            above = facts is not stage or instruction.span.start < run.span.start
            if above and any(pair.key == name for pair in as_env(instruction) or ()):
                found.append((facts, instruction))
    return tuple(found)


def on_purpose(stage: StageFacts, env: Instruction, mounting: frozenset[int]) -> bool:
    """Whether an ENV stands below all installs of its stage: it means the container, not the build."""
    own = [at for at in mounting if any(i.span.start == at for i in stage.instructions)]
    return bool(own) and max(own) < env.span.start


def single(copy: Instruction) -> bool:
    """Whether a COPY takes files from the context with no flag but those on owner, mode and link."""
    view = as_copy(copy)
    flags = {flag.name for flag in copy.flags}
    return (
        copy.keyword == "COPY"
        and view is not None
        and not view.heredocs
        and flags <= {"chown", "chmod", "link"}
    )
