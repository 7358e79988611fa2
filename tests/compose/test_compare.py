"""After edits of compose files, nothing may differ but what they wrote or replaced."""

from __future__ import annotations

from pathlib import PurePosixPath
from textwrap import dedent

import pytest

from compose.reading import repository
from uvmigrate.compose import load, stray
from uvmigrate.source import Edit, Span, apply_edits

TEXT = """\
x-base: &base
  environment: {A: "1"}
services:
  web:
    <<: *base
    image: a
    command: poetry run web
    volumes:
      - .:/app
      - /app/.venv
  worker:
    <<: *base
    image: b
volumes: {data: {}}
"""


def judged(text: str, *edits: tuple[str, str], **others: str) -> str | None:
    """What `stray` says of replacing texts by others in compose.yaml; *others* are files beside it."""
    path = PurePosixPath("compose.yaml")
    repo = repository({path.name: text} | {f"{name.replace('_', '.')}.yaml": o for name, o in others.items()})
    made = []
    for old, new in edits:
        start = repo[path].index(old.encode())
        kept = len(old) if new.startswith(old) else 0
        made.append(Edit(Span(start + kept, start + len(old)), new[kept:].encode()))
    after = repo.replace({path: apply_edits(repo[path], made)})
    return stray([load(repo, p) for p in repo], [load(after, p) for p in repo], {path: made})


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("image: a\n", "image: a\n    read_only: true\n"),
        ("/app/.venv\n", "/app/.venv\n      - /run\n"),
        ("      - /app/.venv\n", ""),
        ("      - .:/app\n", ""),
        ("/app/.venv", "/opt/venv"),
        ("poetry run web", "web"),
        ("poetry run ", ""),
        ("poetry run", "poetry run --"),
        ('"1"', '"2"'),
        ("image: a", "# why\n    image: a"),
        ("image: a\n", "image: a\n    environment: {A: '2'}\n"),
        ("volumes: {data: {}}", "volumes: {data: {}, more: {}}"),
        ("  worker:\n    <<: *base\n    image: b\n", ""),
    ],
)
def test_what_an_edit_writes_or_replaces_may_differ(old: str, new: str) -> None:
    assert judged(TEXT, (old, new)) is None


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("image: a\n", "image: a\n  read_only: true\n", "compose.yaml is not YAML"),
        ("    <<: *base\n    image: a\n", "    <<: *base\n    image: a\n  other:\n", "services.web.command"),
        ("<<: *base\n    image: a", "image: a", "services.web.environment"),
        ("x-base: &base\n", "x-base: &base {}\nx-other:\n", "services.web.environment"),
        ("  worker:", "    worker:", 'compose.yaml has the key "<<" twice'),
        ("/app/.venv\n", "/app/.venv\n   - /run\n", "compose.yaml is not YAML"),
        ("/app/.venv\n", "/app/.venv\n        /run\n", "services.web.volumes[1]"),
        ("services:", "---\nservices:", "compose.yaml is not YAML: found undefined alias"),
        ("volumes: {data", "---\nvolumes: {data", "the number of documents"),
        ("web:\n    <<: *base\n", "web: !override\n    <<: *base\n", "services.web"),
        ("volumes:\n", "volumes: !override\n", "services.web.volumes"),
        ("image: b", "image: b\n    user: {}\n    ? user", "compose.yaml has the key"),
    ],
)
def test_what_else_differs_is_named(old: str, new: str, what: str) -> None:
    found = judged(TEXT, (old, new))
    assert found is not None
    assert found.startswith(what)


def test_edits_are_judged_together() -> None:
    opening, closing = ("<<: *base\n    image: a", "image: a"), ("image: b", "image: c")
    assert judged(TEXT, closing) is None
    assert judged(TEXT, opening, closing) == "services.web.environment of compose.yaml differs afterwards"


def test_a_file_that_cannot_be_used_before_is_not_judged() -> None:
    assert judged("services: [a]\n", ("[a]", "[b]")) is None


BASE = "services:\n  web:\n    image: a\n"


def test_a_service_that_extends_an_edited_one_changes_with_it() -> None:
    other = "services: {web: {extends: {file: compose.yaml, service: web}, cap_drop: [NET_RAW]}}"
    drops = ("image: a", "image: a\n    cap_drop: [ALL]")
    assert judged(BASE, drops, other=other) is None
    assert judged(BASE, drops, other=other.replace("NET_RAW", "ALL")) == (
        "services.web.cap_drop of other.yaml holds an item twice afterwards"
    )


def test_an_override_file_does_not_say_it_once_more() -> None:
    over = "services: {web: {cap_drop: [ALL], command: [a]}, other: {image: b}}"
    drops = ("image: a", "image: a\n    cap_drop: [ALL]\n    command: [a, a]")
    assert judged(BASE, drops, compose_override=over.replace("ALL", "CHOWN")) is None
    assert judged(BASE, drops, other=over) is None
    assert judged(BASE, drops, compose_override=over) == (
        "services.web.cap_drop holds an item twice where compose.override.yaml is laid over compose.yaml"
    )


def test_an_item_that_stood_there_twice_may_stay() -> None:
    text = dedent("""
        services:
          web:
            image: a
            cap_drop: [ALL, ALL]
        """)
    assert judged(text, ("image: a", "image: b")) is None
    assert judged(text, ("ALL, ALL", "ALL, ALL, ALL")) is not None
