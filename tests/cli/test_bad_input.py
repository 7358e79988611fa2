"""Bad input: one clear line on standard error, the right exit code, and nothing changed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from cli.conftest import Console, Done


def error(done: Done) -> str:
    assert (done.returncode, done.stdout) == (2, b"")
    (line,) = done.stderr.decode().splitlines()
    prefix = "uvmigrate: error: "
    assert line.startswith(prefix)
    return line.removeprefix(prefix)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--diff", "--write"], "--diff and --write exclude each other (see uvmigrate --help)"),
        (["--check", "--commit"], "--check and --commit exclude each other (see uvmigrate --help)"),
        (["--diff", "--format=json"], "--diff prints patches: leave out --diff or --format json"),
        (["-i", "--diff"], "--diff and --interactive exclude each other (see uvmigrate --help)"),
        (["--check", "--interactive"], "--check and --interactive exclude each other"),
        (["-i", "--each=../new"], "--each and --interactive exclude each other"),
        (["-i", "--write"], "--interactive asks questions: it needs a terminal (see uvmigrate --help)"),
        (["--squash"], "--squash combines patches: it goes with --diff or --format patch"),
        (["--nothing"], "No such option"),
        (["a", "b"], "Got unexpected extra argument (b)"),
        (["--format=xml"], "Invalid value for '--format'"),
        (["--output=no/such/file"], "Invalid value for '--output': no/such is not a folder"),
        (["--select=acme-lable"], "no codemod is called acme-lable: `uvmigrate codemods` lists them"),
        (["--strategy=conda"], "command line: strategy must be auto, sync or pip, not conda"),
        (["--uv-version=latest"], "command line: uv-version must be like"),
        (["--python=three"], "command line: python must be like 3.12, not three"),
        (["--config=acme.toml"], "acme.toml: No such file or directory"),
        (["no/such/place"], "no/such/place: No such file or directory"),
        (["x" * 300], f"{'x' * 300}: File name too long"),
        (["a\nb\x1b[2J"], "a\\nb\\x1b[2J: No such file or directory"),
        (["--config=a\nb\x1b[2J"], "a\\nb\\x1b[2J: No such file or directory"),
        (["--select=a\nb\x1b[2J"], "no codemod is called a\\nb\\x1b[2J: `uvmigrate codemods` lists them"),
        (["explain"], "Missing argument 'ID'. (see uvmigrate explain --help)"),
    ],
)
def test_wrong_usage_is_one_line(
    uvmigrate: Console, repository: Path, arguments: list[str], message: str
) -> None:
    assert error(uvmigrate(*arguments, cwd=repository)).startswith(message)


@pytest.mark.parametrize("mode", ["--diff", "--check", "--format=json", "--write", "--help", "--version"])
def test_standard_output_on_a_full_disk_is_one_line_and_never_exit_code_1(
    mode: str, environment: dict[str, str], repository: Path
) -> None:
    command = [sys.executable, "-m", "uvmigrate", "--no-lock", mode]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(command, cwd=repository, env=environment, stdout=full, stderr=subprocess.PIPE)
    last = done.stderr.decode().splitlines()[-1]
    assert last == "uvmigrate: error: standard output cannot be written: No space left on device"
    assert done.returncode == 4


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_closed_streams_are_written_to_nowhere(
    closed: str, environment: dict[str, str], repository: Path
) -> None:
    assert b"acme=1" not in (repository / "Dockerfile").read_bytes()
    script = f"{sys.executable} -m uvmigrate --write --no-lock {closed}"
    done = subprocess.run(["sh", "-c", script], cwd=repository, env=environment, capture_output=True)
    assert done.returncode == 0
    assert b"Traceback" not in done.stderr
    assert b"acme=1" in (repository / "Dockerfile").read_bytes()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("FROM scratch\n".encode("utf-16"), "is UTF-16, which no builder reads: save it as UTF-8"),
        (b"\x7fELF\0\0", "is binary: give the file another name if it is no Dockerfile"),
        (b"# much\n" * 1_500_000, "is larger than"),
        (b"# much\n" * 200_000, "is larger than 1 MiB"),
    ],
    ids=["UTF-16", "binary", "10 MB", "1.4 MB"],
)
def test_a_named_file_that_is_no_text_is_an_error_and_a_found_one_a_refusal(
    uvmigrate: Console, tmp_path: Path, data: bytes, message: str
) -> None:
    (tmp_path / "Dockerfile").write_bytes(data)
    for mode in ("--diff", "--check", "--write", "--strict"):
        assert error(uvmigrate(mode, "Dockerfile", cwd=tmp_path)).startswith(f"Dockerfile: {message}")
    found = uvmigrate(cwd=tmp_path)
    assert found.returncode == 0
    assert message.split(":")[0] in found.stdout.decode()
    assert (tmp_path / "Dockerfile").read_bytes() == data


def leads_out(folder: Path) -> None:
    elsewhere = folder.parents[1] / "elsewhere"
    elsewhere.write_text("FROM scratch\n")
    (folder / "Dockerfile").symlink_to(elsewhere)


def leads_nowhere(folder: Path) -> None:
    (folder / "Dockerfile").symlink_to("nothing")


def leads_to_itself(folder: Path) -> None:
    (folder / "Dockerfile").symlink_to("Dockerfile")


@pytest.mark.parametrize(
    ("make", "named", "found"),
    [
        (leads_out, "leads out of the repository", "leads out of the repository"),
        (leads_nowhere, "No such file or directory", "leads nowhere"),
        (leads_to_itself, "Too many levels of symbolic links", ""),
    ],
)
def test_a_link_that_cannot_be_followed_is_not_followed(
    uvmigrate: Console, repository: Path, make: Callable[[Path], None], named: str, found: str
) -> None:
    folder = repository / "linked"
    folder.mkdir()
    make(folder)
    message = error(uvmigrate("--diff", "linked/Dockerfile", cwd=repository))
    assert message.startswith(f"linked/Dockerfile: {named}")
    done = uvmigrate("linked", cwd=repository)
    assert done.returncode == 0
    assert b"linked/Dockerfile unreadable: " in done.stdout
    assert found.encode() in done.stdout


def test_a_folder_called_dockerfile_holds_none(uvmigrate: Console, repository: Path) -> None:
    (repository / "web" / "Dockerfile").mkdir(parents=True)
    done = uvmigrate("web", cwd=repository)
    assert (done.returncode, done.stdout) == (0, b"There is no Dockerfile in web: nothing to do.\n")


def test_what_is_neither_file_nor_folder_is_an_error(uvmigrate: Console, repository: Path) -> None:
    os.mkfifo(repository / "pipe")
    assert error(uvmigrate("pipe", cwd=repository)) == "pipe: neither a file nor a folder"


def test_a_file_without_permission_is_an_error_that_names_it(
    environment: dict[str, str], repository: Path
) -> None:
    script = (
        "import importlib.metadata, os, sys\n"
        "from uvmigrate.cli.main import run\n"
        "import uvmigrate.cli.run\n"
        # The superuser may read everything, so the tool goes on as nobody.
        "if os.getuid() == 0: os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "sys.exit(run(['Dockerfile']))\n"
    )
    (repository / "Dockerfile").chmod(0)
    for folder in (repository, *repository.parents):
        if folder.stat().st_uid == os.getuid() and folder != folder.parent:
            folder.chmod(folder.stat().st_mode | 0o011)
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=repository, env=environment, capture_output=True, check=False
    )
    assert error(done).startswith("Dockerfile: Permission denied")


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("uvmigrate.toml", "venv = 'x y'", "uvmigrate.toml: venv must be"),
        ("uvmigrate.toml", "vnev = '/x'", "uvmigrate.toml: no such setting: vnev"),
        ("uvmigrate.toml", "venv = ", "uvmigrate.toml: not readable as TOML"),
        ("pyproject.toml", "[tool.uvmigrate]\nselect = 1", "pyproject.toml [tool.uvmigrate]: select must be"),
    ],
)
def test_a_wrong_setting_names_its_file(
    uvmigrate: Console, repository: Path, name: str, text: str, message: str
) -> None:
    (repository / name).write_text(text)
    assert error(uvmigrate(cwd=repository)).startswith(message)


def test_a_settings_file_that_leads_out_is_not_read(uvmigrate: Console, repository: Path) -> None:
    (repository.parent / "elsewhere.toml").write_text("")
    (repository / "uvmigrate.toml").symlink_to(repository.parent / "elsewhere.toml")
    assert error(uvmigrate(cwd=repository)) == "uvmigrate.toml: leads out of the repository"


def test_an_output_that_cannot_be_written_is_an_error(uvmigrate: Console, repository: Path) -> None:
    assert error(uvmigrate("--output=api", cwd=repository)) == (
        "Invalid value for '--output': File 'api' is a directory. (see uvmigrate --help)"
    )
