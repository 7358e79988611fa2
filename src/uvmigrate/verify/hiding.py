"""What a person passed in confidence is not shown again, whoever prints it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from uvmigrate.source.mask import mask

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvmigrate.verify.options import Options
    from uvmigrate.verify.verdict import ImageVerdict, Row, Sizes, Verdict

_MASK = "***"
#: Characters below which a value says nothing, and would hide parts of other words.
_LEAST = 4
#: Bytes of the largest file that is read: a token is a line.
_MOST = 4096


class Hiding:
    """The values of one run that are nobody else's."""

    def __init__(self, options: Options) -> None:
        """Those of secrets in *options*, and of variables and build arguments that are called like one."""
        found = {*_named(options), *_secrets(options)}
        # Where one holds another, the whole of it goes.
        self._values = sorted((value for value in found if len(value) >= _LEAST), key=len, reverse=True)

    def text(self, said: str) -> str:
        """*said* with ``***`` in the place of each."""
        for value in self._values:
            said = said.replace(value, _MASK)
        return said

    def verdict(self, found: Verdict) -> Verdict:
        """The verdict without them; names and statuses stay."""
        dropped = tuple(
            one._replace(because=self.text(one.because), instead=self.text(one.instead))
            for one in found.dropped
        )
        return found._replace(images=tuple(map(self._image, found.images)), dropped=dropped)

    def _image(self, found: ImageVerdict) -> ImageVerdict:
        sizes = found.sizes and (self._sizes(found.sizes[0]), self._sizes(found.sizes[1]))
        timings = tuple(one._replace(because=self.text(one.because)) for one in found.timings)
        return found._replace(rows=tuple(map(self._row, found.rows)), sizes=sizes, timings=timings)

    def _sizes(self, found: Sizes) -> Sizes:
        return found._replace(layers=tuple((size, self.text(made_by)) for size, made_by in found.layers))

    def _row(self, row: Row) -> Row:
        return row._replace(
            before=self.text(row.before),
            after=self.text(row.after),
            because=self.text(row.because),
            detail=self.text(row.detail),
        )


def _named(options: Options) -> Iterator[str]:
    for name, value in (*options.build_args.items(), *options.environment.items()):
        said = f"{name.upper()}=x"
        if mask(said) != said:
            yield value


def _secrets(options: Options) -> Iterator[str]:
    """Secrets of one line, as `docker build --secret` finds them: in a file, or in a variable."""
    for text in options.secrets:
        given = dict(part.partition("=")[::2] for part in text.split(","))
        path = given.get("src") or given.get("source")
        name = given.get("env") or given.get("id", "")
        value = _read(Path(path)) if path and given.get("type") != "env" else os.environ.get(name, "")
        if "\n" not in value.strip():
            yield value.strip()


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(_MOST).decode(errors="replace")
    except OSError:
        return ""
