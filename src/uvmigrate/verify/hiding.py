"""What a person passed in confidence is not shown again, whoever prints it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from uvmigrate.source.mask import mask

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from uvmigrate.verify.options import Options
    from uvmigrate.verify.verdict import ImageVerdict, Row, Sizes, Verdict

_MASK = "***"
#: Characters below which a value says nothing, and would hide parts of other words.
_LEAST = 4
#: Bytes of the largest file that is read: a token is a line.
_MOST = 4096


class Hiding:
    """Values that are nobody else's."""

    def __init__(self, values: Iterable[str]) -> None:
        """Those that are too short to be told from other words stay."""
        # Where one holds another, the whole of it goes.
        self._values = sorted({one for one in values if len(one) >= _LEAST}, key=len, reverse=True)

    @classmethod
    def of(cls, options: Options) -> Hiding:
        """The secrets that a person passes, and variables and build arguments that are called like one."""
        variables = (*called_secret(options.build_args), *called_secret(options.environment))
        return cls((*variables, *_secrets(options)))

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


def called_secret(variables: Mapping[str, str]) -> Iterator[str]:
    """The values of the variables whose names say that they are secret."""
    for name, value in variables.items():
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
