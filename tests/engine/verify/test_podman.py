"""Podman builds, starts and tidies up, where there is one that works; CI's machines need not have any."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from uvmigrate.verify.engine import (
    BuildFailed,
    BuildStep,
    Docker,
    EngineProblem,
    Launch,
    NotStarted,
    Order,
)
from uvmigrate.verify.engine.podman import Buildah, Podman
from uvmigrate.verify.listing import File, read_files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.engine

BASE = "python:3.11-slim"
DOCKERFILE = f"""
FROM {BASE} AS base
RUN useradd --uid 1001 app && mkdir /app /app/cache && touch /app/cache/old && chown -R app /app
FROM base
COPY a.txt /app/
LABEL org.example.kind="try"
USER app
HEALTHCHECK CMD ["true"]
CMD ["sh", "-c", "touch /app/new; sleep 60"]
"""


@pytest.fixture(scope="module", params=[Podman, Buildah])
def podman(request: pytest.FixtureRequest) -> Iterator[Docker]:
    """Podman, building by itself and with buildah; skipped where it does not run a container."""
    engine: Docker = request.param(300)
    if shutil.which(engine.program) is None or shutil.which(engine.builder) is None:
        pytest.skip(f"there is no {engine.program} with {engine.builder}")
    try:
        there = engine.processes.run([engine.program, "image", "exists", BASE], 60)
        if there.code:
            pytest.skip(f"podman does not have {BASE}")
        tried = engine.output(BASE, Launch(entrypoint=("true",)))
    except EngineProblem as problem:
        pytest.skip(f"podman runs no container: {problem}")
    if tried.code:
        pytest.skip(f"podman runs no container: {tried.err}")
    yield engine
    engine.remove_all()
    assert containers(engine) == ""


def containers(engine: Docker) -> str:
    return engine.processes.run(
        ["podman", "ps", "--all", "--quiet", f"--filter=label={engine.label}"], 60
    ).out


def working_containers(engine: Docker, image: str) -> str:
    """Those that builds from an image leave: they have no labels."""
    argv = ["podman", "ps", "--all", "--external", "--quiet", f"--filter=ancestor={image}"]
    return engine.processes.run(argv, 60).out


def order(folder: Path, text: str) -> Order:
    (folder / "Dockerfile").write_text(text, "utf-8")
    (folder / "a.txt").write_text("a", "utf-8")
    return Order(folder, folder / "Dockerfile")


def quiet(_: str) -> None:
    """Nobody listens."""


@pytest.fixture(scope="module")
def image(podman: Docker, tmp_path_factory: pytest.TempPathFactory) -> str:
    """An image of two stages."""
    return podman.build(order(tmp_path_factory.mktemp("image"), DOCKERFILE), quiet).image


def test_an_image_is_built_and_read_as_docker_s_is(podman: Docker, image: str, tmp_path: Path) -> None:
    told: list[str] = []
    again = podman.build(order(tmp_path, DOCKERFILE), told.append)
    assert again.image == image
    assert again.steps[-1] == BuildStep("COPY a.txt /app/", cached=True)
    assert told[0].endswith(f"STEP 1/2: FROM {BASE} AS base")
    config = podman.config(image)
    assert (config.user, config.labels) == ("app", {"org.example.kind": "try"})
    assert config.healthcheck == ("CMD", "true")
    listing = read_files(podman, image)
    assert listing.files["/app"] == File("folder", 0o755, 1001, 0, 0, "")
    assert listing.files["/app/a.txt"].size == 1
    assert podman.size(image) > 10_000_000
    assert "useradd" in podman.layers(image)[-2].made_by


def test_a_build_that_fails_has_its_line_and_its_words(podman: Docker, tmp_path: Path) -> None:
    with pytest.raises(BuildFailed) as failed:
        podman.build(order(tmp_path, f"FROM {BASE}\nRUN echo a\nRUN echo why >&2; exit 7\n"), quiet)
    assert failed.value.line == 3
    assert failed.value.said.splitlines()[0] == "why"
    assert "exit status 7" in failed.value.said


def test_a_build_that_hangs_leaves_nothing_behind(podman: Docker, image: str, tmp_path: Path) -> None:
    base = image.removeprefix("sha256:")
    slow = order(tmp_path, f"FROM {base}\nRUN sleep 6161\n")
    seen = []

    def look(step: str) -> None:
        if "RUN" in step:
            seen.append(working_containers(podman, base))

    podman.timeout = 8
    try:
        with pytest.raises(BuildFailed, match=r"more than 8 s, in STEP 2/.: RUN sleep 6161"):
            podman.build(slow, look)
    finally:
        podman.timeout = 300
    assert seen != [""]
    assert working_containers(podman, base) == ""
    assert podman.processes.run(["pgrep", "-f", "^sleep 6161"], 60).out == ""


def test_what_a_container_writes_is_told(podman: Docker, image: str) -> None:
    container = podman.start(image, Launch(entrypoint=("sh", "-c", "echo x > /app/new; echo said")))
    while podman.state(container).running:
        pass
    assert set(podman.written(container)) == {("C", "/app"), ("A", "/app/new")}
    assert podman.logs(container) == "said\n"
    podman.remove(container)
    assert containers(podman) == ""


def test_a_locked_container_writes_to_its_tmpfs_only(podman: Docker, image: str) -> None:
    tries = "; ".join(f"echo > {path}/x && echo {path}" for path in ("/app", "/app/cache", "/tmp", "/run"))
    launch = Launch(
        entrypoint=("sh", "-c", f"({tries}) 2> /dev/null; ls /app/cache"),
        tmpfs=("/tmp", "/app/cache:uid=1001,gid=1001"),
        locked=True,
    )
    # What lies in the image below a tmpfs is hidden, as by Docker.
    assert podman.output(image, launch).out.split() == ["/app/cache", "/tmp", "x"]


def test_what_cannot_be_started_has_dockers_code(podman: Docker, image: str) -> None:
    with pytest.raises(NotStarted) as failed:
        podman.start(image, Launch(entrypoint=("nosuch",)))
    assert failed.value.code == 127
    assert failed.value.said.startswith('exec: "nosuch": executable file not found')
    assert containers(podman) == ""


def test_what_shares_a_network_is_removed_with_its_owner(podman: Docker, image: str) -> None:
    owner = podman.start(image, Launch(entrypoint=("sleep", "60")))
    podman.start(image, Launch(entrypoint=("sleep", "60"), network=f"container:{owner}"))
    podman.remove(owner)
    assert containers(podman) == ""
