"""Where a file of the image comes from: through COPY, bind mounts and stages, back to the build context."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import pytest

from build.reading import build_in
from engine.docker_cli import docker
from uvmigrate.dockerfile import as_run

if TYPE_CHECKING:
    from engine.docker_cli import Engine

FILES = [
    "requirements.txt",
    "a.txt",
    "src/app.py",
    "src/web/main.py",
    "docs/a.txt",
    "docs/b.md",
    ".dot",
    "c d.txt",
]

COPIES = """\
FROM scratch AS one
COPY requirements.txt /one/
WORKDIR /two
COPY requirements.txt .
COPY a.txt renamed.txt
COPY requirements.txt a.txt many/
COPY src /three
COPY src/ four/
COPY src/web five
WORKDIR /six
COPY . .
WORKDIR /seven/deep
COPY ./a.txt ../
COPY *.txt /eight/
COPY d*/ /nine/
COPY d*/?.* /ten/
COPY [a-c].txt /eleven/
COPY ["c d.txt", "/twelve/"]
COPY src/../a.txt /thirteen/
COPY /a.txt /fourteen/b.txt
COPY a.txt /one
ADD --chmod=600 a.txt docs /fifteen/
COPY ../a.txt ../../docs/b.md /nineteen/
COPY .. /twenty/
WORKDIR sixteen
COPY a.txt .
COPY requirements.txt /seventeen/x/.
COPY .dot /eighteen/
FROM scratch
COPY --from=one /one/ /a/one/
COPY --from=one /two/renamed.txt /b/
COPY --from=one /three /c
COPY --from=0 /six/src/app.py /d/app2.py
WORKDIR /e
COPY --from=one /six/docs .
COPY --from=one two/many /f/
"""


@pytest.mark.engine
def test_every_file_of_a_real_build_is_found_where_it_came_from(engine: Engine, tmp_path: Path) -> None:
    context = tmp_path / "context"
    for name in FILES:
        (context / name).parent.mkdir(parents=True, exist_ok=True)
        (context / name).write_text(name)
    (context / "Dockerfile").write_text(COPIES)
    (context / "Dockerfile.dockerignore").write_text("Dockerfile*\n")
    read = build_in(
        {name: name for name in FILES} | {"Dockerfile": COPIES, "Dockerfile.dockerignore": "Dockerfile*"}
    )
    for number, stage in enumerate(read.stages):
        out = tmp_path / str(number)
        target = ["--target=one"] if stage.name else []
        docker("build", *target, f"--output=type=local,dest={out}", str(context))
        real = {
            str(path.relative_to(out)): path.read_text() for path in sorted(out.rglob("*")) if path.is_file()
        }
        ours = {path: str(stage.locate(PurePosixPath("/") / path, stage.final)) for path in real}
        assert ours == real


def located(text: str, image_path: str, *, files: tuple[str, ...] = tuple(FILES)) -> str | None:
    """The context path of *image_path* at the end of the last stage, or where its last RUN looks."""
    stage = build_in(dict.fromkeys(files, "") | {"Dockerfile": text}).stages[-1]
    runs = [item for item in stage.instructions if as_run(item)]
    found = stage.locate(PurePosixPath(image_path), stage.final, runs[-1] if runs else None)
    return str(found) if found is not None else None


def test_a_file_named_in_a_copy_is_found() -> None:
    assert located("FROM a\nCOPY requirements.txt /app/\n", "/app/requirements.txt") == "requirements.txt"
    assert located("FROM a\nCOPY requirements.txt /app/r.txt\n", "/app/r.txt") == "requirements.txt"


def test_a_folder_s_contents_are_found_without_its_name() -> None:
    assert located("FROM a\nCOPY src /app\n", "/app/web/main.py") == "src/web/main.py"
    assert located("FROM a\nCOPY src /app\n", "/app/src/web/main.py") is None


def test_the_last_copy_that_wrote_a_path_counts() -> None:
    text = "FROM a\nCOPY a.txt /x/file.txt\nCOPY docs/a.txt /x/file.txt\n"
    assert located(text, "/x/file.txt") == "docs/a.txt"


def test_what_no_copy_brings_is_not_found() -> None:
    assert located("FROM a\nCOPY src /app\n", "/app/requirements.txt") is None
    assert located("FROM a\nADD https://example.org/a.txt /app/\n", "/app/a.txt") is None
    assert located("FROM a\nCOPY --from=example/image /app /app\n", "/app/a.txt") is None
    assert located("FROM a\nCOPY $UNKNOWN /app/\n", "/app/a.txt") is None
    assert located("FROM a\nCOPY <<EOF /app/a.txt\nEOF\n", "/app/a.txt") is None


def test_an_ignored_file_does_not_reach_the_image() -> None:
    files = dict.fromkeys(FILES, "") | {".dockerignore": "docs\n*.txt\n!a.txt\n"}
    [stage] = build_in(files | {"Dockerfile": "FROM a\nCOPY . /app\n"}).stages
    found = {name: stage.locate(PurePosixPath("/app") / name, stage.final) for name in FILES}
    assert [name for name, place in found.items() if place is not None] == [
        "a.txt",
        "src/app.py",
        "src/web/main.py",
        ".dot",
    ]


def test_a_lock_that_is_not_made_yet_comes_with_its_project() -> None:
    files = ("pyproject.toml", "web/pyproject.toml")
    assert located("FROM a\nCOPY . /app/\n", "/app/web/uv.lock", files=files) == "web/uv.lock"
    assert located("FROM a\nCOPY pyproject.toml uv.lock* /app/\n", "/app/uv.lock", files=files) == "uv.lock"
    assert located("FROM a\nCOPY . /app/\n", "/app/uv.lock", files=("a.txt",)) is None


def test_variables_of_the_dockerfile_are_filled_in() -> None:
    text = "FROM a\nARG NAME=requirements\nENV DIR=/srv/app\nCOPY ${NAME}.txt $DIR/\n"
    assert located(text, "/srv/app/requirements.txt") == "requirements.txt"


def test_a_bind_mount_brings_files_for_its_run_only() -> None:
    mount = "--mount=type=bind,source=requirements.txt,target=/tmp/r.txt"
    assert located(f"FROM a\nRUN {mount} pip install -r /tmp/r.txt\n", "/tmp/r.txt") == "requirements.txt"
    assert located(f"FROM a\nRUN {mount} x\nRUN pip install -r /tmp/r.txt\n", "/tmp/r.txt") is None


def test_a_bind_mount_of_the_whole_context_and_of_a_stage() -> None:
    whole = "FROM a\nWORKDIR /app\nRUN --mount=type=bind,target=. pip install -r requirements.txt\n"
    assert located(whole, "/app/requirements.txt") == "requirements.txt"
    stage = "FROM a AS one\nCOPY . /in\nFROM a\nRUN --mount=type=bind,from=one,source=/in,target=/x true\n"
    assert located(stage, "/x/requirements.txt") == "requirements.txt"


def test_a_file_is_followed_through_several_stages() -> None:
    text = (
        "FROM a AS one\nCOPY . /in\n"
        "FROM a AS two\nCOPY --from=one /in/requirements.txt /mid/\n"
        "FROM two AS three\n"
        "FROM a\nCOPY --from=three /mid /app\n"
    )
    assert located(text, "/app/requirements.txt") == "requirements.txt"


def test_a_command_finds_files_from_where_it_runs() -> None:
    text = "FROM a\nWORKDIR /app\nCOPY src ./src\nRUN cd src && pip install ./web\n"
    read = build_in(dict.fromkeys(FILES, "") | {"Dockerfile": text})
    [call] = [call for call in read.calls(b"pip") if call.command.name == "pip"]
    assert call.locate("./web") == PurePosixPath("src/web")
    assert call.locate("/app/src/app.py") == PurePosixPath("src/app.py")
    assert call.locate("missing") is None
