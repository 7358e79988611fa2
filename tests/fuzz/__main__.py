"""Long runs of a parser on bytes that atheris makes, led by what code they reach.

    PYTHONPATH=tests python -m fuzz TARGET [--seconds N] [--findings FOLDER]

TARGET is one of `fuzz.properties.TARGETS`. The run begins with the files of the codemods' cases and ends
after N seconds, or where something does not hold: then the bytes lie in FOLDER, and the exit code is not 0.
Needs the dependency group `fuzz`.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

import atheris  # type: ignore[import-untyped,import-not-found,unused-ignore] # only the group fuzz has it

with atheris.instrument_imports(include=["uvmigrate"]):
    from fuzz.properties import TARGETS
    from fuzz.seeds import seeds

#: The longest file that is made.
_LONGEST = 4096
#: Seconds that one file may take before it counts as a finding.
_PATIENCE = 10


def main() -> None:
    """Fuzz one target; never returns."""
    parser = argparse.ArgumentParser(prog="python -m fuzz", description=__doc__.partition("\n")[0])
    parser.add_argument("target", choices=sorted(TARGETS))
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--findings", type=Path, default=Path())
    given = parser.parse_args()
    corpus = Path(tempfile.mkdtemp(prefix="uvmigrate-fuzz-"))
    try:
        for number, data in enumerate(seeds(given.target)):
            (corpus / str(number)).write_bytes(data[:_LONGEST])
        options = (f"-max_total_time={given.seconds}", f"-max_len={_LONGEST}", f"-timeout={_PATIENCE}")
        place = f"-artifact_prefix={given.findings}/{given.target}-"
        words = ("-print_final_stats=1", "-verbosity=1", place, str(corpus))
        atheris.Setup([sys.argv[0], *options, *words], TARGETS[given.target])
        atheris.Fuzz()
    finally:
        shutil.rmtree(corpus, ignore_errors=True)


if __name__ == "__main__":
    main()
