"""Runs one codemod on the files of a case, and on the case's twins."""

from __future__ import annotations

import os
import re
import subprocess
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from cases.pages import Case, read_cases, shown
from uvmigrate.build import is_dockerfile
from uvmigrate.codemod import read_settings
from uvmigrate.codemod.page import read_further_pages, read_page
from uvmigrate.dockerfile import Directive, parse
from uvmigrate.plan import plan
from uvmigrate.source import Edit, Repo, apply_edits, patch

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from uvmigrate.codemod import Codemod, LockRequest, Refusal


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a codemod made of a repository."""

    before: Repo
    after: Repo
    patch: bytes
    refusals: tuple[Refusal, ...]
    locks: tuple[LockRequest, ...]

    def expectations(self) -> dict[str, str]:
        """The outcome as a page's blocks; an empty text stands for no block."""
        return {
            "diff": shown(self.patch.decode()),
            "refused": "".join(f"{refusal}\n" for refusal in self.refusals),
            "locks": "".join(f"{_described(lock)}\n" for lock in self.locks),
        }


def _described(lock: LockRequest) -> str:
    python = f" for Python {lock.python}" if lock.python else ""
    pins = ", ".join(
        f"{name}=={version}" for name, versions in sorted(lock.pins.items()) for version in versions
    )
    return f"{lock.path}{python}" + (f": {pins}" if pins else "")


def run(codemod: Codemod, files: Mapping[str, bytes]) -> Outcome:
    """Run the codemod alone, through the plan, so that all of the plan's checks apply.

    What it builds on is taken to be there already: a case starts from files that are far enough.
    """
    before = Repo.of(files)
    settings = read_settings(before, None, {})._replace(select=(codemod.id,))
    migration = plan(before, PurePosixPath(), settings, (codemod._replace(requires=()),))
    return Outcome(
        before,
        migration.after,
        patch(before, migration.after),
        migration.refusals,
        migration.locks,
    )


@cache
def cases_of(codemod: Codemod) -> tuple[Case, ...]:
    """The cases of a codemod's pages; none without a page, which test_catalogue.py complains about."""
    try:
        pages = [read_page(codemod), *read_further_pages(codemod).values()]
    except FileNotFoundError:
        return ()
    return tuple(case for page in pages for case in read_cases(page))


def git_apply(outcome: Outcome, folder: Path) -> dict[PurePosixPath, bytes]:
    """The files that `git apply` makes of the outcome's patch, below an empty folder."""
    for path in outcome.before:
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(outcome.before[path])
    environment = {
        **os.environ,
        "GIT_CEILING_DIRECTORIES": str(folder.parent),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
    }
    if outcome.patch:
        command = ["git", "apply", "--whitespace=nowarn", "-"]
        done = subprocess.run(command, input=outcome.patch, cwd=folder, env=environment, capture_output=True)
        assert done.returncode == 0, done.stderr.decode()
    found = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {PurePosixPath(path.relative_to(folder).as_posix()): path.read_bytes() for path in found}


def comments(repo: Repo) -> Counter[bytes]:
    """The comment lines of all Dockerfiles, without blanks around them, and how often each stands there.

    Parser directives look like comments and are none.
    """
    found: Counter[bytes] = Counter()
    for path in (path for path in repo if is_dockerfile(path)):
        directives = [item for item in parse(repo[path]).items if isinstance(item, Directive)]
        text = repo[path][directives[-1].span.end if directives else 0 :]
        found.update(line.strip() for line in text.split(b"\n") if line.strip().startswith(b"#"))
    return found


def crlf(path: PurePosixPath, data: bytes) -> bytes:
    """The file with CRLF line ends."""
    return data.replace(b"\n", b"\r\n")


def unended(path: PurePosixPath, data: bytes) -> bytes:
    """The file without its final newline."""
    return data.removesuffix(b"\n")


def lower_case(path: PurePosixPath, data: bytes) -> bytes:
    """A Dockerfile with its keywords in lower case; any other file as it is."""
    if not is_dockerfile(path):
        return data
    keywords = [
        found.keyword_span
        for item in parse(data).instructions
        for found in (item, item.inner)
        if found is not None
    ]
    # BuildKit's check FromAsCasing wants AS in the case of FROM.
    keywords += [stage.from_.words[1].span for stage in parse(data).stages if len(stage.from_.words) == 3]
    return apply_edits(data, (Edit(span, span.of(data).lower()) for span in keywords))


TWINS: dict[str, Callable[[PurePosixPath, bytes], bytes]] = {
    "crlf": crlf,
    "unended": unended,
    "lower_case": lower_case,
}


def twin(files: Mapping[str, bytes], name: str) -> dict[str, bytes]:
    """A case's files, each as its twin."""
    return {path: TWINS[name](PurePosixPath(path), data) for path, data in files.items()}


def same_but_for(name: str, path: PurePosixPath, base: Outcome, other: Outcome) -> bool:
    """Whether a file came out of the twin's run as it came out of the case's own, its habit kept.

    An untouched file is the same byte for byte. CRLF and lower-case keywords must run through every new
    line of an edited file; a file that is new has no habit to keep. A final newline may have come.
    """
    mine, its = base.after.get(path), other.after.get(path)
    if mine is None or its is None:
        return mine is its
    if path not in base.before:
        return mine == its.replace(b"\r\n", b"\n")
    if mine == base.before[path]:
        return its == other.before[path]
    expected = TWINS[name](path, mine)
    return its in (expected, mine) if name == "unended" else its == expected


def places(outcome: Outcome) -> list[str]:
    """What was refused where; the reasons may quote a twin's own text."""
    return [re.sub(r"^(\S+ [\w-]+):.*", r"\1", str(refusal), flags=re.S) for refusal in outcome.refusals]
