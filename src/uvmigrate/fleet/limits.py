"""How much one repository may take of a machine.

Time is kept by who waits (`fleet.nursery`): it kills the whole process group. Memory is kept by the kernel,
process by process: a limit of the data segment (setrlimit(2), RLIMIT_DATA) counts what a process can write
to alone, since Linux 4.7 mapped memory, too. RLIMIT_AS would count mapped files and what allocators only
reserve, by which git and uv fail long before they use it; watching the resident sizes would come too late
for what allocates a gigabyte a second, and needs other means on each system. macOS keeps neither limit
strictly: there the limit is a wish.
"""

from __future__ import annotations

import contextlib
import re
import resource

from uvmigrate.source import lazy_pattern

_SIZE = lazy_pattern(r"(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?", re.IGNORECASE)
#: As much as a limit can be (setrlimit(2) as Python has it).
_MOST = 1 << 62
_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}


def limit_memory(most: int) -> None:
    """Limit the memory of this process, and of each that it starts, to *most* bytes; no core is dumped."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # What was limited more strictly already stays so.
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))


def read_size(text: str) -> int:
    """Bytes, from ``512M``, ``1.5GiB`` and the like, in powers of 1024. Raises ValueError."""
    found = _SIZE.fullmatch(text.strip())
    most = float(found[1]) * _UNITS[found[2].upper()] if found else 0
    if not 1 <= most <= _MOST:
        raise ValueError(f"{text} is no size like 512M or 2G")
    return int(most)


def size(most: int) -> str:
    """A size as people write it: in the largest unit that divides it."""
    unit = max((unit for unit, factor in _UNITS.items() if most % factor == 0), key=lambda unit: _UNITS[unit])
    return f"{most // _UNITS[unit]}{unit}"
