"""What each mode prints, where, and how it ends."""

from __future__ import annotations

import json
import os
import re
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from cli.conftest import Console

ALL = "--select=acme-label,acme-owner,acme-files"


def test_without_an_option_the_plan_is_shown_and_nothing_is_written(
    uvmigrate: Console, git: Console, repository: Path
) -> None:
    done = uvmigrate(ALL, cwd=repository)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.startswith(b"Dockerfile: noop\n")
    assert b"\n3. acme-files (opt-in): Move the settings\n" in done.stdout
    # Without what was typed it would be another plan.
    assert done.stdout.endswith(
        f"To apply them:        uvmigrate --write {ALL.replace('=', ' ')} .\n".encode()
    )
    assert git("status", "--porcelain", cwd=repository).stdout == b""


def test_the_path_limits_which_dockerfiles_are_planned(uvmigrate: Console, repository: Path) -> None:
    files = {}
    for path in (".", "api", "api/Dockerfile"):
        done = uvmigrate("--select=acme-label", "--format=json", path, cwd=repository)
        document = json.loads(done.stdout)
        assert document["root"] == str(repository)
        files[path] = [build["dockerfile"] for build in document["builds"]]
    assert files == {
        ".": ["Dockerfile", "api/Dockerfile"],
        "api": ["api/Dockerfile"],
        "api/Dockerfile": ["api/Dockerfile"],
    }


def test_from_within_a_folder_paths_are_still_those_of_the_git_root(
    uvmigrate: Console, repository: Path
) -> None:
    done = uvmigrate("--diff", "--select=acme-label", cwd=repository / "api")
    assert b"diff --git a/api/Dockerfile b/api/Dockerfile\n" in done.stdout
    assert b"a/Dockerfile b/Dockerfile" not in done.stdout


@pytest.mark.parametrize(
    "name", ["my  shop", "it's $HOME", "new\nline", "-q", "no\udcff\u202etext", "explain", "a\\'\tb"]
)
def test_what_it_says_is_to_be_typed_can_be_typed(
    name: str, uvmigrate: Console, git: Console, repository: Path
) -> None:
    git("mv", "--", "api", f"./{name}", cwd=repository)
    done = uvmigrate(ALL, "--", f"./{name}", cwd=repository)
    [line] = re.findall(rb"^To apply them: +uvmigrate (.*)$", done.stdout, re.MULTILINE)
    words = subprocess.run(
        ["bash", "-c", b"printf '%s\\0' " + line], cwd=repository, capture_output=True, check=True
    ).stdout.split(b"\0")[:-1]
    written = uvmigrate(*map(os.fsdecode, words), cwd=repository)
    assert (written.returncode, written.stderr.partition(b"uvmigrate: to undo")[0]) == (0, b"")
    assert b"acme-label" in written.stdout
    assert line.decode().isprintable()


def test_a_path_that_is_called_like_a_command_is_written_with_a_dot(
    uvmigrate: Console, tmp_path: Path
) -> None:
    (tmp_path / "explain").mkdir()
    (tmp_path / "explain" / "Dockerfile").write_text("FROM scratch\n")
    done = uvmigrate("./explain", "--ignore=acme-label,acme-owner", cwd=tmp_path)
    assert done.stdout.startswith(b"Dockerfile: noop\n")


def test_settings_are_those_of_the_git_root(uvmigrate: Console, repository: Path) -> None:
    (repository / "uvmigrate.toml").write_text('select = ["acme-owner"]\n')
    done = uvmigrate("--check", cwd=repository / "api")
    assert done.stdout == b"would change api/Dockerfile (acme-owner)\n"


def test_the_command_line_wins_over_the_repository_which_wins_over_the_config(
    uvmigrate: Console, repository: Path, tmp_path: Path
) -> None:
    config = tmp_path / "acme.toml"
    config.write_text('select = ["acme-owner"]\nignore = ["acme-files"]\n')
    arguments = ("--check", "--config", str(config), "api")
    assert uvmigrate(*arguments, cwd=repository).stdout == b"would change api/Dockerfile (acme-owner)\n"
    (repository / "uvmigrate.toml").write_text('select = ["acme-label"]\n')
    assert uvmigrate(*arguments, cwd=repository).stdout == b"would change api/Dockerfile (acme-label)\n"
    both = uvmigrate(*arguments, "--select=acme-owner", "--select", "acme-label,acme-files", cwd=repository)
    assert both.stdout == b"would change api/Dockerfile (acme-label, acme-owner)\n"


def test_check_prints_one_line_a_file_and_exits_1(uvmigrate: Console, git: Console, repository: Path) -> None:
    done = uvmigrate("--check", ALL, cwd=repository)
    assert (done.returncode, done.stderr) == (1, b"")
    assert done.stdout.decode().splitlines() == [
        "would change Dockerfile (acme-label, acme-owner)",
        "would change api/Dockerfile (acme-label, acme-owner)",
        "would create made/by acme.txt (acme-files)",
        "would create made/empty (acme-files)",
        "would delete old.cfg (acme-files)",
    ]
    assert git("status", "--porcelain", cwd=repository).stdout == b""


