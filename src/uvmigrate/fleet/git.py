"""The one door to git of this package: nothing of a repository is run, and its settings are not believed.

A repository that somebody else made can have git start programs: by hooks, by dozens of settings in its
``.git/config`` (core.fsmonitor, core.sshCommand, filter.*, diff.external, …), by addresses (``ext::``). So
work is done in clones of our own, whose settings we wrote, and what is in a folder is cloned through git's
transport and never entered: git(1), "SECURITY". Attributes of a repository name filters, and turn line ends;
in a clone of ours they do neither, so its files are the bytes that were committed. The settings of the
user and of the machine hold as ever: who commits, how that is signed, how servers are asked.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from uvmigrate.apply.git import SAFE, environment, last_words
from uvmigrate.apply.problems import EnvironmentProblem
from uvmigrate.source import NamedTuple
from uvmigrate.source.disk import MAX_BYTES

_INERT = (
    *SAFE,
    *("-c", "protocol.ext.allow=never"),
    # It would be started to list what objects lie elsewhere; `true` lists none.
    *("-c", "core.alternateRefsCommand=true"),
    *("-c", "submodule.recurse=false", "-c", "push.recurseSubmodules=no"),
    *("-c", "core.autocrlf=false", "-c", "safe.bareRepository=explicit"),
    # What they start goes on when the command has ended.
    *("-c", "gc.auto=0", "-c", "maintenance.auto=false", "-c", "advice.detachedHead=false"),
)
#: Nobody is asked for anything, and large files kept elsewhere are not fetched.
_QUIET = {"GCM_INTERACTIVE": "never", "GIT_LFS_SKIP_SMUDGE": "1", "GIT_NO_LAZY_FETCH": "1"}
_ATTRIBUTES = "* -text -filter -ident -working-tree-encoding\n"
#: What receives a push into a folder, which has hooks and settings of its own.
_RECEIVE = (
    f"git -c core.hooksPath={os.devnull} -c core.fsmonitor=false -c core.alternateRefsCommand=true "
    "-c receive.autogc=false -c receive.denyCurrentBranch=refuse "
    # It may name a file to read, whose lines git would quote.
    "-c receive.fsckObjects=false receive-pack"
)


class GitProblem(EnvironmentProblem):
    """git does not do what it was asked for: one line with its own words, credentials masked."""


class Clone(NamedTuple):
    """A clone of our own: *base* is the commit that it has, *branch* the name of the branch it is of.

    *base* is empty where the repository has no commit, *branch* where its HEAD names a commit alone.
    """

    root: Path
    base: str
    branch: str


def run(folder: Path | None, *arguments: str, text: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run a git command in *folder*, or in no repository. Raises GitProblem where git is missing."""
    try:
        return subprocess.run(
            ["git", *_INERT, *arguments],
            cwd=folder or "/",
            env=environment() | _QUIET,
            input=text,
            capture_output=True,
            check=False,
        )
    except OSError as error:
        raise GitProblem(f"git does not run: {error.strerror}") from error


def git(folder: Path | None, *arguments: str, text: bytes = b"") -> bytes:
    """The output of a git command. Raises GitProblem where it fails."""
    done = run(folder, *arguments, text=text)
    if done.returncode:
        said = (done.stderr or done.stdout).decode(errors="replace")
        raise GitProblem(f"git {arguments[0]}: {last_words(said).removeprefix('fatal: ')}")
    return done.stdout


def is_local(source: str) -> bool:
    """Whether an address names a folder of this machine."""
    return source.startswith(("/", "file://"))


def clone(source: str, folder: Path) -> Clone:
    """Clone the last commit of *source*'s own branch into *folder*, which must not be there yet.

    *source* is an address or an absolute path. What is larger than the planner reads is not fetched where
    the server can leave it out: an empty stretch of that size takes its place. Submodules are not fetched.
    Raises GitProblem where that fails, and where HEAD names a branch that is not there.
    """
    if source.startswith("-"):
        raise GitProblem(f"{source} is no address of a repository")
    usual = (
        *("--quiet", "--no-local", "--no-checkout", "--no-tags", "--template=", "--no-recurse-submodules"),
        "--origin=origin",
        # In the clone's own settings: no setting of the user's is to turn line ends when others read it.
        "--config=core.autocrlf=false",
    )
    sizes = f"--filter=blob:limit={MAX_BYTES + 1}"
    try:
        git(None, "clone", *usual, "--depth=1", sizes, "--", source, str(folder))
    except GitProblem as error:
        if "does not support shallow" not in str(error):
            raise
        git(None, "clone", *usual, "--single-branch", "--", source, str(folder))
    info = folder / ".git" / "info"
    info.mkdir(exist_ok=True)
    (info / "attributes").write_text(_ATTRIBUTES, "utf-8")
    found = run(folder, "rev-parse", "--quiet", "--verify", "HEAD^{commit}")
    branch = _line(run(folder, "symbolic-ref", "--quiet", "--short", "HEAD").stdout)
    if found.returncode:
        if git(None, "ls-remote", "--heads", "--", source):
            raise GitProblem(f"its HEAD names {branch or 'a branch'}, which it does not have")
        return Clone(folder.resolve(), "", branch)
    _check_out(folder.resolve())
    return Clone(folder.resolve(), _line(found.stdout), branch)


