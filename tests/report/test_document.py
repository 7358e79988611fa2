"""The JSON document, and the schema that describes it."""

from __future__ import annotations

import base64
from pathlib import PurePosixPath
from typing import Any

import pytest

from report.examples import EXAMPLES, example
from report.pages import EVIL
from report.planning import hostile, mentioned, planned
from report.schemas import check_schema, valid
from uvmigrate import __version__
from uvmigrate.codemod import Change, Codemod, LockRequest
from uvmigrate.report.document import as_json
from uvmigrate.report.patches import as_patches


def document(files: dict[str, bytes], *more: Codemod) -> Any:
    from cli.acme import CATALOGUE

    text = as_json(planned(files, (*CATALOGUE, *more)))
    return valid(text, "migration")


def test_the_schema_is_a_valid_one_allows_nothing_that_it_does_not_name_and_is_described() -> None:
    check_schema("migration")


def test_the_document_carries_builds_steps_and_the_ledger() -> None:
    found = document({"api/Dockerfile": b"FROM scratch\nEXPOSE 80\n"})
    assert found["version"] == 1
    assert found["tool"] == {"name": "uvmigrate", "version": __version__}
    assert found["root"] is None
    assert found["builds"] == [
        {
            "dockerfile": "api/Dockerfile",
            "context": "api",
            "strategy": None,
            "status": "noop",
            "why": "installs no Python packages",
        }
    ]
    assert [(step["codemod"], step["level"], step["files"]) for step in found["steps"]] == [
        ("acme-label", "safe", ["api/Dockerfile"]),
        ("acme-owner", "review", ["api/Dockerfile"]),
    ]
    assert found["steps"][0]["notes"] == ["ask https://***@acme.example about it"]
    assert [(entry["line"], entry["kind"], entry["text"], entry["fate"]) for entry in found["ledger"]] == [
        (1, "instruction", "FROM scratch", "kept"),
        (2, "instruction", "EXPOSE 80", "kept"),
    ]


def test_the_patches_of_the_document_are_those_of_the_stream() -> None:
    files = {"Dockerfile": b"FROM scratch\n", "old.cfg": b"x"}
    stream = as_patches(planned(files)).decode()
    without_heads = "".join(line for line in stream.splitlines(keepends=True) if not line.startswith("# "))
    assert "".join(step["patch"] for step in document(files)["steps"]) == without_heads


def test_a_patch_that_is_no_utf8_is_carried_as_base64() -> None:
    step = document({"Dockerfile": b"# caf\xe9\nFROM scratch\n"})["steps"][0]
    assert step["patch_encoding"] == "base64"
    assert b" # caf\xe9\n" in base64.b64decode(step["patch"])


def test_a_refusal_of_a_whole_file_has_no_line() -> None:
    found = document({"Dockerfile": b"FROM scratch\nLABEL none\n", "api/Dockerfile": b"\xff\xfeF\0"})
    assert [(refusal["path"], refusal["line"], refusal["code"]) for refusal in found["refusals"]] == [
        ("api/Dockerfile", None, "not-text"),
        ("Dockerfile", 2, "acme-unlabelled"),
    ]
    assert found["refusals"][1]["because"] == "see https://***@acme.example for why"


def test_pending_locks_are_listed() -> None:
    def run(context: object) -> list[Change]:
        return [Change(locks=(LockRequest(PurePosixPath("api")),))]

    codemod = Codemod("acme-lock", "Lock", "It must be locked.", "https://acme.example", "safe", run)
    found = document({"Dockerfile": b"FROM scratch\n"}, codemod)
    assert found["locks"] == [{"path": "api/uv.lock", "python": None}]


def test_all_mentions_are_listed_whole_and_masked() -> None:
    lines = [
        f"poetry run job --to {'x' * 200}",
        *["poetry check"] * 8,
        "POETRY_PYPI_TOKEN_SHOP=hunter2 poetry build",
    ]
    migration = planned({"Dockerfile": b"FROM scratch\n"})._replace(mentions=mentioned(*lines))
    found = valid(as_json(migration), "migration")
    assert [mention["text"] for mention in found["mentions"]] == [
        *lines[:-1],
        "POETRY_PYPI_TOKEN_SHOP=*** poetry build",
    ]
    assert found["mentions"][-1] | {"text": ""} == {
        "path": "Makefile",
        "line": 10,
        "tool": "poetry",
        "text": "",
    }


def test_secrets_of_the_dockerfile_are_masked_in_the_ledger() -> None:
    found = document({"Dockerfile": b"FROM scratch\nADD https://me:secret@acme.example/x /x\n"})
    assert found["ledger"][1]["text"] == "ADD https://***@acme.example/x /x"


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_document_of_every_example_is_valid(name: str) -> None:
    found = valid(as_json(example(name)), "migration")
    assert [step["codemod"] for step in found["steps"]] == [s.codemod.id for s in example(name).steps]


@pytest.mark.parametrize("evil", EVIL)
def test_nothing_foreign_leaves_its_string(evil: str) -> None:
    text = as_json(hostile(evil))
    assert text.isascii()
    assert text.replace("\n", "").isprintable()
    found = valid(text, "migration")
    assert found["refusals"][0]["because"] == " ".join(evil.split())
