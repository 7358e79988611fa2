"""Starts an image with a read-only root, no capabilities and no new privileges."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.source import NamedTuple
from uvmigrate.verify.compare.running import alike_in
from uvmigrate.verify.running import SECONDS, observe
from uvmigrate.verify.writes import TMP, ids_of, written_by

if TYPE_CHECKING:
    from uvmigrate.verify.engine import Config, Engine
    from uvmigrate.verify.listing import Listing
    from uvmigrate.verify.options import Options
    from uvmigrate.verify.running import Outcome
    from uvmigrate.verify.subjects import Use
    from uvmigrate.verify.verdict import Written


class ReadOnly(NamedTuple):
    """What came of starting an image so that it can write anywhere, and so that it can write nowhere else
    than to volumes and tmpfs. ``locked`` is None where the first says already that nothing can be told."""

    writable: Outcome
    locked: Outcome | None
    written: Written


def try_read_only(
    engine: Engine,
    image: str,
    use: Use,
    options: Options,
    python: tuple[str, ...],
    *,
    writable: Outcome,
    config: Config,
    listing: Listing,
    seconds: float = SECONDS,
) -> ReadOnly:
    """Start *image* locked, with its own tmpfs, /tmp, and one for each place that it was seen to write to.

    *writable* is what `observe` found for the same use, *config* and *listing* are the image's. Raises
    EngineProblem.
    """
    launch = use.launch
    own = {entry.partition(":")[0] for entry in launch.tmpfs}
    mounted = {*own, *launch.volumes, *config.volumes}
    user = ids_of(launch.user or config.user, listing)
    written = written_by((use.file, use.service), writable.written, listing, user, mounted)
    if writable.kind == "unseen" or (writable.kind == "ended" and writable.code):
        return ReadOnly(writable, None, written)
    # A mount over /tmp, whatever its kind, is the service's own.
    more = () if TMP in mounted or TMP in written.tmpfs else (TMP,)
    tight = launch._replace(locked=True, tmpfs=(*launch.tmpfs, *written.tmpfs, *more))
    locked = observe(engine, image, use._replace(launch=tight), options, python, seconds)
    return ReadOnly(writable, locked, written._replace(works=alike_in(writable, locked)))
