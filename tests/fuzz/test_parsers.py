"""Whatever bytes the parsers are given: nothing raises, and what is found lies where it says."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.judge import compare
from fuzz import properties
from fuzz.profile import fuzzed
from fuzz.strategies import compose_files, dockerfiles, requirement_files, shell_texts, sound_dockerfiles
from uvmigrate.dockerfile import as_run, expand

if TYPE_CHECKING:
    from pathlib import Path


@fuzzed
@given(dockerfiles)
def test_the_items_of_a_dockerfile_tile_it(data: bytes) -> None:
    properties.tiles(data)


@fuzzed
@given(dockerfiles)
def test_the_spans_of_an_instruction_lie_within_each_other(data: bytes) -> None:
    properties.nests(data)


@fuzzed
@given(dockerfiles)
def test_masked_text_has_the_length_of_the_arguments_and_says_the_same(data: bytes) -> None:
    properties.masks(data)


@fuzzed
@given(dockerfiles)
def test_no_view_of_a_dockerfile_raises(data: bytes) -> None:
    properties.views(data)


@fuzzed
@given(shell_texts, st.integers(0, 9))
def test_any_shell_text_can_be_read(data: bytes, offset: int) -> None:
    properties.shell(data, offset)


@fuzzed
@given(compose_files)
def test_any_compose_file_has_services_or_a_problem(data: bytes) -> None:
    properties.compose(data)


@fuzzed
@given(requirement_files)
def test_any_requirements_file_can_be_read(data: bytes) -> None:
    properties.requirements(data)


@pytest.mark.skipif(
    importlib.util.find_spec("dockerfile") is None,
    reason="the package dockerfile has wheels for Linux x86-64 only",
)
@settings(fuzzed, max_examples=max(fuzzed.max_examples // 40, 2))
@given(files=st.lists(sound_dockerfiles, min_size=20, max_size=30))
def test_where_buildkit_s_own_parser_reads_a_dockerfile_it_reads_the_same(
    tmp_path_factory: pytest.TempPathFactory, files: list[bytes]
) -> None:
    folder = tmp_path_factory.mktemp("files")
    paths: list[Path] = []
    for number, data in enumerate(files):
        paths.append(folder / f"Dockerfile.{number}")
        paths[-1].write_bytes(data)
    verdicts = compare(paths)
    wrong = [(v.path.read_bytes(), v.difference) for v in verdicts if v.difference and not v.excuse]
    assert wrong == []
    assert any(not verdict.difference for verdict in verdicts)


@pytest.mark.parametrize(
    "data",
    [
        b"RUN [" * 20000,
        b"ONBUILD " * 20000,
        b"COPY " + b"${a:-" * 20000,
        b"RUN <<" + b"${a:-" * 20000,
        b'CMD ["' + b"\\u0041" * 20000,
        b"RUN x \\\n" + b"# c\n" * 20000,
        b"#" + b" " * 100000 + b"x",
        b"ENV A=" + b"\\" * 99999,
    ],
    ids=lambda data: data[:12].decode(),
)
def test_long_and_deep_input_is_read_too(data: bytes) -> None:
    for found in properties.every(data):
        as_run(found)
        assert found.words is not None
        for word in found.words:
            expand(word.text, {})
