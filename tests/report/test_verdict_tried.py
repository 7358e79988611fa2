"""What is read back from a verdict: the services that were seen to run read-only."""

from __future__ import annotations

import json
from pathlib import PurePosixPath
from typing import Any

import pytest

from report.verdicts import VERDICT, image
from uvmigrate.codemod import SettingsError, Tried
from uvmigrate.report.verdict_document import verdict_json
from uvmigrate.report.verdict_reading import read_tried
from uvmigrate.verify.verdict import Verdict, Written

COMPOSE = PurePosixPath("compose.yaml")


def service(name: str, *tmpfs: str, works: bool | None = True) -> Written:
    return Written(COMPOSE, name, ("/x",), tmpfs, (), works)


def read(*written: Written) -> dict[tuple[PurePosixPath, str], Tried]:
    images = [image()._replace(written=(one,)) for one in written]
    return read_tried(verdict_json(Verdict("", tuple(images))).encode(), "v.json")


def problem(document: Any) -> str:
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    with pytest.raises(SettingsError) as raised:
        read_tried(data, "v.json")
    return str(raised.value).removeprefix("v.json: ")


def test_what_was_written_is_read_again() -> None:
    assert read_tried(verdict_json(VERDICT).encode(), "v.json") == {
        (COMPOSE, "web"): Tried(("/run/shop:uid=7",), ("/srv",), ("/run/shop/pid", "/srv/x"))
    }


def test_only_services_that_ran_are_taken() -> None:
    found = read(service("web", "/a"), service("jobs", "/b", works=False), service("mails", works=None))
    assert list(found) == [(COMPOSE, "web")]


def test_a_service_of_several_images_has_to_run_each_time() -> None:
    found = read(
        service("web", "/a"), service("web", "/b", "/a"), service("jobs"), service("jobs", works=False)
    )
    assert found == {(COMPOSE, "web"): Tried(("/a", "/b"), (), ("/x",))}


def test_none_of_the_services_that_were_tried_may_have_run() -> None:
    assert read(service("web", works=False)) == {}


def test_a_verdict_without_a_trial_is_no_answer() -> None:
    said = "no service of compose was tried: make it by uvmigrate verify --read-only"
    assert problem(verdict_json(Verdict("", (image(),))).encode()) == said
    alone = image()._replace(written=(Written(None, "", (), (), (), works=True),))
    assert problem(verdict_json(Verdict("", (alone,))).encode()) == said


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (b"", "it is no JSON"),
        (b"\xff", "it is no JSON"),
        (b"[" * 100_000, "it is not as its schema says"),
        ([], "it is not as its schema says"),
        (None, "it is not as its schema says"),
        ({}, "it is not as its schema says"),
        ({"version": 2, "images": []}, "its version is 2, and 1 is known"),
        ({"version": 1, "builds": []}, "it is not as its schema says"),
        ({"version": 1, "images": [{"name": "web"}]}, "it is not as its schema says"),
        (
            {"version": 1, "images": [{"written": [{"file": 1, "works": True}]}]},
            "it is not as its schema says",
        ),
    ],
)
def test_what_is_no_verdict_is_told(document: Any, said: str) -> None:
    assert problem(document) == f"no verdict of uvmigrate verify: {said}"


@pytest.mark.parametrize("tmpfs", ["/a", [1], None, ["/a", None]])
def test_entries_are_texts(tmpfs: object) -> None:
    document = json.loads(verdict_json(Verdict("", (image()._replace(written=(service("web", "/a"),)),))))
    document["images"][0]["written"][0]["tmpfs"] = tmpfs
    assert problem(document) == "no verdict of uvmigrate verify: it is not as its schema says"


@pytest.mark.parametrize(
    "entry", ["run", "", "/run/$X", "/a b", "/a:b:c", "/a\n", "/a: x", "/a:size=1\ny: z"]
)
def test_what_compose_would_read_otherwise_is_no_entry(entry: str) -> None:
    document = verdict_json(Verdict("", (image()._replace(written=(service("web", entry),)),)))
    assert problem(document.encode()).startswith("not an entry of tmpfs: ")


@pytest.mark.parametrize(
    "entry", ["/run", "/", "/srv/a-b_c.d", "/run/x:uid=7,gid=8,mode=1777", "/x:size=50%"]
)
def test_entries_have_options(entry: str) -> None:
    assert read(service("web", entry))[(COMPOSE, "web")].tmpfs == (entry,)
