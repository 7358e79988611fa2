"""A repository may hang, crash or eat memory: it costs that repository, and the next one is done."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fleet.servers import silent_server
from source.git import committed, git
from uvmigrate.fleet.job import Job, Wish
from uvmigrate.fleet.limits import read_size, size
from uvmigrate.fleet.nursery import Nursery
from uvmigrate.fleet.outcome import Outcome
from uvmigrate.fleet.pool import work
from uvmigrate.fleet.targets import Target, target

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.skipif(not Path("/proc/self").exists(), reason="finds processes in /proc")

NOOP = {"Dockerfile": b"FROM scratch\n"}


@pytest.fixture
def silent() -> Iterator[Target]:
    with silent_server() as address:
        yield target(f"{address}/shop.git")


@pytest.fixture
def simple(tmp_path: Path) -> Target:
    committed(tmp_path / "simple", NOOP)
    return target(str(tmp_path / "simple"))


def job(of: Target, seconds: float = 60, memory: int = 1 << 30) -> Job:
    return Job(of, Wish(), "", seconds, memory)


def started_by(parent: int) -> dict[int, str]:
    """The processes below another one, and their names."""
    found: dict[int, str] = {}
    for place in Path("/proc").glob("[0-9]*/stat"):
        try:
            number, rest = int(place.parent.name), place.read_text("utf-8", "replace")
        except OSError:
            continue
        name, _, fields = rest.partition("(")[2].rpartition(")")
        if int(fields.split()[1]) == parent and fields.split()[0] != "Z":
            found |= {number: name} | started_by(number)
    return found


#: What this process had started before the test: a browser of other tests, for example.
_OTHERS: dict[int, str] = {}


@pytest.fixture(autouse=True)
def _others() -> None:
    _OTHERS.clear()
    _OTHERS.update(started_by(os.getpid()))


def children() -> dict[int, str]:
    """The processes below this one that the test has started."""
    return {number: name for number, name in started_by(os.getpid()).items() if number not in _OTHERS}


def until(what: Callable[[], object], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end
        time.sleep(0.02)


def alive(processes: dict[int, str]) -> dict[int, str]:
    return {number: name for number, name in processes.items() if Path(f"/proc/{number}").exists()}


def test_what_hangs_is_killed_with_all_that_it_started(silent: Target, simple: Target) -> None:
    with Nursery() as nursery:
        assert nursery.do(job(simple)).status == "noop"  # type: ignore[union-attr]  # else the test fails
        seen: dict[int, str] = {}
        looking = threading.Timer(1, lambda: seen.update(children()))
        looking.start()
        outcome = nursery.do(job(silent, seconds=3))
        looking.join()
        assert isinstance(outcome, Outcome)
        assert (outcome.status, outcome.why) == ("failed", "took longer than 3 seconds")
        assert 3 <= outcome.seconds < 20
        assert "git" in seen.values()
        until(lambda: not alive(seen))
        assert nursery.do(job(simple)).status == "noop"  # type: ignore[union-attr]  # else the test fails


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGKILL])
@pytest.mark.parametrize("depth", ["the nursery", "the child"])
def test_what_crashes_costs_one_repository(
    silent: Target, simple: Target, number: signal.Signals, depth: str
) -> None:
    with Nursery() as nursery:

        def crash() -> None:
            until(lambda: "git" in children().values())
            process = nursery._process
            assert process is not None
            [child] = [n for n in started_by(process.pid) if process.pid in parents(n)[:1]]
            os.kill(process.pid if depth == "the nursery" else child, number)

        thread = threading.Thread(target=crash)
        thread.start()
        outcome = nursery.do(job(silent))
        thread.join()
        assert isinstance(outcome, Outcome)
        assert outcome.status == "failed"
        assert ("killed" if depth == "the nursery" else number.name) in outcome.why
        assert nursery.do(job(simple)).status == "noop"  # type: ignore[union-attr]  # else the test fails
    until(lambda: not children())


def parents(number: int) -> list[int]:
    fields = Path(f"/proc/{number}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    return [int(fields[1])]


def test_too_little_memory_costs_one_repository(simple: Target, tmp_path: Path) -> None:
    dockerfile = b"FROM python:3.13\nCOPY . .\nRUN pip install -r requirements.txt\n"
    committed(tmp_path / "large", {"Dockerfile": dockerfile, "requirements.txt": b"# six\n" * 1_000_000})
    with Nursery() as nursery:
        outcome = nursery.do(job(target(str(tmp_path / "large")), memory=32 << 20))
        assert isinstance(outcome, Outcome)
        assert (outcome.status, outcome.why) == ("failed", "needs more memory than --memory allows")
        assert nursery.do(job(simple)).status == "noop"  # type: ignore[union-attr]  # else the test fails


def test_nothing_is_left_where_the_work_was_done(
    simple: Target, silent: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(place))
    with Nursery() as nursery:
        nursery.do(job(simple))
        nursery.do(job(silent, seconds=1))
    assert list(place.iterdir()) == []


def test_a_tree_of_more_levels_than_python_has_calls_costs_nothing(
    simple: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    committed(tmp_path / "deep", NOOP)
    stream = f"commit refs/heads/deep\ncommitter A <a> 0 +0000\ndata 0\nM 644 inline {'a/' * 1500}f\ndata 0\n"
    subprocess.run(
        ["git", "fast-import", "--quiet"], cwd=tmp_path / "deep", input=stream.encode(), check=True
    )
    git(tmp_path / "deep", "symbolic-ref", "HEAD", "refs/heads/deep")
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(place))
    with Nursery() as nursery:
        outcome = nursery.do(job(target(str(tmp_path / "deep"))))
        assert isinstance(outcome, Outcome)
        assert (outcome.status, outcome.why) == ("noop", "there is no Dockerfile here")
        assert nursery.do(job(simple)).status == "noop"  # type: ignore[union-attr]  # else the test fails
    assert list(place.iterdir()) == []


def test_an_end_from_outside_ends_what_is_under_way(silent: Target) -> None:
    with Nursery() as nursery:
        threading.Timer(1, nursery.stop).start()
        assert nursery.do(job(silent)) is None
    until(lambda: not children())


def test_many_are_done_whatever_becomes_of_one(simple: Target, silent: Target) -> None:
    jobs = [job(simple), job(silent, seconds=2), *[job(simple)] * 4]
    found = [(one.target, outcome) for one, outcome in work(jobs, 2)]
    assert len(found) == 6
    statuses = sorted(outcome.status for _, outcome in found if isinstance(outcome, Outcome))
    assert statuses == ["failed"] + ["noop"] * 5


def test_an_end_does_not_wait_for_who_makes_the_jobs(simple: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    """A forge may have asked for a pause of an hour."""
    monkeypatch.setattr("uvmigrate.fleet.pool._GRACE", 0.5)
    pause = threading.Event()

    def jobs() -> Iterator[Job]:
        yield job(simple)
        pause.wait()
        yield job(simple)

    working = work(jobs(), 1)
    next(working)
    began = time.monotonic()
    working.close()  # type: ignore[attr-defined]  # it is a generator
    assert time.monotonic() - began < 10
    pause.set()
    until(lambda: not children())


def test_who_stops_reading_ends_the_work(simple: Target, silent: Target) -> None:
    working = work([job(simple), job(silent), job(silent)], 2)
    next(working)
    working.close()  # type: ignore[attr-defined]  # it is a generator
    until(lambda: not children())


@pytest.mark.parametrize(
    ("text", "most"), [("512M", 512 << 20), ("2GiB", 2 << 30), ("1.5g", 3 << 29), ("4096", 4096)]
)
def test_sizes_are_read(text: str, most: int) -> None:
    assert read_size(text) == most


@pytest.mark.parametrize("text", ["", "2X", "-1G", "much", "0", "0.1", "9999999T", "9" * 400])
def test_what_is_no_size_is_said(text: str) -> None:
    with pytest.raises(ValueError, match="is no size like 512M or 2G"):
        read_size(text)


def test_sizes_are_said_as_people_write_them() -> None:
    assert [size(n) for n in (512 << 20, 2 << 30, 1000)] == ["512M", "2G", "1000"]
