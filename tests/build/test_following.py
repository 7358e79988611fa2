"""What starts containers follows a switch: in any form of a command its manager goes, and all else stays."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from build.reading import build_in
from uvmigrate.build import follow, installs
from uvmigrate.compose import load
from uvmigrate.source import Repo, apply_edits

DOCKERFILE = "FROM python:3.12-slim\nRUN pip install poetry\nWORKDIR /srv\nCOPY . .\nRUN poetry install\n"
MANIFEST = '[tool.poetry]\nname = "shop"\nversion = "1"\n[tool.poetry.dependencies]\npython = "^3.12"\n'
COMPOSE = PurePosixPath("compose.yaml")

Form: TypeAlias = Callable[[list[str]], str]
_WORDS = st.lists(st.text("abcé-./:=09", min_size=1, max_size=6), min_size=1, max_size=4)


def _flow(words: list[str]) -> str:
    return json.dumps(words, ensure_ascii=False)


def _block(words: list[str]) -> str:
    return "".join(f"\n      - {json.dumps(word, ensure_ascii=False)}" for word in words)


def _single(words: list[str]) -> str:
    return "[" + ", ".join(f"'{word}'" for word in words) + "]"


def _quoted(words: list[str]) -> str:
    return '"' + " ".join(words) + '"'


def _folded(words: list[str]) -> str:
    return ">-\n      " + "\n      ".join(words)


def _literal(words: list[str]) -> str:
    return "|\n      " + " ".join(words)


def _broken(words: list[str]) -> str:
    return "'" + "\n      ".join(words) + "'"


FORMS = (_flow, _block, _single, _quoted, _folded, _literal, _broken)


def followed(command: str) -> tuple[str, list[str]]:
    """The compose file with that command as it follows, and the command's words then."""
    text = f"services:\n  web:\n    build: .\n    command: {command}\n    user: app   # a number\n"
    files = {"Dockerfile": DOCKERFILE, "pyproject.toml": MANIFEST, "compose.yaml": text}
    build = build_in(files)
    following = follow(build, installs(build), "/opt/venv")
    assert not following.problems
    after = apply_edits(text.encode(), following.edits.get(COMPOSE, ()))
    service = load(Repo.of({"compose.yaml": after}), COMPOSE).services[0]
    assert service.user == "app"
    assert service.command is not None
    return after.decode(), list(service.command.argv or (service.command.text or "").split())


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=25)
@given(_WORDS)
def test_a_command_loses_its_manager_in_every_form(form: Form, words: list[str]) -> None:
    # A program that begins with a dash would be an option of poetry's.
    program = ["x" + words[0], *words[1:]]
    after, left = followed(form(["poetry", "run", *program]))
    assert left == program
    assert after.endswith("\n    user: app   # a number\n")
    assert after.replace("\n      ", " ") == followed(form(program))[0].replace("\n      ", " ")
