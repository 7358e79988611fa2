"""Which virtual environments a build makes, what installs into them, and what is carried between stages."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from build.reading import build_in
from uvmigrate.build import Build, carried, consumes_wheels, installs, made_venvs
from uvmigrate.build.environment import venv_of

FILES = {"requirements.txt": "six\n"}


def read(text: str) -> Build:
    return build_in(FILES | {"Dockerfile": text})


@pytest.mark.parametrize(
    ("run", "path"),
    [
        ("python -m venv /opt/venv", "/opt/venv"),
        ("python3.12 -m venv --clear /venv", "/venv"),
        ("/usr/local/bin/python3 -mvenv venv", "/app/venv"),
        ("virtualenv -p python3 env", "/app/env"),
        ("python -m virtualenv $VENV", "/srv/venv"),
        ("uv venv", "/app/.venv"),
        ("uv --quiet venv --python 3.12 /opt/venv", "/opt/venv"),
        ("cd /srv && python -m venv .venv", "/srv/.venv"),
    ],
)
def test_an_environment_is_known_by_its_path_in_the_image(run: str, path: str) -> None:
    [venv] = made_venvs(read(f"FROM python:3.12\nENV VENV=/srv/venv\nWORKDIR /app\nRUN {run}\n"))
    assert venv.path == PurePosixPath(path)


@pytest.mark.parametrize(
    "run", ["python -m venv", "virtualenv --version", "python -m venv $UNKNOWN", "uv pip list"]
)
def test_what_makes_none_or_one_at_an_unknown_path_is_left_out(run: str) -> None:
    assert made_venvs(read(f"FROM python:3.12\nRUN {run}\n")) == ()


def test_system_packages_are_told() -> None:
    text = "FROM python:3.12\nRUN python -m venv --system-site-packages /a\nRUN python -m venv /b\n"
    assert [venv.system_site_packages for venv in made_venvs(read(text))] == [True, False]


@pytest.mark.parametrize(
    "commands",
    [
        "RUN /opt/venv/bin/pip install six\n",
        'RUN "$VENV"/bin/python -m pip install six\n',
        'ENV PATH="$VENV/bin:$PATH"\nRUN pip install six\n',
        "RUN . /opt/venv/bin/activate && pip install six\n",
        "RUN . $VENV/bin/activate && pip install six\n",
        "WORKDIR /opt\nRUN bash -o pipefail -x; source venv/bin/activate; pip install six\n",
    ],
)
def test_an_install_goes_into_the_environment_that_it_names_activates_or_finds_on_path(commands: str) -> None:
    build = read(f"FROM python:3.12\nENV VENV=/opt/venv\nRUN python -m venv $VENV\n{commands}")
    [install] = installs(build)
    assert venv_of(install, [venv.path for venv in made_venvs(build)]) == PurePosixPath("/opt/venv")


@pytest.mark.parametrize(
    "commands",
    [
        "RUN pip install six\n",
        "RUN /usr/local/bin/pip install six\n",
        "RUN pip install six && . /opt/venv/bin/activate\n",
        "RUN . /opt/venv/bin/activate\nRUN pip install six\n",
    ],
)
def test_any_other_install_goes_into_the_image_s_own_python(commands: str) -> None:
    build = read(f"FROM python:3.12\nRUN python -m venv /opt/venv\n{commands}")
    [install] = installs(build)
    assert venv_of(install, [venv.path for venv in made_venvs(build)]) is None


CARRIED = [
    ("python -m venv /opt/venv && /opt/venv/bin/pip install six", "/opt/venv /opt/venv", "venv"),
    ("python -m venv /opt/venv && /opt/venv/bin/pip install six", "/opt/venv/lib /x", "venv"),
    (
        "pip install six",
        "/usr/local/lib/python3.12/site-packages /usr/local/lib/python3.12/site-packages",
        "system",
    ),
    ("pip install six", "/usr/local/bin/gunicorn /usr/local/bin/", "system"),
    ("pip install six", "/usr/local /usr/local", "system"),
    ("pip install --user six", "/root/.local /root/.local", "user"),
    ("pip install --prefix=/install six", "/install /usr/local", "prefix"),
    ("pip wheel -w /wheels six", "/wheels /wheels", "wheels"),
    ("cd /wheels && pip wheel six", "/wheels /wheels", "wheels"),
    ("pip install six", "/app /app", None),
    ("pip install --user six", "/usr/local/lib /usr/local/lib", None),
    ("pip install --target /t six", "/usr/local/bin /usr/local/bin", None),
    ("echo six", "/usr/local/bin /usr/local/bin", None),
]


@pytest.mark.parametrize(("run", "copy", "kind"), CARRIED)
def test_a_copy_from_a_stage_carries_what_was_installed_there(run: str, copy: str, kind: str | None) -> None:
    build = read(f"FROM python:3.12 AS build\nRUN {run}\nFROM python:3.12\nCOPY --from=build {copy}\n")
    parts = carried(build, installs(build), made_venvs(build))
    assert [part.kind for part in parts] == ([kind] if kind else [])
    assert all((part.stage.index, part.origin.index) == (1, 0) for part in parts)


def test_a_stage_carries_on_what_the_stage_below_it_installed() -> None:
    text = (
        "FROM python:3.12 AS base\nRUN pip install --user six\n"
        "FROM base AS build\nRUN true\n"
        "FROM python:3.12\nCOPY --from=build /root/.local /root/.local\n"
    )
    build = read(text)
    [part] = carried(build, installs(build), made_venvs(build))
    assert (part.kind, part.origin.name) == ("user", "build")


@pytest.mark.parametrize(
    ("install", "consumed"),
    [
        ("pip install /wheels/*", True),
        ("pip install --no-index --find-links=/wheels -r requirements.txt", True),
        ("pip install --no-cache-dir --no-index --find-links file:///wheels/ six", True),
        ("pip install /wheels/six.whl", True),
        ("pip install six", False),
        ("pip install --find-links=/other six", False),
    ],
)
def test_wheels_of_an_earlier_stage_are_followed_to_the_install_that_takes_them(
    install: str, consumed: bool
) -> None:
    build = read(
        "FROM python:3.12 AS build\nRUN pip wheel -w /wheels six\n"
        f"FROM python:3.12\nCOPY --from=build /wheels /wheels\nRUN {install}\n"
    )
    found = installs(build)
    assert [consumes_wheels(build, one, found) for one in found] == [False, consumed]
