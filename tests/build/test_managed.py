"""Installs by poetry and pipenv: of which project, into which environment, and what they hand on to pip."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from build.reading import build_in
from uvmigrate.build import (
    Build,
    environment_place,
    handed,
    installs,
    made_venvs,
    managed_calls,
    manager_root,
    managers_python,
)

FILES = {"pyproject.toml": "", "poetry.lock": "", "Pipfile": "", "api/pyproject.toml": "", "api/main.py": ""}


def read(text: str, **files: str) -> Build:
    return build_in(FILES | files | {"Dockerfile": f"FROM python:3.12\nWORKDIR /app\n{text}"})


def place(text: str, **files: str) -> str:
    [install] = [one for one in installs(read(text, **files)) if one.managed is not None]
    assert install.managed is not None
    return environment_place(install.call, install.managed)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("RUN poetry install", "hidden"),
        ("ENV POETRY_VIRTUALENVS_CREATE=false\nRUN poetry install", "image"),
        ("ENV POETRY_VIRTUALENVS_CREATE=0\nRUN poetry install", "image"),
        ("RUN POETRY_VIRTUALENVS_CREATE=false poetry install", "image"),
        ("RUN poetry config virtualenvs.create false\nRUN poetry install", "image"),
        ("RUN poetry config virtualenvs.create false --local && poetry sync", "image"),
        ("RUN poetry install\nRUN poetry config virtualenvs.create false", "hidden"),
        ("ENV POETRY_VIRTUALENVS_IN_PROJECT=true\nRUN poetry install", "project"),
        ("RUN poetry config virtualenvs.in-project true && poetry install", "project"),
        ("ARG INSIDE=true\nRUN poetry config virtualenvs.in-project $INSIDE && poetry install", "project"),
        ("RUN pipenv install --system --deploy", "image"),
        ("ENV PIPENV_SYSTEM=1\nRUN pipenv sync", "image"),
        ("RUN PIPENV_VENV_IN_PROJECT=1 pipenv install", "project"),
        ("RUN pipenv install", "hidden"),
    ],
)
def test_where_a_manager_installs_is_a_setting(text: str, expected: str) -> None:
    assert place(text) == expected


def test_the_settings_beside_the_manifest_count() -> None:
    local = {"poetry.toml": "[virtualenvs]\nin-project = true\n"}
    assert place("COPY . .\nRUN poetry install", **local) == "project"


@pytest.mark.parametrize(
    ("text", "root"),
    [
        ("COPY pyproject.toml .\nRUN poetry install", "."),
        ("COPY . .\nRUN cd api && poetry install", "api"),
        ("COPY . .\nRUN poetry install --directory api", "api"),
        ("COPY . .\nRUN poetry -C /app/api install", "api"),
        ("COPY . .\nWORKDIR /app/docs\nRUN poetry install", "."),
        ("COPY api /srv/\nRUN cd /srv && poetry install", "api"),
        ("RUN --mount=type=bind,source=api,target=/app poetry install", "api"),
        ("COPY Pipfile ./\nRUN pipenv install --system", "."),
        ("RUN git clone somewhere . && poetry install", None),
        ("COPY . .\nRUN poetry -C $WHERE install", None),
    ],
)
def test_the_project_is_looked_for_from_the_working_directory_upwards(text: str, root: str | None) -> None:
    *_, (call, tool) = managed_calls(read(text))
    assert manager_root(call, tool) == (PurePosixPath(root) if root is not None else None)


def test_an_environment_beside_the_manifest_is_one_that_the_build_makes() -> None:
    [venv] = made_venvs(read("ENV POETRY_VIRTUALENVS_IN_PROJECT=1\nCOPY . .\nRUN poetry install"))
    assert (venv.path, venv.implied) == (PurePosixPath("/app/.venv"), True)


def test_an_environment_for_poetry_alone_is_none_of_the_projects() -> None:
    text = "RUN python -m venv /opt/poetry && /opt/poetry/bin/pip install poetry\nCOPY . .\n"
    assert made_venvs(read(f"{text}RUN /opt/poetry/bin/poetry install")) == ()


@pytest.mark.parametrize(
    ("text", "verb", "wheel"),
    [
        ("RUN poetry export -o r.txt && pip install -r r.txt", "export", False),
        ("RUN poetry export > r.txt\nRUN pip install -r ./r.txt", "export", False),
        ("RUN poetry export | pip install -r /dev/stdin", "export", False),
        ("RUN pipenv requirements > r.txt && pip install -r r.txt", "requirements", False),
        ("RUN pipenv lock -r > r.txt && pip install -r r.txt", "lock", False),
        ("RUN poetry build && pip install dist/*.whl", "build", True),
        ("RUN poetry build -o out && pip install /app/out/*.whl", "build", True),
    ],
)
def test_what_pip_installs_of_a_managers_is_followed(text: str, verb: str, *, wheel: bool) -> None:
    build = read(f"COPY . .\n{text}")
    [found] = [handed(build, install) for install in installs(build)]
    assert found is not None
    assert (found.by.tool.verb, found.is_wheel) == (verb, wheel)


@pytest.mark.parametrize(
    "text",
    [
        "RUN poetry export -o r.txt && echo six >> r.txt || true && pip install -r r.txt",
        "RUN poetry export -o r.txt && echo -e six >> r.txt && pip install -r r.txt",
        "RUN poetry export -o r.txt && echo -r more.txt >> r.txt && pip install -r r.txt",
        "RUN poetry export -o r.txt && echo ./lib >> r.txt && pip install -r r.txt",
        "RUN poetry export -o r.txt && echo $MORE >> r.txt && pip install -r r.txt",
        "RUN poetry export -o r.txt && echo six > r.txt && pip install -r r.txt",
        "RUN echo six >> r.txt && poetry export -o r.txt && pip install -r r.txt",
        "RUN poetry export -o r.txt && pip install -r r.txt && echo six >> r.txt",
        "RUN poetry export > r.txt && poetry export --only dev >> r.txt && pip install -r r.txt",
        "RUN poetry export -o r.txt && pip install -r r.txt && cat r.txt",
        "RUN poetry export -o r.txt && pip install -r r.txt\nRUN while read one; do echo $one; done < r.txt",
        "RUN poetry export -o r.txt && pip install -r r.txt && xargs -n1 echo < r.txt",
        "RUN poetry export -o r.txt && pip install -r r.txt\nFROM python:3.12\nCOPY --from=0 /app/r.txt /",
        "RUN poetry export -o r.txt && pip install -r other.txt",
        "RUN poetry export -o r.txt && pip install -r r.txt gunicorn",
        "RUN poetry export | tee r.txt | pip install -r /dev/stdin",
        "RUN poetry build && pip install other/*.whl",
        "RUN pip install -r r.txt && poetry export -o r.txt",
    ],
)
def test_what_something_else_may_have_made_is_not_followed(text: str) -> None:
    build = read(f"COPY . .\n{text}")
    assert [handed(build, install) for install in installs(build)] == [None]


@pytest.mark.parametrize(
    "text",
    [
        "RUN poetry export -o r.txt && echo 'six == 1.16.0' >> r.txt && pip install -r r.txt && rm r.txt",
        "RUN poetry export -o r.txt\nRUN echo six==1.16.0 >> /app/r.txt\nRUN pip install -r r.txt",
        "RUN poetry export > /r.txt && echo six==1.16.0 >>/r.txt && pip wheel -r /r.txt -w /wheels",
        "RUN poetry export -o /r.txt && echo six==1.16.0 >> /r.txt\n"
        "FROM python:3.12\nCOPY --from=0 /r.txt /\nRUN pip install -r /r.txt",
    ],
)
def test_lines_that_are_added_to_an_export_are_followed(text: str) -> None:
    build = read(f"COPY . .\n{text}")
    [found] = [handed(build, install) for install in installs(build)]
    assert found is not None
    assert [line.text for line in found.added] == ["six==1.16.0"]


def test_a_file_is_followed_from_stage_to_stage() -> None:
    text = "COPY . .\nRUN poetry export -o /tmp/r.txt\nFROM python:3.12\nCOPY --from=0 /tmp/r.txt /r.txt\n"
    build = read(f"{text}RUN pip install -r /r.txt")
    [found] = [handed(build, install) for install in installs(build)]
    assert found is not None
    assert found.copied is not None
    assert found.copied.dest == PurePosixPath("/r.txt")


@pytest.mark.parametrize(
    ("brought", "option"),
    [
        ("pip install poetry", '--python "$(command -v python3)"'),
        ("pip3.11 install 'poetry==1.8' && poetry self add poetry-plugin-export", "python3.11"),
        ("sudo -H python -m pip install poetry", "python)"),
        ("curl -sSL https://install.python-poetry.org | python3 -", "python3)"),
        ("curl -o /get.py https://install.python-poetry.org && python3.12 /get.py", "python3.12)"),
        ("/opt/poetry/bin/pip install poetry", None),
        ("pipx install poetry", None),
        ("pip install poetry && pip3.11 install poetry", None),
        ("true", None),
    ],
)
def test_poetry_installs_into_the_python_that_it_was_installed_with(brought: str, option: str | None) -> None:
    build = read(f"RUN {brought}\nCOPY . .\nRUN poetry install\nRUN pip install poetry\n")
    [install] = installs(build)
    found = managers_python(install)
    assert found is None if option is None else found is not None and option in found


def test_only_poetrys_python_is_looked_for() -> None:
    build = read(
        "RUN pip install poetry pipenv\nCOPY . .\nRUN pipenv install --system\nRUN pip install six\n"
    )
    assert [managers_python(install) for install in installs(build)] == [None, None]
