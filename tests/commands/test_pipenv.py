"""A command line of pipenv is read; its variables have a meaning for uv, or a reason why they have none."""

from __future__ import annotations

import pytest

from commands.reading import pipenv
from uvmigrate.commands import find_pipenv, pipenv_variable, program_index, read_pipenv
from uvmigrate.shell import parse


@pytest.mark.parametrize(
    ("text", "folder", "verb", "arguments"),
    [
        ("pipenv install", None, "install", []),
        ("/usr/local/bin/pipenv sync --dev", "/usr/local/bin/", "sync", [("--dev", None)]),
        ("python3 -m pipenv install -d", None, "install", [("--dev", None)]),
        ("sudo -H pipenv install --system", None, "install", [("--system", None)]),
        ("PIPENV_VENV_IN_PROJECT=1 pipenv install --deploy", None, "install", [("--deploy", None)]),
        (
            "pipenv --python 3.11 install --categories='a b'",
            None,
            "install",
            [("--python", "3.11"), ("--categories", "a b")],
        ),
        ("pipenv install -r a.txt -e .", None, "install", [("--requirements", "a.txt"), ("--editable", ".")]),
        ("pipenv lock -r -d", None, "lock", [("--requirements", None), ("--dev", None)]),
        ("pipenv requirements --hash", None, "requirements", [("--hash", None)]),
        ("pipenv run app -d", None, "run", [(None, "app"), (None, "-d")]),
        ("pipenv verify", None, "verify", []),
        ("pipenv graph --bare", None, "graph", [("--bare", None)]),
        ("pipenv check -i 1234", None, "check", [("--ignore", "1234")]),
        ("pipenv --rm", None, "", [("--rm", None)]),
        ("pipenv --python /usr/bin/python3", None, "", [("--python", "/usr/bin/python3")]),
        ("pipenv", None, "", []),
    ],
)
def test_it_is_read(
    text: str, folder: str | None, verb: str, arguments: list[tuple[str | None, str | None]]
) -> None:
    found = pipenv(text)
    assert (found.tool, found.folder, found.verb) == ("pipenv", folder, verb)
    assert [(argument.option, argument.value) for argument in found.arguments] == arguments


@pytest.mark.parametrize("text", ["pip install pipenv", "pipenvx install", "echo pipenv", "$PIPENV install"])
def test_what_is_not_pipenv_is_none(text: str) -> None:
    [command] = parse(text.encode()).commands
    assert read_pipenv(command) is None


@pytest.mark.parametrize(
    ("text", "program"),
    [
        ("pipenv run python app.py", "python"),
        ("tini -- pipenv run app", "app"),
        ("exec pipenv run -- app", "app"),
        ("pipenv run", None),
        ("tini pipenv install", None),
    ],
)
def test_the_program_that_it_runs_begins_at_a_word(text: str, program: str | None) -> None:
    [command] = parse(text.encode()).commands
    found = find_pipenv(command)
    assert found is not None
    index = program_index(found)
    assert (None if index is None else found.command.words[index].raw) == program


@pytest.mark.parametrize(
    ("variable", "action", "to"),
    [
        ("PIPENV_VENV_IN_PROJECT=1", "drop", ()),
        ("PIPENV_NO_VENV_IN_PROJECT=1", "drop", ()),
        ("PIPENV_IGNORE_VIRTUALENVS=$X", "drop", ()),
        ("WORKON_HOME=/venvs", "drop", ()),
        ("PIPENV_NOSPIN=1", "drop", ()),
        ("PIPENV_HIDE_EMOJIS=1", "drop", ()),
        ("PIPENV_YES=1", "drop", ()),
        ("PIPENV_CACHE_DIR=/c", "drop", ()),
        ("PIPENV_SKIP_LOCK=1", "drop", ()),
        ("PIPENV_DONT_LOAD_ENV=1", "drop", ()),
        ("PIPENV_NO_INHERIT=1", "drop", ()),
        ("PIPENV_SYSTEM=1", "drop", ()),
        ("PIPENV_DEV=1", "refuse", ()),
        ("PIPENV_DEV=$X", "refuse", ()),
        ("PIPENV_DEV=0", "drop", ()),
        ("PIPENV_SITE_PACKAGES=true", "refuse", ()),
        ("PIPENV_DEFAULT_CATEGORIES=docs", "refuse", ()),
        ("PIPENV_PIPFILE=/app/Pipfile", "refuse", ()),
        ("PIPENV_PYPI_MIRROR=https://example.org/simple", "refuse", ()),
        ("PIPENV_DOTENV_LOCATION=/app/.env", "refuse", ()),
        ("PIPENV_EXTRA_PIP_ARGS=--no-deps", "refuse", ()),
        ("PIPENV_REQUESTS_TIMEOUT=30", "rename", ("UV_HTTP_TIMEOUT",)),
        ("PIPENV_REQUESTS_TIMEOUT=$X", "refuse", ()),
        ("PIPENV_MAX_RETRIES=0", "rename", ("UV_HTTP_RETRIES",)),
        ("PIPENV_DEFAULT_PYTHON_VERSION=3.11", "rename", ("UV_PYTHON",)),
        ("PIPENV_DEFAULT_PYTHON_VERSION=/usr/bin/python3", "refuse", ()),
        ("PIPENV_KEYRING_PROVIDER=subprocess", "rename", ("UV_KEYRING_PROVIDER",)),
        ("PIPENV_KEYRING_PROVIDER=auto", "refuse", ()),
    ],
)
def test_a_variable_has_a_meaning(variable: str, action: str, to: tuple[str, ...]) -> None:
    name, _, value = variable.partition("=")
    found = pipenv_variable(name, None if value == "$X" else value)
    assert found is not None
    assert (found.action, found.to) == (action, to)
    assert found.why


@pytest.mark.parametrize("name", ["PIPENV_ARGS", "PIPENV", "PIP_NO_CACHE_DIR", "POETRY_HOME"])
def test_a_variable_that_pipenv_does_not_read_is_not_its_own(name: str) -> None:
    assert pipenv_variable(name, "x") is None


def test_no_secret_is_shown() -> None:
    for name in ("PIPENV_PYPI_MIRROR", "PIPENV_PYUP_API_KEY"):
        found = pipenv_variable(name, "https://me:s3cret@example.org")
        assert found is not None
        assert found.secret
        assert "s3cret" not in repr(found)
