"""Annotations: commands that GitHub's runner takes, and none that a repository would give it."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import NamedTuple

import pytest

from report.examples import EXAMPLES, example
from report.planning import planned, writing
from uvmigrate.codemod import Refusal
from uvmigrate.report.annotations import as_annotations


class Command(NamedTuple):
    """A command as the runner reads it."""

    name: str
    properties: dict[str, str]
    data: str


def read(line: str) -> Command:
    """What the runner makes of a line (ActionCommand.TryParseV2)."""
    line = line.lstrip()
    assert line.startswith("::")
    info, _, data = line[2:].partition("::")
    name, _, listed = info.partition(" ")
    properties = dict(part.split("=", 1) for part in listed.strip().split(",") if part)
    return Command(name, {key: plain(value) for key, value in properties.items()}, plain(data))


def plain(text: str) -> str:
    for code, letter in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(code, letter)
    return text


def test_what_would_change_is_a_notice_and_what_is_refused_a_warning() -> None:
    migration = planned({"Dockerfile": b"FROM scratch\nLABEL none\n", "old.cfg": b"x\n"})
    lines = as_annotations(migration).splitlines()
    assert lines[0] == (
        "::notice file=Dockerfile,line=2,endLine=2,title=uvmigrate would change this%3A acme-owner%3A "
        "Name the owner::Somebody must answer the phone."
    )
    assert read(lines[1]) == Command(
        "notice",
        {
            "file": "old.cfg",
            "line": "1",
            "endLine": "1",
            "title": "uvmigrate would change this: acme-files: Move the settings",
        },
        "The old place is not read. It makes made/by acme.txt, made/empty.",
    )
    assert read(lines[2]) == Command(
        "warning",
        {"file": "Dockerfile", "line": "2", "endLine": "2", "title": "uvmigrate refuses: acme-unlabelled"},
        "see https://***@acme.example for why → take LABEL none away",
    )
    assert len(lines) == 3


def test_notes_stand_at_the_first_file_of_a_step() -> None:
    migration = planned({"Dockerfile": b"FROM scratch\n", "api/Dockerfile": b"FROM scratch\n"})
    commands = [read(line) for line in as_annotations(migration).splitlines()]
    assert [(one.properties["file"], "Look at" in one.data) for one in commands] == [
        ("Dockerfile", True),
        ("Dockerfile", False),
        ("api/Dockerfile", False),
        ("api/Dockerfile", False),
    ]


def test_a_step_without_a_file_that_is_there_belongs_to_the_run() -> None:
    migration = planned({"Dockerfile": b"FROM scratch\n"}, (writing({"new.cfg": b"x\n"}),))
    (command,) = map(read, as_annotations(migration).splitlines())
    assert set(command.properties) == {"title"}
    assert command.data == "It must be. It makes new.cfg."


def test_a_step_that_only_makes_files_stands_at_its_dockerfile() -> None:
    migration = planned({"Dockerfile": b"FROM scratch\n"}, (writing({"new.cfg": b"x\n"}, "Dockerfile"),))
    (command,) = map(read, as_annotations(migration).splitlines())
    assert (command.properties["file"], command.properties["line"]) == ("Dockerfile", "1")


def test_of_each_kind_there_are_as_many_as_are_shown() -> None:
    files = {f"{name}/Dockerfile": b"FROM scratch\nLABEL none\n" for name in "abcdefghijklm"}
    migration = planned(files)
    refusals = tuple(Refusal(PurePosixPath("a"), n, "acme-no", "no") for n in range(1, 11))
    commands = [read(line) for line in as_annotations(migration._replace(refusals=refusals)).splitlines()]
    assert [one.name for one in commands] == ["notice"] * 10 + ["warning"] * 10
    assert commands[9].properties == {"title": "uvmigrate: 4 more like these"}
    assert commands[9].data == "`uvmigrate --format json` has all 13."
    assert commands[19].properties["line"] == "10"


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_annotations_of_every_example_name_its_files_and_lines(name: str) -> None:
    migration = example(name)
    commands = [read(line) for line in as_annotations(migration).splitlines()]
    titles = [command.properties["title"] for command in commands]
    for step in migration.steps:
        assert f"uvmigrate would change this: {step.codemod.id}: {step.codemod.title}" in titles
    for command in commands:
        if command.properties["title"].endswith("more like these"):
            continue
        data = migration.before[PurePosixPath(command.properties["file"])]
        first, last = int(command.properties["line"]), int(command.properties["endLine"])
        assert 1 <= first <= last <= len(data.splitlines())


EVIL = [
    "\n::add-path::/evil",
    "\r\n::stop-commands::x",
    "x::error file=y::z",
    "##[add-path]/evil",
    "a,line=99,title=b",
    "%0A::error::x %25 %3A",
    "\x1b[31m\x07\u202e\u2028::error::",
    "\udcff",
]


@pytest.mark.parametrize("evil", EVIL)
def test_nothing_foreign_gives_a_command(evil: str) -> None:
    migration = planned({"Dockerfile": b"FROM scratch\n"})
    path = PurePosixPath(evil)
    step = migration.steps[0]._replace(notes=(evil,))
    refusal = Refusal(path, 7, "acme-no", evil, evil)
    text = as_annotations(migration._replace(steps=(step,), refusals=(refusal,)))
    lines = text.split("\n")
    assert lines.pop() == ""
    assert len(lines) == 2
    assert all(line.isprintable() for line in lines)
    notice, warning = map(read, lines)
    assert (notice.name, set(notice.properties)) == ("notice", {"file", "line", "endLine", "title"})
    assert (warning.name, set(warning.properties)) == ("warning", {"file", "line", "endLine", "title"})
    assert (warning.properties["line"], warning.properties["title"]) == ("7", "uvmigrate refuses: acme-no")
    if evil.isprintable():
        assert warning.properties["file"] == str(path)
        assert warning.data == f"{evil} → {evil}"
