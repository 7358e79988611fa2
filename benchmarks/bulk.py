"""How many repositories a second `uvmigrate bulk` reports on, and how much memory it takes.

    PYTHONPATH=tests python benchmarks/bulk.py [--repositories 1000] [--repeat ROUNDS]

Repositories are generated: an eighth each of pip in one stage, in two, with compose, poetry, pipenv, uv,
conda (refused) and no Dockerfile. Each run has a state of its own; one process, two, and a Dask cluster of
two workers on loopback take turns, so that their ratios hold where seconds do not. Memory is the most that
Linux saw of the parent (VmHWM), and of any other process. All of a run counts, its start included.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from source.git import committed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

START = b'CMD ["python", "-m", "shop"]\n'
PIP = b"FROM python:3.11-slim\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\n" + START
STAGES = (
    b"FROM python:3.11-slim AS build\nCOPY requirements.txt .\n"
    b"RUN pip install --prefix=/install -r requirements.txt\n"
    b"FROM python:3.11-slim\nCOPY --from=build /install /usr/local\nCOPY . /app\nWORKDIR /app\n" + START
)
POETRY = (
    b"FROM python:3.11-slim\nRUN pip install poetry==2.1.3\nWORKDIR /app\n"
    b"COPY pyproject.toml poetry.lock ./\n"
    b"RUN poetry config virtualenvs.create false && poetry install --only main\nCOPY . .\n" + START
)
PIPENV = (
    b"FROM python:3.11-slim\nRUN pip install pipenv\nWORKDIR /app\nCOPY Pipfile Pipfile.lock ./\n"
    b"RUN pipenv install --system --deploy\nCOPY . .\n" + START
)
UV = (
    b"FROM python:3.11-slim\nCOPY --from=ghcr.io/astral-sh/uv:0.13.8 /uv /bin/\nWORKDIR /app\n"
    b"COPY . .\nRUN uv sync --frozen\n" + START
)
CONDA = b"FROM continuumio/miniconda3:24.1.2-0\nRUN conda install -y numpy\nCOPY . .\n" + START
REQUIREMENTS = {
    "requirements.txt": b"six==1.17.0\n",
    "shop/__init__.py": b"",
    "shop/__main__.py": b"import six\n",
}
PYPROJECT = (
    b'[tool.poetry]\nname = "shop"\nversion = "1.0"\ndescription = ""\nauthors = []\n'
    b'[tool.poetry.dependencies]\npython = "^3.11"\nsix = "1.17.0"\n'
)
PROJECT = b'[project]\nname = "shop"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = ["six"]\n'
COMPOSE = b"services:\n  web:\n    build: .\n    ports: ['8000:8000']\n"
KINDS: tuple[dict[str, bytes], ...] = (
    {"Dockerfile": PIP, **REQUIREMENTS},
    {"Dockerfile": STAGES, **REQUIREMENTS},
    {"Dockerfile": PIP, "compose.yaml": COMPOSE, **REQUIREMENTS},
    {"Dockerfile": POETRY, "pyproject.toml": PYPROJECT, **REQUIREMENTS},
    {"Dockerfile": PIPENV, "Pipfile": b'[packages]\nsix = "*"\n', **REQUIREMENTS},
    {"Dockerfile": UV, "pyproject.toml": PROJECT, **REQUIREMENTS},
    {"Dockerfile": CONDA, **REQUIREMENTS},
    {"README.md": b"nothing to build\n", **REQUIREMENTS},
)
#: Seconds between two looks at the memory: a process that lives for a moment may be missed.
LOOK = 0.02


class Run(NamedTuple):
    """One run: its seconds, and the most memory of the parent and of another process, in megabytes."""

    seconds: float
    parent: float
    worker: float


def main() -> None:
    """Measure, and print a table in Markdown."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--repositories", type=int, default=1000, metavar="N")
    parser.add_argument("--repeat", type=int, default=3, metavar="ROUNDS")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, cluster() as address:
        targets = Path(folder, "targets.txt")
        targets.write_text("".join(f"{one}\n" for one in generate(Path(folder, "all"), given.repositories)))
        ways = {
            "1 process": ["--jobs=1"],
            "2 processes": ["--jobs=2"],
            "2 workers of Dask": [f"--dask={address}"],
        }
        runs: dict[str, list[Run]] = {name: [] for name in ways}
        for number in range(given.repeat):
            for name, options in list(ways.items())[:: 1 if number % 2 == 0 else -1]:
                runs[name].append(measure(targets, Path(folder, f"{name}-{number}.db"), options))
                print(f"{name}: {runs[name][-1]}", file=sys.stderr, flush=True)
    print("| | repositories a second | beside one process | parent, MB | other processes, at most, MB |")
    print("|---|---|---|---|---|")
    alone = runs["1 process"]
    for name, some in runs.items():
        speed = statistics.median(given.repositories / run.seconds for run in some)
        ratios = [one.seconds / run.seconds for one, run in zip(alone, some, strict=True)]
        spread = f"{statistics.median(ratios):.2f} ({min(ratios):.2f}–{max(ratios):.2f})"
        parent, worker = max(run.parent for run in some), max(run.worker for run in some)
        print(f"| {name} | {speed:.1f} | {spread} | {parent:.0f} | {worker:.0f} |")


def generate(parent: Path, count: int) -> Iterator[Path]:
    """Make so many repositories, of all kinds in turn."""
    for number in range(count):
        folder = parent / f"{number:04}"
        committed(folder, {**KINDS[number % len(KINDS)], "NUMBER": f"{number}\n".encode()})
        yield folder


def measure(targets: Path, state: Path, options: Sequence[str]) -> Run:
    """One run over all targets. Raises RuntimeError where it fails."""
    command = [sys.executable, "-m", "uvmigrate", "bulk", f"--file={targets}", f"--state={state}", *options]
    start = time.perf_counter()
    with tempfile.TemporaryFile() as said, subprocess.Popen(command, stdout=said, stderr=said) as process:
        parent = worker = 0.0
        while process.poll() is None:
            parent = max(parent, _most(process.pid))
            worker = max([worker, *(_most(pid) for pid in _below(os.getpid()) if pid != process.pid)])
            time.sleep(LOOK)
        seconds = time.perf_counter() - start
        if process.returncode:
            said.seek(0)
            raise RuntimeError(said.read()[-2000:].decode())
    return Run(seconds, parent, worker)


def _below(pid: int) -> Iterator[int]:
    """The processes that a process started, and those that they did."""
    with contextlib.suppress(OSError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            for child in (thread / "children").read_text().split():
                yield int(child)
                yield from _below(int(child))


def _most(pid: int) -> float:
    """The most memory that a process had, in megabytes; 0 where it is gone."""
    with contextlib.suppress(OSError):
        found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
        return int(found[1]) / 1000 if found else 0.0
    return 0.0


@contextlib.contextmanager
def cluster() -> Iterator[str]:
    """The address of a Dask scheduler on loopback with two workers of one thread each."""
    from distributed import LocalCluster

    workers = {"n_workers": 2, "threads_per_worker": 1, "processes": True}
    with LocalCluster(**workers, dashboard_address=None) as found:  # type: ignore[no-untyped-call]  # it has no hints
        yield found.scheduler_address


if __name__ == "__main__":
    main()
