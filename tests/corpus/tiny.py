"""Repositories as small as can be, for the tests of the corpus command."""

from __future__ import annotations

import importlib.util
import os
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import pytest

from corpus.measure import Checkout
from uvmigrate.build import OwnImages, build_of
from uvmigrate.compose import find, load
from uvmigrate.source import Repo

if TYPE_CHECKING:
    from pathlib import Path

    from uvmigrate.build import Build

#: The judge's package is not imported: its Go runtime does not survive the forks of other tests.
needs_judge = pytest.mark.skipif(
    importlib.util.find_spec("dockerfile") is None,
    reason="the package dockerfile has wheels for Linux x86-64 only",
)
#: What pip-based images look like, and what the tool makes a project of.
OLD = """\
# The shop's own image
FROM python:3.12-slim
WORKDIR /srv
COPY . .
RUN pip install -r requirements.txt
USER 10001
CMD ["flask", "run"]
"""


def build(dockerfile: str, **files: str) -> Build:
    """The build of a Dockerfile among *files*; a name's ``__`` is a slash, its ``_`` a dot."""
    named = {name.replace("__", "/").replace("_", "."): text.encode() for name, text in files.items()}
    repo = Repo.of({"Dockerfile": dockerfile.encode()} | named)
    compose = tuple(load(repo, path) for path in find(repo))
    return build_of(repo, PurePosixPath("Dockerfile"), compose, None, OwnImages(repo, compose).complete)


def checkout(folder: Path, dockerfile: str = OLD, **files: str) -> Path:
    """A checkout on disk."""
    folder.mkdir(parents=True)
    for name, text in {"Dockerfile": dockerfile, "requirements.txt": "flask==3.1.0\n", **files}.items():
        (folder / name).write_text(text)
    return folder


def ending(folder: Path) -> Checkout:
    """A measurement whose process ends for one checkout."""
    if folder.name == "bad":
        os._exit(3)
    return Checkout(folder.name)
