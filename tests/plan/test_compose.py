"""Changes of compose files: checked by what their services then are, and seen by the steps that follow."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import pytest

from plan.tiny import codemod, ids, planned, refused
from uvmigrate.codemod import AddItems, Change, Edit, SetKey, SettingsError, Span, edit_services

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvmigrate.codemod import Codemod, Context, Wish

COMPOSE = PurePosixPath("compose.yaml")
TEXT = b"""\
x-base: &base
  tmpfs: [/run]
services:
  web:
    <<: *base
    build: .
    command: serve
  db:
    image: postgres
"""


def wishing(name: str, *wishes: Wish) -> Codemod:
    """Wishes the same for every service that has a build."""

    def run(context: Context) -> Iterator[Change]:
        for file in context.compose:
            built = {service.name: wishes for service in file.services if service.build is not None}
            edits = edit_services(file, built)
            assert not isinstance(edits, str), edits
            if edits:
                yield Change({file.path: edits})

    return codemod(name, run)


def editing(name: str, old: bytes, new: bytes) -> Codemod:
    """Replaces a text of compose.yaml, whatever comes of it."""

    def run(context: Context) -> Iterator[Change]:
        at = context.repo[COMPOSE].find(old)
        if at >= 0:
            yield Change({COMPOSE: (Edit(Span(at, at + len(old)), new),)})

    return codemod(name, run)


READ_ONLY = wishing("read", SetKey("read_only", True))
TMPFS = wishing("tmp", AddItems("tmpfs", ("/tmp",)))


def test_a_step_sees_what_the_steps_before_it_made_of_a_compose_file() -> None:
    migration = planned({"Dockerfile": b"FROM a\n", "compose.yaml": TEXT}, READ_ONLY, TMPFS, READ_ONLY)
    assert ids(migration) == ["read", "tmp"]
    assert migration.refusals == ()
    assert migration.after[COMPOSE] == TEXT.replace(
        b"serve\n", b"serve\n    read_only: true\n    tmpfs:\n      - /run\n      - /tmp\n"
    )


def test_a_change_that_reaches_another_value_is_refused() -> None:
    losing = editing("losing", b"    <<: *base\n    build: .\n", b"    build: .\n")
    joined = editing("joined", b"    command: serve\n  db:\n", b"    command: serve\n")
    broken = editing("broken", b"x-base: &base", b"x-base:")
    for bad in (losing, joined, broken):
        migration = planned({"Dockerfile": b"FROM a\n", "compose.yaml": TEXT}, bad, READ_ONLY)
        assert ids(migration) == ["read"]
        assert refused(migration) == [("compose.yaml", 0, "check-failed")]


def test_the_reason_says_what_would_differ() -> None:
    migration = planned(
        {"compose.yaml": TEXT}, editing("bad", b"    <<: *base\n    build: .\n", b"    build: .\n")
    )
    assert [refusal.because for refusal in migration.refusals] == [
        "bad would break it: services.web.tmpfs of compose.yaml differs afterwards"
    ]


def test_a_file_that_extends_an_edited_one_is_read_again() -> None:
    extending = b"services: {web: {extends: {file: compose.yaml, service: web}, cap_drop: [ALL]}}\n"
    files = {"compose.yaml": b"services:\n  web:\n    build: .\n", "other.yaml": extending}
    drops = editing("drops", b"build: .\n", b"build: ./\n    cap_drop: [ALL]\n")
    migration = planned(files, drops)
    assert ids(migration) == []
    assert [refusal.because for refusal in migration.refusals] == [
        "drops would break it: services.web.cap_drop of other.yaml holds an item twice afterwards"
    ]
    assert ids(planned(files | {"other.yaml": extending.replace(b"ALL", b"CHOWN")}, drops)) == ["drops"]


def test_a_compose_file_that_cannot_be_read_is_said() -> None:
    files = {
        "app/Dockerfile": b"FROM python:3.11\nRUN pip install six\n",
        "compose.yaml": b"services:\n\tweb: {}\n",
        "compose.test.yaml": b"services:\n  {% if a %}\n  web: {}\n  {% endif %}\n",
    }
    assert refused(planned(files)) == [
        ("compose.test.yaml", 2, "compose-unreadable"),
        ("compose.yaml", 2, "compose-unreadable"),
    ]
    with pytest.raises(SettingsError, match=r"compose: compose\.yaml:2 is not YAML"):
        planned(files, compose=(("compose.yaml",),))
    with pytest.raises(SettingsError, match=r"compose: compose\.yaml:2 is not YAML"):
        planned(files, compose=(("./compose.yaml",),))
    # An image that it can start must be one of Python, and lie where the file may know of it.
    assert refused(planned({**files, "app/Dockerfile": b"FROM golang\n"})) == []
    elsewhere = {"app/Dockerfile": files["app/Dockerfile"], "fixtures/compose.yaml": files["compose.yaml"]}
    assert refused(planned(elsewhere)) == []
    below = {"Dockerfile": files["app/Dockerfile"], "deploy/compose.yaml": files["compose.yaml"]}
    assert refused(planned(below)) == [("deploy/compose.yaml", 2, "compose-unreadable")]
