"""The edits that give installs their mounts, collected over the stages of one family."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from uvmigrate.codemod import (
    Edit,
    Refusal,
    Span,
    append_words,
    as_env,
    delete_instruction,
    edit_pairs,
    insertion_point,
    is_set,
    lazy_pattern,
    new_lines,
    read_pip,
    remove_words,
    user_id,
    uv_calls,
)
from uvmigrate_codemods._layers.caches import (
    OTHERS_CACHE,
    Obstacle,
    cache_folder,
    has_cache,
    mounted_caches,
    obstacle,
    on_purpose,
    setters,
    turned_off,
)
from uvmigrate_codemods._layers.flags import add_flags
from uvmigrate_codemods._layers.removals import removed
from uvmigrate_codemods._layers.sources import brings_sources, is_root

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import PurePosixPath

    from uvmigrate.codemod import Build, Call, Copied, Instruction, StageFacts, UvCommand, UvInstall
    from uvmigrate_codemods._layers.binds import Bound

_CACHE_OFF, _LINK, _FOLDER = "UV_NO_CACHE", "UV_LINK_MODE", "UV_CACHE_DIR"
_BECAUSE = "the cache mount keeps the cache out of the image"
#: Frontends before 1.2 know no mounts, or only as an experiment (BuildKit's release notes).
_OLD_SYNTAX = lazy_pattern(
    rb"(?P<name>(?:docker\.io/)?docker/dockerfile):1\.[01](?:\.\d+)?(?:-experimental)?(?=\s*$)"
)


class Mounting:
    """What has been decided so far: RUNs and their new flags, by the RUN's offset; variables; words.

    With *syntax*, an old syntax pin is raised. *alone*: one user, root or not, makes all calls of uv.
    """

    def __init__(self, build: Build, *, syntax: bool, alone: bool) -> None:
        """Nothing is decided yet."""
        self.build = build
        self.syntax = syntax
        self.alone = alone
        self.stages: list[StageFacts] = []
        self.bumped = False
        self._runs: dict[int, tuple[StageFacts, Instruction]] = {}
        self._caches: dict[int, PurePosixPath] = {}
        self._binds: dict[int, list[str]] = defaultdict(list)
        self._edits: list[Edit] = []
        self._off: dict[int, Instruction] = {}
        self._linked: dict[int, str] = {}
        self._pairs: dict[str, str] = {}

    @property
    def data(self) -> bytes:
        """The Dockerfile's bytes."""
        return self.build.dockerfile.data

    def add(self, call: Call, uv: UvCommand) -> Obstacle | None:
        """Take one call of uv in: its RUN gets the cache mount, what turns the cache off goes."""
        stage, run = call.stage, call.instruction
        folder = cache_folder(call, uv)
        mounted = has_cache(stage, run, folder)
        kept = self._kept_off(call)
        if mounted and kept:
            return None
        switches = [a for a in uv.arguments if a.option in ("--no-cache", "--no-cache-dir")]
        assigned = [a for a in call.command.assignments if a.name == _CACHE_OFF]
        off = turned_off(call)
        linked = _LINK in stage.state(run).env or _LINK in stage.state(run).exported or uv.has("--link-mode")
        if mounted and not switches and not assigned and not off and linked:
            return None
        problem = None if mounted else obstacle(self.build, call, uv, alone=self.alone)
        removals = removed(call, folder, self.data) if folder is not None and not mounted else ()
        problem = problem or next((found for found in removals if isinstance(found, Obstacle)), None)
        if problem is None and (kept or (off and not setters(stage, run, _CACHE_OFF))):
            problem = Obstacle("cache-off", "UV_NO_CACHE turns the cache off", "remove it where it is set")
        if problem is not None or folder is None:
            return problem
        if run.span.start not in self._runs:
            self._edits += [edit for edit in removals if isinstance(edit, Edit)]
        self._take(stage, run, None if mounted else folder)
        self._edits += remove_words(call.command, [a.first for a in switches], self.data)
        for assignment in assigned:
            following = min(w.span.start for w in call.command.words if w.span.start > assignment.span.start)
            self._edits.append(Edit.delete(Span(assignment.span.start, following), _BECAUSE))
        if off:
            self._off |= {env.span.start: env for _, env in setters(stage, run, _CACHE_OFF)}
        pairs = {} if linked else {_LINK: "copy"}
        if folder == OTHERS_CACHE and _FOLDER not in stage.state(run).exported:
            pairs[_FOLDER] = str(folder)
        if pairs and not any(facts.index in self._linked for facts in stage.lineage):
            self._say(stage, run, pairs)
        return None

    def add_too(self, call: Call, uv: UvCommand) -> None:
        """Mount the cache for a command that fills it little, if what kept it out of the image goes."""
        folder = cache_folder(call, uv)
        if not self._off or folder is None or has_cache(call.stage, call.instruction, folder):
            return
        if not self._kept_off(call) and obstacle(self.build, call, uv, alone=self.alone) is None:
            self._take(call.stage, call.instruction, folder)

    def _kept_off(self, call: Call) -> bool:
        """Whether an ENV below another stage's installs has it off: that is meant for containers."""
        found = setters(call.stage, call.instruction, _CACHE_OFF)
        runs = frozenset(
            other.instruction.span.start for other, uv in uv_calls(self.build) if uv.verb != "run"
        )
        return turned_off(call) and any(
            on_purpose(facts, env, runs) for facts, env in found if facts is not call.stage
        )

    def _take(self, stage: StageFacts, run: Instruction, folder: PurePosixPath | None) -> None:
        if stage not in self.stages:
            self.stages.append(stage)
        self._runs[run.span.start] = (stage, run)
        if folder is not None:
            self._caches[run.span.start] = folder

    def _say(self, stage: StageFacts, run: Instruction, pairs: dict[str, str]) -> None:
        """Say where the cache is, and that packages are copied: no link leads out of a mount."""
        dockerfile = self.build.dockerfile
        in_place = next(
            (env for env in self._off.values() if any(env in f.instructions for f in stage.lineage)), None
        )
        if in_place is not None:
            owner = next(f for f in stage.lineage if in_place in f.instructions)
            self._linked[owner.index] = "in place"
            self._pairs = pairs
            return
        self._linked[stage.index] = "added"
        above = [i for i in stage.instructions if i.span.start < run.span.start and i.keyword == "ENV"]
        for env in reversed(above):
            there = as_env(env) or ()
            if (
                there
                and not there[0].legacy
                and all(p.key.startswith("UV_") or p.key == "VIRTUAL_ENV" for p in there)
            ):
                self._edits += edit_pairs(dockerfile, env, add=pairs)
                return
        text = new_lines(dockerfile, "ENV " + " ".join(f"{key}={value}" for key, value in pairs.items()))
        self._edits.append(Edit.insert(insertion_point(dockerfile, run), text))

    def bind(self, bound: Bound) -> None:
        """Mounts in place of a COPY."""
        if not all(run.span.start in self._runs or self._has_mount(run) for run in bound.runs):
            return
        data, span = self.data, bound.copy.span
        newline = self.build.dockerfile.newline
        lone = data[: span.start].endswith(b"\n" + newline) and data[span.end :].startswith(newline)
        span = Span(span.start, span.end + (len(newline) if lone else 0))
        self._edits.append(Edit.delete(span, "bind mounts show the files to the install"))
        for run in bound.runs:
            stage = next(facts for facts in self.build.stages if run in facts.instructions)
            self._take(stage, run, None)
            binds = self._binds[run.span.start]
            binds += (flag for flag in bound.flags if flag not in binds)

    def _has_mount(self, run: Instruction) -> bool:
        stage = next(facts for facts in self.build.stages if run in facts.instructions)
        return bool(mounted_caches(stage, run))

    def reinstall(self, installs: Iterable[UvInstall]) -> Refusal | None:
        """Have a project installed anew whose cached build could be of older sources.

        uv takes a built project from its cache as long as pyproject.toml has the same time of change; it has
        where it lies in a layer above the sources'.
        """
        for install in installs:
            call = install.call
            if (
                call.instruction.span.start not in self._caches
                or install.builds is None
                or not _copied_apart(install)
            ):
                continue
            editable = install.uv.verb == "sync" and not (
                install.uv.has("--no-editable") or is_set(call, "UV_NO_EDITABLE")
            )
            if editable or install.uv.has("--reinstall", "--reinstall-package", "--refresh"):
                continue
            name = install.project.name if install.project else None
            if name is None or call.nested:
                because = (
                    "with a cache, a project whose sources changed may be installed from its older build"
                )
                line = self.build.line(call.command.span.start)
                return Refusal(
                    self.build.path, line, "stale-build", because, "copy its manifest with its sources"
                )
            self._edits.append(append_words(call.command, "--reinstall-package", name))
        return None

    def finish(self) -> tuple[Edit, ...]:
        """All edits of the file."""
        edits = list(self._edits)
        for env in self._off.values():
            edits += self._switched_on(env)
        for at, (stage, run) in self._runs.items():
            edits += self._flags(stage, run, self._caches.get(at), self._binds[at])
        if self.syntax and (self._caches or any(self._binds.values())):
            edits += self._syntax()
        return tuple(edits)

    def _switched_on(self, env: Instruction) -> tuple[Edit, ...]:
        """An ENV without what turns the cache off; the first says instead how packages are linked."""
        dockerfile, pairs = self.build.dockerfile, as_env(env) or ()
        stage = next(facts for facts in self.build.stages if env in facts.instructions)
        added = self._pairs if self._linked.get(stage.index) == "in place" else {}
        self._linked[stage.index] = "done"
        if added and pairs[0].legacy and len(added) > 1:
            both = " ".join(f"{key}={value}" for key, value in sorted(added.items()))
            return (Edit(pairs[0].span, both.encode(errors="surrogateescape"), _BECAUSE),)
        if added and pairs[0].legacy:
            return (Edit(pairs[0].span, f"{_LINK} copy".encode(errors="surrogateescape"), _BECAUSE),)
        if not added and all(pair.key == _CACHE_OFF for pair in pairs):
            return delete_instruction(dockerfile, env, _BECAUSE)
        return edit_pairs(dockerfile, env, remove={_CACHE_OFF}, add=added, because=_BECAUSE)

    def _flags(
        self, stage: StageFacts, run: Instruction, folder: PurePosixPath | None, binds: list[str]
    ) -> list[Edit]:
        """The flags of one RUN: pip's cache mount becomes uv's, the others go behind those that are there."""
        owner = "" if is_root(stage, run) else f",uid={user_id(stage, run)}"
        new = [f"--mount=type=cache,target={folder}{owner}"] if folder is not None else []
        edits: list[Edit] = []
        own = stage.state(run).env.get("PIP_CACHE_DIR")
        caches = [(mount, target) for mount, target in mounted_caches(stage, run) if target is not None]
        pips = [mount for mount, target in caches if target.name == "pip" or str(target) == own]
        calls_pip = any(
            read_pip(call.command) for call in stage.calls(b"pip") if call.instruction.span == run.span
        )
        if new and pips and not calls_pip:
            edits.append(Edit(pips[0].flag.span, new.pop().encode(errors="surrogateescape")))
        new += dict.fromkeys(binds)
        if new:
            edits += add_flags(
                self.build.dockerfile, run, [flag.encode(errors="surrogateescape") for flag in new]
            )
        return edits

    def _syntax(self) -> list[Edit]:
        for item in self.build.dockerfile.items:
            found = (
                _OLD_SYNTAX.search(item.span.of(self.data)) if getattr(item, "name", "") == "syntax" else None
            )
            if found is not None:
                self.bumped = True
                start = item.span.start + found.end("name")
                return [Edit(Span(start, item.span.start + found.end()), b":1")]
        return []


#: The files by whose time uv judges the age of a build (uv docs, "Caching", on local directories).
_MANIFESTS = ("pyproject.toml", "setup.py", "setup.cfg")


def _copied_apart(install: UvInstall) -> bool:
    """Whether the sources can change while all that uv judges the age of a build by stays as it was."""
    stage, state, folder = install.call.stage, install.call.state, install.builds
    copies = [copied for copied in state.copies if brings_sources(stage.context, copied)]
    last = max((copied.instruction.span.start for copied in copies), default=-1)
    places = [folder / name for name in _MANIFESTS] if folder is not None else []
    newest = [_writer(install, place) for place in places]
    known = [copied.instruction.span.start for copied in newest if copied is not None]
    mounted = any(stage.locate(p, state._replace(copies=()), install.call.instruction) for p in places)
    return mounted or bool(known and max(known) < last)


def _writer(install: UvInstall, place: PurePosixPath) -> Copied | None:
    """The COPY that last wrote a file."""
    stage, state = install.call.stage, install.call.state
    alone = ((copied, state._replace(copies=(copied,))) for copied in reversed(state.copies))
    return next((copied for copied, only in alone if stage.locate(place, only) is not None), None)
