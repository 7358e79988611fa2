"""What holds before each instruction of a stage: variables, working directory, user, shell, files there."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from uvmigrate.build.context import ROOT, join
from uvmigrate.dockerfile import as_arg, as_copy, as_env, as_run, as_user, as_workdir, expand
from uvmigrate.source import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from uvmigrate.build.context import Context
    from uvmigrate.dockerfile import Instruction

#: No system takes a longer path, and of relative ones a Dockerfile can make one of any length.
_LONGEST = 4096
#: Folders that every base image has, so that COPY to them without a slash copies into them.
_USUAL_FOLDERS = frozenset(
    PurePosixPath(path)
    for path in """/ /bin /etc /home /mnt /opt /root /srv /tmp /usr /usr/bin /usr/src /var
    /usr/local /usr/local/bin /usr/local/lib""".split()
)


class Copied(NamedTuple):
    """One COPY or ADD: context sources, or those of another stage or image (``origin``), into ``dest``."""

    instruction: Instruction
    sources: tuple[str, ...]
    dest: PurePosixPath
    into_folder: bool
    origin: str | None


class State(NamedTuple):
    """The state before one instruction. What is not known is absent: a variable, ``workdir``.

    ``user`` is None until a USER instruction: the base image's own (root for the official ones), unless that
    is known to be another. One that a variable without a default names stands as it is written.
    """

    env: Mapping[str, str]
    exported: frozenset[str]
    workdir: PurePosixPath | None
    user: str | None
    shell: tuple[str, ...]
    copies: tuple[Copied, ...]
    folders: frozenset[PurePosixPath] = _USUAL_FOLDERS

    @property
    def path(self) -> tuple[str, ...]:
        """The entries that ENV put before the image's own PATH, first to last; nothing else is known."""
        entries = self.env.get("PATH", "").split(":")
        return tuple(entry for entry in entries if entry and "$" not in entry)

    def absolute(self, path: str) -> PurePosixPath | None:
        """An image path, made absolute by the working directory; None where that is not known."""
        if path.startswith("/"):
            return join(ROOT, path.lstrip("/") or ".")
        return join(self.workdir, path) if self.workdir is not None else None


def initial(user: str | None, workdir: PurePosixPath | None) -> State:
    """The state below a FROM that names an image; *user* is its own where that is known not to be root."""
    there = {workdir, *workdir.parents} if workdir is not None else set()
    return State({}, frozenset(), workdir, user, ("/bin/sh", "-c"), (), _USUAL_FOLDERS | there)


class Arguments(NamedTuple):
    """Values of build arguments: the global ARGs, and what the builder is told (None: something unknown)."""

    above: Mapping[str, str]
    passed: Mapping[str, str | None]


def after(state: State, instruction: Instruction, context: Context, arguments: Arguments) -> State:
    """The state after one instruction."""
    keyword = instruction.keyword
    if keyword == "ARG":
        return _argument(state, instruction, arguments)
    if keyword == "ENV":
        known, names = dict(state.env), set(state.exported)
        for pair in as_env(instruction) or ():
            value = expand(pair.value or "", {"PATH": "$PATH", **state.env})
            names.add(pair.key)
            known.pop(pair.key, None)
            if value is not None:
                known[pair.key] = value
        return state._replace(env=known, exported=frozenset(names))
    if keyword == "WORKDIR":
        word = as_workdir(instruction)
        text = expand(word.text, state.env) if word else None
        workdir = state.absolute(text) if text else None
        if workdir is not None and len(str(workdir)) > _LONGEST:
            workdir = None
        there = {workdir, *workdir.parents} if workdir else set()
        return state._replace(workdir=workdir, folders=state.folders | there)
    if keyword == "USER":
        word = as_user(instruction)
        return state._replace(user=(expand(word.text, state.env) or word.text) if word else None)
    if keyword == "SHELL":
        return state._replace(shell=instruction.exec_form or state.shell)
    if keyword in ("COPY", "ADD"):
        copied = read_copied(state, instruction, context)
        if copied is None:
            return state
        made = copied.dest if copied.into_folder else copied.dest.parent
        folders = state.folders | {made, *made.parents}
        return state._replace(copies=(*state.copies, copied), folders=folders)
    return state


