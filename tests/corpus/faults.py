"""What must never be: a broken result, a lost comment, a byte changed outside the hunks, an unsettled one."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections import Counter
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from corpus.judge import compare, read_theirs
from uvmigrate.build import is_dockerfile
from uvmigrate.codemod import Settings
from uvmigrate.dockerfile import Directive, Unknown, as_run, parse
from uvmigrate.plan import load_catalogue, plan
from uvmigrate.shell import parse as parse_shell

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from uvmigrate.plan import Migration
    from uvmigrate.source import Repo


def changed(before: Repo, after: Repo) -> list[PurePosixPath]:
    """The files that differ: made, altered or deleted."""
    return sorted(path for path in after.touched if before.get(path) != after.get(path))


def broken(pairs: Sequence[tuple[bytes, bytes]]) -> list[str]:
    """For each Dockerfile before and after: why nobody could build the result (`refused`), or how BuildKit's
    own parser reads it differently than we do. Empty where neither is so, or where the same is true of the
    file before."""
    with _written(pairs) as paths:
        verdicts = compare(paths)
    return [
        # Of a file that the judge cannot read before, nothing can be asked afterwards.
        refusal or ("" if new.excuse and new.excuse == old.excuse else new.difference)
        for refusal, old, new in zip(refused(pairs), verdicts[::2], verdicts[1::2], strict=True)
    ]


def refused(pairs: Sequence[tuple[bytes, bytes]]) -> list[str]:
    """For each Dockerfile before and after: why BuildKit's own parser refuses the result, or what it takes
    for an instruction that is none. Empty where neither is so, and where the same is true of the file before.

    The parser is that of an older BuildKit: an instruction is unknown where we do not know it, either.
    """
    with _written(pairs) as paths:
        read = read_theirs(paths)
    found = []
    for (before, after), old, new in zip(pairs, read[::2], read[1::2], strict=True):
        if isinstance(old, str) or isinstance(new, str):
            found.append(new if isinstance(new, str) and not isinstance(old, str) else "")
            continue
        unknown = [
            Counter(record[0] for record in records) & _unknown(data)
            for records, data in ((old, before), (new, after))
        ]
        more = unknown[1] - unknown[0]
        found.append(f"no instruction: {', '.join(sorted(more))}" if more else "")
    return found


def _unknown(data: bytes) -> Counter[str]:
    """The first words of lines that stand for an instruction and are none."""
    return Counter(item.keyword for item in parse(data).items if isinstance(item, Unknown))


@contextmanager
def _written(pairs: Sequence[tuple[bytes, bytes]]) -> Iterator[list[Path]]:
    """Files with the bytes of all pairs, before and after in turns."""
    with tempfile.TemporaryDirectory() as folder:
        copies = [Path(folder) / f"{number}.Dockerfile" for number in range(2 * len(pairs))]
        for copy, data in zip(copies, (data for pair in pairs for data in pair), strict=True):
            copy.write_bytes(data)
        yield copies


def lost_comments(path: PurePosixPath, before: bytes, after: bytes) -> list[str]:
    """The comments of a file that its result has no more, each as often as it is missing.

    Comments are the lines that start with ``#``, wherever they stand: also inside continuations and heredocs;
    in Dockerfiles also what a shell takes for a comment behind its commands. Parser directives are none.
    """
    lost = _comments(path, before) - _comments(path, after)
    return [text.decode(errors="replace") for text in lost.elements()]


def _comments(path: PurePosixPath, data: bytes) -> Counter[bytes]:
    if not is_dockerfile(path):
        return _lines(data)
    dockerfile = parse(data)
    directives = [item for item in dockerfile.items if isinstance(item, Directive)]
    found = _lines(data[directives[-1].span.end if directives else 0 :])
    for instruction in dockerfile.instructions:
        run = as_run(instruction.inner or instruction)
        for source in run.scripts if run else ():
            script = parse_shell(source.data, source.offset) if b"#" in source.data else None
            for span in script.comments if script else ():
                line = data[data.rfind(b"\n", 0, span.start) + 1 : span.start]
                if line.strip():
                    found[span.of(data).strip()] += 1
    return found


def _lines(data: bytes) -> Counter[bytes]:
    return Counter(line.strip() for line in data.split(b"\n") if line.strip().startswith(b"#"))


def misapplied(before: Repo, after: Repo, patches: bytes) -> list[str]:
    """The files that real ``git apply`` does not make what *after* says, the untouched ones included.

    The scratch repository holds every Dockerfile and every file that changes. What git prints is an entry of
    its own where it refuses the patches.
    """
    paths = set(changed(before, after)) | {path for path in before if is_dockerfile(path)}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "scratch"
        folder.mkdir()
        for path in paths:
            data = before.get(path)
            if data is not None:
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / path).write_bytes(data)
        problems = _git(folder, "init", "--quiet")
        if patches:
            problems += _git(folder, "apply", "--allow-empty", "--whitespace=nowarn", "-", given=patches)
        there = {
            PurePosixPath(path.relative_to(folder).as_posix()): path.read_bytes()
            for path in folder.rglob("*")
            if path.is_file() and ".git" not in path.relative_to(folder).parts
        }
    wanted = {path: data for path in paths if (data := after.get(path)) is not None}
    wrong = [path for path in sorted(wanted.keys() | there.keys()) if wanted.get(path) != there.get(path)]
    return problems + [f"{path} is not what the plan says" for path in wrong]


def _git(folder: Path, *arguments: str, given: bytes = b"") -> list[str]:
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(
        ["git", *arguments], input=given, cwd=folder, env=environment, capture_output=True, check=False
    )
    return [f"git {arguments[0]}: {done.stderr.decode(errors='replace').strip()}"] if done.returncode else []


def unsettled(migration: Migration) -> list[tuple[str, PurePosixPath]]:
    """What a second run over the result would change: the codemod and the file."""
    again = plan(migration.after, PurePosixPath(), Settings(), load_catalogue())
    return [(step.codemod.id, path) for step in again.steps for path in step.paths]
