"""The manifests: where requirement files were copied for pip, pyproject.toml and uv.lock are for uv."""

from __future__ import annotations

import fnmatch
from itertools import chain
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from uvmigrate.codemod import (
    ROOT,
    Edit,
    Span,
    as_copy,
    as_run,
    below,
    bind_mounts,
    consumes_wheels,
    join,
    manager_cwd,
    read_pip,
    remove_words,
    within,
)

if TYPE_CHECKING:
    from uvmigrate.codemod import Copied, Copy, Install, StageFacts, Word
    from uvmigrate_codemods._switch.draft import Draft

#: Commands whose reading of a requirement file need not be kept up.
_UNREAD = frozenset({"rm", "echo", "chmod", "chown", "touch"})
_TEMPORARY = PurePosixPath("/", "tmp")


class Manifests:
    """Places pyproject.toml and uv.lock for each sync, once for each COPY that brought requirement files."""

    def __init__(self, draft: Draft, found: tuple[Install, ...]) -> None:
        """Prepare for the installs *found* of the draft's build."""
        self.draft = draft
        self.found = found
        self._placed: dict[int, PurePosixPath] = {}
        self._copied: list[Copied] = []
        project, context = draft.target.project, draft.build.context
        self._files: frozenset[PurePosixPath] = frozenset()
        self._folder = PurePosixPath()
        if project is not None:
            self._folder = project.folder.relative_to(context.folder)
            self._files = frozenset(
                path.relative_to(context.folder)
                for path in project.requirement_files
                if path.is_relative_to(context.folder)
            )

    @property
    def names(self) -> tuple[str, str]:
        """pyproject.toml and uv.lock as COPY sources."""
        return str(self._folder / "pyproject.toml"), str(self._folder / "uv.lock")

    @property
    def _managed(self) -> bool:
        """Whether the files are those of poetry or pipenv."""
        return any(path.suffix == ".lock" for path in self._files)

    def folder(self, install: Install) -> PurePosixPath:
        """The image folder with the manifests when *install*'s sync runs; edits what puts them there."""
        stage, state, cwd = install.stage, install.call.state, install.call.cwd or ROOT
        managed = self._managed
        if install.managed is not None:
            cwd = manager_cwd(install.call, install.managed) or cwd
        copies = [c for c in state.copies if c.origin is None and self._requirement_words(c, stage)]
        alone = self.draft.project.packaged or managed
        split = any(copied.instruction.exec_form is None for copied in copies)
        whole = self._with_sources(stage, install, alone=alone and not (split and managed))
        if whole is not None:
            for copied in copies:
                self._swap(copied, stage)
            return whole
        placed = next((self._placed[_key(c)] for c in copies if _key(c) in self._placed), None)
        mounted = self._mounted(install, cwd) if placed is None else None
        if mounted is not None:
            return mounted
        folder = placed or cwd
        if placed is None and cwd == ROOT and copies:
            folder = copies[0].dest if copies[0].into_folder else copies[0].dest.parent
        first = placed is None
        for copied in [] if self._read_elsewhere() else copies:
            if _key(copied) in self._placed:
                continue
            if copied.instruction.exec_form is not None:
                first = not (first and self._replace_json(copied, stage, folder)) and first
                continue
            self._placed[_key(copied)] = folder
            self._copied.append(copied)
            self._replace(copied, stage, folder, first=first)
            first = False
        if first:
            self._insert(install, folder)
        return folder

    def _with_sources(self, stage: StageFacts, install: Install, *, alone: bool) -> PurePosixPath | None:
        """The image folder that a COPY of the project's whole folder fills, or *alone* its pyproject.toml."""
        pyproject, lock = (PurePosixPath(name) for name in self.names)
        there = (*install.call.state.copies, *bind_mounts(install.call.state, install.call.instruction))
        for copied in reversed(there):
            if copied.origin is not None:
                continue
            for source in copied.sources:
                for match in stage.context.matches(source):
                    if stage.context.is_dir(match) and pyproject.is_relative_to(match):
                        return join(copied.dest, str(pyproject.parent.relative_to(match)))
                    if match == pyproject and alone and as_copy(copied.instruction) is not None:
                        self._add_lock(copied, lock, stage)
                        return copied.dest if copied.into_folder else copied.dest.parent
        return None

    def _add_lock(self, copied: Copied, lock: PurePosixPath, stage: StageFacts) -> None:
        """Copy uv.lock beside pyproject.toml."""
        copy = as_copy(copied.instruction)
        brought = any(lock in stage.context.matches(source) for source in copied.sources)
        if copy is None or brought or _key(copied) in self._placed or self._swap(copied, stage):
            return
        self._placed[_key(copied)] = copied.dest
        exec_form = copied.instruction.exec_form is not None
        text = f', "{lock}"' if exec_form else f" {lock}"
        last = next(word for word in reversed(copy.sources) if not self._gone(word.text))
        self.draft.add(Edit.insert(last.span.end, text.encode(errors="surrogateescape")))
        if not copy.dest.text.endswith(("/", ".")) and not exec_form:
            folder = copied.dest if copied.into_folder else copied.dest.parent
            self.draft.add(
                Edit(copy.dest.span, _dest(copied, stage, folder).encode(errors="surrogateescape"))
            )

    def _swap(self, copied: Copied, stage: StageFacts) -> bool:
        """What uv reads in place of what the manager read in a COPY into a folder, if it brings that."""
        copy, words = as_copy(copied.instruction), self._requirement_words(copied, stage)
        quotes = '"' if copied.instruction.exec_form is not None else ""
        fits = copied.into_folder and not (quotes and len(words) > 1)
        if copy is None or not words or not fits or not self._managed:
            return False
        if _key(copied) not in self._placed:
            self._placed[_key(copied)] = copied.dest
            left = [word.text for word in copy.sources if word not in words]
            brings = [f"{quotes}{name}{quotes}" for name in self.names if name not in left]
            text = (", " if quotes else " ").join(brings)
            self.draft.add(Edit(words[0].span, text.encode(errors="surrogateescape")))
            self._remove(words[1:], copy)
        return True

    def _requirement_words(self, copied: Copied, stage: StageFacts) -> list[Word]:
        """The sources of a COPY that bring requirement files and nothing else."""
        copy = as_copy(copied.instruction)
        if copy is None or len(copy.sources) != len(copied.sources):
            return []
        pairs = zip(copy.sources, copied.sources, strict=True)
        return [word for word, source in pairs if self._brings(source, stage)]

    def _brings(self, source: str, stage: StageFacts) -> bool:
        context = stage.context
        matches = context.matches(source)
        if self._is_lock(source) and self._files.issuperset(matches):
            return True
        if not matches:
            return bool(self._gone(source))
        there = [path for path in self._files if context.folder / path in context.repo]
        if not any(within(path, match) for match in matches for path in there):
            return False
        # What a source names itself may be a file that git ignores.
        inside = (path for match in matches for path in chain((match,), context.below(match)))
        others = (
            path for path in inside if path not in self._files and context.folder / path in context.repo
        )
        return all(path.suffix in (".txt", ".in", ".pip") and "require" in str(path) for path in others)

    def _gone(self, source: str) -> set[PurePosixPath]:
        """The file that a source names, if it is one of them and the repository does not hold it any more."""
        path, context = join(PurePosixPath(), source.lstrip("/") or "."), self.draft.build.context
        return {path} & self._files if context.folder / path not in context.repo else set()

    def _is_lock(self, source: str) -> bool:
        """Whether a source means an old lock, which need not be there (``poetry.lock*``)."""
        name = PurePosixPath(source).name
        return any(
            path.suffix == ".lock"
            and str(path.parent) == str(PurePosixPath(source).parent)
            and fnmatch.fnmatchcase(path.name, name)
            for path in self._files
        )

    def _read_elsewhere(self) -> bool:
        """Whether something else than pip reads a requirement file: then its COPY stays."""
        for path in self._files:
            for call in self.draft.build.calls(path.name.encode(errors="surrogateescape")):
                command = call.command
                program = (command.name or "").rpartition("/")[2]
                words = [*command.words, *(r.target for r in command.redirects if r.target is not None)]
                named = any(path.name in word.raw for word in words)
                if named and read_pip(command) is None and program not in _UNREAD:
                    return True
        return any(not droppable for _, droppable in self._taken_on())

    def _taken_on(self) -> list[tuple[Copied, bool]]:
        """The COPY --from that take requirement files out of a stage, and whether only wheels need them."""
        consuming = {i.stage for i in self.found if consumes_wheels(self.draft.build, i, self.found)}
        taken: list[tuple[Copied, bool]] = []
        for facts in self.draft.build.stages:
            for instruction in facts.instructions:
                copied = facts.copied(instruction)
                origin = facts.find(copied.origin) if copied is not None and copied.origin else None
                if copied is None or origin is None:
                    continue
                paths = [origin.final.absolute(source) for source in copied.sources]
                files = [origin.locate(path, origin.final) if path is not None else None for path in paths]
                if set(files) & self._files:
                    taken.append((copied, facts in consuming and set(files) <= self._files))
        return taken

    def _replace(self, copied: Copied, stage: StageFacts, folder: PurePosixPath, *, first: bool) -> None:
        """Manifests in place of the requirement files in one COPY; only the *first* brings them."""
        copy = as_copy(copied.instruction)
        if copy is None:
            raise ValueError("only COPY instructions that could be read bring requirement files")
        words = self._requirement_words(copied, stage)
        others = [word for word in copy.sources if word not in words]
        beside = [word.text for word in others]
        beside += [
            source
            for other in stage.final.copies
            if other.origin is None and other.into_folder and other.dest == folder
            for source in other.sources
            if other.instruction is not copied.instruction and PurePosixPath(source).suffix == ".toml"
        ]
        brings = [
            name
            for name in self.names
            if not any(PurePosixPath(name) in stage.context.matches(source) for source in beside)
        ]
        same = copied.into_folder and copied.dest == folder
        if not first and not others:
            self.draft.delete(copied.instruction, "pyproject.toml and uv.lock hold what these files held")
            return
        if first and (same or not others):
            self.draft.add(Edit(words[0].span, " ".join(brings).encode(errors="surrogateescape")))
            self._remove(words[1:], copy)
            # Two files go into a folder, which BuildKit wants to end with a slash.
            if not same or not copy.dest.text.endswith(("/", ".")):
                self.draft.add(
                    Edit(copy.dest.span, _dest(copied, stage, folder).encode(errors="surrogateescape"))
                )
            return
        self._remove(words, copy)
        if first:
            flags = "".join(f" {flag.span.of(self.draft.data).decode()}" for flag in copied.instruction.flags)
            line = f"COPY{flags} {' '.join(brings)} {_dest(copied, stage, folder)}"
            self.draft.add(Edit.insert(*below(self.draft.build.dockerfile, copied.instruction, line)))

    def _replace_json(self, copied: Copied, stage: StageFacts, folder: PurePosixPath) -> bool:
        """The manifests in place of one requirement file in a COPY in JSON form, if that is all there is."""
        copy = as_copy(copied.instruction)
        words = self._requirement_words(copied, stage)
        whole = copied.into_folder and copied.dest == folder and copy is not None
        if not whole or copy is None or len(words) != 1 or not copy.dest.text.endswith(("/", ".")):
            return False
        others = [word.text for word in copy.sources if word not in words]
        brings = [
            name
            for name in self.names
            if not any(PurePosixPath(name) in stage.context.matches(source) for source in others)
        ]
        text = ", ".join(f'"{name}"' for name in brings)
        self._placed[_key(copied)] = folder
        self._copied.append(copied)
        self.draft.add(Edit(words[0].span, text.encode(errors="surrogateescape")))
        return True

    def _remove(self, words: list[Word], copy: Copy) -> None:
        """Take sources out, each with the blanks behind it."""
        everything = [*copy.sources, copy.dest]
        for word in words:
            following = next(other for other in everything if other.span.start > word.span.start)
            self.draft.add(Edit(Span(word.span.start, following.span.start), b""))

    def _mounted(self, install: Install, cwd: PurePosixPath) -> PurePosixPath | None:
        """Manifests mounted in place of requirement files that were bind-mounted for this RUN."""
        instruction, context = install.call.instruction, install.stage.context
        run = as_run(instruction)
        replaced = self._files | {PurePosixPath(self.names[0])}
        mounts = [
            mount
            for mount in (run.mounts if run else ())
            if mount.type == "bind"
            and "from" not in mount.options
            and {*context.matches(mount.source or "."), *self._gone(mount.source or ".")} & replaced
        ]
        if not mounts:
            return None
        folder = cwd if cwd != ROOT else _TEMPORARY
        if instruction.span.start not in self._placed:
            self._placed[instruction.span.start] = folder
            flags = [
                f"--mount=type=bind,source={name},target={folder / PurePosixPath(name).name}"
                for name in self.names
            ]
            data = self.draft.data
            ends = [
                flag.span.start for flag in instruction.flags if flag.span.start > mounts[0].flag.span.end
            ]
            gap = data[mounts[0].flag.span.end : min([*ends, instruction.args_span.start])]
            blank = gap if len(gap.split(b"\n")) == 2 and not gap.strip(b"\\ \t\r\n`") else b" "
            self.draft.add(
                Edit(mounts[0].flag.span, blank.join(flag.encode(errors="surrogateescape") for flag in flags))
            )
            for mount in mounts[1:]:
                before = max(f.span.end for f in instruction.flags if f.span.end <= mount.flag.span.start)
                plain = not data[before : mount.flag.span.start].strip(b"\\ \t\r\n`")
                start = before if plain else mount.flag.span.start
                self.draft.add(Edit(Span(start, mount.flag.span.end), b""))
        return folder

    def _insert(self, install: Install, folder: PurePosixPath) -> None:
        """A COPY of their own, directly above the RUN."""
        dest = "./" if install.call.state.workdir == folder else f"{folder}/".replace("//", "/")
        self.draft.above[install.call.instruction.span.start] = f"COPY {' '.join(self.names)} {dest}"

    def _workdirs(self) -> set[PurePosixPath | None]:
        return {state.workdir for facts in self.draft.build.stages for state in facts.states}

    def finish(self) -> None:
        """Drop what removed, or took on, requirement files that are not copied any more."""
        self._clear_gone()
        if not self._placed:
            return
        for copied, droppable in self._taken_on() if self._copied else ():
            if droppable:
                self.draft.delete(
                    copied.instruction, "the wheels are not installed from these files any more"
                )
        names = {path.name for path in self._files}
        folders = {c.dest for c in self._copied if c.into_folder and c.dest not in (ROOT, *self._workdirs())}
        for call in self.draft.build.calls(b"rm"):
            argv = call.command.argv
            if call.command.name != "rm" or call.nested or call.command.guarded or call.command.piped:
                continue
            operands = [n for n, text in enumerate(argv) if n and not (text or "").startswith("-")]
            gone = [
                n
                for n in operands
                if (text := argv[n]) is not None
                and (PurePosixPath(text).name in names or call.state.absolute(text) in folders)
            ]
            if gone == operands and gone:
                self.draft.drop(call, "the requirement files are not copied any more")
            else:
                self.draft.add(*remove_words(call.command, gone, self.draft.data))

    def _clear_gone(self) -> None:
        """Take files that are gone out of the COPY instructions in which nothing took their place."""
        context = self.draft.build.context
        if all(context.folder / path in context.repo for path in self._files):
            return
        seen = {_key(copied) for copied in self._copied}
        for facts in self.draft.build.stages:
            for copied in facts.final.copies:
                words = self._requirement_words(copied, facts) if copied.origin is None else []
                gone = [word for word in words if self._gone(word.text)]
                copy = as_copy(copied.instruction)
                if copy is None or not gone or _key(copied) in seen:
                    continue
                seen.add(_key(copied))
                if len(gone) == len(copy.sources):
                    self.draft.delete(copied.instruction, "the repository does not hold these files any more")
                else:
                    self._remove(gone, copy)


def _key(copied: Copied) -> int:
    """The instruction's offset, by which it is known."""
    return copied.instruction.span.start


def _dest(copied: Copied, stage: StageFacts, folder: PurePosixPath) -> str:
    """*folder* as the destination of a COPY at the place of *copied*."""
    owner = next(facts for facts in stage.lineage if copied.instruction in facts.instructions)
    workdir = owner.state(copied.instruction).workdir
    return "./" if workdir == folder else f"{folder}/".replace("//", "/")
