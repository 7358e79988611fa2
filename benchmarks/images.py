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

from engine.docker_cli import Engine, docker
from engine.examples import EXAMPLES, Example, change, copied, uvmigrate


def main() -> None:
    """Measure the examples that are named, or all, and print a table in Markdown."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--repeat", type=int, default=5, metavar="ROUNDS")
    parser.add_argument("example", nargs="*", help="; ".join(example.name for example in EXAMPLES))
    given = parser.parse_args()
    print("| example | image size | rebuild after a source change |\n|---|---|---|")
    for example in EXAMPLES:
        if not given.example or example.name in given.example:
            print(f"| {example.name} | {' | '.join(_measured(example, given.repeat))} |", flush=True)


def _measured(example: Example, rounds: int) -> tuple[str, str]:
    """The ratios of the sizes and of the times, as the table shows them."""
    engine = Engine()
    try:
        with tempfile.TemporaryDirectory() as parent:
            # What is not in the cache yet is built by the first, unmeasured builds.
            before = copied(example, Path(parent, "before"))
            after = copied(example, Path(parent, "after"))
            uvmigrate(after, "--write", *example.migrate)
            sizes = [_size(engine, folder) for folder in (before, after)]
            times = [[_seconds(engine, folder, example) for folder in (before, after)] for _ in range(rounds)]
    finally:
        engine.remove_all()
    ratios = [migrated / original for original, migrated in times]
    spread = f"{min(ratios):.2f}–{max(ratios):.2f}"
    return f"{sizes[1] / sizes[0]:.2f}", f"{statistics.median(ratios):.2f} ({spread})"


def _size(engine: Engine, folder: Path) -> int:
    image = engine.build(folder)
    return int(docker("image", "inspect", "--format={{.Size}}", image.tag).stdout)


def _seconds(engine: Engine, folder: Path, example: Example) -> float:
    change(folder / example.source)
    start = time.perf_counter()
    engine.build(folder)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
