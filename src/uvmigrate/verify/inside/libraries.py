"""Asks ``ldd`` about all ELF files below the folders, and among the files, that standard input names.

Prints pairs of a path and a library that is missing for it, or null where there is no ``ldd``.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

#: As glibc says it, and as musl does.
MISSING = (
    re.compile(r"^\s*(\S+) => not found", re.MULTILINE),
    re.compile(r"^Error loading shared library ([^:\s]+):", re.MULTILINE),
)
#: The library is there, and older than the one that it was linked to.
OLD = re.compile(r"^\S+: (\S+): version `([^']+)' not found", re.MULTILINE)


def is_elf(path: str) -> bool:
    """Whether a file is a program or a library of the system's."""
    try:
        if ".so" not in os.path.basename(path) and not os.access(path, os.X_OK):
            return False
        with open(path, "rb") as file:
            return file.read(4) == b"\x7fELF"
    except OSError:
        return False


def files_below(folder: str) -> "list[str]":
    """All files below a folder, links to files included."""
    return [os.path.join(at, name) for at, _, names in os.walk(folder) for name in names]


def missing(path: str) -> "list[tuple[str, str]]":
    """What is missing for one file."""
    done = subprocess.run(
        ["ldd", path],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=dict(os.environ, LC_ALL="C"),
    )
    said = done.stdout.decode("utf-8", "replace")
    names = [name for pattern in MISSING for name in pattern.findall(said)]
    names += [os.path.basename(name) + " with " + version for name, version in OLD.findall(said)]
    return [(path, name) for name in sorted(set(names))]


def main() -> None:
    """Print the pairs, or null."""
    given = json.load(sys.stdin)
    if shutil.which("ldd") is None:
        print("null")
        return
    paths = given["files"] + [path for folder in given["folders"] for path in files_below(folder)]
    # A folder may be seen under several names (lib64), and a file linked to from many.
    first = {}  # type: dict[str, str]
    for path in paths:
        if is_elf(path):
            first.setdefault(os.path.realpath(path), path)
    with ThreadPoolExecutor(4) as pool:
        found = [pair for pairs in pool.map(missing, sorted(first.values())) for pair in pairs]
    print(json.dumps(found))


if __name__ == "__main__":
    main()
