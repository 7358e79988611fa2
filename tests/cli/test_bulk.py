"""Many repositories on a real git server: each ends once, whatever happens on the way."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from cli import many
from cli.conftest import BUILT_IN, tree
from cli.pseudo import Terminal
from fleet.dask import cluster
from fleet.servers import free_port, git_daemon, silent_server
from source.git import committed, git
from uvmigrate.fleet.targets import target

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cli.conftest import Console

#: No index is asked in these tests.
USUAL = (BUILT_IN, "--no-lock")
BRANCH = "uvmigrate/migrate"


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """The folder of a git server's repositories, and its address."""
    (tmp_path / "git").mkdir()
    with git_daemon(tmp_path / "git") as address:
        yield tmp_path / "git", address


def exported(uvmigrate: Console, folder: Path) -> dict[str, dict[str, Any]]:
    """What the state knows, by the last part of each name."""
    done = uvmigrate("bulk", "export", cwd=folder)
    assert done.returncode == 0, done.stderr
    return {one["name"].rpartition("/")[2]: one for one in json.loads(done.stdout)["repositories"]}


def tip(bare: Path) -> str:
    return git(bare, "for-each-ref", "--format=%(objectname)", f"refs/heads/{BRANCH}").strip()


def test_forty_repositories_end_once_each_though_the_run_is_killed_twice(
    served: tuple[Path, str], environment: dict[str, str], uvmigrate: Console, tmp_path: Path
) -> None:
    root, address = served
    kinds = {f"{number:02}-{kind}": kind for number, kind in enumerate([*many.KINDS] * 3) if number < 40}
    for name, kind in kinds.items():
        many.serve(root, name, kind)
    (tmp_path / "all.txt").write_text("".join(f"{address}/{name}.git\n" for name in kinds))
    arguments = ["bulk", "--file", "all.txt", "--push", "--jobs", "2", *USUAL]
    codes, said = many.killed_and_continued(arguments, (9, 22), tmp_path, environment)
    assert codes == [-signal.SIGKILL, -signal.SIGKILL, 1]
    found = exported(uvmigrate, tmp_path)
    assert {name: one["status"] for name, one in found.items()} == {
        name: many.KINDS[kind] for name, kind in kinds.items()
    }
    told = Counter(line.split(": ")[1].rpartition("/")[2] for line in said if address[6:] in line)
    assert set(told.values()) == {1}, told
    for name, kind in kinds.items():
        assert bool(tip(root / f"{name}.git")) == (many.KINDS[kind] == "migrated" or kind == "person"), name
        if many.KINDS[kind] == "migrated":
            assert found[name]["tip"] in ("", tip(root / f"{name}.git"))
    # Nothing works on for a run that was killed.
    assert not [line for line in processes() if str(tmp_path) in line]


def processes() -> list[str]:
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    return [line for line in listed.splitlines() if "clone" in line]


def test_a_finished_run_does_only_what_changed(
    served: tuple[Path, str], uvmigrate: Console, tmp_path: Path
) -> None:
    root, address = served
    for name in ("one", "two"):
        many.serve(root, name, "migrates")
    run = ["bulk", f"{address}/one.git", f"{address}/two", "--output", "patches", *USUAL]
    assert uvmigrate(*run, cwd=tmp_path).returncode == 0
    before = exported(uvmigrate, tmp_path)
    again = uvmigrate(*run, cwd=tmp_path)
    assert again.stderr.count(b": unchanged") == 2
    assert exported(uvmigrate, tmp_path) == before
    work = tmp_path / "work" / "two"
    (work / "Dockerfile").write_bytes(b"FROM scratch\n")
    git(work, "commit", "-qam", "no Python any more")
    git(work, "push", "-q", str(root / "two.git"), "HEAD")
    third = uvmigrate(*run, cwd=tmp_path)
    assert third.stderr.count(b": unchanged") == 1
    assert b"2 repositories: 1 migrated, 1 noop" in third.stdout
    # The series of what changes no more is no longer there to be applied by mistake.
    [patch] = (path for path in (tmp_path / "patches").rglob("*") if path.is_file())
    assert patch.name.startswith("one-")
    other = uvmigrate(*run, "--ignore", "multi-stage", cwd=tmp_path)
    assert other.stderr.count(b": unchanged") == 0


