"""Who runs an instruction, where root hands over to them, and which number they have."""

from __future__ import annotations

import pytest

from build.reading import build_in
from uvmigrate.build import handover, read_image, user_id
from uvmigrate.build.users import is_own_user, is_root, starts_as_another


@pytest.mark.parametrize(
    ("user", "root"),
    [(None, True), ("root", True), ("0:0", True), ("root:app", True), ("app", False), ("1000:0", False)],
)
def test_root_is_known_by_name_and_number(user: str | None, root: bool) -> None:
    assert is_root(user) is root


@pytest.mark.parametrize(
    ("image", "own"),
    [
        ("jupyter/scipy-notebook", True),
        ("quay.io/jupyter/docker-stacks-foundation", True),
        ("jupyterhub/k8s-singleuser-sample", True),
        # These are not jovyan's.
        ("jupyter/nbviewer", False),
        ("jupyter/jupyterhub-onbuild", False),
        ("jupyterhub/jupyterhub", False),
    ],
)
def test_of_jupyter_s_images_those_for_one_person_are_that_person_s(image: str, own: bool) -> None:
    assert starts_as_another(read_image(image)) is own
    assert is_own_user(read_image(image), "1000") is own


def last(text: str) -> tuple[str, str] | None:
    """The line above which the folder of the last RUN's user is to be made, and the command for that."""
    build = build_in({"Dockerfile": text})
    stage = build.stages[-1]
    found = handover(stage, stage.instructions[-1])
    if found is None:
        return None
    return found.above.text_span.of(build.dockerfile.data).decode(), found.folder_for


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FROM python\nUSER app\nRUN x\n", ("USER app", "install -d -o app")),
        ("FROM python\nUSER 12:34\nRUN x\n", ("USER 12:34", "install -d -o 12 -g 34")),
        ("FROM python\nUSER a\nUSER b\nRUN x\n", ("USER a", "install -d -o b")),
        ("FROM python\nUSER a\nUSER root\nUSER b\nRUN x\n", ("USER b", "install -d -o b")),
        ("FROM python AS b\nUSER $ME\nFROM b\nRUN x\n", ("USER $ME", "install -d -o $ME")),
        ("FROM acme/base\nUSER root\nUSER app\nRUN x\n", ("USER app", "install -d -o app")),
        ("FROM python\nUSER $UID\nRUN x\n", ("USER $UID", "install -d -o $UID")),
    ],
)
def test_root_hands_over_at_the_first_user_of_those_that_follow(text: str, expected: tuple[str, str]) -> None:
    assert last(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "FROM python\nRUN x\n",
        "FROM acme/base\nUSER app\nRUN x\n",
        "FROM python\nUSER ${ME:-app}\nRUN x\n",
        'FROM python\nSHELL ["/bin/bash", "-c"]\nUSER $UID\nRUN x\n',
    ],
)
def test_where_it_is_not_certain_there_is_no_handover(text: str) -> None:
    assert last(text) is None


def number(text: str) -> str | None:
    stage = build_in({"Dockerfile": f"FROM python:3.12\n{text}RUN x\n"}).stages[-1]
    return user_id(stage, stage.instructions[-1])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("USER 1000\n", "1000"),
        ("USER 1000:0\n", "1000"),
        ("ENV ME=77\nUSER $ME\n", "77"),
        ("RUN useradd -u 1001 app\nUSER app\n", "1001"),
        ("RUN useradd --uid=1001 -m app && true\nUSER app:app\n", "1001"),
        ("RUN useradd -m app -u 5\nUSER app\n", "5"),
        ("RUN adduser -D -u1001 app\nUSER app\n", "1001"),
        ('RUN adduser --gecos "" --uid 9 --disabled-password app\nUSER app\n', "9"),
        ("ENV ME=app ID=8\nRUN useradd -u $ID $ME\nUSER $ME\n", "8"),
        ("RUN addgroup -g 3 app && adduser -u 4 -G app app\nUSER app\n", "4"),
    ],
)
def test_the_dockerfile_says_which_number_a_user_has(text: str, expected: str) -> None:
    assert number(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "USER root\n",
        "USER app\n",
        "RUN useradd app\nUSER app\n",
        "RUN useradd -u 5 -g app other\nUSER app\n",
        "ARG ID=5\nRUN useradd -u $ID app\nUSER app\n",
        "ARG ID=5\nUSER $ID\n",
        "RUN useradd -u 5 app || useradd -u 6 app\nUSER app\n",
        "RUN id app || useradd -u 5 app\nUSER app\n",
        "RUN if true; then useradd -u 5 app; fi\nUSER app\n",
        "USER app\nRUN useradd -u 5 other\n",
    ],
)
def test_else_the_number_is_not_known(text: str) -> None:
    assert number(text) is None
