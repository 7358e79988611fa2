"""Which Python a stage has, whether its packages must stay in it, and whether root is its user."""

from __future__ import annotations

import pytest

from build.reading import build
from uvmigrate.build import installs, interpreter_of, is_public, keeps, read_image, starts_as_root, version_of

APT = "RUN apt-get update && apt-get install -y --no-install-recommends "


@pytest.mark.parametrize(
    ("image", "packages", "python"),
    [
        ("debian:12", "python3 python3-pip", (3, 11)),
        ("debian:12.8-slim", "python3-pip", (3, 11)),
        ("debian:trixie-20260901-slim", "python3-venv", (3, 13)),
        ("library/debian:bullseye", "python3-dev", (3, 9)),
        ("ubuntu:20.04", "python3-pip python3-setuptools", (3, 8)),
        ("ubuntu:jammy-20240111", "python3.10 python3-pip", (3, 10)),
        ("ubuntu:24.04", "python3-full curl=8.* libpq5:amd64", (3, 12)),
    ],
)
def test_a_release_has_one_python(image: str, packages: str, python: tuple[int, int]) -> None:
    found = interpreter_of(build(f"FROM {image}\n{APT}{packages}\n").stages[0])
    assert (found.version, found.keeps) == (python, "")


@pytest.mark.parametrize(
    ("tag", "python"),
    [("3.20", (3, 12)), ("3.20.1", (3, 12)), ("3.2", None), ("3.16", (3, 10)), ("edge", None)],
)
def test_so_has_alpine(tag: str, python: tuple[int, int] | None) -> None:
    stage = build(f"FROM alpine:{tag}\nRUN apk add --no-cache python3 py3-pip\n").stages[0]
    assert interpreter_of(stage).version == python
    assert (interpreter_of(stage).keeps == "") == (python is not None)


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (APT + "python3-pip python3-numpy", "python3-numpy brings packages"),
        (APT + "python3-pip gunicorn", "gunicorn brings packages"),
        (APT + "python3-pip $PACKAGES", "a variable says which packages"),
        (APT + "python3-pip && xargs apt-get install -y < packages", "a variable says which packages"),
        (APT + "python3.9 python3-pip", "its name does not tell"),
        (APT + "curl", "where its Python comes from is not seen"),
        (
            APT + "python3-pip && update-alternatives --install /usr/bin/python3 python3 /opt/p 1",
            "`update-alter",
        ),
        (APT + "python3-pip && ln -sf /opt/python3.12 /usr/bin/python3", "another Python"),
        (
            APT + "python3-pip\nCOPY --from=python:3.12-slim /usr/local /usr/local",
            "COPY --from=python:3.12-slim",
        ),
    ],
)
def test_packages_stay_where_the_python_is_not_certain(lines: str, why: str) -> None:
    assert why in interpreter_of(build(f"FROM debian:12\n{lines}\n").stages[0]).keeps


@pytest.mark.parametrize(
    "line",
    [
        "RUN ln -s /usr/bin/python3 /usr/bin/python",
        "COPY --from=ghcr.io/astral-sh/uv:0.13.8 /uv /uvx /bin/",
        "COPY --from=ghcr.io/astral-sh/uv:0.13.8 /uv /usr/local/bin/",
        "COPY --from=assets /out /srv",
    ],
)
def test_what_brings_no_python_changes_nothing(line: str) -> None:
    found = interpreter_of(build(f"FROM debian:12\n{APT}python3-pip\n{line}\n").stages[0])
    assert (found.version, found.keeps) == ((3, 11), "")


def test_the_packages_of_a_stage_are_those_below_it_too() -> None:
    text = (
        f"FROM debian:12 AS base\n{APT}python3 python3-numpy\nFROM base\nRUN apt-get install -y python3-pip\n"
    )
    assert "python3-numpy" in interpreter_of(build(text).stages[1]).keeps


@pytest.mark.parametrize(
    ("packages", "python2"),
    [("python-pip", True), ("python2.7", True), ("python3-pip", False), ("python-is-python3", False)],
)
def test_a_pip_without_a_number_may_be_python_2_s(packages: str, python2: bool) -> None:
    assert interpreter_of(build(f"FROM debian:buster\n{APT}{packages}\n").stages[0]).python2 is python2


def test_other_distributions_are_not_known_but_for_python_2() -> None:
    for image, packages, python2 in (("centos:7", "python-pip", True), ("fedora:41", "python3-pip", False)):
        found = interpreter_of(build(f"FROM {image}\nRUN yum install -y {packages}\n").stages[0])
        assert (found.version, found.python2) == (None, python2)
        assert "its name does not tell" in found.keeps


def test_an_environment_takes_the_place_of_any_python() -> None:
    text = "FROM example/tools\nRUN python3 -m venv {} /venv\nRUN {} install six\n"
    into = build(text.format("", "/venv/bin/pip"))
    beside = build(text.format("", "pip"))
    open_ = build(text.format("--system-site-packages", "/venv/bin/pip"))
    assert [bool(keeps(one, installs(one)[0])) for one in (into, beside, open_)] == [False, True, True]


def test_an_environment_has_the_python_that_made_it() -> None:
    text = (
        "FROM ubuntu:20.04\nRUN apt-get install -y python3 && {} -m venv /venv && /venv/bin/pip install six\n"
    )
    for program, version in (("python3.11", (3, 11)), ("python3", (3, 8))):
        one = build(text.format(program))
        assert version_of(one, installs(one)[0]) == version


@pytest.mark.parametrize(
    ("text", "root"),
    [
        ("FROM example/tools\nRUN apt-get update\n", True),
        ("FROM example/tools\nUSER root\nRUN apt-get update\n", False),
        ("FROM example/tools\nRUN sudo apt-get update\n", False),
        ("FROM example/tools\nRUN apt-get update || true\n", False),
        ("FROM example/tools\nRUN pip install six\nRUN useradd app\n", True),
        ("FROM example/tools\nRUN mkdir /app\n", False),
        ("FROM example/tools AS a\nRUN apk add git\nFROM example/tools\n", True),
        ("FROM tiangolo/uvicorn-gunicorn:python3.11\n", True),
        ("FROM mcr.microsoft.com/devcontainers/python:3.12\n", True),
        ("FROM python:3.12\n", True),
        ("FROM ubuntu\n", True),
    ],
)
def test_root_is_the_user_where_that_is_known_or_seen(text: str, root: bool) -> None:
    read = build(text)
    base = read.stages[-1].base
    assert base is not None
    assert starts_as_root(read, base) is root


@pytest.mark.parametrize(
    ("reference", "public"),
    [
        ("example/tools", True),
        ("ghcr.io/example/tools:1", True),
        ("registry.example.com/tools", False),
        ("localhost:5000/tools", False),
        ("$BASE", True),
    ],
)
def test_a_name_says_whose_registry_it_is(reference: str, public: bool) -> None:
    assert is_public(read_image(reference)) is public
