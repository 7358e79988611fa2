"""The manifests: where requirement files were copied for pip, pyproject.toml and uv.lock are copied for uv."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from uvmigrate.codemod import ROOT, Edit, Span, as_copy, as_run, below, join, read_pip

if TYPE_CHECKING:
    from uvmigrate.codemod import Copied, Copy, Install, StageFacts, Word
    from uvmigrate_codemods._switch.draft import Draft


class Manifests:
    """Places pyproject.toml and uv.lock for each sync, once for each COPY that brought requirement files."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
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

    def folder(self, install: Install) -> PurePosixPath:
        """The image folder that holds the manifests when *install*'s sync runs; edits what puts them there."""
        stage, state, cwd = install.stage, install.call.state, install.call.cwd or ROOT
        whole = self._with_sources(stage, install)
        if whole is not None:
            return whole
        copies = [c for c in state.copies if c.origin is None and self._requirement_words(c, stage)]
        placed = next(
            (
                self._placed[c.instruction.span.start]
                for c in copies
                if c.instruction.span.start in self._placed
            ),
            None,
        )
        if placed is not None:
            return placed
        mounted = self._mounted(install, cwd)
        if mounted is not None:
            return mounted
        used = self._read_elsewhere()
        usable = [
            c for c in copies if as_copy(c.instruction) and c.instruction.exec_form is None and not used
        ]
        folder = cwd
        if cwd == ROOT and copies:
            folder = copies[0].dest if copies[0].into_folder else copies[0].dest.parent
        first = True
        for copied in usable:
            self._placed[copied.instruction.span.start] = folder
            self._copied.append(copied)
            self._replace(copied, stage, folder, first=first)
            first = False
        if first:
            self._insert(install, folder)
        return folder

    def _with_sources(self, stage: StageFacts, install: Install) -> PurePosixPath | None:
        """The image folder that a COPY of the project's whole folder, or of its pyproject.toml, fills."""
        pyproject, lock = (PurePosixPath(name) for name in self.names)
        for copied in reversed(install.call.state.copies):
            if copied.origin is not None:
                continue
            for source in copied.sources:
                for match in stage.context.matches(source):
                    if stage.context.is_dir(match) and pyproject.is_relative_to(match):
                        return join(copied.dest, str(pyproject.parent.relative_to(match)))
                    if match == pyproject and self.draft.project.packaged:
                        self._add_lock(copied, lock, stage)
                        return copied.dest if copied.into_folder else copied.dest.parent
        return None

    def _add_lock(self, copied: Copied, lock: PurePosixPath, stage: StageFacts) -> None:
        """Copy uv.lock beside pyproject.toml."""
        copy = as_copy(copied.instruction)
        brought = any(lock in stage.context.matches(source) for source in copied.sources)
        if copy is None or brought or copied.instruction.span.start in self._placed:
            return
        self._placed[copied.instruction.span.start] = copied.dest
        last = copy.sources[-1].span.end
        text = f', "{lock}"' if copied.instruction.exec_form else f" {lock}"
        self.draft.add(Edit.insert(last, text.encode()))

    def _requirement_words(self, copied: Copied, stage: StageFacts) -> list[Word]:
        """The sources of a COPY that bring requirement files and nothing else."""
        copy = as_copy(copied.instruction)
        if copy is None or len(copy.sources) != len(copied.sources):
            return []
        return [
            word
            for word, source in zip(copy.sources, copied.sources, strict=True)
            if self._brings(source, stage)
        ]

    def _brings(self, source: str, stage: StageFacts) -> bool:
        context = stage.context
        matches = context.matches(source)
        inside = [
            path.relative_to(context.folder)
            for path in context.repo
            if any(path.is_relative_to(context.folder / match) for match in matches)
        ]
        return (
            bool(inside)
            and bool(self._files & set(inside))
            and all(
                path in self._files or (path.suffix in (".txt", ".in", ".pip") and "require" in str(path))
                for path in inside
            )
        )

    def _read_elsewhere(self) -> bool:
        """Whether another command than pip reads a requirement file: then its COPY stays."""
        for path in self._files:
            for call in self.draft.build.calls(path.name.encode()):
                program = (call.command.name or "").rpartition("/")[2]
                if read_pip(call.command) is None and program not in ("rm", "echo"):
                    return True
        return False

    def _replace(self, copied: Copied, stage: StageFacts, folder: PurePosixPath, *, first: bool) -> None:
        """Manifests in place of the requirement files in one COPY; only the *first* brings them."""
        copy = as_copy(copied.instruction)
        assert copy is not None, "only COPY instructions that could be read are usable"
        words = self._requirement_words(copied, stage)
        others = [word for word in copy.sources if word not in words]
        brings = [
            name
            for name in self.names
            if not any(PurePosixPath(name) in stage.context.matches(word.text) for word in others)
        ]
        same = copied.into_folder and copied.dest == folder
        if not first and not others:
            self.draft.delete(copied.instruction, "pyproject.toml and uv.lock hold what these files held")
            return
        if not others or (first and same):
            text = " ".join(brings) if first else ""
            self.draft.add(Edit(words[0].span, text.encode()))
            self._remove(words[1:], copy)
            # Two files go into a folder, which BuildKit wants to end with a slash.
            if first and (not same or not copy.dest.text.endswith(("/", "."))):
                self.draft.add(Edit(copy.dest.span, _dest(copied, stage, folder).encode()))
            return
        self._remove(words, copy)
        if first:
            flags = "".join(f" {flag.span.of(self.draft.data).decode()}" for flag in copied.instruction.flags)
            at, text_ = below(
                self.draft.build.dockerfile,
                copied.instruction,
                f"COPY{flags} {' '.join(brings)} {_dest(copied, stage, folder)}",
            )
            self.draft.add(Edit.insert(at, text_))

    def _remove(self, words: list[Word], copy: Copy) -> None:
        """Take sources out, each with the blanks behind it."""
        everything = [*copy.sources, copy.dest]
        for word in words:
            following = next(other for other in everything if other.span.start > word.span.start)
            self.draft.add(Edit(Span(word.span.start, following.span.start), b""))

    def _mounted(self, install: Install, cwd: PurePosixPath) -> PurePosixPath | None:
        """Manifests mounted in place of requirement files that were bind-mounted for this RUN."""
        run = as_run(install.call.instruction)
        context = install.stage.context
        mounts = [
            mount
            for mount in (run.mounts if run else ())
            if mount.type == "bind"
            and "from" not in mount.options
            and set(context.matches(mount.source or ".")) & self._files
        ]
        if not mounts:
            return None
        folder = cwd if cwd != ROOT else PurePosixPath("/tmp")  # noqa: S108 -- a path in the image
        flags = [
            f"--mount=type=bind,source={name},target={folder / PurePosixPath(name).name}"
            for name in self.names
        ]
        start = install.call.instruction.span.start
        if start not in self._placed:
            self._placed[start] = folder
            gap = self.draft.data[mounts[0].flag.span.end : install.call.instruction.args_span.start]
            blank = gap if len(gap.split(b"\n")) == 2 and not gap.strip(b"\\ \t\r\n`") else b" "
            self.draft.add(Edit(mounts[0].flag.span, blank.join(flag.encode() for flag in flags)))
            for mount in mounts[1:]:
                end = mount.flag.span.end
                blanks = len(self.draft.data[end:]) - len(self.draft.data[end:].lstrip(b" \t"))
                self.draft.add(Edit(Span(mount.flag.span.start, end + blanks), b""))
        return folder

    def _insert(self, install: Install, folder: PurePosixPath) -> None:
        """A COPY of their own, directly above the RUN."""
        dest = "./" if install.call.state.workdir == folder else f"{folder}/".replace("//", "/")
        self.draft.above[install.call.instruction.span.start] = f"COPY {' '.join(self.names)} {dest}"

    def _workdirs(self) -> set[PurePosixPath | None]:
        return {state.workdir for facts in self.draft.build.stages for state in facts.states}

    def finish(self) -> None:
        """Drop what removed requirement files that are not copied any more."""
        if not self._placed:
            return
        names = {path.name for path in self._files}
        folders = {c.dest for c in self._copied if c.into_folder and c.dest not in (ROOT, *self._workdirs())}
        for call in self.draft.build.calls(b"rm"):
            argv = call.command.argv
            if call.command.name != "rm" or call.nested or call.command.guarded or call.command.piped:
                continue
            operands = [text for text in argv[1:] if text is None or not text.startswith("-")]
            gone = [
                text is not None
                and (PurePosixPath(text).name in names or call.state.absolute(text) in folders)
                for text in operands
            ]
            if operands and all(gone):
                self.draft.drop(call, "the requirement files are not copied any more")


def _dest(copied: Copied, stage: StageFacts, folder: PurePosixPath) -> str:
    state = stage.state(copied.instruction) if copied.instruction in stage.instructions else None
    workdir = state.workdir if state is not None else None
    return "./" if workdir == folder else f"{folder}/".replace("//", "/")
