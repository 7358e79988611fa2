"""What goes wrong with an engine is said in one line, and leaves nothing behind."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

import pytest

from cli.conftest import environment  # noqa: F401 - a fixture
from engine.verify.started import RUNS, Started, application
from engine.verify.victim import BASE, victim
from uvmigrate.codemod import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from engine.docker_cli import Engine
    from engine.verify.victim import Victim

pytestmark = pytest.mark.engine

HANG = "RUN sleep 600"
#: Hangs where the Python that PATH finds is one of an environment: in the migrated image.
HANG_MIGRATED = 'RUN python -c "import sys, time; time.sleep(600 if sys.prefix != sys.base_prefix else 0)"'
FILL = "RUN head -c 4G /dev/zero >/filled"
#: No name of this domain leads anywhere (RFC 2606).
NOWHERE = "images.invalid"
NO_IMAGE = f"{NOWHERE}/uv:1"


@pytest.fixture(scope="module")
def broken(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Victim]:
    """The engine that the runs of this module use, and break."""
    images = [BASE, Settings().uv_reference]
    with victim(engine, tmp_path_factory.mktemp("victim"), images) as found:
        # Its builder then has the layers that all of the images begin with.
        found.docker("build", "--quiet", str(application(tmp_path_factory.mktemp("warm") / "shop")))
        found.docker("image", "prune", "--force")
        yield found


@pytest.fixture
def clean(broken: Victim) -> Iterator[dict[str, list[str]]]:
    """What the engine had before the run; after it, it must have nothing else."""
    before = broken.things()
    yield before
    assert broken.things() == before


@pytest.fixture
def verify(
    broken: Victim,
    environment: dict[str, str],  # noqa: F811 - the fixture
    tmp_path: Path,
) -> Iterator[Callable[..., Started]]:
    """Starts ``uvmigrate verify`` for a new application; what still runs in the end is killed."""
    runs: list[Started] = []

    def start(*options: str, **parts: str) -> Started:
        own = tmp_path / f"{len(runs)}"
        root = application(own / "shop", **parts)
        variables = environment | {"DOCKER_HOST": broken.host}
        runs.append(Started(root, own, tmp_path / "tmp", variables, *options))
        return runs[-1]

    yield start
    for run in runs:
        run.process.kill()
        run.process.wait()


def outcome(run: Started) -> tuple[int, int, dict[str, list[str]]]:
    """The exit code, how many lines say what is wrong, and what is left behind."""
    return run.ended(), len(run.errors), run.left()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.usefixtures("clean")
def test_a_build_is_interrupted(verify: Callable[..., Started], number: int) -> None:
    run = verify(before=HANG)
    run.until_said(HANG)
    run.process.send_signal(number)
    assert outcome(run) == (130, 1, {})


@pytest.mark.usefixtures("clean")
def test_reading_the_files_is_interrupted(verify: Callable[..., Started]) -> None:
    run = verify()
    run.until_asked("export")
    run.process.send_signal(signal.SIGTERM)
    assert outcome(run) == (130, 1, {})


@pytest.mark.parametrize("pause", [0.0, 0.3])
@pytest.mark.usefixtures("clean")
def test_further_interrupts_do_not_disturb_the_cleaning(verify: Callable[..., Started], pause: float) -> None:
    run = verify(before=HANG)
    run.until_said(HANG)
    for _ in range(4):
        run.process.send_signal(signal.SIGINT)
        time.sleep(pause)
    assert outcome(run) == (130, 1, {})


@pytest.mark.usefixtures("clean")
def test_a_running_container_is_interrupted_more_than_once(
    verify: Callable[..., Started], broken: Victim
) -> None:
    run = verify(command=RUNS)
    run.until(lambda: broken.runs("sleep(9999)"))
    for _ in range(4):
        run.process.send_signal(signal.SIGINT)
        time.sleep(0.1)
    assert outcome(run) == (130, 1, {})


@pytest.mark.usefixtures("clean")
def test_an_engine_without_room(verify: Callable[..., Started]) -> None:
    run = verify(before=FILL)
    assert outcome(run) == (4, 1, {})
    assert "the engine has no room left (" in run.errors[0]
    assert "No space left on device" in run.errors[0]
    assert "docker system df" in run.errors[0]


@pytest.mark.usefixtures("clean")
def test_the_base_of_the_original_is_missing(verify: Callable[..., Started]) -> None:
    run = verify(before=f"COPY --from={NO_IMAGE} / /")
    assert outcome(run) == (4, 1, {})
    assert "Dockerfile: as it is, it cannot be built: " in run.errors[0]
    assert NOWHERE in run.errors[0]


@pytest.mark.usefixtures("clean")
def test_an_image_that_only_the_migration_needs_is_missing(verify: Callable[..., Started]) -> None:
    run = verify(f"--uv-image={NO_IMAGE}")
    assert outcome(run) == (1, 0, {})
    assert "REGRESSION build" in run.said
    assert NOWHERE in run.said


@pytest.mark.usefixtures("clean")
def test_the_build_of_the_original_hangs(verify: Callable[..., Started]) -> None:
    run = verify("--timeout=3", before=HANG)
    assert outcome(run) == (4, 1, {})
    assert f"it took more than 3 s, in [2/4] {HANG}" in run.errors[0]
    assert "--timeout" in run.errors[0]


@pytest.mark.usefixtures("clean")
def test_only_the_migrated_build_hangs(verify: Callable[..., Started]) -> None:
    run = verify("--timeout=10", after=HANG_MIGRATED)
    assert outcome(run) == (1, 0, {})
    assert "REGRESSION build" in run.said
    assert "it took more than 10 s" in run.said


@pytest.mark.parametrize("held", [True, False])
@pytest.mark.usefixtures("clean")
def test_an_engine_that_is_killed_in_a_build(
    verify: Callable[..., Started], broken: Victim, held: bool
) -> None:
    run = verify(before=HANG)
    run.until_said(HANG)
    broken.kill(hold=held)
    try:
        assert outcome(run) == (4, 1, {})
    finally:
        broken.let_go()
    assert "the engine stopped answering (" in run.errors[0]


@pytest.mark.usefixtures("clean")
def test_what_an_engine_had_that_was_killed_is_removed_by_the_next_run(
    verify: Callable[..., Started], broken: Victim, clean: dict[str, list[str]]
) -> None:
    run = verify(command=RUNS)
    run.until(lambda: broken.runs("sleep(9999)"))
    broken.kill()
    try:
        assert outcome(run) == (4, 1, {})
    finally:
        broken.let_go()
    assert "the engine stopped answering (" in run.errors[0]
    left = broken.things()
    assert len(left["containers"]) > len(clean["containers"])
    assert len(left["images"]) > len(clean["images"])
    assert outcome(verify(before="RUN false")) == (4, 1, {})


def test_what_a_run_had_is_removed_by_the_next_when_it_was_killed_and_not_before(
    verify: Callable[..., Started], broken: Victim, clean: dict[str, list[str]]
) -> None:
    run = verify(command=RUNS)
    run.until(lambda: broken.runs("sleep(9999)"))
    assert verify(before="RUN false").ended() == 4
    assert broken.runs("sleep(9999)")
    run.process.kill()
    assert run.ended() == -signal.SIGKILL
    left = broken.things()
    assert len(left["containers"]) > len(clean["containers"])
    assert len(left["images"]) > len(clean["images"])
    assert "files" in run.left()
    assert outcome(verify(before="RUN false")) == (4, 1, {})


@pytest.mark.usefixtures("clean")
def test_an_engine_that_does_not_answer(verify: Callable[..., Started], broken: Victim) -> None:
    with broken.paused():
        run = verify()
        assert outcome(run) == (4, 1, {})
    assert "no container engine answers (docker: docker version took more than 20 s" in run.errors[0]
