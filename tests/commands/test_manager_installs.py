"""How an image gets poetry or pipenv is known in all the ways that their documentation shows."""

from __future__ import annotations

import pytest

from uvmigrate.commands.manager_installs import (
    ManagerInstall,
    is_harmless_plugin,
    manager_installs,
)
from uvmigrate.shell import parse


def found(text: str) -> list[ManagerInstall]:
    return list(manager_installs(parse(text.encode()).commands))


@pytest.mark.parametrize(
    ("text", "tool", "version", "plugins", "others"),
    [
        ("pip install poetry", "poetry", "", (), ()),
        ("pip3 install --no-cache-dir 'poetry==1.8.3'", "poetry", "==1.8.3", (), ()),
        ("pip install pip 'poetry>1' poetry-plugin-export", "poetry", ">1", ("poetry-plugin-export",), ()),
        ('pip install "poetry==$POETRY_VERSION"', "poetry", "==$POETRY_VERSION", (), ()),
        ("pip install poetry==${POETRY_VERSION}", "poetry", "==${POETRY_VERSION}", (), ()),
        ('pip install "poetry${V:+==$V}"', "poetry", "${V:+==$V}", (), ()),
        ("sudo pip install Poetry[x]==1 poetry-core setuptools", "poetry", "==1", (), ()),
        ("pip install poetry gunicorn", "poetry", "", (), ("gunicorn",)),
        ("pip install poetry -r a.txt -e .", "poetry", "", (), ("--requirement", "--editable")),
        ("/venv/bin/pip install pipenv==2023.12.1", "pipenv", "==2023.12.1", (), ()),
        ("pip install --user pipenv virtualenv", "pipenv", "", (), ()),
        ("pipx install --python python3.11 poetry==1.7", "poetry", "==1.7", (), ()),
        ("python3 -m pipx install poetry", "poetry", "", (), ()),
        ("pipx inject poetry poetry-plugin-export", "poetry", "", ("poetry-plugin-export",), ()),
        ("uv pip install --system poetry==2", "poetry", "==2", (), ()),
        ("uv tool install poetry --with poetry-plugin-export", "poetry", "", ("poetry-plugin-export",), ()),
        ("poetry self add poetry-plugin-export@1.8", "poetry", "", ("poetry-plugin-export",), ()),
        ("poetry self add 'poetry-plugin-up[x]'", "poetry", "", ("poetry-plugin-up",), ()),
        ("poetry plugin add poethepoet", "poetry", "", ("poethepoet",), ()),
        ("pip install poetry-plugin-export", "poetry", "", ("poetry-plugin-export",), ()),
    ],
)  # fmt: skip
def test_a_manager_is_installed_as_a_package(
    text: str, tool: str, version: str, plugins: tuple[str, ...], others: tuple[str, ...]
) -> None:
    [install] = found(text)
    assert (install.tool, install.version, install.plugins, install.others) == (
        tool,
        version,
        plugins,
        others,
    )
    assert len(install.commands) == 1


@pytest.mark.parametrize(
    ("text", "version", "commands"),
    [
        ("curl -sSL https://install.python-poetry.org | python3 -", "", 2),
        ("curl -sSL https://install.python-poetry.org/ | python3.11 - --version 1.8.3", "1.8.3", 2),
        ('curl -sSL https://install.python-poetry.org | python - --version "$V" --yes', "$V", 2),
        ("curl https://install.python-poetry.org | POETRY_HOME=/p POETRY_VERSION=1.2 python3", "1.2", 2),
        ("curl https://install.python-poetry.org | env POETRY_VERSION=$V python3 -", "$POETRY_VERSION", 2),
        ("wget -qO- https://example.org/poetry/master/get-poetry.py | python", "", 2),
        ("curl -O https://x.org/get-poetry.py; python get-poetry.py --version 1; rm get-poetry.py", "1", 3),
        ("wget https://x.org/install-poetry.py; python3 ./install-poetry.py; rm install-poetry.py x", "", 2),
        ("curl https://install.python-poetry.org > /tmp/i.py && python /tmp/i.py; poetry install", "", 2),
        ("wget -O i.py https://install.python-poetry.org && python i.py", "", 2),
        ("python3 get-poetry.py --version 1.0", "1.0", 1),
        ('python3 -c "$(curl -sSL https://install.python-poetry.org)"', "", 1),
    ],
)  # fmt: skip
def test_poetry_is_installed_by_its_own_script(text: str, version: str, commands: int) -> None:
    [install] = found(f"apt-get update && {text} && echo done")
    assert (install.tool, install.version, len(install.commands)) == ("poetry", version, commands)
    assert (install.plugins, install.others) == ((), ())


def test_pipenv_has_a_script_too() -> None:
    [install] = found("curl https://example.org/get-pipenv.py | python")
    assert install.tool == "pipenv"


def test_several_installs_are_told_apart() -> None:
    installs = found("pip install pipenv && pip install poetry==1.8 && poetry self add poetry-plugin-up")
    assert [(each.tool, each.version, each.plugins) for each in installs] == [
        ("pipenv", "", ()),
        ("poetry", "==1.8", ()),
        ("poetry", "", ("poetry-plugin-up",)),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "pip install poetry-core",
        "pip install -r poetry.txt",
        "pip uninstall -y poetry",
        "pip download poetry",
        "pipx run poetry",
        "poetry add six",
        "poetry self update",
        "curl https://install.python-poetry.org | tee installer",
        "curl https://install.python-poetry.org | (cat; python3 -)",
        "curl https://install.python-poetry.org | { cat; } && python3 x.py",
        "curl https://example.org | python3 -",
        "echo https://install.python-poetry.org",
        "cat get-poetry.py",
        "rm get-poetry.py",
        "A=1",
    ],
)
def test_what_installs_no_manager_is_not_taken_for_it(text: str) -> None:
    assert found(text) == []


def test_plugins_that_only_bring_commands_are_known() -> None:
    assert is_harmless_plugin("poetry-plugin-export")
    assert not is_harmless_plugin("poetry-dynamic-versioning")
    assert not is_harmless_plugin("poetry-anything-else")
