"""A command line of poetry is read as poetry reads it."""

from __future__ import annotations

import pytest

from commands.reading import poetry
from uvmigrate.commands import find_poetry, program_index, read_poetry
from uvmigrate.shell import parse


@pytest.mark.parametrize(
    ("text", "folder", "verb"),
    [
        ("poetry install", None, "install"),
        ("/root/.local/bin/poetry sync", "/root/.local/bin/", "sync"),
        ("~/.local/bin/poetry lock", "~/.local/bin/", "lock"),
        ("$POETRY_HOME/bin/poetry install", "$POETRY_HOME/bin/", "install"),
        ('"${POETRY_HOME}/bin/poetry" install', "${POETRY_HOME}/bin/", "install"),
        ('"$POETRY_HOME"/bin/poetry install', "$POETRY_HOME/bin/", "install"),
        ("python -m poetry install", None, "install"),
        ("python3.11 -mpoetry build", None, "build"),
        ("/opt/poetry/bin/python -I -m poetry check", "/opt/poetry/bin/", "check"),
        ("sudo -u app poetry install", None, "install"),
        ("env A=1 poetry install", None, "install"),
        ("exec poetry run app", None, "run"),
        ("A=1 poetry install", None, "install"),
        ("poetry -C web --no-interaction install", None, "install"),
        ("poetry --directory=web -vvv -n sync", None, "sync"),
        ("poetry -P web --no-ansi -q add six", None, "add"),
        ("poetry self add poetry-plugin-export", None, "self add"),
        ("poetry plugin add poetry-plugin-export", None, "plugin add"),
        ("poetry env use 3.11", None, "env use"),
        ("poetry env info -p", None, "env info"),
        ("poetry env remove --all", None, "env remove"),
        ("poetry cache clear --all .", None, "cache clear"),
        ("poetry config virtualenvs.create false", None, "config"),
        ("poetry version -s", None, "version"),
        ("poetry about", None, "about"),
        ("poetry self", None, "self"),
        ("poetry self --help", None, "self"),
        ("poetry", None, ""),
        ("poetry --version", None, ""),
        ("poetry $ARGS install", None, ""),
        ("poetry -C", None, ""),
    ],
)
def test_it_is_known_by_whatever_name_it_is_called(text: str, folder: str | None, verb: str) -> None:
    found = poetry(text)
    assert (found.tool, found.folder, found.verb) == ("poetry", folder, verb)


@pytest.mark.parametrize(
    "text",
    [
        "pip install poetry",
        "poetry2 install",
        "poetry-core install",
        "python poetry install",
        "python -m pip install poetry",
        "python -m poetry.core build",
        "echo poetry install",
        "cd poetry",
        "$POETRY install",
        "A=1",
        "which poetry",
    ],
)
def test_what_is_not_poetry_is_none(text: str) -> None:
    [command] = parse(text.encode()).commands
    assert read_poetry(command) is None


@pytest.mark.parametrize(
    ("text", "read"),
    [
        (
            "install --no-root --only main",
            [("--no-root", None), ("--only", "main")],
        ),
        ("install -E a -Eb --extras 'c d'", [("--extras", "a"), ("--extras", "b"), ("--extras", "c d")]),
        ("install --with=docs,dev -n", [("--with", "docs,dev"), ("--no-interaction", None)]),
        ("install -nvv", [("--no-interaction", None), ("--verbose", None), ("--verbose", None)]),
        ("-C web install -C api", [("--directory", "web"), ("--directory", "api")]),
        (
            "export -f requirements.txt -o r.txt --without-hashes",
            [("--format", "requirements.txt"), ("--output", "r.txt"), ("--without-hashes", None)],
        ),
        ("build -f wheel -o dist", [("--format", "wheel"), ("--output", "dist")]),
        ("show -o -t", [("--outdated", None), ("--tree", None)]),
        ("add -G dev -D six==1", [("--group", "dev"), ("--dev", None), (None, "six==1")]),
        ("remove --group dev six", [("--group", "dev"), (None, "six")]),
        ("config cache-dir /c --local", [(None, "cache-dir"), (None, "/c"), ("--local", None)]),
        ("self add 'a[b]' c", [(None, "a[b]"), (None, "c")]),
        ("env info --path", [("--path", None)]),
        ("env info -p", [("--path", None)]),
        ("publish -u me -r corp", [("--username", "me"), ("--repository", "corp")]),
        ("version -s", [("--short", None)]),
        ("cache clear . --all", [(None, "."), ("--all", None)]),
        ("run app -v --port 80", [(None, "app"), (None, "-v"), (None, "--port"), (None, "80")]),
        ("run -q app -v", [("--quiet", None), (None, "app"), (None, "-v")]),
        ("run -- app -q", [(None, "app"), (None, "-q")]),
    ],
)  # fmt: skip
def test_options_are_known_by_their_long_names(text: str, read: list[tuple[str | None, str | None]]) -> None:
    found = poetry(f"poetry {text}")
    assert [(argument.option, argument.value) for argument in found.arguments] == read


def test_the_verb_s_place_is_known() -> None:
    found = poetry("sudo env A=1 poetry -n self add x")
    words = found.command.words
    assert (words[0].raw, words[found.verb_index].raw, words[found.after].raw) == ("poetry", "self", "x")


@pytest.mark.parametrize(
    ("text", "program"),
    [
        ("poetry run app", "app"),
        ("poetry run python -m app", "python"),
        ("poetry -q run -n -- app", "app"),
        ("sudo poetry run app", "app"),
        ("poetry run $COMMAND x", "$COMMAND"),
        ("poetry -P web run app", "app"),
        ("poetry -C web run app", None),
        ("poetry run", None),
        ("poetry install app", None),
    ],
)
def test_the_program_that_it_runs_begins_at_a_word(text: str, program: str | None) -> None:
    found = poetry(text)
    index = program_index(found)
    assert (None if index is None else found.command.words[index].raw) == program


@pytest.mark.parametrize(
    ("text", "verb"),
    [
        ("poetry run app", "run"),
        ("tini -- poetry run app", "run"),
        ("/usr/bin/tini -g -- poetry run app", "run"),
        ("dumb-init poetry run app", "run"),
        ("gosu app poetry run app", "run"),
        ("exec gosu app /opt/poetry/bin/poetry run app", "run"),
        ("./entrypoint.sh poetry run app", "run"),
        ("dockerize -wait tcp://db:5432 -- poetry run app", "run"),
        ("timeout 60 poetry install", "install"),
        ("echo poetry run app", None),
        ("pip install poetry build", None),
        ("gosu app ls /opt/poetry", None),
        ("tini -- ls poetry x", None),
        ("rm -rf -- poetry", None),
        ("tini -- app", None),
        ("A=1", None),
    ],
)
def test_it_is_found_behind_what_hands_on_to_it(text: str, verb: str | None) -> None:
    [command] = parse(text.encode()).commands
    found = find_poetry(command)
    assert (None if found is None else found.verb) == verb
