"""The patches: what git makes of the whole stream."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from report.planning import planned
from uvmigrate.report.patches import as_patches, as_squashed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from uvmigrate.plan import Migration

FILES = {
    "Dockerfile": b"FROM scratch\n",
    "crlf/Dockerfile": b"FROM scratch\r\nEXPOSE 80\r\n",
    "open end/Dockerfile": b"FROM scratch\nEXPOSE 80",
    "latin/Dockerfile": b"FROM scratch\n# caf\xe9\n",
    "old.cfg": b"[old]\n",
}


def applied(files: dict[str, bytes], stream: bytes, folder: Path) -> dict[str, bytes]:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    # Whitespace errors (CRLF) are warned about, and core.autocrlf must not be asked.
    command = ["git", "-c", "core.autocrlf=false", "apply", "--allow-empty", "--whitespace=nowarn"]
    done = subprocess.run(command, cwd=folder, input=stream, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    listed = (path for path in folder.rglob("*") if path.is_file() and ".git" not in path.parts)
    return {str(path.relative_to(folder)): path.read_bytes() for path in listed}


@pytest.mark.parametrize("form", [as_patches, as_squashed], ids=["series", "squashed"])
def test_git_applies_the_stream_with_its_heads(form: Callable[[Migration], bytes], tmp_path: Path) -> None:
    migration = planned(FILES)
    after = {str(path): data for path, data in migration.after.items()}
    assert applied(FILES, form(migration), tmp_path) == after
    assert after["crlf/Dockerfile"] == b"FROM scratch\r\nLABEL owner=web\r\nLABEL acme=1\r\nEXPOSE 80\r\n"
    assert after["open end/Dockerfile"] == b"FROM scratch\nLABEL owner=web\nLABEL acme=1\nEXPOSE 80"
    assert "old.cfg" not in after


def test_a_patch_is_headed_by_what_why_level_and_notes() -> None:
    stream = as_patches(planned({"Dockerfile": b"FROM scratch\n"}))
    assert stream.decode().splitlines() == [
        "# acme-label: Label the images",
        "# Acme finds its images by label.",
        "# level: safe",
        "# look at: ask https://***@acme.example about it",
        "diff --git a/Dockerfile b/Dockerfile",
        "--- a/Dockerfile",
        "+++ b/Dockerfile",
        "@@ -1 +1,2 @@",
        " FROM scratch",
        "+LABEL acme=1",
        "# acme-owner: Name the owner",
        "# Somebody must answer the phone.",
        "# level: review",
        "diff --git a/Dockerfile b/Dockerfile",
        "--- a/Dockerfile",
        "+++ b/Dockerfile",
        "@@ -1,2 +1,3 @@",
        " FROM scratch",
        "+LABEL owner=web",
        " LABEL acme=1",
    ]


def test_a_squashed_patch_names_every_step_and_each_file_once() -> None:
    lines = as_squashed(planned({"Dockerfile": b"FROM scratch\n"})).decode().splitlines()
    assert [line for line in lines if line.startswith("# acme-")] == [
        "# acme-label: Label the images",
        "# acme-owner: Name the owner",
    ]
    assert lines.count("diff --git a/Dockerfile b/Dockerfile") == 1


def test_a_secret_in_a_file_is_not_masked_in_its_patch(tmp_path: Path) -> None:
    files = {"Dockerfile": b"FROM scratch\n# https://me:secret@acme.example\n"}
    stream = as_patches(planned(files))
    assert b" # https://me:secret@acme.example\n" in stream
    assert b"secret" in applied(files, stream, tmp_path)["Dockerfile"]


@pytest.mark.parametrize("form", [as_patches, as_squashed], ids=["series", "squashed"])
def test_where_nothing_changes_the_stream_is_empty(form: Callable[[Migration], bytes]) -> None:
    assert form(planned({"Dockerfile": b"FROM scratch\n"}, ())) == b""
