"""The sizes of two images."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.verify.meaning import alike
from uvmigrate.verify.verdict import Row, Sizes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvmigrate.verify.engine import Engine
    from uvmigrate.verify.listing import Listing
    from uvmigrate.verify.meaning import Meaning

_MB = 1_000_000
#: What a project's manifest, its lock and an environment's own files may take without a word.
_SMALL = _MB
#: Layers that are named where an image has grown.
_MOST_LAYERS = 5


def read_sizes(engine: Engine, image: str, listing: Listing) -> Sizes:
    """The size of an image and of its layers. Raises EngineProblem.

    The total is that of the layers as they are unpacked: engines that keep images as containerd does say how
    large the packed ones are when they are asked for an image's size.
    """
    layers = engine.layers(image)
    bytecode = sum(file.size for path, file in listing.files.items() if path.endswith(".pyc"))
    sizes = tuple((layer.size, layer.made_by) for layer in layers)
    return Sizes(sum(layer.size for layer in layers), bytecode, sizes)


def uv_bytes(before: Listing, after: Listing) -> int:
    """The size of the programs of uv that only the image after the migration has, or a larger one."""
    return max(0, _uv(after) - _uv(before))


def compare_sizes(before: Sizes, after: Sizes, uv: int, meaning: Meaning) -> Iterator[Row]:
    """One row: the same where the image is not larger, new bytecode aside.

    *uv* is how much of it uv takes, as `uv_bytes` counts: a codemod means that by the name ``uv``.
    """
    was, now = _megabytes(before.total), _megabytes(after.total)
    bytecode = max(0, after.bytecode - before.bytecode)
    grown = after.total - before.total - bytecode
    aside = f", {_megabytes(bytecode)} of it new bytecode" if bytecode >= _MB else ""
    if grown <= _SMALL:
        yield alike("size", was)._replace(
            after=now + aside, because="" if grown <= 0 else "no larger than manifests are"
        )
        return
    layers = [layer for layer in after.layers if layer not in before.layers]
    largest = sorted(layers, reverse=True)[:_MOST_LAYERS]
    detail = "\n".join(f"{_megabytes(size)} {made_by}" for size, made_by in largest)
    name = "uv" if grown <= uv + _SMALL else ""
    because = f"{_megabytes(grown)} larger{', which is uv' if name else ''}"
    yield meaning.row("size", name, was, now + aside, because, detail)


def _uv(listing: Listing) -> int:
    return sum(file.size for path, file in listing.files.items() if path.endswith(("/bin/uv", "/bin/uvx")))


def _megabytes(size: int) -> str:
    return f"{size / _MB:.1f} MB"
