"""A hostile repository executes nothing, reads nothing outside, prints no escape codes and no secrets."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from fleet import hostile
from source.git import committed, git
from uvmigrate.fleet.doing import do
from uvmigrate.fleet.job import Job, Wish, job_json, read_job
from uvmigrate.fleet.outcome import Outcome, to_json
from uvmigrate.fleet.targets import target

if TYPE_CHECKING:
    from pathlib import Path

    from uvmigrate.fleet.job import Mode

MIGRATES = {
    "Dockerfile": b"FROM python:3.11-slim\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\n",
    "requirements.txt": b"six==1.17.0\n",
}
LAUGHS = b"a0: &a0 [x, x]\n" + b"".join(
    b"a%d: &a%d [%s]\n" % (n, n, b", ".join([b"*a%d" % (n - 1)] * 9)) for n in range(1, 30)
)
SERVICES = b"services:\n  web:\n    build: .\n    labels: *a29\n"


def outcome(source: Path, tmp_path: Path, mode: Mode = "patches") -> Outcome:
    """What a repository comes to, in this process."""
    place = tmp_path / "place"
    place.mkdir()
    found = do(Job(target(str(source)), Wish(mode, lock=False), "", 60, 1 << 30), place)
    assert isinstance(found, Outcome)
    return found


@pytest.mark.parametrize("mode", ["report", "patches", "branch"])
def test_no_hook_setting_or_filter_of_it_is_executed(tmp_path: Path, mode: Mode) -> None:
    source, sign = tmp_path / "shop", tmp_path / "sign"
    module = f'[submodule "x"]\n\tpath = x\n\turl = ext::sh -c "touch% {sign}"\n'
    attributes = {".gitattributes": b"* filter=evil diff=evil merge=evil\n", ".gitmodules": module.encode()}
    committed(source, {**MIGRATES, **attributes})
    git(source, "update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},x")
    git(source, "commit", "-qm", "module")
    hostile.arm(source, sign)
    assert outcome(source, tmp_path, mode).status == "migrated"
    assert not sign.exists(), sign.read_text()


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("Dockerfile", "refused"),
        # The build goes on installing what it finds there, by `uv pip`.
        ("requirements.txt", "migrated"),
        ("uvmigrate.toml", "failed"),
        ("compose.yaml", "migrated"),
    ],
)
def test_a_link_that_leads_outside_is_not_read(tmp_path: Path, name: str, status: str) -> None:
    source, secret = tmp_path / "shop", tmp_path / "secret"
    secret.write_text("FROM python:3.11\nRUN pip install s3cret\n")
    committed(source, {**MIGRATES, "compose.yaml": b"services: {web: {build: .}}\n"})
    (source / name).unlink(missing_ok=True)
    (source / name).symlink_to(secret)
    git(source, "add", "-A")
    git(source, "commit", "-qm", "link")
    found = outcome(source, tmp_path)
    assert "s3cret" not in to_json(found)
    assert b"s3cret" not in found.series
    assert found.status == status, found.why


def test_names_move_no_terminal(tmp_path: Path) -> None:
    source = tmp_path / "shop"
    names = ("a\nb/Dockerfile", "\x1b[2J\x1b]0;owned\x07/Dockerfile", "‮gnp/Dockerfile")
    committed(source, dict.fromkeys(names, b"FROM conda\nRUN conda install \x1b[31m\n"))
    git(source, "checkout", "-q", "-b", "x‮y")
    found = outcome(source, tmp_path)
    texts = [found.why, found.default_branch, found.log]
    texts += [text for one in (*found.builds, *found.refusals) for text in one]
    assert [text for text in texts if not text.isprintable()] == []
    assert len(found.builds) + len(found.refusals) >= 3


def test_aliases_that_grow_without_end_take_no_memory(tmp_path: Path) -> None:
    source = tmp_path / "shop"
    committed(source, {**MIGRATES, "compose.yaml": LAUGHS + SERVICES})
    (tmp_path / "place").mkdir()
    job = Job(target(str(source)), Wish("patches", lock=False), "", 60, 400 << 20)
    program = (
        "import sys\nfrom pathlib import Path\nfrom uvmigrate.fleet.doing import do\n"
        "from uvmigrate.fleet.job import read_job\nfrom uvmigrate.fleet.limits import limit_memory\n"
        "from uvmigrate.fleet.outcome import to_json\njob = read_job(sys.argv[1])\n"
        "limit_memory(job.memory)\nprint(to_json(do(job, Path(sys.argv[2]))))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, job_json(job), str(tmp_path / "place")],
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert '"status": "migrated"' in done.stdout, done.stdout + done.stderr


def test_no_credential_of_it_is_said(tmp_path: Path) -> None:
    source = tmp_path / "shop"
    config = b"[global]\nextra-index-url = https://bob:s3cret@pkgs.acme.example/simple\n"
    committed(
        source,
        {
            **MIGRATES,
            "pip.conf": config,
            "Dockerfile": b"FROM python:3.11-slim\nCOPY pip.conf /etc/pip.conf\n"
            b"COPY requirements.txt .\nRUN pip install -r requirements.txt\n",
        },
    )
    found = outcome(source, tmp_path)
    assert found.refusals
    assert "s3cret" not in to_json(found._replace(series=b""))
    # What stands in the repository may stand in its own lines of a patch, and is written nowhere new.
    added = [line for line in found.series.splitlines() if line.startswith(b"+")]
    assert b"s3cret" not in b"\n".join(added)


def test_an_address_with_a_token_is_masked_in_what_is_said(tmp_path: Path) -> None:
    (tmp_path / "place").mkdir()
    address = "http://bob:s3cret@127.0.0.1:1/shop.git"
    found = do(Job(target(address), Wish(), "", 60, 1 << 30), tmp_path / "place")
    assert isinstance(found, Outcome)
    assert found.status == "failed"
    assert "s3cret" not in to_json(found)


def test_a_job_goes_through_a_pipe() -> None:
    wish = Wish("push", {"select": ("uv-switch",), "keep_uv": True}, 'ignore = ["x"]\n', dry_run=True)
    job = Job(target("https://a.example/x"), wish, "1234", 1.5, 1 << 30)
    assert read_job(job_json(job)) == job


def test_a_wrong_setting_of_it_is_its_own_failure(tmp_path: Path) -> None:
    committed(tmp_path / "shop", {**MIGRATES, "uvmigrate.toml": b"nonsense = 1\n"})
    found = outcome(tmp_path / "shop", tmp_path)
    assert (found.status, found.why) == ("failed", "uvmigrate.toml: no such setting: nonsense")


def test_a_file_that_nobody_reads_is_neither_fetched_nor_lost(tmp_path: Path) -> None:
    source = tmp_path / "shop"
    committed(source, MIGRATES)
    git(source, "config", "uploadpack.allowFilter", "true")
    with (source / "weights.bin").open("wb") as file:
        file.truncate(200 * 1024 * 1024)
    git(source, "config", "core.bigFileThreshold", "1m")
    git(source, "add", "-A")
    git(source, "commit", "-qm", "weights")
    found = outcome(source, tmp_path)
    assert found.status == "migrated"
    taken = sum(path.lstat().st_blocks * 512 for path in (tmp_path / "place").rglob("*"))
    assert taken < 4 * 1024 * 1024
    (tmp_path / "series").write_bytes(found.series)
    git(source, "am", "-q", "--keep-cr", str(tmp_path / "series"))
    assert (source / "weights.bin").stat().st_size == 200 * 1024 * 1024


def test_a_part_of_a_repository_gets_no_branch(tmp_path: Path) -> None:
    committed(tmp_path / "shop", {f"api/{name}": data for name, data in MIGRATES.items()})
    found = outcome(tmp_path / "shop" / "api", tmp_path, "branch")
    assert found.status == "failed"
    assert "a branch is of a whole repository" in found.why
