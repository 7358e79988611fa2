"""Folders of our own that hold files of a repository for a while, and go again however deep those lie."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@contextlib.contextmanager
def scratch(prefix: str) -> Iterator[Path]:
    """A new folder among the temporary ones, which is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    try:
        yield folder
    finally:
        remove_folder(folder)


def remove_folder(folder: Path) -> None:
    """Remove a folder with all that is in it, as far as that may be done; never raises OSError.

    Before Python 3.13 shutil.rmtree calls itself for every level, and git takes more levels than Python does
    calls.
    """
    try:
        shutil.rmtree(folder, ignore_errors=True)
    except RecursionError:
        with contextlib.suppress(OSError):
            _flatten(folder)
        shutil.rmtree(folder, ignore_errors=True)


def _flatten(folder: Path) -> None:
    """Move folders in folders up, level by level, until none has another one in it."""
    with _opened(folder, None) as top:
        waiting = _folders(top)
        while waiting:
            name = waiting.pop()
            with _opened(name, top) as within:
                for inner in _folders(within):
                    # No path is ever said in full: one of so many levels is longer than systems take.
                    waiting.append(secrets.token_hex(16))
                    os.rename(inner, waiting[-1], src_dir_fd=within, dst_dir_fd=top)


@contextlib.contextmanager
def _opened(folder: Path | str, above: int | None) -> Iterator[int]:
    number = os.open(folder, _FOLDER, dir_fd=above)
    try:
        yield number
    finally:
        os.close(number)


def _folders(folder: int) -> list[str]:
    with os.scandir(folder) as entries:
        return [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