def head_of(source: str) -> str:
    """The commit that *source*'s own branch is at, asked of the server alone; empty where there is none."""
    if source.startswith("-"):
        raise GitProblem(f"{source} is no address of a repository")
    return _line(git(None, "ls-remote", "--", source, "HEAD")).partition("\t")[0]


def tip_of(source: str, branch: str) -> str:
    """The commit that a branch of *source* is at; empty where there is no such branch."""
    return _line(git(None, "ls-remote", "--", source, f"refs/heads/{branch}")).partition("\t")[0]


def origin_of(folder: Path) -> str:
    """The address of the remote ``origin`` of the repository in *folder*.

    Its settings are read as a file: what they include is not followed, and nothing else of them counts.
    Raises GitProblem where there is no such remote.
    """
    config = _git_folder(folder) / "config"
    found = run(None, "config", "--file", str(config), "--no-includes", "--get", "remote.origin.url")
    address = os.fsdecode(found.stdout.rstrip(b"\n"))
    if not address:
        raise GitProblem(f"{folder} has no remote called origin")
    if "://" in address or ":" in address.partition("/")[0]:
        return address
    return str((folder / address).resolve())


def is_repository(folder: Path) -> bool:
    """Whether git has something in the folder: a work tree, or a repository without one."""
    return (folder / ".git").exists() or all((folder / name).exists() for name in ("HEAD", "objects", "refs"))


def _git_folder(folder: Path) -> Path:
    """Where the settings of a folder's repository lie, also those of an added work tree.

    gitrepository-layout(5): ``commondir``.
    """
    place = folder / ".git"
    if not place.exists():
        return folder.resolve()
    if place.is_file():
        place = folder / place.read_text("utf-8", "surrogateescape").removeprefix("gitdir:").strip()
        shared = place / "commondir"
        if shared.is_file():
            place /= shared.read_text("utf-8", "surrogateescape").strip()
    return place.resolve()


def push(clone: Path, branch: str, seen: str) -> None:
    """Push HEAD of *clone* to *branch* of where it came from, if that is still at *seen* ("": not there).

    Hooks of a folder that is pushed to do not run, and what is checked out there is not touched.
    Raises GitProblem with the server's reason where it refuses.
    """
    source = os.fsdecode(git(clone, "remote", "get-url", "origin").rstrip(b"\n"))
    receiver = (f"--receive-pack={_RECEIVE}",) if is_local(source) else ()
    ref = f"refs/heads/{branch}"
    options = ("--porcelain", "--no-verify", "--no-follow-tags", f"--force-with-lease={ref}:{seen}")
    done = run(clone, "push", *options, *receiver, "origin", f"HEAD:{ref}")
    if done.returncode:
        said = done.stdout.decode(errors="replace").splitlines()
        why = next((line.split("\t")[-1] for line in said if line.startswith("!")), "")
        words = last_words(done.stderr.decode(errors="replace")).removeprefix("fatal: ")
        raise GitProblem(f"git push: {why or words}")


def _check_out(root: Path) -> None:
    """Write the files of HEAD, but those whose bytes were not fetched."""
    git(root, "read-tree", "HEAD")
    listed = git(root, "rev-list", "--objects", "--missing=print", "--no-object-names", "HEAD")
    missing = {line[1:] for line in listed.split(b"\n") if line.startswith(b"?")}
    left_out = []
    if missing:
        for entry in git(root, "ls-files", "--stage", "-z").split(b"\0"):
            about, _, path = entry.partition(b"\t")
            if entry and about.split()[1] in missing:
                left_out.append(path)
        # Then git asks neither for the bytes nor whether the file has them.
        git(root, "update-index", "--skip-worktree", "-z", "--stdin", text=b"\0".join(left_out) + b"\0")
    git(root, "checkout-index", "--all", "--index", "--force", "--quiet")
    for path in left_out:
        _stand_in(root, Path(os.fsdecode(path)))


def _stand_in(root: Path, path: Path) -> None:
    """An empty stretch as large as nobody reads, where a file of the clone would be."""
    place = root / path
    if place.parent.resolve().is_relative_to(root):
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open("xb") as file:
            file.truncate(MAX_BYTES + 1)


def _line(output: bytes) -> str:
    return os.fsdecode(output).partition("\n")[0]
