"""Every value knows its line and its bytes, however the file is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compose.reading import read

if TYPE_CHECKING:
    from uvmigrate.compose import ComposeFile, Words


def command(file: ComposeFile) -> Words:
    assert file.problem is None, file.problem
    found = file.services[0].command
    assert found is not None
    return found


# What stands behind "command:", what of it is the value, and what may follow.
VALUES = [
    (" serve\n", "serve"),
    (" serve  # why\n", "serve"),
    (' "serve # it"\n', '"serve # it"'),
    (" [a, 'b c']  # why\n", "[a, 'b c']"),
    ("\n      - a\n      - b  # why\n    # why\n\n", "- a\n      - b"),
    ("\n    - a\n    - b\n\n\n", "- a\n    - b"),
    (
        "\n      - a\n      - |\n        # a comment of the script\n\n",
        "- a\n      - |\n        # a comment of the script",
    ),
    (" >-\n      serve\n      more\n\n    # why\n", ">-\n      serve\n      more"),
    (" serve\n      more\n\n", "serve\n      more"),
    (" &name serve\n", "&name serve"),
    (" !override [a]\n", "!override [a]"),
    ("\n      - &a x\n      - *a  # why\n    # why\n\n", "- &a x\n      - *a"),
    (
        "\n      - &a x\n      - &b y\n      - *a\n      - *b\n",
        "- &a x\n      - &b y\n      - *a\n      - *b",
    ),
    ("\n      - x\n      -   # nothing\n", "- x\n      -"),
]


@pytest.mark.parametrize("after", ["", "    user: me\n", "\n# the end\n", "  other:\n    image: b\n"])
@pytest.mark.parametrize(("written", "value"), VALUES)
def test_a_span_ends_with_the_last_character_of_the_value(written: str, value: str, after: str) -> None:
    file = read(f"services:\n  web:\n    image: a\n    command:{written}{after}".encode())
    assert command(file).span.of(file.data) == value.encode()
    assert command(file).line == 4


@pytest.mark.parametrize(
    "start",
    ["", "\ufeff", "# ünïcode 🐍\n", "---\n", "x-note: '\u2028 is no line end'\n", "%YAML 1.1\n---\n"],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_spans_are_bytes_and_lines_are_newlines(start: str, newline: str) -> None:
    text = f"{start}services:\n  web:\n    image: é\n    command: [ü, '🐍']\n".replace("\n", newline)
    file = read(text.encode())
    found = command(file)
    assert found.span.of(file.data).decode() == "[ü, '🐍']"
    assert found.line == file.line(found.span.start) == text[: text.index("command")].count("\n") + 1
    assert found.argv == ("ü", "🐍")


def test_indentation_and_flow_style_do_not_matter() -> None:
    wide = read("services:\n    web:\n        command:\n        -   a\n")
    flow = read("{services: {web: {command: [a]}}}")
    json = read('{"services": {"web": {"command": ["a"]}}}')
    assert [command(file).argv for file in (wide, flow, json)] == [("a",)] * 3
    assert command(json).span.of(json.data) == b'["a"]'


def test_the_value_of_an_alias_stands_at_its_anchor_and_its_line_is_that_of_the_key() -> None:
    file = read("x-serve: &serve [a, b]\nservices:\n  web:\n    image: a\n    command: *serve\n")
    assert command(file).span.of(file.data) == b"&serve [a, b]"
    assert command(file).line == 5


def test_a_build_has_a_span_unless_it_is_put_together() -> None:
    file = read("""
        x-build: &build {context: .}
        services:
          short: {build: ./app}
          long:
            build:
              context: .
              target: dev

          merged:
            build:
              <<: *build
              target: dev
        """)
    spans = [service.build.span if service.build else None for service in file.services]
    assert [span and span.of(file.data).decode() for span in spans] == [
        "./app",
        "context: .\n      target: dev",
        None,
    ]
    assert [service.line for service in file.services] == [4, 5, 10]


def test_every_entry_of_a_list_has_its_line() -> None:
    file = read("services:\n  web:\n    volumes:\n\n      - .:/app\n      # why\n      - /x\n")
    assert [mount.line for mount in file.services[0].volumes] == [5, 7]
