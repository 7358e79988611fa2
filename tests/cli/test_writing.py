"""`--write` and `--commit` leave what the patches say, or nothing at all."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from apply.failing import counted, killed_at
from apply.making import migration
from cli.conftest import BUILT_IN, ROOT, Console, Done, tree
from uvmigrate.apply import write

ALL = "--select=acme-label,acme-owner,acme-files"


def twin(root: Path) -> Path:
    return Path(shutil.copytree(root, root.with_name("twin"), symlinks=True))


def apply(git: Console, root: Path, patches: bytes) -> None:
    file = root.with_name("stream.patch")
    file.write_bytes(patches)
    git("-c", "core.autocrlf=false", "apply", "--allow-empty", "--whitespace=nowarn", str(file), cwd=root)


def error(done: Done, code: int) -> str:
    assert (done.returncode, done.stdout) == (code, b"")
    (line,) = done.stderr.decode().splitlines()
    return line.removeprefix("uvmigrate: error: ")


@pytest.fixture
def shop(repository: Path, git: Console) -> Path:
    """The repository with more to mind: CRLF, an open end, a file that may be run, bytes that are no text."""
    (repository / "crlf").mkdir()
    (repository / "crlf" / "Dockerfile").write_bytes(b"from scratch\r\nexpose 80\r\n")
    (repository / "open end").mkdir()
    (repository / "open end" / "Dockerfile").write_bytes(b"FROM scratch\n# caf\xe9")
    (repository / "open end" / "Dockerfile").chmod(0o755)
    git("add", "-A", cwd=repository)
    git("commit", "-q", "-m", "more", cwd=repository)
    return repository


@pytest.mark.parametrize("squash", [(), ("--squash",)])
@pytest.mark.parametrize("path", [".", "crlf", "open end/Dockerfile"])
def test_applying_the_diff_gives_the_same_tree_as_writing(
    uvmigrate: Console, git: Console, shop: Path, path: str, squash: tuple[str, ...]
) -> None:
    other = twin(shop)
    written = uvmigrate("--write", "--no-lock", ALL, path, cwd=shop)
    assert written.returncode == 0, written.stderr
    apply(git, other, uvmigrate("--diff", *squash, ALL, path, cwd=other).stdout)
    assert tree(other) == tree(shop)
    assert (
        b"LABEL owner=web"
        in (shop / path / "Dockerfile" if path in (".", "crlf") else shop / path).read_bytes()
    )


@pytest.mark.parametrize("name", ["fastapi-pip", "django-psycopg", "already-uv", "flask-uwsgi"])
def test_the_examples_are_the_same_applied_and_written_from_a_subfolder_of_a_repository(
    uvmigrate: Console, git: Console, tmp_path: Path, name: str
) -> None:
    root = tmp_path / "house"
    shutil.copytree(ROOT / "examples", root / "examples")
    git("init", "-q", cwd=root)
    git("add", "-A", cwd=root)
    git("commit", "-q", "-m", "first", cwd=root)
    other = twin(root)
    arguments = ("--ignore=acme-label,acme-owner", ".")
    patches = uvmigrate("--diff", *arguments, cwd=other / "examples" / name).stdout
    assert f"b/examples/{name}/Dockerfile\n".encode() in patches
    apply(git, other, patches)
    assert uvmigrate("--write", "--no-lock", *arguments, cwd=root / "examples" / name).returncode == 0
    assert tree(other) == tree(root)
    again = uvmigrate("--check", "--no-lock", *arguments, cwd=root / "examples" / name)
    assert (again.returncode, again.stdout) == (0, b"")


def test_what_was_written_is_listed_and_can_be_undone_as_it_says(
    uvmigrate: Console, git: Console, environment: dict[str, str], shop: Path
) -> None:
    before = tree(shop)
    done = uvmigrate("--write", ALL, cwd=shop)
    assert done.returncode == 0
    assert done.stdout.decode().splitlines() == [
        "changed Dockerfile (acme-label, acme-owner)",
        "changed api/Dockerfile (acme-label, acme-owner)",
        "changed crlf/Dockerfile (acme-label, acme-owner)",
        "created made/by acme.txt (acme-files)",
        "created made/empty (acme-files)",
        "deleted old.cfg (acme-files)",
        "changed open end/Dockerfile (acme-label, acme-owner)",
        "look at: ask https://***@acme.example about it",
    ]
    (hint,) = done.stderr.decode().splitlines()
    command = hint.removeprefix("uvmigrate: to undo: ")
    subprocess.run(["sh", "-c", command], cwd=shop, env=environment, check=True)
    assert tree(shop) == before


def test_each_codemod_is_a_commit(uvmigrate: Console, git: Console, shop: Path) -> None:
    done = uvmigrate("--commit", ALL, cwd=shop)
    assert done.returncode == 0, done.stderr
    assert done.stderr == b"uvmigrate: made 3 commits: `git log -p -3` shows them\n"
    assert git("log", "-3", "--format=%s", cwd=shop).stdout.decode().splitlines() == [
        "Move the settings",
        "Name the owner",
        "Label the images",
    ]
    assert git("status", "--porcelain", cwd=shop).stdout == b""
    again = uvmigrate("--commit", ALL, cwd=shop)
    assert (again.returncode, again.stdout, again.stderr) == (0, b"", b"uvmigrate: nothing to change\n")


def test_a_dirty_tree_is_not_committed(uvmigrate: Console, git: Console, shop: Path) -> None:
    (shop / "old.cfg").write_bytes(b"[changed]\n")
    before = tree(shop)
    message = error(uvmigrate("--commit", "--select=acme-label", cwd=shop), 4)
    assert "old.cfg" in message
    assert "commit or stash them first" in message
    assert tree(shop) == before
    assert git("log", "-1", "--format=%s", cwd=shop).stdout == b"more\n"


def test_a_read_only_tree_is_one_line_and_nothing_changed(environment: dict[str, str], shop: Path) -> None:
    before = tree(shop)
    (shop / "api").chmod(0o555)
    script = (
        "import os, sys\n"
        "from uvmigrate.cli.main import run\n"
        "import cli.acme, uvmigrate.apply, uvmigrate.plan\n"
        "uvmigrate.plan.load_catalogue = lambda: cli.acme.CATALOGUE\n"
        # The superuser may write everywhere, so the tool goes on as nobody, who owns all but one folder,
        # once it has imported what it needs.
        f"run(['--diff', '--output', os.devnull, '{ALL}'])\n"
        "if os.getuid() == 0: os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        f"sys.exit(run(['--write', '{ALL}']))\n"
    )
    if os.getuid() == 0:
        for path in (shop, *shop.rglob("*")):
            if path != shop / "api":
                os.chown(path, 65534, 65534)
        for folder in shop.parents:
            if folder.stat().st_uid == 0 and folder != folder.parent:
                folder.chmod(folder.stat().st_mode | 0o011)
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=shop, env=environment, capture_output=True, check=False
    )
    assert "api/Dockerfile" in error(done, 4)
    assert tree(shop) == before


def test_writing_makes_the_lock_with_the_pinned_version_and_a_second_run_is_a_noop(
    uvmigrate: Console, pip_project: Path
) -> None:
    done = uvmigrate("--write", BUILT_IN, cwd=pip_project)
    assert done.returncode == 0, done.stderr
    assert b"locked uv.lock\n" in done.stdout
    assert b'name = "six"\nversion = "1.17.0"\n' in (pip_project / "uv.lock").read_bytes()
    again = uvmigrate("--write", BUILT_IN, cwd=pip_project)
    assert (again.returncode, again.stdout, again.stderr) == (0, b"", b"uvmigrate: nothing to change\n")


def test_without_locking_the_lock_is_named_and_pending_and_a_check_asks_for_it(
    uvmigrate: Console, pip_project: Path
) -> None:
    done = uvmigrate("--write", "--no-lock", BUILT_IN, cwd=pip_project)
    assert done.returncode == 0
    assert b"uvmigrate: uv.lock is still to be locked: --write does it, or `uv lock` in .\n" in done.stderr
    assert not (pip_project / "uv.lock").exists()
    # Without it no image builds, and --write would make it.
    assert uvmigrate("--check", BUILT_IN, cwd=pip_project).returncode == 1
    assert uvmigrate("--check", "--no-lock", BUILT_IN, cwd=pip_project).returncode == 0


def test_a_lock_that_fails_shows_uvs_message_and_changes_nothing(
    uvmigrate: Console, pip_project: Path
) -> None:
    (pip_project / "requirements.txt").write_text("six==0.0.1\n")
    before = tree(pip_project)
    done = uvmigrate("--write", BUILT_IN, cwd=pip_project)
    assert (done.returncode, done.stdout) == (4, b"")
    message = done.stderr.decode().splitlines()[-1]
    assert message.startswith("uvmigrate: error: ")
    assert "six==0.0.1" in message
    assert tree(pip_project) == before


def test_an_interpreter_that_is_not_here_is_named(uvmigrate: Console, pip_project: Path) -> None:
    dockerfile = pip_project / "Dockerfile"
    dockerfile.write_text(re.sub(r"python:[0-9.]+", "python:3.7", dockerfile.read_text()))
    before = tree(pip_project)
    done = uvmigrate("--write", BUILT_IN, cwd=pip_project)
    assert done.returncode == 4
    assert b"3.7" in done.stderr.splitlines()[-1]
    assert tree(pip_project) == before


def test_without_uv_nothing_is_written(
    uvmigrate: Console, environment: dict[str, str], pip_project: Path, tmp_path: Path
) -> None:
    before = tree(pip_project)
    tools = tmp_path / "tools"
    tools.mkdir()
    git = shutil.which("git", path=environment["PATH"])
    assert git is not None
    (tools / "git").symlink_to(git)
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    # A package called uv that has no binary hides the real one.
    (hidden / "uv.py").write_text("def find_uv_bin():\n    raise FileNotFoundError('uv')\n")
    path = os.pathsep.join([str(hidden), environment["PYTHONPATH"]])
    done = uvmigrate("--write", BUILT_IN, cwd=pip_project, PATH=str(tools), PYTHONPATH=path)
    assert done.returncode == 4
    assert done.stderr.splitlines()[-1].startswith(b"uvmigrate: error: uv is missing")
    assert tree(pip_project) == before


def test_without_an_engine_no_lock_is_made_in_a_container_and_nothing_is_written(
    uvmigrate: Console, pip_project: Path
) -> None:
    before = tree(pip_project)
    nowhere = {"DOCKER_HOST": "unix:///nowhere/docker.sock"}
    done = uvmigrate("--write", "--lock-in-container", BUILT_IN, cwd=pip_project, **nowhere)
    assert error(done, 4).startswith("no container engine answers (")
    assert tree(pip_project) == before


def test_a_lock_is_either_made_somewhere_or_not(uvmigrate: Console, pip_project: Path) -> None:
    done = uvmigrate("--write", "--no-lock", "--lock-in-container", cwd=pip_project)
    said = "--no-lock and --lock-in-container exclude each other (see uvmigrate --help)"
    assert error(done, 2) == said


@pytest.mark.parametrize("mode", [(), ("--check",), ("--diff",), ("--write", "--no-lock")])
def test_what_a_killed_run_left_is_put_back_before_anything_is_read(
    uvmigrate: Console, git: Console, repository: Path, mode: tuple[str, ...]
) -> None:
    other = twin(repository)
    expected = uvmigrate(*mode, ALL, cwd=other)
    plan = migration(repository, {"Dockerfile": b"FROM half\n", "old.cfg": b"[half]\n"})
    with counted(lambda *_: None) as calls:
        write(plan, {})
    git("checkout", "--", ".", cwd=repository)
    git("clean", "-fdq", cwd=repository)
    second = [number for number, name in enumerate(calls.names, start=1) if name == "replace"][1]
    assert killed_at(second, lambda: write(plan, {}))
    assert (repository / "Dockerfile").read_bytes() == b"FROM half\n"
    done = uvmigrate(*mode, ALL, cwd=repository)
    told = b"uvmigrate: put back what a run left that was killed: Dockerfile\n"
    assert (done.returncode, done.stdout) == (expected.returncode, expected.stdout)
    assert done.stderr == told + expected.stderr
    assert tree(repository) == tree(other)


def test_a_run_does_not_read_what_another_is_writing(uvmigrate: Console, repository: Path) -> None:
    with (repository / ".git/uvmigrate-journal").open("x") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        for mode in ("--check", "--write"):
            line = error(uvmigrate(mode, ALL, cwd=repository), 4)
            assert re.fullmatch(r"another uvmigrate is writing here \(.*\): nothing was written: .*", line)
