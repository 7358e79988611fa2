"""The JSON document, and the schema that describes it."""

from __future__ import annotations

import base64
import json
from importlib import resources
from pathlib import Path, PurePosixPath
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # it brings no type hints
import pytest

from report.examples import EXAMPLES, example
from report.pages import EVIL
from report.planning import hostile, mentioned, planned
from uvmigrate import __version__
from uvmigrate.codemod import Change, Codemod, LockRequest
from uvmigrate.report.document import as_json
from uvmigrate.report.patches import as_patches

DOCS = Path(__file__).parents[2] / "docs" / "json.md"


def schema() -> Any:
    return json.loads(
        (resources.files("uvmigrate.report") / "schema" / "migration-v1.json").read_text("utf-8")
    )


def document(files: dict[str, bytes], *more: Codemod) -> Any:
    from cli.acme import CATALOGUE

    text = as_json(planned(files, (*CATALOGUE, *more)))
    parsed = json.loads(text)
    jsonschema.Draft202012Validator(schema()).validate(parsed)
    return parsed


def test_the_schema_is_a_valid_one_and_allows_nothing_that_it_does_not_name() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    objects = [schema(), *schema()["$defs"].values()]
    assert all(item["additionalProperties"] is False for item in objects)
    assert all(set(item["required"]) == set(item["properties"]) for item in objects)


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
    found = json.loads(as_json(migration))
    jsonschema.Draft202012Validator(schema()).validate(found)
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
    found = json.loads(as_json(example(name)))
    jsonschema.Draft202012Validator(schema()).validate(found)
    assert [step["codemod"] for step in found["steps"]] == [s.codemod.id for s in example(name).steps]


@pytest.mark.parametrize("evil", EVIL)
def test_nothing_foreign_leaves_its_string(evil: str) -> None:
    text = as_json(hostile(evil))
    assert text.isascii()
    assert text.replace("\n", "").isprintable()
    found = json.loads(text)
    jsonschema.Draft202012Validator(schema()).validate(found)
    assert found["refusals"][0]["because"] == " ".join(evil.split())


def test_every_key_is_described() -> None:
    described = DOCS.read_text("utf-8")
    keys = {key for item in [schema(), *schema()["$defs"].values()] for key in item["properties"]}
    assert sorted(key for key in keys if f"`{key}`" not in described) == []
