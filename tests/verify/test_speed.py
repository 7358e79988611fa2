"""How rounds are timed, with an engine that only remembers what it was asked to build."""

from __future__ import annotations

import hashlib
from functools import partial
from typing import TYPE_CHECKING

import pytest

from uvmigrate.verify.engine import BuildFailed, BuildStep, Built, Docker
from uvmigrate.verify.options import Options
from uvmigrate.verify.speed import rounds, time_images
from uvmigrate.verify.subjects import Subject
from uvmigrate.verify.verdict import TIMED
from verify.touching import side_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from uvmigrate.verify.engine import Order
    from uvmigrate.verify.verdict import Timing

BEFORE = "FROM python:3.11-slim\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\n"
AFTER = (
    "FROM python:3.11-slim\nWORKDIR /app\nCOPY requirements.txt .\n"
    "RUN --mount=type=cache,target=/root/.cache/uv uv pip install -r requirements.txt\nCOPY web.py .\n"
)
FILES = {"requirements.txt": "bottle\n", "web.py": "import bottle\n"}


class Remembering(Docker):
    """Builds nothing: an image's id is the digest of its context, and a step is cached if that was built."""

    def __init__(self, unseen: tuple[str, ...] = (), fails: str = "") -> None:
        super().__init__(timeout=1)
        self.unseen = unseen
        self.fails = fails
        self.images: list[str] = []
        self.orders: list[tuple[str, bool, dict[str, bytes]]] = []

    def build(self, order: Order, tell: Callable[[str], None]) -> Built:
        tell("building")
        files = {path.name: path.read_bytes() for path in sorted(order.context.iterdir())}
        if self.fails and self.fails.encode() in files["Dockerfile"]:
            raise BuildFailed("many words\nno such package")
        self.orders.append((order.context.name, order.fresh, files))
        seen = {name: data for name, data in files.items() if name not in self.unseen}
        image = hashlib.sha256(repr(seen).encode()).hexdigest()
        self.images = sorted({*self.images, image})
        install = BuildStep("RUN an install", cached=b"uvmigrate" not in files["requirements.txt"])
        return Built(image, float(len(self.orders)), (BuildStep("COPY . .", cached=False), install))

    def remove_image(self, image: str) -> None:
        self.images.remove(image)


def timed(folder: Path, engine: Docker, repeat: int = 2) -> tuple[Timing, ...]:
    sides = []
    trees = folder / "0", folder / "1"
    for tree, text in zip(trees, (BEFORE, AFTER), strict=True):
        named = {"Dockerfile": text, **FILES}
        tree.mkdir()
        for name, content in named.items():
            (tree / name).write_text(content)
        sides.append(side_of(named))
    subject = Subject("web", tuple(sides), ())
    result = time_images(engine, subject, trees, Options(repeat=repeat), lambda _: None)
    for tree, text in zip(trees, (BEFORE, AFTER), strict=True):
        left = {path.name: path.read_text() for path in tree.iterdir()}
        assert left == {"Dockerfile": text, **FILES}
    return result


def test_rounds_take_turns_and_change_who_begins() -> None:
    calls: list[str] = []

    def measure(name: str) -> float:
        calls.append(name)
        return len(calls)

    assert rounds((partial(measure, "a"), partial(measure, "b")), 3) == ((1, 4, 5), (2, 3, 6))
    assert calls == ["a", "b", "b", "a", "a", "b"]


def test_nothing_is_timed_unless_it_is_asked_for(tmp_path: Path) -> None:
    engine = Remembering()
    assert timed(tmp_path, engine, repeat=0) == ()
    assert engine.orders == []


def test_each_round_changes_one_thing_alone(tmp_path: Path) -> None:
    engine = Remembering()
    found = timed(tmp_path, engine)
    assert [(timing.what, len(timing.before), len(timing.after), timing.because) for timing in found] == [
        *((what, 2, 2, "") for what in TIMED[:3]),
        (TIMED[3], 0, 0, "it is not known how the images are started"),
    ]
    plain = {name: {"Dockerfile": text.encode(), **{n: t.encode() for n, t in FILES.items()}}
             for name, text in (("before", BEFORE), ("after", AFTER))}  # fmt: skip
    changed = [
        (name, fresh, [file for file, data in files.items() if data != plain[name][file]])
        for name, fresh, files in engine.orders
    ]
    warm: list[tuple[str, bool, list[str]]] = [("before", False, []), ("after", False, [])]

    def turns(*of: tuple[str, bool, list[str]]) -> list[tuple[str, bool, list[str]]]:
        return [*of, *of[::-1]]

    def tried(*names: str) -> list[tuple[str, bool, list[str]]]:
        return [("before", False, [*names]), ("after", False, [*names])]

    assert changed == [
        *warm,
        *turns(("before", True, []), ("after", True, ["Dockerfile"])),
        *warm,
        *tried("web.py"),
        *turns(*tried("web.py")),
        *warm,
        *tried("requirements.txt"),
        *turns(*tried("requirements.txt")),
        *warm,
    ]
    contents = [tuple(files.values()) for name, fresh, files in engine.orders if name == "after"]
    assert len(engine.images) == 2, "those that were changed are gone"
    assert len(set(contents)) == len(contents) - 3, "only what warms up is built twice as it was"


def test_a_change_that_does_not_reach_the_image_is_not_timed(tmp_path: Path) -> None:
    [cold, source, dependency, _] = timed(tmp_path, Remembering(unseen=("web.py",)))
    assert len(cold.before) == len(dependency.before) == 2
    assert (source.before, source.because) == ((), "web.py changed, and the image stayed the same")


def test_a_build_that_fails_says_why(tmp_path: Path) -> None:
    found = timed(tmp_path, Remembering(fails="id=/root/.cache/uv-"))
    assert [timing.because for timing in found[:3]] == ["no such package", "", ""]


def test_a_link_out_of_the_repository_is_not_written_through(tmp_path: Path) -> None:
    outside = tmp_path / "requirements.txt"
    outside.write_text("bottle\n")
    trees = tmp_path / "0", tmp_path / "1"
    for tree in trees:
        tree.mkdir()
        (tree / "web.py").write_text("")
        (tree / "Dockerfile").write_text(BEFORE)
        (tree / "requirements.txt").symlink_to(outside)
    side = side_of({"Dockerfile": BEFORE, **FILES})
    found = time_images(
        Remembering(), Subject("web", (side, side), ()), trees, Options(repeat=1), lambda _: None
    )
    assert found[2].because == "requirements.txt lies outside of the repository"
    assert outside.read_text() == "bottle\n"


@pytest.mark.parametrize(
    ("name", "because"),
    [
        ("web.py", "no Python file of the application is copied into both images"),
        ("requirements.txt", "no file is known that the image's packages come from"),
    ],
)
def test_what_cannot_be_changed_is_said(tmp_path: Path, name: str, because: str) -> None:
    text = BEFORE.replace("-r requirements.txt", "bottle") if name == "requirements.txt" else BEFORE
    files = {"Dockerfile": text, **FILES}
    if name == "web.py":
        del files[name]
    for path, content in files.items():
        (tmp_path / path).write_text(content)
    side = side_of(files)
    subject = Subject("web", (side, side), ())
    found = time_images(Remembering(), subject, (tmp_path, tmp_path), Options(repeat=1), lambda _: None)
    assert because in [timing.because for timing in found]
