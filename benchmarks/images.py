"""How large the examples' images are, and how long they take to build and to build again: the table of
docs/verify.md.

    PYTHONPATH=tests python benchmarks/images.py [--repeat ROUNDS] [EXAMPLE ...]

Needs docker with BuildKit. Each figure is a ratio, migrated divided by original, since both run on the same
machine at the same time: the median of the rounds and, in brackets, the smallest and the largest. The size is
that of the whole image, base included. For fastapi-pip a second table holds the migrated image against two
that somebody could write by hand.
"""

from __future__ import annotations

import argparse
import shutil
import tarfile
import tempfile
from contextlib import ExitStack
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, NamedTuple

from engine.docker_cli import Engine
from engine.examples import EXAMPLES, FOLDER, Workshop
from engine.index import serve_locked
from uvmigrate.build import build_of
from uvmigrate.compose import find, load
from uvmigrate.source import Repo
from uvmigrate.verify.building import order_of
from uvmigrate.verify.engine import Docker, Launch
from uvmigrate.verify.options import Options
from uvmigrate.verify.speed import Bench, rounds, time_images
from uvmigrate.verify.subjects import Recipe, Side, Subject, Use
from uvmigrate.verify.verdict import TIMED, Timing

if TYPE_CHECKING:
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


class Size(NamedTuple):
    """The size of an image in bytes, and how much of it is bytecode."""

    total: int
    bytecode: int


class Variant(NamedTuple):
    """One way to build an application: what it is called in the table, and its copy."""

    name: str
    bench: Bench

    def size(self) -> Size:
        """The size of its image, as it is."""
        engine, order = self.bench.engine, order_of(self.bench.side.recipe, self.bench.tree)
        image = engine.build(order, _quiet).image
        return Size(engine.size(image), engine.files(image, _bytecode))


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

    def workshop(self, title: str) -> Workshop:
        """Where an example is copied and migrated; the index is served when the first one needs it."""
        [example] = [example for example in EXAMPLES if example.title == title]
        if example.indexed and self.index is None:
            folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
            self.index = self.stack.enter_context(serve_locked(self.engine, folder, FOLDER))
        return Workshop(example, self.engine, self.index if example.indexed else None)

    def row(self, title: str) -> str:
        """The row of the table for one example."""
        workshop = self.workshop(title)
        with tempfile.TemporaryDirectory() as parent:
            trees = workshop.copy(Path(parent, "before")), workshop.copy(Path(parent, "after"))
            workshop.migrate(trees[1], "--write")
            variants = [self.variant(workshop, "", tree) for tree in trees]
            timings = time_images(
                self.docker,
                Subject(title, tuple(variant.bench.side for variant in variants), ()),
                trees,
                Options(repeat=self.repeat),
                _quiet,
            )
            before, after = (variant.size() for variant in variants)
        without = after.total - max(after.bytecode - before.bytecode, 0)
        size = f"{_ratio(after.total, before.total)}, {_ratio(without, before.total)}"
        return f"| {title} | {size} | " + " | ".join(map(_shown, timings)) + " |"

    def reference(self) -> str:
        """The rows of the second table: the example against what somebody could write by hand."""
        workshop = self.workshop(REFERENCE)
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
            variants = [self.variant(workshop, name, tree) for name, tree in trees.items()]
            for variant in variants:
                variant.bench.warm_up()
            changed = (PurePosixPath(workshop.example.source),)
            seconds = rounds(tuple(partial(_again, one.bench, changed) for one in variants), self.repeat)
            sizes = [variant.size() for variant in variants]
        rows = zip(variants[1:], sizes[1:], seconds[1:], strict=True)
        return "\n".join(
            f"| {variant.name} | {_ratio(sizes[0].total, size.total)} "
            f"| {_shown(Timing(TIMED[1], others, seconds[0]))} |"
            for variant, size, others in rows
        )

    def variant(self, workshop: Workshop, name: str, tree: Path) -> Variant:
        """What is built from a tree as it is."""
        repo = Repo.open(tree)
        compose = tuple(load(repo, path) for path in find(repo))
        build = build_of(repo, PurePosixPath(workshop.example.dockerfile), compose)
        recipe = Recipe(build.context.folder, build.path)
        if workshop.packages is not None:
            proxy = ("HTTP_PROXY", f"http://127.0.0.1:{workshop.packages.port}")
            secrets = (f"id=netrc,src={workshop.packages.netrc}",)
            recipe = recipe._replace(args=(proxy,), secrets=secrets, network="host")
        given = (option.removeprefix("--env=").partition("=") for option in workshop.example.options)
        launch = Launch(environment={variable: value for variable, _, value in given})
        side = Side(build, build.stages[-1], recipe, (Use(None, "", launch),))
        return Variant(name, Bench(self.docker, side, tree, _quiet))


def main() -> None:
    """Measure the examples that are named, or all, and print the tables in Markdown."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--repeat", type=int, default=5, metavar="ROUNDS")
    titles = [example.title for example in EXAMPLES]
    parser.add_argument("example", nargs="*", help="; ".join(titles))
    given = parser.parse_args()
    named = [title for title in titles if not given.example or title in given.example]
    with ExitStack() as stack:
        benchmark = Benchmark(stack, given.repeat)
        print(f"| example | image size, without new bytecode | {' | '.join(TIMED)} |")
        print("|---|---|" + "---|" * len(TIMED))
        for title in named:
            print(benchmark.row(title), flush=True)
        if REFERENCE in named:
            print(f"\n| {REFERENCE}, migrated, against | image size | {TIMED[1]} |\n|---|---|---|")
            print(benchmark.reference(), flush=True)


def _with(tree: Path, name: str, dockerfile: str) -> Path:
    """A copy of a tree beside it, with another Dockerfile."""
    copy = shutil.copytree(tree, tree.parent / name)
    (copy / "Dockerfile").write_text(dockerfile)
    return copy


def _again(bench: Bench, changed: tuple[PurePosixPath, ...]) -> float:
    return bench.touched(changed).seconds


def _bytecode(archive: IO[bytes]) -> int:
    with tarfile.open(fileobj=archive, mode="r|") as files:
        return sum(file.size for file in files if file.name.endswith(".pyc"))


def _ratio(new: float, old: float) -> str:
    return _number(new / old)


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
