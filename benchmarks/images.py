"""How large the examples' images are, and how long they take to build and to start: the tables of
docs/verify.md.

    PYTHONPATH=tests python benchmarks/images.py [--repeat ROUNDS] [EXAMPLE ...]

Needs docker with BuildKit. `uvmigrate verify --repeat` measures. Each figure is a ratio, migrated divided by
original, since both run on the same machine at the same time: the median of the rounds and, in brackets, the
smallest and the largest. The size is that of the whole image, base included. For fastapi-pip a second table
holds the migrated image against two that somebody could write by hand. Regressions go to standard error.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from engine.docker_cli import Engine
from engine.examples import EXAMPLES, FOLDER, Workshop
from engine.index import serve_locked
from uvmigrate.build import build_of
from uvmigrate.source import Repo
from uvmigrate.verify.engine import Docker
from uvmigrate.verify.speed import Bench, rounds
from uvmigrate.verify.subjects import Recipe, Side
from uvmigrate.verify.verdict import TIMED, Timing

if TYPE_CHECKING:
    from engine.examples import Example
    from engine.index import Index

BUILD_SECONDS = 1800
#: The example that is held against images that are written by hand.
REFERENCE = "fastapi-pip"
#: All but the sources.
FINISHED = """
FROM python:3.11-slim
COPY --from=ghcr.io/astral-sh/uv:0.13.8 /uv /bin/
WORKDIR /app
ENV UV_COMPILE_BYTECODE=1 UV_PROJECT_ENVIRONMENT=/opt/venv
COPY pyproject.toml uv.lock ./
RUN uv sync --locked --no-dev --no-cache
"""
COPY_ONLY = """
FROM {finished}
COPY . .
CMD ["uvicorn", "app.main:app", "--host", "0.0.0.0", "--port", "8000"]
"""
#: As the multi-stage example that uv's guide "Using uv in Docker" leads to, for this application.
TWO_STAGES = """
FROM python:3.11-slim AS builder
COPY --from=ghcr.io/astral-sh/uv:0.13.8 /uv /bin/
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_NO_DEV=1 UV_PYTHON_DOWNLOADS=0
WORKDIR /app
RUN --mount=type=cache,target=/root/.cache/uv \\
    --mount=type=bind,source=uv.lock,target=uv.lock \\
    --mount=type=bind,source=pyproject.toml,target=pyproject.toml \\
    uv sync --locked --no-install-project
COPY . /app
RUN --mount=type=cache,target=/root/.cache/uv \\
    uv sync --locked

