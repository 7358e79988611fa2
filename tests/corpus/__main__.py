"""What the tool makes of real repositories, judged: a table, JSON, and a ratchet.

    PYTHONPATH=tests python -m corpus [--json FILE] [--ratchet FILE [--accept]] [--jobs N] CHECKOUT…

Plans each CHECKOUT (a folder with the files of one repository; nothing is written to it), judges the result
and prints Markdown. Returns 1 where there is a fault, or with ``--ratchet`` where a figure is worse than in
FILE; ``--accept`` writes FILE instead.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import TYPE_CHECKING

from corpus.measure import Checkout, measure
from corpus.ratchet import accept, worse
from corpus.tables import as_data, as_markdown, faults

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def measure_all(
    folders: Sequence[Path], jobs: int, measuring: Callable[[Path], Checkout] = measure
) -> list[Checkout]:
    """The results in the order of the checkouts. One that ends its process has crashed; the others go on."""
    if jobs == 1:
        return [measuring(folder) for folder in folders]
    # Not by fork: the Go runtime of the judge's package would not survive it.
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, spawn) as pool:
        futures = [pool.submit(measuring, folder) for folder in folders]
        done = [future.exception() or future.result() for future in futures]
    return [
        _alone(measuring, folder) if isinstance(one, BaseException) else one
        for folder, one in zip(folders, done, strict=True)
    ]


def _alone(measuring: Callable[[Path], Checkout], folder: Path) -> Checkout:
    """A process that ends takes the whole pool with it: each that has no result gets one of its own."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        try:
            return pool.submit(measuring, folder).result()
        except BrokenProcessPool as error:
            return Checkout(folder.name.replace("+", "/"), crashed=str(error))


def main(arguments: Sequence[str]) -> int:
    """Run the command. Returns 1 where there is a fault, or a figure worse than accepted."""
    parser = argparse.ArgumentParser(prog="python -m corpus")
    parser.add_argument("checkouts", nargs="+", type=Path, metavar="CHECKOUT")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write everything as JSON")
    parser.add_argument(
        "--ratchet", type=Path, metavar="FILE", help="fail where a figure is worse than in FILE"
    )
    parser.add_argument("--accept", action="store_true", help="write the ratchet's FILE")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N")
    given = parser.parse_args(arguments)
    if given.accept and given.ratchet is None:
        parser.error("--accept needs --ratchet")
    found = measure_all(given.checkouts, given.jobs)
    print(as_markdown(found), end="")
    if given.json:
        given.json.write_text(json.dumps(as_data(found), indent=1) + "\n")
    if given.accept:
        accept(found, given.ratchet)
    elif given.ratchet:
        sentences = worse(found, given.ratchet)
        print("".join(f"\nWORSE {sentence}" for sentence in sentences))
        return int(bool(sentences))
    return int(bool(faults(found)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
