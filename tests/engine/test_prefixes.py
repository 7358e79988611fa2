"""Every prefix of an example's series builds, answers and holds what the original held; the last is small.

``uvmigrate --each`` writes the trees, so that what is built here is what users get from it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

import pytest

from engine.examples import EXAMPLES, Example, Workshop, change

if TYPE_CHECKING:
    from pathlib import Path

    from engine.docker_cli import Engine, Image

pytestmark = pytest.mark.engine

BASE = "python:3.11-slim"
LOCKED_DOWN = ("--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges", "--tmpfs=/tmp")
BUILD_TOOLS = ("gcc", "cc", "g++", "c++", "cpp", "ld", "make", "pkg-config")

#: Prints which of the programs are on PATH, or where programs usually are.
FIND = """
PATH="$PATH:/usr/local/bin:/usr/bin:/bin"
for name; do
    if command -v "$name" >/dev/null; then echo "$name"; fi
done
"""

#: Prints, for each executable and shared library of an environment, the libraries that its loader misses.
MISSING = """
import json, pathlib, subprocess, sys
missing = []
for file in sorted(pathlib.Path(sys.prefix).rglob("*")):
    if file.is_file() and file.open("rb").read(4) == b"\\x7fELF":
        linked = subprocess.run(["ldd", file], capture_output=True, text=True).stdout
        missing += [[file.name, line.split()[0]] for line in linked.splitlines() if "not found" in line]
print(json.dumps(missing))
"""


class Prefixes(NamedTuple):
    """The trees of an example's series, in order, by name, and the images that they make."""

    workshop: Workshop
    trees: dict[str, Path]
    images: dict[str, Image]

    @property
    def example(self) -> Example:
        return self.workshop.example

    @property
    def original(self) -> Image:
        return next(iter(self.images.values()))

    @property
    def last(self) -> Image:
        return list(self.images.values())[-1]


@pytest.fixture(scope="module", params=EXAMPLES, ids=lambda example: example.title)
def prefixes(
    request: pytest.FixtureRequest, engine: Engine, tmp_path_factory: pytest.TempPathFactory
) -> Prefixes:
    """Every prefix of an example's series, built."""
    example: Example = request.param
    workshop = Workshop(example, engine, request.getfixturevalue("index") if example.indexed else None)
    parent = tmp_path_factory.mktemp(example.title)
    folder = workshop.copy(parent)
    names = workshop.migrate(folder, "--each", str(parent / "each")).splitlines()
    trees = {name: parent / "each" / name for name in names}
    assert len(trees) > 3
    return Prefixes(workshop, trees, {name: workshop.build(tree) for name, tree in trees.items()})


@pytest.fixture
def brought(prefixes: Prefixes, tmp_path: Path) -> set[str]:
    """The distributions that the tool brought along that installed the original's."""
    tool = prefixes.example.tool
    if not tool:
        return set()
    (tmp_path / "Dockerfile").write_text(f"FROM {BASE}\nRUN pip install --no-cache-dir {tool}\n")
    return set(prefixes.workshop.build(tmp_path).distributions())


def assert_answers(image: Image, example: Example, *options: str) -> None:
    with image.run(*example.options, *options) as container:
        for path, part in example.answers.items():
            answer = container.get(path, python=example.python)
            assert (answer.status, part in answer.body) == (200, True), answer.body


def missing_libraries(image: Image, python: str) -> set[tuple[str, str]]:
    """Files of the environment, and the libraries that they are linked to and that are not there."""
    return {(file, library) for file, library in json.loads(image.output(python, "-c", MISSING))}


def programs(image: Image, *names: str) -> set[str]:
    return set(image.output("sh", "-c", FIND, "sh", *names).split())


def test_every_prefix_answers(prefixes: Prefixes) -> None:
    for image in prefixes.images.values():
        assert_answers(image, prefixes.example)


def test_every_prefix_holds_the_same_distributions(prefixes: Prefixes, brought: set[str]) -> None:
    python = prefixes.example.python
    held = {name: image.distributions(python) for name, image in prefixes.images.items()}
    original, *migrated = held
    assert brought <= held[original].keys()
    before = held[original].items()
    assert held[original].keys() - brought
    for name in migrated:
        # What the tool brought along may be the application's as well (`test_poetry_locks` says which is).
        assert held[name].items() <= before, name
        assert held[original].keys() - brought <= held[name].keys(), name


def test_in_every_prefix_the_environment_finds_its_libraries(prefixes: Prefixes) -> None:
    python = prefixes.example.python
    missed_before = missing_libraries(prefixes.original, python)
    for name, image in prefixes.images.items():
        missed = missing_libraries(image, python) - missed_before
        assert not missed, name


def test_the_last_prefix_holds_no_build_tool_that_its_base_does_not_hold(
    prefixes: Prefixes, engine: Engine
) -> None:
    in_base = programs(engine.image(BASE), *BUILD_TOOLS)
    added = programs(prefixes.last, *BUILD_TOOLS) - in_base
    assert added == set()


def test_the_last_prefix_holds_uv_only_where_something_calls_it(prefixes: Prefixes) -> None:
    held, keeps_uv = programs(prefixes.last, "uv", "uvx"), prefixes.example.keeps_uv
    assert bool(held) is keeps_uv, held


def test_the_last_prefix_needs_no_rights_and_nothing_to_write_to(prefixes: Prefixes) -> None:
    assert_answers(prefixes.last, prefixes.example, *LOCKED_DOWN)
    assert_answers(prefixes.last, prefixes.example, *LOCKED_DOWN, "--user=10001")


def test_with_the_last_prefix_a_change_of_a_source_installs_no_dependency(prefixes: Prefixes) -> None:
    tree = list(prefixes.trees.values())[-1]
    change(tree / prefixes.example.source)
    again = prefixes.workshop.build(tree)
    copies = [step.cached for step in again.steps if step.instruction.startswith("COPY ")]
    installs = [step for step in again.steps if prefixes.example.install in step.instruction]
    assert [step.cached for step in installs] == [True], installs
    assert not all(copies)
    assert_answers(again, prefixes.example)