def _argument(state: State, instruction: Instruction, arguments: Arguments) -> State:
    """What the builder is told wins over the stage's own default, and that over the global ARG."""
    known = dict(state.env)
    for pair in as_arg(instruction) or ():
        if pair.key in state.exported:
            continue
        default = arguments.above.get(pair.key) if pair.value is None else expand(pair.value, known)
        value = arguments.passed.get(pair.key, default)
        known.pop(pair.key, None)
        if value is not None:
            known[pair.key] = value
    return state._replace(env=known)


def read_copied(state: State, instruction: Instruction, context: Context) -> Copied | None:
    """A COPY or ADD with its variables filled in; None where one is not known, or for a heredoc or a URL.

    A single file goes *into* its destination where that ends in a slash or is a folder already (BuildKit's
    rule); a folder's contents always do.
    """
    copy = as_copy(instruction)
    if copy is None:
        return None
    sources = [expand(word.text, state.env) for word in copy.sources]
    dest_text = expand(copy.dest.text, state.env)
    dest = state.absolute(dest_text) if dest_text else None
    if dest is None or dest_text is None:
        return None
    known = tuple(source for source in sources if source is not None and "://" not in source)
    if len(known) != len(sources) and not known:
        return None
    folder = (
        dest_text.endswith(("/", "/.", "."))
        or len(copy.sources) > 1
        or dest in state.folders
        or (copy.from_ is None and any(context.is_dir(path) for s in known for path in context.matches(s)))
    )
    return Copied(instruction, known, dest, folder, copy.from_)


def bind_mounts(state: State, instruction: Instruction) -> tuple[Copied, ...]:
    """The bind mounts of a RUN as if they had been copied, so that files can be found through them."""
    return _mounts(state, instruction, ("bind",))


def stage_mounts(state: State, instruction: Instruction) -> tuple[Copied, ...]:
    """What a RUN mounts of other stages or images; a new cache mount begins with what ``from`` holds."""
    return tuple(found for found in _mounts(state, instruction, ("bind", "cache")) if found.origin)


def _mounts(state: State, instruction: Instruction, types: tuple[str, ...]) -> tuple[Copied, ...]:
    run = as_run(instruction)
    if run is None or not run.mounts:
        return ()
    found = []
    for mount in run.mounts:
        target = state.absolute(expand(mount.target or "", state.env) or "") if mount.target else None
        if mount.type in types and target is not None:
            source = expand(mount.source or ".", state.env)
            origin = mount.options.get("from")
            if source is not None:
                found.append(Copied(instruction, (source,), target, into_folder=False, origin=origin))
    return tuple(found)


def locate(
    copies: tuple[Copied, ...], path: PurePosixPath, context: Context
) -> tuple[Copied, PurePosixPath] | None:
    """The COPY that last wrote image path *path* from the context, and the context path it came from.

    For a COPY from another stage or image the path within that stage is returned instead: the caller looks
    on there. None where no COPY is known to have written it.
    """
    for copied in reversed(copies):
        # Of several sources that bring the same path the last one wins.
        for source in reversed(copied.sources):
            found = _through(copied, source, path, context)
            if found is not None:
                return copied, found
    return None


def _through(copied: Copied, source: str, path: PurePosixPath, context: Context) -> PurePosixPath | None:
    depth = len(copied.dest.parts)
    if path.parts[:depth] != copied.dest.parts:
        return None
    below = path.parts[depth:]
    if copied.origin is not None:
        start = join(ROOT, source.lstrip("/") or ".")
        # A file copied into a folder keeps its name; a folder's contents keep theirs.
        itself = not below or (below == (start.name,) and "." in start.name)
        return start if itself else start.joinpath(*below)
    for match in reversed(context.matches(source)):
        if context.is_dir(match):
            candidate = match.joinpath(*below)
            if context.has(candidate) or context.is_dir(candidate):
                return candidate
        elif below == ((match.name,) if copied.into_folder else ()):
            return match
    return None
