"""What was found when a migration was tried on an engine: plain data, from which everything is shown."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, Literal

from uvmigrate.source import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import PurePosixPath

    from uvmigrate.codemod import Refusal

#: ``same`` before and after; ``meant`` by a codemod; a ``regression``; ``unknown``: it could not be compared.
Status = Literal["same", "meant", "regression", "unknown"]

#: What is compared, in the order in which it is shown.
KINDS = (
    "build",
    "python",
    "distribution",
    "distribution-file",
    "requirement",
    "import",
    "library",
    "console-script",
    "entrypoint",
    "command",
    "user",
    "workdir",
    "environment",
    "port",
    "volume",
    "label",
    "healthcheck",
    "stop-signal",
    "system-package",
    "file",
    "size",
    "run",
    "smoke",
    "read-only",
)
Kind = str

#: What is timed, in the order in which it is shown.
TIMED = ("cold build", "rebuild after a source change", "rebuild after a dependency changed", "start-up")


class Row(NamedTuple):
    """One thing that was compared.

    ``kind`` is one of KINDS, ``name`` which one of its kind (a distribution, a variable, a path), empty where
    the row is about all of them. ``before`` and ``after`` are what was found, for people. ``by`` are the ids
    of the codemods that changed it, or may have. ``because`` is why the status is what it is, on one line;
    ``detail`` is an engine's or a program's own words, of several lines.
    """

    kind: Kind
    name: str
    status: Status
    before: str = ""
    after: str = ""
    by: tuple[str, ...] = ()
    because: str = ""
    detail: str = ""


class Timing(NamedTuple):
    """How long one of TIMED took, in seconds, in each round: before and after the migration, in turns.

    ``because`` says why nothing was measured; it is empty where something was.
    """

    what: str
    before: tuple[float, ...]
    after: tuple[float, ...]
    because: str = ""

    @property
    def ratios(self) -> tuple[float, ...]:
        """After divided by before, round by round: both were measured on the same machine in one go."""
        return tuple(new / old for old, new in zip(self.before, self.after, strict=True) if old > 0)

    @property
    def median(self) -> float | None:
        """The median of the ratios; None where nothing could be measured."""
        return statistics.median(self.ratios) if self.ratios else None


class Sizes(NamedTuple):
    """An image's size in bytes: in total, of its bytecode, and of each layer with what made it."""

    total: int
    bytecode: int
    layers: tuple[tuple[int, str], ...]


class Written(NamedTuple):
    """What a service wrote outside of volumes when it could, and the tmpfs that it needs to run read-only.

    ``file`` and ``service`` name a service of compose; both are empty for an image that none uses. ``tmpfs``
    are entries for compose, options included (``/run/app:uid=1001,gid=1001``). ``hidden`` are places that
    would have to be a tmpfs, and hold files of the image, which it would hide. ``works`` says whether the
    service started and answered with a read-only root, without capabilities and new privileges; None where
    that was not tried.
    """

    file: PurePosixPath | None
    service: str
    paths: tuple[str, ...]
    tmpfs: tuple[str, ...]
    hidden: tuple[str, ...]
    works: bool | None


class ImageVerdict(NamedTuple):
    """What was found for one image: ``dockerfile`` relative to the repository, ``target`` a stage or empty.

    ``name`` tells it from the others. ``failed`` are the ids of the codemods after which a regression first
    appeared, where every prefix of the series was built; ``prefixes`` are how many of them were.
    """

    name: str
    dockerfile: PurePosixPath
    target: str
    rows: tuple[Row, ...]
    sizes: tuple[Sizes, Sizes] | None = None
    timings: tuple[Timing, ...] = ()
    written: tuple[Written, ...] = ()
    failed: tuple[str, ...] = ()
    prefixes: int = 0

    @property
    def regressions(self) -> tuple[Row, ...]:
        """The rows that nobody meant."""
        return tuple(row for row in self.rows if row.status == "regression")

    @property
    def builds(self) -> bool:
        """Whether the image as it was could be built: without it nothing can be compared."""
        return not any(row.kind == "build" and row.status == "unknown" for row in self.rows)


class Verdict(NamedTuple):
    """What was found for a repository. ``engine`` is its name and version.

    ``dropped`` are the codemods that were left out since an image did not hold with them.
    """

    engine: str
    images: tuple[ImageVerdict, ...]
    dropped: tuple[Refusal, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether no image has a regression."""
        return not any(image.regressions for image in self.images)

    @property
    def counts(self) -> Mapping[Status, int]:
        """How many rows have each status."""
        rows = [row.status for image in self.images for row in image.rows]
        order: tuple[Status, ...] = ("same", "meant", "regression", "unknown")
        return {status: rows.count(status) for status in order}
