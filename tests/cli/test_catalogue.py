"""`uvmigrate codemods` and `uvmigrate explain`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cli.codes import used_codes
from uvmigrate.codemod.codes import CODES

if TYPE_CHECKING:
    from cli.conftest import Console

ROOT = Path(__file__).parents[2]


def test_codemods_are_listed_with_id_level_and_title(uvmigrate: Console, tmp_path: Path) -> None:
    done = uvmigrate("codemods", cwd=tmp_path)
    lines = done.stdout.decode().splitlines()
    assert done.returncode == 0
    assert [line.split(maxsplit=2) for line in lines][-3:] == [
        ["acme-label", "safe", "Label the images"],
        ["acme-owner", "review", "Name the owner"],
        ["acme-files", "opt-in", "Move the settings"],
    ]


def test_codemods_are_listed_as_json(uvmigrate: Console, tmp_path: Path) -> None:
    listed = json.loads(uvmigrate("codemods", "--format", "json", cwd=tmp_path).stdout)
    assert listed[-2] == {
        "id": "acme-owner",
        "title": "Name the owner",
        "why": "Somebody must answer the phone.",
        "docs": "https://acme.example/owner",
        "level": "review",
        "after": ["acme-label"],
        "requires": [],
    }


def test_a_codemod_is_explained_by_its_page_without_the_cases(uvmigrate: Console, tmp_path: Path) -> None:
    done = uvmigrate("explain", "acme-label", cwd=tmp_path)
    assert done.stdout == b"# acme-label\n\nEvery image gets Acme's label.\n"


def test_a_codemod_without_a_page_is_explained_by_what_it_says_of_itself(
    uvmigrate: Console, tmp_path: Path
) -> None:
    done = uvmigrate("explain", "acme-owner", cwd=tmp_path)
    assert done.stdout.decode() == (
        "acme-owner (review): Name the owner\n\nSomebody must answer the phone.\n\nhttps://acme.example/owner\n"
    )


def test_the_code_of_a_refusal_is_explained(uvmigrate: Console, tmp_path: Path) -> None:
    lines = uvmigrate("explain", "login-shell", cwd=tmp_path).stdout.decode().splitlines()
    assert lines[0].startswith("login-shell: SHELL, or what runs in the image, is a login shell")
    assert lines[2] == "Instead: Drop the shell's -l option, or sudo."


def test_what_is_neither_is_an_error(uvmigrate: Console, tmp_path: Path) -> None:
    done = uvmigrate("explain", "acme-nothing", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.startswith(b"uvmigrate: error: acme-nothing: neither a codemod")


def test_every_code_that_the_source_uses_is_explained_and_no_other() -> None:
    found = used_codes(path for folder in ("src", "codemods") for path in (ROOT / folder).rglob("*.py"))
    assert found.unclear == ()
    assert sorted(found.known - CODES.keys()) == []
    assert sorted(CODES.keys() - found.known) == []


def test_codes_are_in_order_and_both_texts_are_sentences() -> None:
    assert list(CODES) == sorted(CODES)
    assert [code for code, texts in CODES.items() if not all(text.endswith(".") for text in texts)] == []


@pytest.mark.parametrize(
    "written", ["Refusal(p, 1, {})", "_at(p, {})", "self.made(code={})", "_at(p, code={})"]
)
def test_codes_are_found_however_they_are_passed(written: str, tmp_path: Path) -> None:
    helpers = "def _at(path, code): return Refusal(path, 0, code, '')\ndef made(code): return _at(0, code)\n"
    file = tmp_path / "module.py"
    file.write_text(helpers + written.format("'some-code'"))
    assert used_codes([file]).known == {"some-code"}
    file.write_text(helpers + written.format("chosen"))
    assert used_codes([file]).unclear == (f"{file}:3",)