def test_check_exits_0_where_nothing_would_change(uvmigrate: Console, repository: Path) -> None:
    (repository / "old.cfg").unlink()
    done = uvmigrate("--check", "--select=acme-files", cwd=repository)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"uvmigrate: nothing to change\n")


def test_check_in_another_form_still_exits_1(uvmigrate: Console, repository: Path) -> None:
    done = uvmigrate("--check", "--format=json", "--select=acme-label", cwd=repository)
    assert done.returncode == 1
    assert len(json.loads(done.stdout)["steps"]) == 1


def test_refusals_are_said_beside_a_diff_with_their_secrets_masked(
    uvmigrate: Console, repository: Path
) -> None:
    (repository / "Dockerfile").write_text("FROM scratch\nLABEL none\n")
    done = uvmigrate("--diff", "--select=acme-label", cwd=repository)
    assert (done.returncode, done.stdout) == (0, b"")
    assert done.stderr.decode().splitlines() == [
        "uvmigrate: nothing to change",
        "uvmigrate: refused: Dockerfile:2 acme-unlabelled: see https://***@acme.example for why; "
        "take LABEL none away",
    ]


def test_strict_exits_3_after_a_refusal_and_1_wins_over_it(uvmigrate: Console, repository: Path) -> None:
    (repository / "Dockerfile").write_text("FROM scratch\nLABEL none\n")
    assert uvmigrate("--select=acme-label", cwd=repository).returncode == 0
    assert uvmigrate("--select=acme-label", "--strict", cwd=repository).returncode == 3
    assert uvmigrate("--select=acme-label", "--strict", "--check", cwd=repository).returncode == 3
    changing = "--select=acme-label,acme-owner"
    assert uvmigrate(changing, "--strict", "--check", cwd=repository).returncode == 1


def test_what_a_comment_keeps_is_no_failure_of_strict(uvmigrate: Console, repository: Path) -> None:
    (repository / "Dockerfile").write_text("# uvmigrate: ignore why not\nFROM scratch\n")
    assert uvmigrate("--select=acme-label", "--strict", "Dockerfile", cwd=repository).returncode == 0


def test_squash_prints_each_file_once(uvmigrate: Console, repository: Path) -> None:
    series = uvmigrate("--diff", ALL, cwd=repository).stdout
    squashed = uvmigrate("--diff", "--squash", ALL, cwd=repository).stdout
    assert series.count(b"diff --git a/Dockerfile ") == 2
    assert squashed.count(b"diff --git a/Dockerfile ") == 1
    assert squashed == uvmigrate("--format=patch", "--squash", ALL, cwd=repository).stdout


@pytest.mark.parametrize("form", ["text", "json", "patch"])
def test_output_goes_to_a_file_byte_for_byte(
    uvmigrate: Console, repository: Path, form: str, tmp_path: Path
) -> None:
    (repository / "Dockerfile").write_bytes(b"FROM scratch\n# caf\xe9\n")
    printed = uvmigrate(f"--format={form}", ALL, cwd=repository)
    done = uvmigrate(f"--format={form}", f"--output={tmp_path / 'out'}", ALL, cwd=repository)
    assert (done.returncode, done.stdout) == (0, b"")
    assert (tmp_path / "out").read_bytes() == printed.stdout
    assert printed.stdout


def test_a_folder_without_a_dockerfile_is_no_error(uvmigrate: Console, tmp_path: Path) -> None:
    done = uvmigrate(cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, b"There is no Dockerfile in .: nothing to do.\n")
    for mode in ("--diff", "--check", "--write"):
        done = uvmigrate(mode, cwd=tmp_path)
        assert (done.returncode, done.stdout) == (0, b"")
        assert done.stderr == b"uvmigrate: there is no Dockerfile here: nothing to do\n"


def test_help_and_version_are_there(uvmigrate: Console, tmp_path: Path) -> None:
    shown = uvmigrate("--help", cwd=tmp_path)
    assert shown.returncode == 0
    assert shown.stdout.startswith(b"Usage: uvmigrate [OPTIONS] [PATH]\n")
    assert uvmigrate("explain", "--help", cwd=tmp_path).stdout.startswith(b"Usage: uvmigrate explain ")
    assert uvmigrate("--version", cwd=tmp_path).stdout.startswith(b"uvmigrate, version ")


def test_sarif_markdown_and_annotations_say_themselves_what_is_refused(
    uvmigrate: Console, repository: Path
) -> None:
    (repository / "Dockerfile").write_bytes(b"FROM scratch\nLABEL none\n")
    begins = {"sarif": b'{\n  "$schema"', "markdown": b"**uvmigrate:** ", "github": b"::notice file="}
    for form, start in begins.items():
        done = uvmigrate(f"--format={form}", ALL, cwd=repository)
        assert done.stdout.startswith(start)
        assert b"acme-unlabelled" in done.stdout
        assert (done.stderr, done.returncode) == (b"", 0)
