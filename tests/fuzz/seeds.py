"""The files of the codemods' cases, as the bytes that long runs begin with."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cases.pages import read_cases
from uvmigrate.dockerfile import as_run, parse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PAGES = Path(__file__).parents[2] / "codemods" / "uvmigrate_codemods"


def _bodies(data: bytes) -> list[bytes]:
    runs = [as_run(found) for found in parse(data).instructions]
    return [text.data for run in runs if run for text in run.scripts]


def _compose(name: str) -> bool:
    return name.endswith((".yaml", ".yml")) and "compose" in name


#: For each target: which files of the cases it reads, and what of them.
_READS: Mapping[str, tuple[Callable[[str], bool], Callable[[bytes], list[bytes]]]] = {
    "dockerfile": (lambda name: "Dockerfile" in name and "ignore" not in name, lambda data: [data]),
    "shell": (lambda name: "Dockerfile" in name and "ignore" not in name, _bodies),
    "compose": (_compose, lambda data: [data]),
    "requirements": (lambda name: name.endswith(".txt"), lambda data: [data]),
}


def seeds(target: str) -> list[bytes]:
    """What there is in the cases for a target, each once, in order."""
    wanted, parts = _READS[target]
    files = [
        (path.rpartition("/")[2], data)
        for page in sorted(PAGES.glob("*.md"))
        for case in read_cases(page.read_text("utf-8"))
        for path, data in sorted(case.files.items())
    ]
    return list(dict.fromkeys(part for name, data in files if wanted(name) for part in parts(data)))
