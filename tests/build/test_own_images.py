"""Which Dockerfiles of a repository make an image, and what they tell of its user."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from uvmigrate.build import BaseImage, Made, OwnImages, read_image
from uvmigrate.compose import find, load
from uvmigrate.source import Repo

APP = "FROM python:3.13-slim\nUSER app\n"
ROOT = "FROM python:3.12-slim\n"


def found(files: dict[str, str], image: str, asking: str = "child.Dockerfile") -> BaseImage:
    child = {asking: f"FROM {image}\nRUN pip install six\n"}
    repo = Repo.of({name: text.encode() for name, text in {**child, **files}.items()})
    own = OwnImages(repo, tuple(load(repo, path) for path in find(repo)))
    return own.complete(read_image(image), PurePosixPath(asking))


def made(files: dict[str, str], image: str, asking: str = "child.Dockerfile") -> Made | None:
    return found(files, image, asking).made


def built_by(script: str, image: str = "atlas/base:1", name: str = "build.sh") -> list[str]:
    """The Dockerfiles that a script says make an image, of four."""
    paths = ("Dockerfile", "Containerfile", "a/Dockerfile", "a/b.Dockerfile")
    given = made({name: script, **dict.fromkeys(paths, APP)}, image)
    return sorted(map(str, given.by)) if given is not None else []


@pytest.mark.parametrize(
    "line",
    [
        "docker build -t atlas/base a",
        "docker build --tag=atlas/base:1 ./a/",
        "sudo docker image build -tatlas/base:1 -f a/Dockerfile .",
        "docker buildx build --push --platform linux/amd64,linux/arm64 -t atlas/base -fa/Dockerfile .",
        "podman build --build-arg X='a b' --file a/Dockerfile -t docker.io/atlas/base .",
        "buildah bud -f a/Dockerfile -t atlas/base .",
        "cd a && docker build -t atlas/base .",
        "(cd ./a; ls && docker build -t atlas/base .)",
        'docker build -t "$REGISTRY/base:$(git rev-parse --short HEAD)" a || exit 1',
        "docker build -t other -t base a; echo done",
        "D=a\nNAME=base\ndocker build -t $NAME ${D}",
        "docker build -t base ${FOLDER:-a}",
        "docker build \\\n  -t atlas/base \\\n  $(pwd)/a > log",
        "docker build -t draft a\ndocker tag draft atlas/base:1",
        "docker build -t quay.io/seas/base a\ndocker push atlas/base:1",
    ],
)
def test_a_script_says_which_dockerfile_makes_an_image(line: str) -> None:
    assert built_by(line) == ["a/Dockerfile"]


@pytest.mark.parametrize(
    "line",
    [
        "# docker build -t atlas/base a",
        "docker build -t atlas/database a",
        "docker build -t quay.io/seas/base a",
        "docker build -t $IMAGE a",
        "docker build a",
        "docker compose build base",
        "docker push atlas/base:1",
    ],
)
def test_what_does_not_name_the_image_is_no_evidence(line: str) -> None:
    assert built_by(line) == []


def test_what_a_variable_hides_may_be_any_dockerfile() -> None:
    assert built_by("docker build -t base -f $FILE .") == [
        "Containerfile",
        "Dockerfile",
        "a/Dockerfile",
        "a/b.Dockerfile",
    ]
    assert built_by("docker build -t base -f a/${ONE}Dockerfile .") == ["a/Dockerfile", "a/b.Dockerfile"]
    assert built_by("for d in a b; do docker build -t base $d; done") == ["a/Dockerfile"]


def test_of_several_tags_the_one_that_fits_counts() -> None:
    script = "docker build -t base:1 a\ndocker build -t base:2 -f a/b.Dockerfile .\n"
    assert built_by(script) == ["a/Dockerfile"]
    assert built_by(script, "atlas/base:2") == ["a/b.Dockerfile"]
    assert built_by(script, "atlas/base:3") == ["a/Dockerfile", "a/b.Dockerfile"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("GNUmakefile", "NAME := base\nimage:\n\t@docker build -t $(NAME) \\\n\t\ta\n"),
        ("tools/image.mk", "NAME ?= base\nimage:\n\tdocker build -t $(NAME) $(CURDIR)/a\n"),
        (".gitlab-ci.yml", "job:\n  script:\n    - docker build -t $CI_REGISTRY_IMAGE/base a\n"),
        (
            ".github/workflows/push.yaml",
            "env:\n  NAME: atlas/base\njobs:\n  push:\n    steps:\n"
            "      - run: |\n          docker build -t ${{ env.NAME }}:${{ github.sha }} a\n",
        ),
        (
            ".github/workflows/push.yml",
            "jobs:\n  push:\n    steps:\n      - uses: actions/checkout@v4\n"
            "      - uses: docker/build-push-action@v6\n        with:\n          file: a/Dockerfile\n"
            "          tags: |\n            ghcr.io/other/one\n            atlas/base:1\n      - run: ls\n",
        ),
    ],
)
def test_makefiles_and_workflows_are_read(name: str, text: str) -> None:
    assert built_by(text, name=name) == ["a/Dockerfile"]


def test_the_target_of_a_build_is_the_stage_that_counts() -> None:
    text = "FROM python:3.13 AS base\nUSER app\nFROM base AS test\nUSER root\n"
    files = {"base/Dockerfile": text, "m.sh": "docker build -t base --target base base\n"}
    compose = "services:\n  b:\n    image: atlas/base\n    build:\n      context: base\n      target: test\n"
    assert made(files, "base") == Made(
        (PurePosixPath("base/Dockerfile"),), "app", "m.sh:1", python=(3, 13), workdir=PurePosixPath("/")
    )
    both = made({**files, "compose.yaml": compose}, "atlas/base")
    assert both is not None
    assert both.user is None


@pytest.mark.parametrize(
    ("end", "user"),
    [
        ("", "root"),
        ("USER 0\n", "root"),
        ("USER app:staff\n", "app:staff"),
        ("USER 1000\n", "1000"),
        ("ENV WHO=app\nUSER $WHO\n", "app"),
        ("ARG WHO=app\nUSER $WHO\n", None),
        ("USER ${WHO:-app}\n", None),
        ("USER app\nUSER root\n", "root"),
    ],
)
def test_the_user_is_what_the_last_user_says(end: str, user: str | None) -> None:
    given = made({"Dockerfile": f"{ROOT}{end}", "m.sh": "docker build -t base .\n"}, "base")
    assert given is not None
    assert (given.user, given.python) == (user, (3, 12))


def test_what_is_from_the_image_itself_inherits_and_decides_nothing() -> None:
    files = {
        "Dockerfile": APP,
        "plot.Dockerfile": "FROM atlas/base:x\nRUN pip install --user six\n",
        "more.Dockerfile": "FROM atlas/base:plot\nRUN pip install six\n",
        "m.sh": "docker build -t base:$T .\nfor x in *; do docker build -t base:$x -f $x.Dockerfile .\ndone",
    }
    given = made(files, "atlas/base:plot", "more.Dockerfile")
    assert given is not None
    assert (given.by, given.user) == ((PurePosixPath("Dockerfile"),), "app")
    assert given.at_home == {PurePosixPath("plot.Dockerfile")}
    del files["Dockerfile"]
    assert made({**files, "m.sh": "docker build -t base -f plot.Dockerfile .\n"}, "atlas/base:plot") is None


def test_an_image_that_somebody_else_made_is_not_known_by_what_is_built_on_it() -> None:
    top = "FROM seas/flow:2\nUSER root\nRUN apt-get update\nUSER {}\n"
    compose = "services:\n  flow:\n    image: seas/flow:2\n    build: .\n"
    for user in ("root", "flow"):
        assert made({"Dockerfile": top.format(user), "compose.yaml": compose}, "seas/flow:2") is None


def test_whose_home_a_foreign_base_fills_is_not_known() -> None:
    files = {"Dockerfile": "FROM seas/flow:2\nUSER flow\n", "m.sh": "docker build -t ours .\n"}
    given = made(files, "ours")
    assert given is not None
    assert given.user is None
    given = made({**files, "Dockerfile": "FROM seas/flow:2\nUSER root\n"}, "ours")
    assert given is not None
    assert given.user == "root"


@pytest.mark.parametrize(
    ("base", "plot", "expected"),
    [
        ("WORKDIR /srv\nWORKDIR app\n", "", "/srv/app"),
        ("", "", "/"),
        ("WORKDIR /srv\n", "WORKDIR /plots\n", None),
        ("WORKDIR /srv\n", "WORKDIR /srv\n", "/srv"),
        ("ARG D\nWORKDIR $D\n", "", None),
    ],
)
def test_the_working_directory_is_what_all_agree_on(base: str, plot: str, expected: str | None) -> None:
    files = {
        "Dockerfile": ROOT + base,
        "plot.Dockerfile": f"FROM atlas/base\nRUN pip install six\n{plot}",
        "m.sh": "docker build -t base:$T .\ndocker build -t base:$T-plot -f plot.Dockerfile .\n",
    }
    given = made(files, "atlas/base:1-plot")
    assert given is not None
    assert given.workdir == (PurePosixPath(expected) if expected is not None else None)


def test_a_base_of_a_base_tells_what_it_does_not() -> None:
    files = {
        "one/Dockerfile": APP + "ENV HOME=/data\n",
        "two/Dockerfile": "FROM atlas/one\nRUN pip install six\n",
        "m.sh": "docker build -t one one\ndocker build -t two two\n",
    }
    given = found(files, "atlas/two")
    assert given.made is not None
    assert (given.made.user, given.python) == ("app", (3, 13))
    assert given.made.exported == {"HOME"}
    assert given.made.at_home == {PurePosixPath("two/Dockerfile")}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pyproject.toml", '[project]\nname = "Atlas.Core"\n'),
        ("pyproject.toml", '[tool.poetry]\nname = "atlas-core"\n'),
        ("setup.cfg", "[metadata]\nname = atlas_core\n"),
        ("setup.py", 'from setuptools import setup\nsetup(name="atlas_core")\n'),
        ("compose.yaml", "name: atlas-core\nservices:\n  db:\n    image: postgres\n"),
    ],
)
def test_an_image_named_like_the_project_may_be_of_every_dockerfile_with_python(name: str, text: str) -> None:
    files = {
        name: text,
        "Dockerfile": APP,
        "web/Dockerfile": "FROM nginx\nUSER nginx\n",
        "other.Dockerfile": "FROM maps/atlas_core\nUSER root\nRUN pip install six\n",
    }
    given = made(files, "maps/atlas_core")
    assert given is not None
    assert (given.by, given.user) == ((PurePosixPath("Dockerfile"),), "app")
    assert made(files, "maps/atlas") is None
    differing = made({**files, "root.Dockerfile": ROOT}, "maps/atlas_core")
    assert differing is not None
    assert differing.user is None


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1\n", ()),
        ("ENV PIP_INDEX_URL=https://pip.example.com/simple\n", ("PIP_INDEX_URL",)),
        ("ENV PIP_USER=1\n", ("PIP_USER",)),
        ("ARG PIP_INDEX_URL\n", ()),
        ("COPY etc/pip.conf /etc/\n", ("a configuration file",)),
        ("RUN python -m pip config --global set global.timeout 9\n", ("a configuration file",)),
    ],
)
def test_what_is_set_for_pip_in_a_base_is_seen(lines: str, expected: tuple[str, ...]) -> None:
    given = made({"Dockerfile": ROOT + lines, "m.sh": "docker build -t base .\n"}, "base")
    assert given is not None
    assert given.pip == expected


def test_what_is_below_a_base_may_be_set_for_pip_too() -> None:
    files = {
        "one/Dockerfile": "FROM registry.example.com/python:3\nUSER root\n",
        "two/Dockerfile": "FROM atlas/one\n",
        "m.sh": "docker build -t one one\ndocker build -t two two\n",
    }
    given = made(files, "atlas/two")
    assert given is not None
    assert (given.user, given.pip) == ("root", ("what registry.example.com/python:3 brings",))


def test_what_is_known_by_its_name_is_not_asked_for() -> None:
    files = {"Dockerfile": APP, "m.sh": "docker build -t python .\n"}
    assert made(files, "python:3.13") is None
    assert made(files, "atlas/$NAME") is None
    assert made({**files, "child.Dockerfile": "FROM atlas/python\nRUN ls\n"}, "atlas/python") is None


def test_an_image_built_from_a_file_that_is_not_here_is_nobody_s() -> None:
    given = made({"Dockerfile": APP, "m.sh": "docker build -t base - < other\n"}, "base")
    assert given == Made((), None, "m.sh:1 builds it from a file that is not here")


@pytest.mark.parametrize(
    "text", ["docker build -t", "docker build -t 'x", "X=$X\ndocker build -t $X/base $X", "\0docker build"]
)
def test_no_text_is_an_error(text: str) -> None:
    assert built_by(text, "atlas/none") == []
