"""An image may not be larger, but for bytecode and what a codemod says of uv."""

from __future__ import annotations

from uvmigrate.verify.compare.size import compare_sizes, uv_bytes
from uvmigrate.verify.verdict import Row, Sizes
from verify.environments import meaning
from verify.images import listing

MB = 1_000_000
BASE = (100 * MB, "ADD rootfs")


def compared(after: Sizes, uv: int = 0) -> Row:
    before = Sizes(200 * MB, 5 * MB, (BASE, (100 * MB, "RUN pip install")))
    (row,) = compare_sizes(before, after, uv, meaning({"size": ("uv",)}))
    return row


def test_a_smaller_image_is_as_good() -> None:
    row = compared(Sizes(150 * MB, 5 * MB, ()))
    assert (row.status, row.before, row.after) == ("same", "200.0 MB", "150.0 MB")


def test_new_bytecode_does_not_count() -> None:
    row = compared(Sizes(230 * MB, 35 * MB, ()))
    assert (row.status, row.after) == ("same", "230.0 MB, 30.0 MB of it new bytecode")


def test_a_larger_image_names_its_new_layers() -> None:
    row = compared(Sizes(260 * MB, 5 * MB, (BASE, (10 * MB, "COPY . ."), (150 * MB, "RUN uv sync"))))
    assert (row.status, row.name, row.because) == ("regression", "", "60.0 MB larger")
    assert row.detail == "150.0 MB RUN uv sync\n10.0 MB COPY . ."


def test_uv_is_meant_as_far_as_it_goes() -> None:
    row = compared(Sizes(240 * MB, 5 * MB, ()), uv=40 * MB)
    assert (row.status, row.name, row.by) == ("meant", "uv", ("tools-away",))
    assert compared(Sizes(245 * MB, 5 * MB, ()), uv=40 * MB).status == "regression"


def test_uv_counts_by_what_is_new_of_it() -> None:
    before, after = listing({"/usr/bin/uv": b"123"}), listing({"/bin/uv": b"12345", "/bin/uvx": b"1"})
    assert uv_bytes(before, after) == 3
    assert uv_bytes(after, before) == 0
