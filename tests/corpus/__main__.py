"""What the tool makes of real repositories, judged: a table, JSON, and a ratchet.

    PYTHONPATH=tests python -m corpus [--published [FILE]] [--rivals] [--cache DIR] [--json FILE]
        [--ratchet FILE [--accept]] [--jobs N] CHECKOUT…

Plans each CHECKOUT (a folder with the files of one repository; nothing is written to it), judges the result
and prints Markdown. ``--published`` takes the source distributions of a list as checkouts, downloaded by
name and hash into a cache; ``--rivals`` has other fixers try the same files. Returns 1 where there is a
fault of ours, or with ``--ratchet`` where a figure is worse than in FILE; ``--accept`` writes FILE instead.
Returns 2 where a source distribution cannot be had as the list says.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import TYPE_CHECKING

from corpus.measure import Checkout, measure
from corpus.published import LIST, FetchError, default_cache, fetch, read_list, unpack
from corpus.ratchet import accept, worse
from corpus.rivals import RIVALS, originals, own, try_all
from corpus.tables import as_data, as_markdown, as_rivals, faults

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
    parser.add_argument("checkouts", nargs="*", type=Path, metavar="CHECKOUT")
    parser.add_argument(
        "--published", nargs="?", type=Path, const=LIST, metavar="FILE", help="and the sdists of a list"
    )
    parser.add_argument("--rivals", action="store_true", help="have other fixers try the same files")
    parser.add_argument("--cache", type=Path, default=default_cache(), metavar="DIR")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write everything as JSON")
    parser.add_argument(
        "--ratchet", type=Path, metavar="FILE", help="fail where a figure is worse than in FILE"
    )
    parser.add_argument("--accept", action="store_true", help="write the ratchet's FILE")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N")
    given = parser.parse_args(arguments)
    if given.accept and given.ratchet is None:
        parser.error("--accept needs --ratchet")
    if not given.checkouts and given.published is None:
        parser.error("name CHECKOUTs, or --published")
    with tempfile.TemporaryDirectory(prefix="corpus-") as name:
        folders = list(given.checkouts)
        try:
            sdists = read_list(given.published) if given.published else []
            folders += [unpack(sdist, fetch(sdist, given.cache), Path(name)) for sdist in sdists]
        except FetchError as error:
            print(f"corpus: {error}", file=sys.stderr)
            return 2
        return _report(folders, given)


def _report(folders: Sequence[Path], given: argparse.Namespace) -> int:
    """Measure, print, and hold against what was accepted."""
    found = measure_all(folders, given.jobs)
    print(as_markdown(found), end="")
    if given.rivals:
        rows = try_all(RIVALS, originals(found, folders), given.cache, given.jobs)
        print("\n" + as_rivals([own(found), *rows]), end="")
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
