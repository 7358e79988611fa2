"""The command `postcards`."""

from __future__ import annotations

import argparse

from postcards.web import app
from postcards.writing import write


def main() -> None:
    """Print a card, or serve them all."""
    parser = argparse.ArgumentParser(prog="postcards")
    parser.add_argument("--serve", type=int, metavar="PORT", help="answer over HTTP at this port")
    parser.add_argument("name", nargs="?", default="Sir or Madam")
    arguments = parser.parse_args()
    if arguments.serve:
        app.run(host="0.0.0.0", port=arguments.serve)
    else:
        print(write("sea", arguments.name, 1), end="")
