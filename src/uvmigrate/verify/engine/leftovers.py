"""What runs that could not clean up have left behind: they were killed, or their engine was.

All that a run makes says who owns it: this machine, the process, and when that was started. What belongs to a
process of this machine that is no more is nobody's.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import platform
import tempfile
from pathlib import Path

from uvmigrate.source.scratch import remove_folder

#: The start of the names of the folders that runs have for all their temporary files.
FOLDER = "uvmigrate-verify-"


def owner() -> str:
    """Who this process is, as the value of a label and in names of files."""
    return f"{_machine()}-{os.getpid()}-{_started(os.getpid())}"


def is_gone(found: str) -> bool:
    """Whether *found*, which `owner` returned once, was a process of this machine, and no longer runs.

    Where that is not certain, it runs.
    """
    machine, _, process = found.partition("-")
    number, _, started = process.partition("-")
    if machine != _machine() or not number.isdecimal() or not int(number):
        return False
    try:
        os.kill(int(number), 0)
    except (ProcessLookupError, OverflowError):
        return True
    except OSError:
        pass
    # Another process may have that number now.
    now = _started(int(number))
    return bool(now and started) and now != started


def temporary_folder() -> Path:
    """A new folder for this run, under a name that says whose it is."""
    return Path(tempfile.mkdtemp(prefix=f"{FOLDER}{owner()}-"))


def remove_folders() -> None:
    """Remove the temporary folders of runs that are no more, as far as that may be done."""
    for folder in Path(tempfile.gettempdir()).glob(f"{FOLDER}*-*-*-*"):
        with contextlib.suppress(OSError):
            ours = folder.lstat().st_uid == os.getuid()
            if ours and is_gone(folder.name.removeprefix(FOLDER).rpartition("-")[0]):
                remove_folder(folder)


@functools.cache
def _machine() -> str:
    """This machine; a container is one of its own, since process numbers mean nothing outside of it."""
    parts = [platform.node()]
    with contextlib.suppress(OSError):
        parts.append(Path("/etc/machine-id").read_text("utf-8"))
    with contextlib.suppress(OSError):
        parts.append(str(Path("/proc/self/ns/pid").readlink()))
    return hashlib.sha256("\0".join(parts).encode(errors="surrogateescape")).hexdigest()[:16]


def _started(number: int) -> str:
    """When a process was started; empty where the system does not tell in files."""
    with contextlib.suppress(OSError):
        # The name in parentheses may hold anything (proc_pid_stat(5)); the start is field 22.
        text = Path(f"/proc/{number}/stat").read_text("utf-8", "replace")
        return text.rpartition(")")[2].split()[19]
    return ""
