"""The schemas that the project publishes, and what is true of each."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # it brings no type hints

_DOCS = Path(__file__).parents[2] / "docs" / "json.md"


def schema(name: str) -> Any:
    """The schema that is called so: ``migration``, ``verdict``."""
    return json.loads((resources.files("uvmigrate.report") / "schema" / f"{name}-v1.json").read_text("utf-8"))


def valid(text: str, name: str) -> Any:
    """The document that a text holds, after the schema has been asked."""
    document = json.loads(text)
    jsonschema.Draft202012Validator(schema(name)).validate(document)
    return document


def check_schema(name: str) -> None:
    """A schema is valid, lets an object have all that it names and no more, and docs/json.md tells it."""
    jsonschema.Draft202012Validator.check_schema(schema(name))
    objects = [schema(name), *schema(name)["$defs"].values()]
    assert all(item["additionalProperties"] is False for item in objects)
    assert all(set(item["required"]) == set(item["properties"]) for item in objects)
    described = _DOCS.read_text("utf-8")
    keys = {key for item in objects for key in item["properties"]}
    assert sorted(key for key in keys if f"`{key}`" not in described) == []
