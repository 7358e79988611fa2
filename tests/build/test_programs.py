from __future__ import annotations

import pytest

from build.reading import build
from uvmigrate.build import installs, programs


def moved(dockerfile: str, text: str) -> list[tuple[str, str]]:
    """The old paths in a text, each with the part of it that an environment's folder goes before."""
    found = build(f"FROM python:3.13\n{dockerfile}\nRUN pip install Gunicorn==23 celery[redis]\n")
    return [(old.text, old.tail) for old in programs(found, installs(found)).find(text.encode())]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/usr/local/bin/python3.13 -m x", [("/usr/local/bin/python3.13", "/bin/python3.13")]),
        ("exec /usr/local/bin/gunicorn.", [("/usr/local/bin/gunicorn", "/bin/gunicorn")]),
        ('["/root/.local/bin/celery"]', [("/root/.local/bin/celery", "/bin/celery")]),
        (
            "/usr/local/lib/python3.13/site-packages/x",
            [("/usr/local/lib/python3.13/site-packages", "/lib/python3.13/site-packages")],
        ),
        ("/usr/local/bin/flask run", [("/usr/local/bin/flask", "/bin/flask")]),
        ("/usr/local/bin/pip list; /usr/bin/python3; /opt/usr/local/bin/python", []),
        ("/home/app/.local/bin/other", []),
    ],
)
def test_programs_of_the_packages_and_python_move(text: str, expected: list[tuple[str, str]]) -> None:
    assert moved("", text) == expected


@pytest.mark.parametrize(
    "instruction",
    [
        "COPY flask /usr/local/bin/",
        "COPY start.sh /usr/local/bin/flask",
        "COPY --from=example.com/tools /flask /usr/local/bin/flask",
        "RUN curl -o /usr/local/bin/flask https://example.com/flask",
        "RUN curl https://example.com/all.tgz | tar -xz -C /usr/local",
    ],
)
def test_what_something_else_puts_there_stays(instruction: str) -> None:
    assert moved(instruction, "/usr/local/bin/flask") == []
    assert moved(instruction, "/usr/local/bin/gunicorn") != []