FROM python:3.11-slim
COPY --from=builder /app /app
ENV PATH="/app/.venv/bin:$PATH" PYTHONUNBUFFERED=1
WORKDIR /app
CMD ["uvicorn", "app.main:app", "--host", "0.0.0.0", "--port", "8000"]
"""


class Benchmark:
    """The engine that all is measured on, and the index of the examples that need one."""

    def __init__(self, stack: ExitStack, repeat: int) -> None:
        """*stack* removes in the end what was made."""
        self.stack = stack
        self.repeat = repeat
        self.docker = Docker(BUILD_SECONDS)
        stack.callback(self.docker.remove_all)
        self.engine = Engine()
        stack.callback(self.engine.remove_all)
        self.index: Index | None = None

    def workshop(self, example: Example) -> Workshop:
        """Where an example is copied and migrated; the index is served when the first one needs it."""
        if example.indexed and self.index is None:
            folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
            self.index = self.stack.enter_context(serve_locked(self.engine, folder, FOLDER))
        return Workshop(example, self.engine, self.index if example.indexed else None)

    def row(self, example: Example) -> str:
        """The row of the first table for one example."""
        workshop = self.workshop(example)
        with tempfile.TemporaryDirectory() as parent:
            images = self._verified(workshop, workshop.copy(Path(parent)))
        [image] = [image for image in images if image["dockerfile"] == example.dockerfile]
        for found in image["rows"]:
            if found["status"] == "regression":
                print(example.title, found, file=sys.stderr)
        before, after = image["sizes"]["before"], image["sizes"]["after"]
        without = after["total"] - max(after["bytecode"] - before["bytecode"], 0)
        timings = [
            Timing(one["what"], tuple(one["before"]), tuple(one["after"]), one["because"])
            for one in image["timings"]
        ]
        sizes = f"{_number(after['total'] / before['total'])} | {_number(without / before['total'])}"
        return f"| {example.title} | {sizes} | {' | '.join(map(_shown, timings))} |"

    def _verified(self, workshop: Workshop, folder: Path) -> list[dict[str, Any]]:
        """What `uvmigrate verify` says of the images of a copy."""
        packages = workshop.packages
        options = [
            *workshop.example.options,
            *workshop.example.migrate,
            *(packages.build if packages else ()),
        ]
        options += [f"--repeat={self.repeat}", "--format=json"]
        ended = subprocess.run(
            [sys.executable, "-m", "uvmigrate", "verify", str(folder), *options],
            capture_output=True,
            text=True,
            check=False,
            env=os.environ | (packages.environment if packages else {}),
        )
        if ended.returncode not in (0, 1):
            raise RuntimeError(ended.stdout + ended.stderr)
        images: list[dict[str, Any]] = json.loads(ended.stdout)["images"]
        return images

    def reference(self, example: Example) -> str:
        """The rows of the second table: the example against what somebody could write by hand."""
        workshop = self.workshop(example)
        with tempfile.TemporaryDirectory() as parent:
            original = workshop.copy(Path(parent, "original"))
            migrated = workshop.copy(Path(parent, "migrated"))
            workshop.migrate(migrated, "--write")
            finished = self.engine.build(_with(migrated, "finished", FINISHED)).tag
            trees = {
                "the migrated image": migrated,
                "the original": original,
                "only the sources copied, onto an image with the environment": _with(
                    migrated, "copied", COPY_ONLY.format(finished=finished)
                ),
                "two stages, written by hand": _with(migrated, "stages", TWO_STAGES),
            }
            benches = [self._bench(tree) for tree in trees.values()]
            for bench in benches:
                bench.warm_up()
            changed = (PurePosixPath(example.source),)
            seconds = rounds(tuple(partial(_again, bench, changed) for bench in benches), self.repeat)
            sizes = [self.docker.size(bench.warm_image) for bench in benches]
        rows = zip(list(trees)[1:], sizes[1:], seconds[1:], strict=True)
        return "\n".join(
            f"| {name} | {_number(sizes[0] / size)} | {_shown(Timing(TIMED[1], others, seconds[0]))} |"
            for name, size, others in rows
        )

    def _bench(self, tree: Path) -> Bench:
        """A tree whose one Dockerfile is built as it is."""
        build = build_of(Repo.open(tree), PurePosixPath("Dockerfile"), ())
        recipe = Recipe(build.context.folder, build.path)
        return Bench(self.docker, Side(build, build.stages[-1], recipe, ()), tree, _quiet)


def main() -> None:
    """Measure the examples that are named, or all, and print the tables in Markdown."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--repeat", type=int, default=5, metavar="ROUNDS")
    titles = [example.title for example in EXAMPLES]
    parser.add_argument("example", nargs="*", help="; ".join(titles))
    given = parser.parse_args()
    named = [one for one in EXAMPLES if not given.example or one.title in given.example]
    with ExitStack() as stack:
        benchmark = Benchmark(stack, given.repeat)
        print(f"| example | image size | without new bytecode | {' | '.join(TIMED)} |")
        print("|---|---|---|" + "---|" * len(TIMED))
        for example in named:
            print(benchmark.row(example), flush=True)
        for example in named:
            if example.title == REFERENCE:
                print(f"\n| {REFERENCE}, migrated, against | image size | {TIMED[1]} |\n|---|---|---|")
                print(benchmark.reference(example), flush=True)


def _with(tree: Path, name: str, dockerfile: str) -> Path:
    """A copy of a tree beside it, with another Dockerfile."""
    copy = shutil.copytree(tree, tree.parent / name)
    (copy / "Dockerfile").write_text(dockerfile)
    return copy


def _again(bench: Bench, changed: tuple[PurePosixPath, ...]) -> float:
    return bench.touched(changed).seconds


def _number(ratio: float) -> str:
    return f"{ratio:.2f}" if ratio >= 0.1 else f"{ratio:.3f}"


def _shown(timing: Timing) -> str:
    """The median of the ratios and, in brackets, the smallest and the largest; or why there is none."""
    if timing.median is None:
        return timing.because
    return f"{_number(timing.median)} ({_number(min(timing.ratios))}–{_number(max(timing.ratios))})"


def _quiet(line: str) -> None:
    """Progress is no part of a table."""


if __name__ == "__main__":
    main()
