"""What a trial on an engine says: which tmpfs a service needs, and what it would lose by them.

A trial tells more than can be read: that what starts the service can do so without writing, and where it
writes. It does not tell that what it wrote may be lost, and its volumes were new ones.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from uvmigrate.codemod import Refusal, lazy_pattern
from uvmigrate_codemods._read_only.places import clean, keeps_data

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from uvmigrate.codemod import Tried
    from uvmigrate_codemods._read_only.places import Places

_DATABASE = lazy_pattern(r".*\.(db|db3|sqlite3?)(-journal|-wal|-shm)?")
_INSTEAD = "mount a volume there, or let it write below /tmp what may be lost; then verify it again"


def lost(places: Places, tried: Tried) -> Iterator[Refusal]:
    """A refusal for the first place that no tmpfs can be for, though the service was seen to write to it."""
    use = places.use
    for text in tried.hidden:
        because = (
            f"{use.service.name}: it was seen to write to {text}, where a tmpfs would hide the image's files"
        )
        yield Refusal(use.file.path, use.service.line, "writes-at-start", because, _INSTEAD)
        return
    folders = [clean(entry.partition(":")[0]) for entry in tried.tmpfs]
    data = [folder for folder in folders if keeps_data(folder)]
    files = (clean(text) for text in tried.paths if _DATABASE.fullmatch(PurePosixPath(text).name))
    data += [path for path in files if not places.is_mounted(path)]
    for path in data[:1]:
        because = f"{use.service.name}: it was seen to write to {path}, and nothing is mounted there"
        yield Refusal(use.file.path, use.service.line, "writes-data", because, _INSTEAD)


def entries(places: Places, owns: Iterable[str], tried: Tried) -> tuple[str, ...]:
    """The tmpfs entries that were tried, beside those of *owns* for other places; none over a mount."""
    found = {entry.partition(":")[0]: entry for entry in owns}
    seen = {entry.partition(":")[0]: entry for entry in tried.tmpfs}
    return (
        *(
            found | {path: entry for path, entry in seen.items() if not places.is_mounted(clean(path))}
        ).values(),
    )
