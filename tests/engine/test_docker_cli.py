"""What is read from a build's log; the proofs about the cache rest on it."""

from __future__ import annotations

import pytest

from engine.docker_cli import Engine, Image, Step

# Two stages whose steps run at the same time; one step prints what looks like a step of its own.
LOG = """\
#1 [internal] load build definition from Dockerfile
#1 DONE 0.0s

#5 [build 1/3] FROM docker.io/library/python:3.11-slim
#5 DONE 0.0s

#6 [build 2/3] COPY . .
#6 CACHED

#7 [build 3/3] RUN uv sync --locked
#7 0.217 #6 [build 2/3] RUN uv sync

#8 [stage-1  2/10] COPY . .
#8 DONE 0.1s

#7 [build 3/3] RUN uv sync --locked
#7 DONE 0.4s
"""


def test_a_step_is_told_by_its_stage_and_cached_only_where_the_log_says_so() -> None:
    assert Image(Engine(), "unused", LOG).steps == (
        Step("build", "FROM docker.io/library/python:3.11-slim", cached=False),
        Step("build", "COPY . .", cached=True),
        Step("build", "RUN uv sync --locked", cached=False),
        Step("stage-1", "COPY . .", cached=False),
    )


def test_a_step_that_could_be_one_of_two_is_an_error() -> None:
    image = Image(Engine(), "unused", LOG)
    assert image.step("uv sync").stage == "build"
    with pytest.raises(ValueError, match="too many"):
        image.step("COPY")


def test_in_a_single_stage_steps_have_no_stage_name() -> None:
    log = "#6 [ 2/14] WORKDIR /app\n#6 CACHED\n"
    assert Image(Engine(), "unused", log).steps == (Step("", "WORKDIR /app", cached=True),)
