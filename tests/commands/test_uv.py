"""A command line of uv is read as clap reads it."""

from __future__ import annotations

import pytest

from commands.reading import uv
from uvmigrate.commands import read_uv
from uvmigrate.shell import parse


@pytest.mark.parametrize(
    ("text", "verb", "operands"),
    [
        ("uv sync", "sync", ()),
        ("/bin/uv sync --locked", "sync", ()),
        ("python3 -m uv pip install six", "pip install", ("six",)),
        ("uv --quiet --directory /app sync", "sync", ()),
        ("uv --directory=/app sync", "sync", ()),
        ("uv -q pip install -r a.txt six", "pip install", ("six",)),
        ("uv tool install ruff", "tool install", ("ruff",)),
        ("uv cache clean", "cache clean", ()),
        ("uv", "", ()),
        ("uv --version", "", ()),
        ("uv venv /opt/venv", "venv", ("/opt/venv",)),
        ("uv run app --port 80", "run", ("app", "--port", "80")),
        ("uv run --frozen --group dev app -v --group x", "run", ("app", "-v", "--group", "x")),
        ("uv run -- app --frozen", "run", ("app", "--frozen")),
        ("uv run -m app --debug", "run", ("app", "--debug")),
        ("uv run --with ruff ruff check", "run", ("ruff", "check")),
        ("uv run -w ruff ruff check", "run", ("ruff", "check")),
        ("uv pip install --trusted-host a.example.com --cert /etc/a.pem six", "pip install", ("six",)),
    ],
)
def test_verb_and_operands(text: str, verb: str, operands: tuple[str, ...]) -> None:
    found = uv(text)
    assert found.verb == verb
    assert found.values(None) == operands


def test_global_options_count_wherever_they_stand() -> None:
    found = uv("uv --no-cache --project web sync --frozen --python 3.12")
    assert found.has("--frozen")
    assert found.has("--no-cache")
    assert not found.has("--locked")
    assert found.values("--project") == ("web",)
    assert found.values("--python") == ("3.12",)


def test_options_of_the_program_are_not_uv_s() -> None:
    found = uv("uv run --no-sync app --frozen")
    assert found.has("--no-sync")
    assert not found.has("--frozen")


def test_short_options_are_known_by_their_long_names() -> None:
    found = uv("uv pip install -U -r a.txt -cb.txt -e . -p 3.12 -t /srv/lib -b build.txt -C a=b")
    assert found.values("--target") == ("/srv/lib",)
    assert found.values("--build-constraints") == ("build.txt",)
    assert found.values("--config-setting") == ("a=b",)
    assert found.has("--upgrade")
    assert found.values("--requirements") == ("a.txt",)
    assert found.values("--constraints") == ("b.txt",)
    assert found.values("--editable") == (".",)
    assert found.values("--python") == ("3.12",)


def test_the_verb_s_place_is_known() -> None:
    found = uv("uv --quiet pip install six")
    words = found.command.words
    assert (words[found.verb_index].raw, words[found.after].raw) == ("pip", "six")


@pytest.mark.parametrize(
    "text", ["uvx ruff", "pip install uv", "echo uv sync", "$UV sync", "uvicorn app", "python -m uvicorn"]
)
def test_what_is_not_uv_is_none(text: str) -> None:
    [command] = parse(text.encode()).commands
    assert read_uv(command) is None
