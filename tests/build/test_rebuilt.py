"""What a builder does again when a source file has changed, as a letter a step: kept, perhaps, rebuilt."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from build.reading import build_in
from uvmigrate.build.rebuilt import needed_stages, rebuilt

FILES = {
    "app/main.py": "",
    "notes.py": "",
    "requirements.txt": "six\n",
    "pyproject.toml": "",
    "uv.lock": "",
    ".dockerignore": "notes.py\n",
}


def again(dockerfile: str, changed: str = "app/main.py", **more: str) -> list[str]:
    """For each stage that the last one needs, the first letters of its instructions' fates."""
    build = build_in({"Dockerfile": dockerfile, **FILES, **more})
    found = rebuilt(build, build.stages[-1], PurePosixPath(changed))
    return ["".join(fate[0] for fate in fates) for _, fates in sorted(found.items())]


CASES = {
    "a step that reads the file, and all that stand below it": (
        "FROM base\nRUN a\nCOPY . .\nRUN b\nENV X=1\n",
        ["krrr"],
    ),
    "not what is copied by other names": (
        "FROM base\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\nCOPY app app\n",
        ["kkr"],
    ),
    "a wildcard": ("FROM base\nCOPY app/*.py /srv/\nRUN b\n", ["rr"]),
    "what is linked does not ask what lies below it": (
        "FROM base\nCOPY . .\nCOPY --link requirements.txt /\nRUN b\n",
        ["rkr"],
    ),
    "what is not linked does": (
        "FROM base\nCOPY . .\nCOPY requirements.txt /\n",
        ["rr"],
    ),
    "a stage that is FROM another": ("FROM base AS a\nCOPY . .\nFROM a\nRUN b\n", ["r", "r"]),
    "an environment that is made without the sources": (
        "FROM base AS build\nRUN --mount=type=bind,source=uv.lock,target=/app/uv.lock uv sync\n"
        "FROM base\nCOPY --from=build /opt/venv /opt/venv\nCOPY . .\n",
        ["k", "kr"],
    ),
    "a mount that shows the file": (
        "FROM base\nRUN --mount=type=bind,target=/src make -C /src\nRUN b\n",
        ["rr"],
    ),
    "an environment that is made with the sources may come out the same": (
        "FROM base AS build\nCOPY app /app\nRUN uv sync\n"
        "FROM base\nCOPY --from=build /opt/venv /opt/venv\nRUN b\n",
        ["rr", "pp"],
    ),
    "sources that are copied on": (
        "FROM base AS build\nCOPY . /app\nRUN b\nFROM base\nCOPY --from=build /app /app\nRUN c\n",
        ["rr", "rr"],
    ),
    "a stage that nothing needs is not asked": (
        "FROM base AS test\nCOPY . .\nFROM base\nRUN b\n",
        ["k"],
    ),
    "a stage that is mounted": (
        "FROM base AS src\nCOPY . /src\nFROM base\nRUN --mount=from=src,source=/src,target=/src make\n",
        ["r", "r"],
    ),
    "another image": ("FROM base\nCOPY --from=other /a /a\nRUN b\n", ["kk"]),
    "a name that nobody knows": ("FROM base\nARG WHAT\nCOPY $WHAT /app\nRUN b\n", ["kpp"]),
    "a mount of a place that nobody knows": (
        "FROM base\nARG WHAT\nRUN --mount=type=bind,source=$WHAT,target=/src b\n",
        ["kp"],
    ),
    "an exclude that may hit it": ("FROM base\nCOPY --exclude=*.md . .\nRUN b\n", ["pp"]),
    "an inline file": ("FROM base\nCOPY <<EOF /a\napp/main.py\nEOF\nRUN b\n", ["kk"]),
}


@pytest.mark.parametrize(("dockerfile", "expected"), CASES.values(), ids=CASES)
def test_done_again_are(dockerfile: str, expected: list[str]) -> None:
    assert again(dockerfile) == expected


def test_a_file_that_is_ignored_or_lies_outside_changes_nothing() -> None:
    whole = "FROM base\nCOPY . .\nRUN b\n"
    assert again(whole, "notes.py") == ["kk"]
    compose = "services:\n  web:\n    build: app\n"
    build = build_in({**FILES, "app/Dockerfile": whole, "compose.yaml": compose}, "app/Dockerfile")
    assert rebuilt(build, build.stages[0], PurePosixPath("notes.py")) == {0: ("kept", "kept")}
    assert rebuilt(build, build.stages[0], PurePosixPath("app/main.py")) == {0: ("rebuilt", "rebuilt")}


def test_needed_are_the_stages_that_an_image_is_made_of_and_copies_from() -> None:
    text = (
        "FROM base AS a\nFROM a AS b\nFROM base AS c\n"
        "FROM base AS d\nCOPY --from=b /x /x\nRUN --mount=from=2,target=/y y\n"
    )
    build = build_in({"Dockerfile": text})
    assert [stage.index for stage in needed_stages(build, build.stages[-1])] == [0, 1, 2, 3]
    assert [stage.index for stage in needed_stages(build, build.stages[1])] == [0, 1]
