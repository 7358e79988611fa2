"""What starts containers of images that are not planned is not edited for those that are."""

from __future__ import annotations

from pathlib import PurePosixPath

from uvmigrate.codemod import Context, Refusal, Settings, Target
from uvmigrate.plan.look import look
from uvmigrate.source import Repo

IMAGE = """\
FROM python:3.13-slim
WORKDIR /app
RUN pip install gunicorn==23.0.0
COPY {file} .
CMD {command}
"""
SCRIPT = b"#!/bin/sh\nexec /usr/local/bin/gunicorn shop:app\n"
PROGRAMS = b"[program:web]\ncommand=/usr/local/bin/gunicorn shop:app\n"


def look_at(planned: tuple[str, ...], other: str, start: tuple[str, str], text: bytes) -> Context:
    """The look at a repository of an image that pip installs in, and *other*; both start by one file."""
    image = IMAGE.format(file=start[0], command=start[1])
    files = {"web/Dockerfile": image.encode(), "jobs/Dockerfile": other.encode(), start[0]: text}
    return look(Repo.of(files), [PurePosixPath(path) for path in planned], Settings())


def test_a_script_stays_as_it_is_for_an_image_that_is_not_planned() -> None:
    start = "start.sh", '["./start.sh"]'
    image = IMAGE.format(file=start[0], command=start[1])
    web = PurePosixPath("web/Dockerfile")
    alone = look_at(("web/Dockerfile",), image, start, SCRIPT).targets[web]
    together = look_at(("web/Dockerfile", "jobs/Dockerfile"), image, start, SCRIPT).targets[web]
    assert isinstance(alone, Refusal)
    assert (alone.code, "jobs/Dockerfile" in alone.because) == ("shared-start", True)
    assert isinstance(together, Target)


def test_settings_stay_as_they_are_for_an_image_that_stays_with_pip() -> None:
    start = "supervisord.conf", '["supervisord", "-c", "supervisord.conf"]'
    other = "FROM example.com/team/base:4\nCOPY supervisord.conf /etc/\n"
    both = "web/Dockerfile", "jobs/Dockerfile"
    found = look_at(both, other, start, PROGRAMS).targets[PurePosixPath("web/Dockerfile")]
    assert isinstance(found, Refusal)
    assert found.because == (
        "supervisord.conf starts the image of jobs/Dockerfile as well, which does not change in the same way"
    )
