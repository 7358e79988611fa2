"""Which installs take the wheels that a build makes, and where those come from."""

from __future__ import annotations

import pytest

from build.reading import build_in
from uvmigrate.build import Build, consumes_wheels, installs, is_idle_tool, taken_wheels

MADE = "FROM python:3.12 AS build\nCOPY requirements.txt .\nRUN pip wheel -w /wheels -r requirements.txt\n"


def read(text: str) -> Build:
    return build_in({"requirements.txt": "six\n", "Dockerfile": text})


@pytest.mark.parametrize(
    ("mount", "folder"),
    [
        ("from=build,source=/wheels,target=/wheels", "/wheels"),
        ("type=bind,from=build,src=wheels,dst=/w", "/w"),
        ("type=cache,from=0,source=/wheels,target=/tmp/wheels", "/tmp/wheels"),
    ],
)
def test_wheels_may_be_mounted_from_the_stage_that_makes_them(mount: str, folder: str) -> None:
    build = read(f"{MADE}FROM python:3.12\nRUN --mount={mount} pip install --no-index -f {folder} six\n")
    [taken] = taken_wheels(build, installs(build))
    assert (taken.install, taken.origin.index, str(taken.folder)) == (installs(build)[1], 0, folder)


@pytest.mark.parametrize(
    "mount",
    ["type=bind,source=wheels,target=/wheels", "type=cache,target=/wheels", "from=build,source=/,target=/b"],
)
def test_other_mounts_bring_no_wheels(mount: str) -> None:
    build = read(f"{MADE}FROM python:3.12\nRUN --mount={mount} pip install --no-index -f /wheels six\n")
    assert taken_wheels(build, installs(build)) == ()


def test_a_mount_is_gone_after_its_run() -> None:
    mount = "RUN --mount=from=build,source=/wheels,target=/wheels true\n"
    build = read(f"{MADE}FROM python:3.12\n{mount}RUN pip install --no-index -f /wheels six\n")
    assert taken_wheels(build, installs(build)) == ()


@pytest.mark.parametrize(
    ("text", "consumed"),
    [
        (f"{MADE}RUN pip install -f /wheels six\n", [False, True]),
        (f"{MADE}FROM build\nRUN pip install /wheels/*.whl\n", [False, True]),
        (f"{MADE}FROM python:3.12\nRUN pip install -f /wheels six\n", [False, False]),
        ("FROM python:3.12\nRUN pip install -f /w six && pip wheel -w /w six\n", [False, False]),
    ],
)
def test_wheels_lie_where_they_were_made_for_what_comes_after(text: str, consumed: list[bool]) -> None:
    build = read(text)
    found = installs(build)
    assert [consumes_wheels(build, one, found) for one in found] == consumed


@pytest.mark.parametrize(("operands", "everything"), [("/wheels/*", True), ("-f /wheels six", False)])
def test_a_wildcard_takes_all_wheels(operands: str, everything: bool) -> None:
    build = read(f"{MADE}RUN pip install {operands}\n")
    assert [taken.all_of_them for taken in taken_wheels(build, installs(build))] == [everything]


TOOL = "FROM python:3.12 AS build\nCOPY requirements.txt .\nRUN {}pip wheel -w /wheels -r requirements.txt\n"
TAKE = "FROM python:3.12\nCOPY --from=build /wheels /wheels\nRUN pip install /wheels/*\n"


@pytest.mark.parametrize(
    ("text", "idle"),
    [
        (TOOL.format("pip install build && ") + TAKE, True),
        (TOOL.format("pip install -U build==1.2 setuptools && mkdir /w && ") + TAKE, True),
        (TOOL.format("pip install build auditwheel && ") + TAKE, False),
        (TOOL.format("pip install build -r requirements.txt && ") + TAKE, False),
        (TOOL.format("pip install build . && ") + TAKE, False),
        (TOOL.format("pip install build && python -m build && ") + TAKE, False),
        (TOOL.format("pip install build && ./make.sh && ") + TAKE, False),
        (TOOL.format("pip install build && if true; then pyproject-build; fi && ") + TAKE, False),
        (TOOL.format("pip install build && ") + 'RUN ["pyproject-build"]\n' + TAKE, False),
        (TOOL.format("pip install build && ") + "RUN <<EOF python3\nimport build\nEOF\n" + TAKE, False),
        (
            TOOL.format("pip install build && ") + "RUN pip wheel --no-build-isolation -w /w six\n" + TAKE,
            False,
        ),
        (TOOL.format("pip install build && ") + TAKE + "COPY --from=build /usr/local /usr/local\n", False),
        (TOOL.format("pip install build && ") + TAKE + "RUN --mount=from=build,target=/b ls /b\n", False),
        (TOOL.format("pip install build && ") + "FROM build AS more\n" + TAKE, False),
        (TOOL.format("pip install build && ") + "RUN pip install /wheels/*\n", False),
        ("FROM python:3.12 AS build\nRUN pip install build\nFROM python:3.12\nRUN pip install six\n", False),
    ],
)
def test_a_front_end_is_idle_where_only_wheels_leave_and_nothing_could_call_it(text: str, idle: bool) -> None:
    build = read(text)
    found = installs(build)
    assert [is_idle_tool(build, one, found) for one in found if "build" in str(one.packages)] == [idle]
