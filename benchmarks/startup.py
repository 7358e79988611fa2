"""How long `uvmigrate --diff` takes, beside `python -c "import click"`: whole processes, in turns, medians.

    python benchmarks/startup.py [FOLDER] [ROUNDS]

The figure to look at is the ratio, since both run on the same machine at the same time: at most 5 is wanted.
Modules are imported from bytecode, as for an installed package: the first, unmeasured round writes it.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

EXAMPLE = Path(__file__).parents[1] / "examples" / "fastapi-pip"


def main(folder: str = str(EXAMPLE), rounds: str = "20") -> None:
    """Measure and print."""
    commands = {
        "import click": ["-c", "import click"],
        "--help": ["-m", "uvmigrate", "--help"],
        "--diff": ["-m", "uvmigrate", "--diff", folder],
    }
    times: dict[str, list[float]] = {name: [] for name in commands}
    for number in range(int(rounds) + 1):
        for name, arguments in commands.items():
            taken = _seconds([sys.executable, *arguments])
            if number:
                times[name].append(taken)
    medians = {name: statistics.median(taken) for name, taken in times.items()}
    for name, median in medians.items():
        ratio = median / medians["import click"]
        print(f"{name:<14}{median * 1000:7.1f} ms{min(times[name]) * 1000:9.1f} ms at best{ratio:8.2f} times")


def _seconds(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - start


if __name__ == "__main__":
    main(*sys.argv[1:])