def test_retry_does_what_failed_again_and_in_the_same_way(
    served: tuple[Path, str], uvmigrate: Console, tmp_path: Path
) -> None:
    root, address = served
    many.serve(root, "shop", "rejecting")
    many.serve(root, "blog", "noop")
    run = ["bulk", f"{address}/shop", f"{address}/blog", "--push", "--ignore", "multi-stage", *USUAL]
    first = uvmigrate(*run, cwd=tmp_path)
    assert first.returncode == 1
    assert b"pre-receive hook declined" in first.stdout
    status = uvmigrate("bulk", "status", cwd=tmp_path).stdout.decode()
    assert "2 repositories: 1 noop, 1 failed" in status
    slowest = re.findall(r"^ +([0-9.]+) s  (\S+)$", status.partition("\nslowest:\n")[2], re.MULTILINE)
    assert sorted(name.rpartition("/")[2] for _, name in slowest) == ["blog", "shop"]
    assert float(slowest[0][0]) >= float(slowest[1][0])
    (root / "shop.git" / "hooks" / "pre-receive").unlink()
    second = uvmigrate("bulk", "retry", "--where", "failed", cwd=tmp_path)
    assert (second.returncode, second.stdout) == (0, b"1 repository: 1 migrated\n")
    assert b"blog" not in second.stderr
    assert "multi-stage" not in exported(uvmigrate, tmp_path)["shop"]["codemods"]
    assert tip(root / "shop.git") == exported(uvmigrate, tmp_path)["shop"]["tip"]
    assert uvmigrate("bulk", "retry", "--where", "failed", cwd=tmp_path).returncode == 0
    assert uvmigrate("bulk", "retry", "--where", "nonsense", cwd=tmp_path).returncode == 2


def test_a_dry_run_says_what_would_be_pushed_where(
    served: tuple[Path, str], uvmigrate: Console, tmp_path: Path
) -> None:
    root, address = served
    many.serve(root, "shop", "migrates")
    many.serve(root, "mine", "person")
    run = ("bulk", f"{address}/shop", f"{address}/mine", "--push", *USUAL)
    before = tip(root / "mine.git")
    done = uvmigrate(*run, "--dry-run", cwd=tmp_path)
    assert f"would be pushed to {BRANCH} of {address}/shop" in done.stderr.decode()
    assert b"has a commit that is not ours" in done.stdout
    assert (tip(root / "shop.git"), tip(root / "mine.git")) == ("", before)
    # What was only tried is done then.
    uvmigrate(*run, cwd=tmp_path)
    assert tip(root / "shop.git")
    assert tip(root / "mine.git") == before


