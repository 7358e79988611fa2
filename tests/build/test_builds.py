"""Which files are Dockerfiles, what each is built from, and which of its stages become images."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from build.reading import build, build_in
from uvmigrate.build import find_dockerfiles, is_dockerfile
from uvmigrate.source import Repo

P = PurePosixPath


@pytest.mark.parametrize(
    "name",
    [
        "Dockerfile",
        "dockerfile",
        "Containerfile",
        "Dockerfile.dev",
        "Dockerfile-web",
        "Dockerfile_2",
        "web.Dockerfile",
        "a.b.dockerfile",
    ],
)
def test_a_dockerfile_is_known_by_its_name(name: str) -> None:
    assert is_dockerfile(P("folder") / name)


@pytest.mark.parametrize(
    "name",
    """.dockerignore Dockerfile.dockerignore Dockerfile.j2 Dockerfile.tmpl Dockerfile.md Dockerfile.bak
    Dockerfiles MyDockerfile dockerfile.py docker-compose.yml""".split(),
)
def test_what_only_looks_like_one_is_none(name: str) -> None:
    assert not is_dockerfile(P(name))


def test_a_named_file_is_one_whatever_it_is_called() -> None:
    repo = Repo.of({"Dockerfile": b"", "web/Dockerfile": b"", "web/image.txt": b"", "webapp/Dockerfile": b""})
    assert find_dockerfiles(repo, P()) == (P("Dockerfile"), P("web/Dockerfile"), P("webapp/Dockerfile"))
    assert find_dockerfiles(repo, P("web")) == (P("web/Dockerfile"),)
    assert find_dockerfiles(repo, P("web/image.txt")) == (P("web/image.txt"),)


def test_without_compose_the_context_is_where_the_sources_are_found() -> None:
    files = {
        "docker/Dockerfile": "FROM a\nCOPY requirements.txt .\nCOPY src ./src\n",
        "requirements.txt": "",
        "src/a": "",
    }
    assert build_in(files, "docker/Dockerfile").context.folder == P()


def test_the_dockerfile_s_own_folder_is_the_context_where_nothing_speaks_against_it() -> None:
    files = {
        "web/Dockerfile": "FROM a\nCOPY requirements.txt .\n",
        "web/requirements.txt": "",
        "requirements.txt": "",
    }
    assert build_in(files, "web/Dockerfile").context.folder == P("web")
    assert build_in({"web/Dockerfile": "FROM a\nCOPY . .\n"}, "web/Dockerfile").context.folder == P("web")


@pytest.mark.parametrize(
    ("install", "manifest"),
    [
        ("pip install -r requirements.txt", "requirements.txt"),
        ("pip install -e .", "setup.py"),
        ("pip install poetry && poetry install", "pyproject.toml"),
        ("pipenv sync --system", "Pipfile"),
    ],
)
def test_where_everything_is_copied_the_context_is_where_the_manifests_are(
    install: str, manifest: str
) -> None:
    text = f"FROM a\nWORKDIR /srv\nCOPY . .\nRUN {install}\n"
    assert (
        build_in({"docker/web/Dockerfile": text, manifest: ""}, "docker/web/Dockerfile").context.folder == P()
    )
    files = {"docker/web/Dockerfile": text, f"docker/{manifest}": "", manifest: ""}
    assert build_in(files, "docker/web/Dockerfile").context.folder == P("docker")
    assert build_in({"docker/Dockerfile": text}, "docker/Dockerfile").context.folder == P("docker")


@pytest.mark.parametrize(
    "install",
    ["uv sync --locked", "uv pip install --system -r requirements.txt", "uv pip install --system ."],
)
def test_what_uv_reads_tells_the_context_as_well(install: str) -> None:
    manifests = {
        "pyproject.toml": '[project]\nname = "shop"\nversion = "1"\n',
        "uv.lock": "version = 1\n",
        "requirements.txt": "flask\n",
    }
    text = f"FROM a\nWORKDIR /srv\nCOPY . .\nRUN {install}\n"
    assert build_in({"docker/Dockerfile": text, **manifests}, "docker/Dockerfile").context.folder == P()
    beside = {f"docker/{name}": data for name, data in manifests.items()}
    assert build_in({"docker/Dockerfile": text, **beside}, "docker/Dockerfile").context.folder == P("docker")


def test_a_folder_in_between_may_be_the_context() -> None:
    files = {"web/docker/Dockerfile": "FROM a\nCOPY api/requirements.txt .\n", "web/api/requirements.txt": ""}
    assert build_in(files, "web/docker/Dockerfile").context.folder == P("web")


def test_a_folder_whose_ignore_file_leaves_the_sources_out_is_not_the_context() -> None:
    files = {
        "web/Dockerfile": "FROM a\nCOPY a.txt .\n",
        "web/a.txt": "",
        "web/.dockerignore": "*\n",
        "a.txt": "",
    }
    assert build_in(files, "web/Dockerfile").context.folder == P()


COMPOSE = "services:\n  web:\n    build:\n      context: {context}\n      dockerfile: {dockerfile}\n"


def test_compose_says_what_the_context_is() -> None:
    files = {
        "web/Dockerfile": "FROM a\nCOPY requirements.txt .\n",
        "web/requirements.txt": "",
        "compose.yaml": COMPOSE.format(context=".", dockerfile="web/Dockerfile"),
    }
    found = build_in(files, "web/Dockerfile")
    assert found.context.folder == P()
    assert [service.name for _, service in found.services] == ["web"]


def test_a_context_outside_of_the_repository_holds_nothing() -> None:
    files = {
        "Dockerfile": "FROM a\nCOPY . .\n",
        "compose.yaml": COMPOSE.format(context="..", dockerfile="repo/Dockerfile"),
    }
    assert build_in(files).context.folder == P()


def finals(text: str, compose: str = "") -> list[int]:
    files = {"Dockerfile": text} | ({"compose.yaml": compose} if compose else {})
    return [stage.index for stage in build_in(files).final_stages]


def test_the_last_stage_is_an_image() -> None:
    assert finals("FROM a\n") == [0]
    assert finals("FROM a AS build\nFROM b\nCOPY --from=build /x /x\n") == [1]


def test_a_stage_that_nothing_takes_from_is_an_image_of_its_own() -> None:
    assert finals("FROM a AS web\nFROM a AS worker\nFROM a AS tests\n") == [0, 1, 2]


@pytest.mark.parametrize(
    "use",
    ["FROM one\n", "FROM ONE AS x\n", "FROM b\nCOPY --from=one /x /x\n", "FROM b\nCOPY --from=0 /x /x\n",
     "FROM b\nRUN --mount=type=bind,from=one,target=/x true\n"],
)  # fmt: skip
def test_a_stage_that_another_takes_from_is_none(use: str) -> None:
    assert finals(f"FROM a AS one\n{use}") == [1]


def test_a_stage_that_compose_builds_is_one_in_any_case() -> None:
    compose = "services:\n  dev:\n    build:\n      context: .\n      target: Dev\n"
    assert finals("FROM a AS dev\nFROM dev\n", compose) == [0, 1]


def test_a_target_may_be_a_number_and_the_last_of_two_names_counts() -> None:
    compose = "services:\n  dev:\n    build:\n      context: .\n      target: '0'\n"
    assert finals("FROM a\nFROM b\nCOPY --from=0 /x /x\n", compose) == [0, 1]
    twice = build("FROM a AS one\nFROM b AS two\nFROM c AS ONE\n")
    assert twice.find("One") is twice.stages[2]
    assert twice.find("1") is twice.stages[1]
    assert twice.find("7") is None


def test_stages_are_found_by_name_and_number_among_the_earlier_ones() -> None:
    one, two, three = build("FROM a AS One\nFROM b\nFROM c AS three\n").stages
    assert three.find("ONE") is one
    assert three.find("1") is two
    assert two.find("three") is None
    assert one.find("0") is None


def test_a_file_without_a_stage_has_no_stages() -> None:
    for text in ("", "# a comment\n", "ARG A=1\n", "RUN true\n"):
        empty = build(text)
        assert empty.stages == ()
        assert empty.final_stages == ()


def test_the_commands_of_a_stage_are_read_once_for_the_same_question() -> None:
    # Every install of a plan asks for them again, and each answer takes all RUNs.
    stage = build("FROM python\nRUN pip install a && poetry install\n").stages[0]
    assert stage.calls(b"pip") is stage.calls(b"pip")
    assert len(stage.calls()) == 2
