"""How large the examples' images are, and how long they take to build again, migrated against as they were.

    PYTHONPATH=tests python benchmarks/images.py [--repeat ROUNDS] [EXAMPLE ...]

Needs docker with BuildKit. A round ends one source file with a new comment and builds both variants, in
turns, with everything else in BuildKit's cache. The figures are ratios, migrated divided by original, since
both run on the same machine at the same time: the median of the rounds and, in brackets, the smallest and the
largest. The size is that of the whole image, base included.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

from engine.docker_cli import Engine, Image, docker
from engine.examples import EXAMPLES, FOLDER, Workshop, change
from engine.index import serve_locked


def main() -> None:
    """Measure the examples that are named, or all, and print a table in Markdown."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--repeat", type=int, default=5, metavar="ROUNDS")
    parser.add_argument("example", nargs="*", help="; ".join(example.title for example in EXAMPLES))
    given = parser.parse_args()
    print("| example | image size | rebuild after a source change |\n|---|---|---|")
    engine = Engine()
    try:
        with tempfile.TemporaryDirectory() as parent, serve_locked(engine, Path(parent), FOLDER) as index:
            for example in EXAMPLES:
                if not given.example or example.title in given.example:
                    workshop = Workshop(example, engine, index if example.indexed else None)
                    measured = " | ".join(_measured(workshop, given.repeat))
                    print(f"| {example.title} | {measured} |", flush=True)
    finally:
        engine.remove_all()


def _measured(workshop: Workshop, rounds: int) -> tuple[str, str]:
    """The ratios of the sizes and of the times, as the table shows them."""
    with tempfile.TemporaryDirectory() as parent:
        # What is not in the cache yet is built by the first, unmeasured builds.
        before = workshop.copy(Path(parent, "before"))
        after = workshop.copy(Path(parent, "after"))
        workshop.migrate(after, "--write")
        sizes = [_size(workshop.build(folder)) for folder in (before, after)]
        times = [[_seconds(workshop, folder) for folder in (before, after)] for _ in range(rounds)]
    ratios = [migrated / original for original, migrated in times]
    spread = f"{min(ratios):.2f}–{max(ratios):.2f}"
    return f"{sizes[1] / sizes[0]:.2f}", f"{statistics.median(ratios):.2f} ({spread})"


def _size(image: Image) -> int:
    return int(docker("image", "inspect", "--format={{.Size}}", image.tag).stdout)


def _seconds(workshop: Workshop, folder: Path) -> float:
    change(folder / workshop.example.source)
    start = time.perf_counter()
    workshop.build(folder)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