def test_a_series_of_mails_is_applied_by_git_am(uvmigrate: Console, tmp_path: Path) -> None:
    crlf = {path: data.replace(b"\n", b"\r\n") for path, data in many.MIGRATES.items()}
    committed(tmp_path / "shop", crlf)
    done = uvmigrate("bulk", "shop", "--output", "patches", *USUAL, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    [patch] = (tmp_path / "patches").iterdir()
    assert exported(uvmigrate, tmp_path)["shop"]["patch"] == str(patch)
    before = git(tmp_path / "shop", "rev-parse", "HEAD")
    assert git(tmp_path / "shop", "status", "--porcelain") == ""
    git(tmp_path / "shop", "am", "-q", "--keep-cr", str(patch))
    codemods = exported(uvmigrate, tmp_path)["shop"]["codemods"]
    subjects = git(tmp_path / "shop", "log", "--format=%b", f"{before.strip()}..").splitlines()
    named = [line.split()[1] for line in subjects if line.startswith("Codemod: ")]
    assert named[::-1] == codemods
    assert b"\r\n" in (tmp_path / "shop" / "Dockerfile").read_bytes()


def test_a_branch_is_made_in_a_folder_and_nothing_else_is_touched(uvmigrate: Console, tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    committed(shop, many.MIGRATES)
    (shop / "Dockerfile").write_bytes(b"FROM scratch\n")
    (shop / "notes").write_bytes(b"mine\n")
    before, files = git(shop, "rev-parse", "HEAD"), tree(shop)
    done = uvmigrate("bulk", "shop", "--branch", *USUAL, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (git(shop, "rev-parse", "HEAD"), tree(shop)) == (before, files)
    # The last commit counts, and not what somebody is working on.
    assert "uv sync" in git(shop, "show", f"{BRANCH}:Dockerfile")
    git(shop, "checkout", "-q", "--", "Dockerfile")
    git(shop, "checkout", "-q", BRANCH)


def test_the_lock_is_part_of_the_branch_and_one_that_cannot_be_made_is_a_failure(
    uvmigrate: Console, tmp_path: Path
) -> None:
    committed(tmp_path / "shop", many.MIGRATES)
    committed(tmp_path / "blog", {**many.MIGRATES, "requirements.txt": b"six==99.0.0\n"})
    done = uvmigrate("bulk", "shop", "blog", "--branch", BUILT_IN, cwd=tmp_path)
    assert b'name = "six"' in git(tmp_path / "shop", "show", f"{BRANCH}:uv.lock").encode()
    assert b"2 repositories: 1 migrated, 1 failed" in done.stdout
    found = exported(uvmigrate, tmp_path)["blog"]
    assert "uv lock" in found["why"]
    assert found["builds"][0]["status"] == "migrated"
    assert BRANCH not in git(tmp_path / "blog", "branch")
    # The locks of the two may be made at once.
    again = uvmigrate("bulk", "retry", "--where", "migrated", "--where", "failed", cwd=tmp_path)
    assert b"shop: migrated" in again.stderr
    assert f"is already on {BRANCH}" in again.stderr.decode()


def test_a_folder_is_pushed_to_its_origin(
    served: tuple[Path, str], uvmigrate: Console, tmp_path: Path
) -> None:
    root, address = served
    many.serve(root, "shop", "migrates")
    git(tmp_path, "clone", "-q", f"{address}/shop", "mine")
    (tmp_path / "mine" / "private").write_bytes(b"not yet\n")
    git(tmp_path / "mine", "add", "private")
    git(tmp_path / "mine", "commit", "-qm", "not pushed")
    assert uvmigrate("bulk", "mine", "--push", *USUAL, cwd=tmp_path).returncode == 0
    assert "private" not in git(root / "shop.git", "ls-tree", "-r", "--name-only", BRANCH)
    assert BRANCH not in git(tmp_path / "mine", "branch", "--all")


def test_a_folder_without_git_is_reported_and_never_written(uvmigrate: Console, tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    for name, data in many.MIGRATES.items():
        (tmp_path / "plain" / name).write_bytes(data)
    before = tree(tmp_path / "plain")
    assert b"1 migrated" in uvmigrate("bulk", "plain", *USUAL, cwd=tmp_path).stdout
    done = uvmigrate("bulk", "plain", "--output", "patches", *USUAL, cwd=tmp_path)
    assert (done.returncode, tree(tmp_path / "plain")) == (1, before)
    assert b"has no git repository" in done.stdout


def test_ctrl_c_leaves_a_state_that_goes_on(
    environment: dict[str, str], uvmigrate: Console, tmp_path: Path
) -> None:
    committed(tmp_path / "shop", {"Dockerfile": b"FROM scratch\n"})
    with silent_server() as address:
        arguments = ["bulk", "shop", f"{address}/x", f"{address}/y", "--jobs", "1", *USUAL]
        with subprocess.Popen(
            [sys.executable, "-m", "uvmigrate", *arguments],
            cwd=tmp_path,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as run:
            assert run.stderr is not None
            assert ": noop:" in run.stderr.readline()
            run.send_signal(signal.SIGINT)
            _, rest = run.communicate(timeout=30)
        assert (run.returncode, "the same command goes on from here" in rest) == (130, True)
    assert Counter(one["status"] for one in exported(uvmigrate, tmp_path).values()) == {"noop": 1, None: 2}
    end = time.monotonic() + 20
    while [line for line in processes() if address in line]:
        assert time.monotonic() < end
        time.sleep(0.1)
    again = uvmigrate(*arguments, cwd=tmp_path)
    assert b"going on: 1 of 3 repositories were done already" in again.stderr
    assert b"3 repositories: 1 noop, 2 failed" in again.stdout


def test_what_needs_migrating_and_was_refused_is_an_exit_code(uvmigrate: Console, tmp_path: Path) -> None:
    committed(tmp_path / "conda", {"Dockerfile": many.CONDA})
    assert uvmigrate("bulk", "conda", *USUAL, cwd=tmp_path).returncode == 0
    assert uvmigrate("bulk", "conda", "--strict", *USUAL, cwd=tmp_path).returncode == 3
    found = exported(uvmigrate, tmp_path)["conda"]
    code = found["refusals"][0]["code"]
    assert found["status"] == "refused"
    assert f"1  {code}" in uvmigrate("bulk", "status", cwd=tmp_path).stdout.decode()
    assert b"1 refused" in uvmigrate("bulk", "retry", "--where", code, cwd=tmp_path).stdout


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ([], 2, "there is no target"),
        (["nowhere"], 2, "neither a folder nor the address of a repository"),
        (["ext::sh -c evil"], 2, "neither a folder nor the address of a repository"),
        (["github:acme", "--file", "missing"], 2, "missing: No such file"),
        (["shop", "--branch", "--push"], 2, "exclude each other"),
        (["shop", "--dry-run"], 2, "goes with --branch, --push or --pr"),
        (["https://a.example/x", "--branch"], 2, "is an address: use --push"),
        (["shop", "--memory", "much"], 2, "is no size like 512M or 2G"),
        (["shop", "--memory", "9999999T"], 2, "is no size like 512M or 2G"),
        (["shop", "--timeout", "nan"], 2, "--timeout"),
        (["shop", "--timeout", "1000000"], 2, "--timeout"),
        (["shop", "--jobs", "0"], 2, "--jobs"),
        (["shop", "--push", "--label", "uv"], 2, "--label goes with --pr"),
        (["shop", "--reviewer", "ann"], 2, "--reviewer goes with --pr"),
        (["shop", "--draft"], 2, "--draft goes with --pr"),
        (["retry", "--where", "failed"], 2, "uvmigrate-bulk.db: there is no such state"),
        (["shop", "--select", "nonsense"], 2, "nonsense"),
        (["shop", "--config", "missing.toml"], 2, "missing.toml"),
        (["shop", "--state", "shop/Dockerfile"], 2, "not a database"),
        (["status", "--state", "missing.db"], 2, "there is no such state"),
        (["export", "--state", "missing.db"], 2, "there is no such state"),
    ],
)
def test_what_cannot_be_followed_is_said_before_anything_is_done(
    uvmigrate: Console, tmp_path: Path, arguments: list[str], code: int, said: str
) -> None:
    committed(tmp_path / "shop", {"Dockerfile": b"FROM scratch\n# not a state\n" * 100})
    done = uvmigrate("bulk", *arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (code, b"")
    assert said in done.stderr.decode()
    assert done.stderr.count(b"\n") == 1
    assert not (tmp_path / "uvmigrate-bulk.db").exists()


def test_nobody_pushes_where_git_does_not_know_who(uvmigrate: Console, tmp_path: Path) -> None:
    committed(tmp_path / "shop", many.MIGRATES)
    (tmp_path / "config").write_text("[user]\n\tuseConfigOnly = true\n")
    unknown = {f"GIT_{role}_{what}": "" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    done = uvmigrate(
        "bulk",
        "shop",
        "--branch",
        *USUAL,
        cwd=tmp_path,
        GIT_CONFIG_GLOBAL=str(tmp_path / "config"),
        **unknown,
    )
    assert done.returncode == 4
    assert b"set user.name and user.email" in done.stderr


def test_nothing_is_done_without_git(uvmigrate: Console, tmp_path: Path) -> None:
    committed(tmp_path / "shop", many.MIGRATES)
    done = uvmigrate("bulk", "shop", *USUAL, cwd=tmp_path, PATH=str(tmp_path))
    assert done.returncode == 4
    assert done.stderr == b"uvmigrate: error: git does not run: No such file or directory\n"


def test_a_full_disk_ends_the_run_which_goes_on_later(uvmigrate: Console, tmp_path: Path) -> None:
    committed(tmp_path / "shop", many.MIGRATES)
    out = tmp_path / "out"
    out.mkdir()
    name = f"{target(str(tmp_path / 'shop')).file_name}.patch"
    (out / f"{name}.new").symlink_to("/dev/full")
    done = uvmigrate("bulk", "shop", "--output", "out", *USUAL, cwd=tmp_path)
    said = f"uvmigrate: error: {out / name}: No space left on device: the same command goes on from here\n"
    assert (done.returncode, done.stderr.decode()) == (4, said)
    assert exported(uvmigrate, tmp_path)["shop"]["status"] is None
    done = uvmigrate("bulk", "shop", "--output", "out", *USUAL, cwd=tmp_path)
    assert (done.returncode, [path.name for path in out.iterdir()]) == (0, [name])


def test_a_state_that_is_damaged_is_said_to_be(uvmigrate: Console, tmp_path: Path) -> None:
    committed(tmp_path / "shop", many.MIGRATES)
    assert uvmigrate("bulk", "shop", *USUAL, cwd=tmp_path).returncode == 0
    state = tmp_path / "uvmigrate-bulk.db"
    data = bytearray(state.read_bytes())
    for place in range(4096, len(data), 4096):
        data[place : place + 200] = b"\xff" * 200
    state.write_bytes(data)
    for command in ("status", "export"):
        done = uvmigrate("bulk", command, cwd=tmp_path)
        assert (done.returncode, done.stdout) == (2, b"")
        assert b"uvmigrate-bulk.db: cannot be read: database disk image is malformed" in done.stderr
        assert done.stderr.count(b"\n") == 1


def test_an_organisation_has_settings_for_all(uvmigrate: Console, tmp_path: Path) -> None:
    committed(tmp_path / "shop", many.MIGRATES)
    (tmp_path / "acme.toml").write_text('ignore = ["multi-stage", "acme-label", "acme-owner"]\n')
    uvmigrate("bulk", "shop", "--config", "acme.toml", cwd=tmp_path)
    first = exported(uvmigrate, tmp_path)["shop"]["codemods"]
    assert "multi-stage" not in first
    (tmp_path / "acme.toml").write_text('ignore = ["acme-label", "acme-owner"]\n')
    done = uvmigrate("bulk", "shop", "--config", "acme.toml", cwd=tmp_path)
    assert b"unchanged" not in done.stderr
    assert "multi-stage" in exported(uvmigrate, tmp_path)["shop"]["codemods"]


def test_tables_hold_no_formula_and_no_markup(uvmigrate: Console, tmp_path: Path) -> None:
    committed(tmp_path / "=cmd|a", {"Dockerfile": b"FROM scratch\n"})
    committed(tmp_path / "conda", {"=1+1|`x`.Dockerfile": many.CONDA})
    uvmigrate("bulk", "=cmd|a", "conda", *USUAL, cwd=tmp_path)
    table = uvmigrate("bulk", "export", "--format", "csv", "--output", "all.csv", cwd=tmp_path)
    assert (table.returncode, table.stdout) == (0, b"")
    head, *lines = (tmp_path / "all.csv").read_text().splitlines()
    assert head.startswith("name,status,why,")
    assert len(lines) == 2
    assert not [line for line in lines if ",=" in line or line.startswith("=")]
    page = uvmigrate("bulk", "export", "--format", "html", cwd=tmp_path).stdout.decode()
    assert "<h1>2 repositories</h1>" in page
    markdown = uvmigrate("bulk", "export", "--format", "markdown", cwd=tmp_path).stdout.decode()
    assert "2 repositories: 1 refused, 1 noop" in markdown
    assert "=cmd\\|a`" in markdown


def test_a_cluster_does_the_same_and_may_lose_a_worker(
    served: tuple[Path, str], environment: dict[str, str], uvmigrate: Console, tmp_path: Path
) -> None:
    root, address = served
    kinds = {f"{number:02}-{kind}": kind for number, kind in enumerate([*many.KINDS] * 2) if kind != "crlf"}
    for name, kind in kinds.items():
        many.serve(root, name, kind)
    (tmp_path / "all.txt").write_text("".join(f"{address}/{name}.git\n" for name in kinds))
    with cluster(2, environment) as dask:
        arguments = ["bulk", "--file", "all.txt", "--push", "--output", "out", "--dask", dask.address, *USUAL]
        with subprocess.Popen(
            [sys.executable, "-m", "uvmigrate", *arguments],
            cwd=tmp_path,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as run:
            assert run.stderr is not None
            said = [run.stderr.readline() for _ in range(5)]
            dask.workers[0].kill()
            said += run.communicate(timeout=240)[1].splitlines(keepends=True)
    assert run.returncode == 1, said
    found = exported(uvmigrate, tmp_path)
    assert {name: one["status"] for name, one in found.items()} == {
        name: many.KINDS[kind] for name, kind in kinds.items()
    }
    for name, kind in kinds.items():
        assert bool(tip(root / f"{name}.git")) == (many.KINDS[kind] == "migrated" or kind == "person"), name
        assert bool(found[name]["patch"]) == (
            many.KINDS[kind] == "migrated" or kind in ("person", "rejecting")
        )


def test_a_cluster_that_is_not_there_is_said(uvmigrate: Console, tmp_path: Path) -> None:
    committed(tmp_path / "shop", {"Dockerfile": b"FROM scratch\n"})
    done = uvmigrate("bulk", "shop", "--dask", f"tcp://127.0.0.1:{free_port()}", *USUAL, cwd=tmp_path)
    assert done.returncode == 4
    assert b"no scheduler of Dask answers at tcp://127.0.0.1" in done.stderr
    assert b"Traceback" not in done.stderr
    wrong = uvmigrate("bulk", "shop", "--dask", "nonsense://x", *USUAL, cwd=tmp_path)
    assert wrong.returncode == 4
    assert b"Traceback" not in wrong.stderr


def test_a_terminal_shows_a_bar_with_counts_and_no_line_a_repository(
    environment: dict[str, str], tmp_path: Path
) -> None:
    for number in range(12):
        committed(tmp_path / f"shop{number}", {"Dockerfile": b"FROM scratch\n" if number % 2 else many.CONDA})
    names = [f"shop{number}" for number in range(12)]
    with Terminal.of("bulk", *names, *USUAL, cwd=tmp_path, env=environment, size=(24, 100)) as terminal:
        assert terminal.end()[0] == 0
    # rich's colours and moves of the cursor.
    shown = re.sub(r"\x1b\[[\d;?]*[a-zA-Z]", "", terminal.written)
    assert "12/12" in shown
    assert "6 refused  6 noop" in shown
    assert "12 repositories: 6 refused, 6 noop" in shown
    assert "shop1:" not in shown


def test_a_terminal_without_letters_beyond_ascii_gets_none(
    environment: dict[str, str], tmp_path: Path
) -> None:
    names = [f"shop{number}" for number in range(3)]
    for name in names:
        committed(tmp_path / name, {"Dockerfile": many.CONDA})
    ascii_only = environment | {"LC_ALL": "C"}
    with Terminal.of("bulk", *names, *USUAL, cwd=tmp_path, env=ascii_only, size=(24, 100)) as terminal:
        assert terminal.end()[0] == 0
    assert "3/3" in terminal.written
    assert terminal.written.isascii(), ascii(terminal.written)
