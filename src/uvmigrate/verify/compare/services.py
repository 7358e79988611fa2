"""What compose says of a start, before and after: a lost argument need not be seen in how it goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.source.mask import mask
from uvmigrate.verify.compare.starting import other_start
from uvmigrate.verify.verdict import Row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvmigrate.verify.engine import Config
    from uvmigrate.verify.meaning import Meaning
    from uvmigrate.verify.subjects import Use


def compare_services(
    before: tuple[Use, Config], after: tuple[Use, Config], meaning: Meaning
) -> Iterator[Row]:
    """A row for each thing that one service says otherwise than before; none for what only images say."""
    (was, _), (now, _) = before, after
    said = any(one is not None for use in (was, now) for one in (use.launch.entrypoint, use.launch.command))
    if said and (why := other_start(_words(*before), _words(*after))):
        # The words are filled in with variables of whoever runs this, and are not shown.
        yield Row("command", now.service, "regression", because=why)
    for kind, old, new in (
        ("user", was.launch.user, now.launch.user),
        ("workdir", was.launch.workdir, now.launch.workdir),
    ):
        if old != new:
            yield Row(kind, now.service, "regression", mask(old), mask(new), because="compose says another")
    for name in sorted(was.launch.environment.keys() - now.launch.environment.keys()):
        row = meaning.row("environment", name, "set", "", "compose does not set it any more")
        yield row._replace(name=f"{now.service}: {name}")


def _words(use: Use, config: Config) -> tuple[str, ...]:
    """What is started: an entrypoint of compose's takes the image's command away."""
    own = use.launch.entrypoint
    command = use.launch.command or (config.command if own is None else ())
    return (*(config.entrypoint if own is None else own), *command)
