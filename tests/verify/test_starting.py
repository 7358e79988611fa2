"""Two commands start the same program with the same arguments, or not."""

from __future__ import annotations

import pytest

from growth import keeps_pace
from uvmigrate.verify.compare.starting import other_start


def shell(text: str) -> tuple[str, ...]:
    return ("/bin/sh", "-c", text)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (("poetry", "run", "gunicorn", "a:b"), ("gunicorn", "a:b")),
        (shell("poetry run gunicorn -b :80"), ("gunicorn", "-b", ":80")),
        (shell("exec /venv/bin/python3 -m 'a b'"), ("python", "-m", "a b")),
        (("uv", "run", "--no-sync", "--extra", "web", "x", "--no-sync"), ("x", "--no-sync")),
        (("uv", "run", "x"), ("uv", "run", "--frozen", "--", "x")),
        (shell(". /venv/bin/activate && exec x"), ("/opt/venv/bin/x",)),
        (shell("migrate&&poetry run x"), ("sh", "-c", "migrate && x")),
        (shell("sh -c 'poetry run x; y'"), ("bash", "-c", "x; y")),
        (("x", "--path=/venv/lib/python3.11/a"), ("x", "--path=/opt/venv/lib/python3.11/a")),
        (("pipenv", "run", "web"), ("gunicorn", "a:b")),
        ((), ()),
    ],
)
def test_the_same_is_started(old: tuple[str, ...], new: tuple[str, ...]) -> None:
    assert other_start(old, new) == ""


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        (("x", "--workers", "4"), ("x",), "it starts without --workers"),
        (("x", "--workers=4", "-b", "y"), ("x",), "it starts without --workers, -b"),
        (("pipenv", "run", "x", "--workers", "4"), ("x",), "it starts without --workers"),
        (("x", "--host", "::"), ("x", "--host", "::1"), "it starts with other words"),
        (("x",), ("x", "--debug"), "it starts with other words"),
        ((), ("x",), "it starts with other words"),
        (("x",), (), "nothing is started any more"),
        (shell("x && y"), ("x",), "it starts with other words"),
        (("poetry", "run", "x", "-c", "y"), ("x",), "it starts without -c"),
        (("/app/start.sh",), ("start.sh",), "it starts with other words"),
        (shell("x 'a b'"), ("x", "a", "b"), "it starts with other words"),
    ],
)
def test_other_words_start_something_else(old: tuple[str, ...], new: tuple[str, ...], why: str) -> None:
    assert other_start(old, new) == why


def test_many_words_take_no_longer_than_their_number() -> None:
    def many(size: int) -> None:
        words = ("sh", "-c", "exec x " + "y " * size)
        assert other_start(words, words) == ""

    assert keeps_pace(many, 10_000)
