"""Where a service may write: its mounts, and what becomes a tmpfs because nothing in it has to last.

A tmpfs takes the mode of the image's folder and is root's, so it gets the user's number; one at a path that
the image does not have is open to all (tried with docker compose 2.26). It hides what the image has there, so
it is put only where the build has put nothing.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from uvmigrate.codemod import ROOT, NamedTuple, expand, join, lazy_pattern, once_a_view
from uvmigrate_codemods._commands import meant, program

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from uvmigrate.codemod import Call, StageFacts, State
    from uvmigrate_codemods._read_only.services import Use
    from uvmigrate_codemods._read_only.who import Who

TMP = ROOT / "tmp"
#: What lies there is lost with the container, or may be.
_SCRATCH = (TMP, ROOT / "run", ROOT / "var/tmp", ROOT / "var/cache")
_SCRATCH_NAME = lazy_pattern(
    r"(.*[._-])?(caches?|tmp|temp|run|pids?|sock(et)?s?|locks?|multiproc|prometheus\w*)([._-].*)?"
)
_DATA_NAME = lazy_pattern(
    r"(.*[._-])?(data|database|db|sqlite|media|mediafiles|uploads?|storage|logs?|backups?|attachments)"
)
#: Variables that name a folder of files that are made again when they are gone.
_CACHES = frozenset(
    """HF_DATASETS_CACHE HF_HOME HF_HUB_CACHE MPLCONFIGDIR NUMBA_CACHE_DIR PROMETHEUS_MULTIPROC_DIR
    PYTHONPYCACHEPREFIX SENTENCE_TRANSFORMERS_HOME TIKTOKEN_CACHE_DIR TMPDIR TORCH_HOME TRANSFORMERS_CACHE
    XDG_CACHE_HOME XDG_RUNTIME_DIR prometheus_multiproc_dir""".split()
)
#: Those among them that builds fill by programs which say nothing of the path.
_MODELS = lazy_pattern(
    r"HF_.*|TRANSFORMERS_CACHE|SENTENCE_TRANSFORMERS_HOME|TORCH_HOME|TIKTOKEN.*|XDG_CACHE_HOME"
)
#: The folders that hold what libraries download.
_DOWNLOADED = (".cache", "cache", "huggingface", "hub", "models", "nltk_data", "torch", "whisper")
_PROGRAMS = lazy_pattern(r"python[\d.]*|hf|huggingface-cli|spacy|playwright|.*\.(py|sh)|sh|bash|make|just")
#: A line of an ``env_file``, its value in quotes or not.
_PAIR = lazy_pattern(r"""\s*(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(?:(["'])(.*)\2\s*|(.*))""")
#: They put nothing into a folder.
_EMPTY = frozenset("mkdir install chown chgrp chmod rm rmdir test [ ls cd useradd adduser usermod".split())


class Made(NamedTuple):
    """A folder that a RUN makes; ``owned`` says that it is given to somebody else than root."""

    path: PurePosixPath
    owned: bool


class Places:
    """The writable paths of one service. ``tmpfs`` are those that it gets, ``notes`` what to look at."""

    def __init__(self, use: Use, who: Who) -> None:
        self.use, self.who = use, who
        self.state = _seen(use)
        self._mounts = {clean(mount.target): not mount.read_only for mount in use.service.volumes}
        self._mounts |= dict.fromkeys(_volumes(use.stage), True) | {ROOT / "dev": True}
        self._own = frozenset(self._mounts)
        self.tmpfs: list[PurePosixPath] = []
        self.notes: list[str] = []
        if TMP not in self._mounts:
            self._add(TMP)
        self._caches()

    def is_writable(self, path: PurePosixPath) -> bool:
        """Whether something writable is mounted at *path* or above it."""
        path = clean(str(path))
        over = [target for target in self._mounts if path.is_relative_to(target)]
        return bool(over) and self._mounts[max(over, key=lambda target: len(target.parts))]

    def allow(self, path: PurePosixPath) -> bool:
        """Whether the file at *path* can be written: as it is, or because its folder becomes a tmpfs."""
        folder = clean(str(path)).parent
        if not self.is_writable(path) and any(folder.is_relative_to(root) for root in _SCRATCH):
            self.empty(folder)
        return self.is_writable(path)

    def is_mounted(self, path: PurePosixPath) -> bool:
        """Whether the service, or the image by VOLUME, mounts something at *path* or above it."""
        return any(path.is_relative_to(target) for target in self._own)

    def empty(self, folder: PurePosixPath) -> None:
        """Makes a folder a tmpfs, unless the build has put something there or it is mounted already."""
        folder = clean(str(folder))
        mounted = any(folder.is_relative_to(target) for target in self._own if target != ROOT / "dev")
        if not mounted and not self.is_writable(folder) and not self.is_filled(folder):
            self._add(folder)

    def is_filled(self, folder: PurePosixPath) -> bool:
        """Whether the build puts, or may put, something into a folder of the image."""
        copies = self.use.stage.final.copies
        into = (copied.dest for copied in copies)
        return any(path.is_relative_to(folder) for path in (*into, *_touched(self.use.stage)))

    def has_folder(self, path: PurePosixPath) -> bool:
        """Whether the image is known to have a folder at *path*."""
        use, path = self.use, clean(str(path))
        there = {use.stage.final.workdir, self.state.workdir}
        there |= {
            up for copied in use.stage.final.copies for up in (copied.dest.parent, *copied.dest.parents)
        }
        there |= {copied.dest for copied in use.stage.final.copies if copied.into_folder}
        there |= {up for one in made_folders(use.stage) for up in (one.path, *one.path.parents)}
        inside = use.stage.locate(path, use.stage.final)
        return path in there or (inside is not None and use.stage.context.is_dir(inside))

    def named(self, *names: str) -> bool:
        """Whether a writable mount of the service has one of these names as its last part."""
        return any(writable and target.name in names for target, writable in self._mounts.items())

    def has_named(self, name: str) -> bool:
        """Whether the image is seen to have a folder of that name: making it again does no harm."""
        context = self.use.stage.context
        folders = (up for path in context.repo.below(context.folder) for up in path.parents)
        made = {path.name for path, _ in made_folders(self.use.stage)}
        return name in made or any(up.name == name for up in folders)

    def holds_downloads(self) -> bool:
        """Whether what a library downloads may lie in a volume, in a tmpfs, or in the image already."""
        named = bool((_CACHES | {"NLTK_DATA"}) & self.state.exported)
        return named or _runs_programs(self.use.stage) or self.named(*_DOWNLOADED)

    def made(self) -> Iterator[PurePosixPath]:
        """The folders that the image makes to be written to, and that nothing is mounted at.

        Those for caches, sockets and the like become a tmpfs; the others are the answer.
        """
        final = self.use.stage.final
        kept = {final.workdir, self.state.workdir, clean(self.who.home or "/")}
        kept |= {up for copied in final.copies for up in (copied.dest, *copied.dest.parents)}
        for path, owned in made_folders(self.use.stage):
            above = any(place is not None and place.is_relative_to(path) for place in kept)
            if above or self.is_writable(path) or self.is_filled(path) or ".ssh" in path.parts:
                continue
            parts = path.relative_to(ROOT).parts
            if any(path.is_relative_to(root) for root in _SCRATCH) or any(
                _SCRATCH_NAME.fullmatch(part) for part in parts
            ):
                self.empty(path)
            elif (_DATA_NAME.fullmatch(path.name) and (owned or self.who.is_root is not False)) or owned:
                yield path

    def _caches(self) -> None:
        for name in sorted(_CACHES & self.state.exported):
            path = self.state.absolute(self.state.env.get(name) or "$")
            if path is None or "$" in str(path) or self.is_writable(path):
                continue
            programs = _MODELS.fullmatch(name) and _runs_programs(self.use.stage)
            if programs or self.is_filled(path):
                self.notes.append(
                    f"{name} names {path}, which the build may fill: it can be read, not written"
                )
            else:
                self.empty(path)

    def _add(self, folder: PurePosixPath) -> None:
        self.tmpfs.append(folder)
        self._mounts[folder] = True


def keeps_data(folder: PurePosixPath) -> bool:
    """Whether a folder is called like one for data that has to last, and not like one for scratch."""
    if any(folder.is_relative_to(root) for root in _SCRATCH):
        return False
    parts = folder.relative_to(ROOT).parts
    return any(map(_DATA_NAME.fullmatch, parts)) and not any(map(_SCRATCH_NAME.fullmatch, parts))


def clean(path: str) -> PurePosixPath:
    """An absolute path of the image; /var/run and /var/lock are links to /run."""
    full = join(ROOT, path.lstrip("/") or ".")
    for link, real in (("/var/run", "/run"), ("/var/lock", "/run/lock")):
        if full.is_relative_to(link):
            return PurePosixPath(real) / full.relative_to(link)
    return full


@once_a_view
def made_folders(stage: StageFacts) -> tuple[Made, ...]:
    """The folders that ``mkdir`` and ``install -d`` make in the stage's image, or its parents'."""
    calls = [call for facts in stage.lineage for call in facts.calls()]
    given = {path for call in calls if program(call.command) in ("chown", "chmod") for path in _paths(call)}
    found: dict[PurePosixPath, bool] = {}
    for call in calls:
        name = program(call.command)
        flags = {word.raw for word in call.command.words if word.raw.startswith("-")}
        if name == "mkdir" or (name == "install" and any("d" in flag for flag in flags)):
            own = (call.state.user or "root").partition(":")[0] not in ("root", "0")
            own = own or any(flag.startswith(("-o", "--owner")) for flag in flags)
            for path in _paths(call):
                owned = own or path in given
                found[path] = found.get(path, False) or owned
    return tuple(Made(*item) for item in found.items())


@once_a_view
def _touched(stage: StageFacts) -> tuple[PurePosixPath, ...]:
    """The paths that commands of the build name which do more than make or hand over folders."""
    found = []
    for call in (call for facts in stage.lineage for call in facts.calls()):
        if program(call.command) not in _EMPTY:
            found += [*_paths(call), *([clean(str(call.cwd))] if call.cwd is not None else [])]
        for redirect in call.command.redirects:
            text = meant(redirect.target, call.state) if redirect.target is not None else None
            found += [clean(text)] if text and text.startswith("/") else []
    return tuple(found)


@once_a_view
def _runs_programs(stage: StageFacts) -> bool:
    """Whether a RUN calls a program that may download something: Python, or a script."""
    calls = (call for facts in stage.lineage for call in facts.calls())
    return any(_PROGRAMS.fullmatch(program(call.command)) for call in calls)


def _paths(call: Call) -> Iterator[PurePosixPath]:
    for word in call.command.words[1:]:
        text = meant(word, call.state)
        if text is None or text.startswith("-") or (call.cwd is None and not text.startswith("/")):
            continue
        for one in _braces(text):
            yield clean(str(join(call.cwd or ROOT, one)))


def _braces(text: str) -> Iterator[str]:
    """``a/{b,c}`` as bash reads it: ``a/b`` and ``a/c``."""
    found = re.fullmatch(r"([^{}]*)\{([^{}]*,[^{}]*)\}([^{}]*)", text)
    if found is None:
        yield text
    else:
        yield from (f"{found[1]}{part}{found[3]}" for part in found[2].split(","))


def _seen(use: Use) -> State:
    """The state that a program of the service sees."""
    state, service = use.stage.final, use.service
    known = {name: value for name, value in state.env.items() if name in state.exported}
    known |= _of_files(use)
    known |= {name: value for name, value in service.environment.items() if value is not None}
    unknown = {name for name, value in service.environment.items() if value is None or "$" in value}
    env = {name: value for name, value in known.items() if name not in unknown}
    workdir = PurePosixPath(service.working_dir) if service.working_dir else state.workdir
    exported = state.exported | set(known) | set(service.environment)
    return state._replace(env=env, exported=exported, workdir=workdir)


def _of_files(use: Use) -> Mapping[str, str]:
    """The variables of ``env_file``, as far as the repository has the files."""
    found: dict[str, str] = {}
    for named in use.service.env_files:
        path = PurePosixPath(posixpath.normpath(use.file.path.parent / named.path))
        data = use.stage.context.repo.get(path, b"")
        for line in data.decode(errors="replace").splitlines():
            pair = _PAIR.fullmatch(line)
            if pair is not None:
                found[pair[1]] = pair[3] if pair[2] else pair[4].partition(" #")[0].strip()
    return {key: value for key, value in found.items() if "$" not in value}


def _volumes(stage: StageFacts) -> Iterator[PurePosixPath]:
    """The folders that VOLUME keeps writable, as anonymous volumes."""
    for facts in stage.lineage:
        for instruction, state in zip(facts.instructions, facts.states, strict=False):
            for word in instruction.words if instruction.keyword == "VOLUME" else ():
                text = expand(word.text, state.env)
                if text and text.startswith("/"):
                    yield clean(text)
