"""What compose says of a service must be what it said, whatever comes of its start."""

from __future__ import annotations

from uvmigrate.verify.compare.services import compare_services
from uvmigrate.verify.engine import Config, Launch
from uvmigrate.verify.subjects import Use
from verify.environments import meaning

IMAGE = Config(entrypoint=("start.sh",), command=("web",))


def rows(was: Launch, now: Launch, image: Config = IMAGE) -> list[tuple[str, ...]]:
    means = meaning({"environment": ("POETRY_*",)})
    pair = (Use(None, "web", was), image), (Use(None, "web", now), image)
    return [(row.kind, row.name, row.status, row.because) for row in compare_services(*pair, means)]


def test_the_same_says_nothing() -> None:
    launch = Launch(command=("poetry", "run", "x"), environment={"A": "1"}, user="5", workdir="/x")
    assert rows(launch, launch._replace(command=("x",))) == []
    assert rows(Launch(), Launch()) == []


def test_a_lost_argument_is_a_regression() -> None:
    was, now = Launch(command=("x", "--workers", "4")), Launch(command=("x",))
    assert rows(was, now) == [("command", "web", "regression", "it starts without --workers")]


def test_a_command_that_goes_leaves_that_of_the_image() -> None:
    assert rows(Launch(command=("x",)), Launch()) == [
        ("command", "web", "regression", "it starts with other words")
    ]
    assert rows(Launch(command=("web",)), Launch()) == []


def test_an_image_speaks_for_itself() -> None:
    assert rows(Launch(), Launch(), Config(command=("other",))) == []


def test_variables_users_and_folders_must_stay() -> None:
    was = Launch(environment={"KEY": "s", "POETRY_HOME": "x"}, user="5", workdir="/x")
    assert [row[:3] for row in rows(was, Launch())] == [
        ("user", "web", "regression"),
        ("workdir", "web", "regression"),
        ("environment", "web: KEY", "regression"),
        ("environment", "web: POETRY_HOME", "meant"),
    ]
