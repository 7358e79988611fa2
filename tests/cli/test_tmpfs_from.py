"""``--tmpfs-from``: services run read-only as a verdict saw them, in every mode."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import pytest

from cli.conftest import tree
from uvmigrate.report.verdict_document import verdict_json
from uvmigrate.verify.verdict import ImageVerdict, Verdict, Written

if TYPE_CHECKING:
    from pathlib import Path

    from cli.conftest import Console

FILES = {
    "Dockerfile": "FROM python:3.12-slim\n"
    "COPY --from=ghcr.io/astral-sh/uv:0.13.8 /uv /uvx /bin/\n"
    "WORKDIR /app\n"
    "COPY requirements.txt .\n"
    "RUN uv pip install --system -r requirements.txt\n"
    "COPY . .\n"
    'CMD ["sh", "-c", "$START"]\n',
    "requirements.txt": "gunicorn\n",
    "compose.yaml": "services:\n  web:\n    build: .\n",
}
ADDED = "+    read_only: true\n+    tmpfs:\n+      - /tmp\n+      - /srv/x:uid=7,gid=7\n"
ONLY = "--select=read-only"


def document(file: str = "compose.yaml") -> str:
    """A verdict as `uvmigrate verify --read-only` writes it."""
    written = Written(PurePosixPath(file), "web", (), ("/srv/x:uid=7,gid=7",), (), works=True)
    image = ImageVerdict("web", PurePosixPath("Dockerfile"), "", (), written=(written,))
    return verdict_json(Verdict("Docker", (image,)))


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    root = tmp_path / "shop"
    root.mkdir()
    for name, text in FILES.items():
        (root / name).write_text(text)
    (tmp_path / "verify.json").write_text(document())
    return root


def test_all_modes_use_it(uvmigrate: Console, shop: Path) -> None:
    options = (ONLY, "--tmpfs-from", "../verify.json", ".")
    assert b"start-unknown" in uvmigrate(ONLY, ".", cwd=shop).stdout
    plan = uvmigrate(*options, cwd=shop)
    assert b"changes compose.yaml\n" in plan.stdout
    assert b"start-unknown" not in plan.stdout
    assert ADDED in uvmigrate("--diff", *options, cwd=shop).stdout.decode()
    assert uvmigrate("--check", *options, cwd=shop).returncode == 1
    done = uvmigrate("--write", *options, cwd=shop)
    assert (done.returncode, "look at: web: tried on an engine" in done.stdout.decode()) == (0, True)
    assert ADDED.replace("+", "") in (shop / "compose.yaml").read_text()
    assert uvmigrate("--check", *options, cwd=shop).returncode == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "no verdict of uvmigrate verify: it is no JSON"),
        ('{"version": 3}', "no verdict of uvmigrate verify: its version is 3, and 1 is known"),
        (document("other.yaml"), "there is no other.yaml here, which has its service web"),
    ],
)
def test_a_document_that_cannot_be_used_ends_the_run(
    uvmigrate: Console, shop: Path, text: str, said: str
) -> None:
    (shop.parent / "verify.json").write_text(text)
    before = tree(shop)
    done = uvmigrate("--write", "--tmpfs-from=../verify.json", cwd=shop)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.decode() == f"uvmigrate: error: ../verify.json: {said}\n"
    assert tree(shop) == before


def test_a_document_that_is_not_there_ends_the_run(uvmigrate: Console, shop: Path) -> None:
    done = uvmigrate("--tmpfs-from=../none.json", cwd=shop)
    said = "uvmigrate: error: ../none.json: No such file or directory\n"
    assert (done.returncode, done.stderr.decode()) == (2, said)


def test_no_file_of_settings_says_it(uvmigrate: Console, shop: Path) -> None:
    (shop / "uvmigrate.toml").write_text("tried = []\n")
    done = uvmigrate(cwd=shop)
    assert (done.returncode, done.stderr) == (
        2,
        b"uvmigrate: error: uvmigrate.toml: no such setting: tried\n",
    )
