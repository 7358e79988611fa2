"""A pull request is opened once, brought up to date without losing people's words, and left closed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from fleet.forge.conftest import Clock, connected
from fleet.forge.server import Server
from growth import keeps_pace
from report.planning import planned, writing
from report.verdicts import VERDICT
from uvmigrate.fleet.forge import ForgeRefused, ForgeUnavailable, Proposal
from uvmigrate.fleet.pull import TITLE, body_of, propose, told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvmigrate.fleet.forge import Forge

WISHED = Proposal("uvmigrate/migrate", "main", TITLE, "")
DECORATED = WISHED._replace(labels=("docker",), reviewers=("ann",))
FILES = {"Dockerfile": b"FROM scratch\nLABEL none\n"}
OURS = re.compile(r"<!-- uvmigrate [0-9a-f]{16}: .* -->\n(.*)\n<!-- /uvmigrate [0-9a-f]{16} -->", re.DOTALL)


@pytest.fixture(params=["github", "gitlab"])
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    with Server(request.param) as server:
        server.add("acme/shop")
        yield server
    assert server.problems == []


@pytest.fixture
def forge(server: Server) -> Iterator[Forge]:
    with connected(server, Clock()) as forge:
        yield forge


def body(server: Server, number: int = 1) -> str:
    return str(server.pulls["acme/shop"][number - 1]["body"])


def edit(server: Server, text: str) -> None:
    server.pulls["acme/shop"][0]["body"] = text


def test_the_text_says_what_why_how_to_check_what_was_refused_and_how_to_undo() -> None:
    text = body_of(told(planned(FILES)), 65_536)
    found = OURS.fullmatch(text)
    assert found is not None
    assert re.findall(r"^## (.*)$", found[1], re.MULTILINE) == [
        "Builds",
        "What changes, step by step",
        "What to check",
        "What was refused",
        "How to undo",
    ]
    assert "Somebody must answer the phone." in text
    assert "- [ ] `acme-owner`: its patch" in text
    assert "`git revert` takes one back" in text
    assert "on the commit that this stands on, `uvmigrate verify .` does." in text
    assert "--write" not in text


def test_a_verdict_is_said_without_what_to_type_next() -> None:
    text = told(planned(FILES), VERDICT)
    assert "## What the engine says\n\n**uvmigrate verify:** 2 regressions" in text
    assert "--write" not in text
    assert "No engine has tried it" not in text


def test_a_lock_is_there_already() -> None:
    text = told(planned({"Dockerfile": b"FROM scratch\n"}, (writing({}, locks=["api"]),)))
    assert "- [ ] `api/uv.lock` was made with this\n" in text


def test_the_text_keeps_the_forges_limit_and_says_how_to_undo_all_the_same() -> None:
    long = told(planned(FILES)) + "\n```text\n" + "ñ" * 40 + ("\n" + "ñ" * 40) * 2000 + "\n```\n"
    text = body_of(long, 65_536, "above\n" + body_of("old", 65_536) + "\nbelow")
    assert 60_000 < len(text.encode()) <= 65_536
    assert text.startswith("above\n<!-- uvmigrate ")
    assert text.endswith(" -->\nbelow")
    assert "\n```\n\nThe rest is too long for this place" in text
    assert "## How to undo" in text


def test_a_line_that_gitlab_would_obey_is_none() -> None:
    text = body_of("```text\n/close\n/merge\n```\nx\n", 65_536)
    assert "\n /close\n /merge\n" in text
    assert not re.search(r"^/", text, re.MULTILINE)


@pytest.mark.parametrize(
    "part",
    [
        "<!-- uvmigrate 0123456789abcdef: x -->\n",
        "\n<!-- /uvmigrate 0123456789abcdef -->",
        "- [x] item\n",
        "- [ ] item\n",
        "<!-- uvmigrate 0123456789abcdef: ",
    ],
)
def test_whatever_somebody_made_of_it_is_read_in_a_moment(part: str) -> None:
    ours = body_of("plan\n\n- [ ] item\n", 65_536)

    def read(count: int) -> str:
        return body_of("plan\n\n- [ ] item\n", 1_048_576, f"{part * count}\n{ours}")

    assert keeps_pace(read, 5_000, 64)


def test_a_quoted_head_is_none_of_ours() -> None:
    ours = body_of("plan", 65_536)
    quoted = "> <!-- uvmigrate 0123456789abcdef: x -->\nmine\n"
    text = body_of("new plan", 65_536, f"{quoted}{ours}\nbelow")
    assert text.startswith(f"{quoted}<!-- uvmigrate ")
    assert "new plan" in text
    assert text.endswith("-->\nbelow")


def test_it_is_opened_once(server: Server, forge: Forge) -> None:
    assert propose(forge, "acme/shop", WISHED, "plan")[0] == "opened"
    for _ in range(2):
        fate, pull = propose(forge, "acme/shop", WISHED, "plan")
        assert (fate, pull.number) == ("unchanged", 1)
    assert [one["title"] for one in server.pulls["acme/shop"]] == [TITLE]
    writes = [one for one in server.names if "list" not in one]
    assert writes == ["pulls/create" if server.kind == "github" else "create a merge request"]


def test_an_open_one_is_brought_up_to_date_and_keeps_what_people_wrote(server: Server, forge: Forge) -> None:
    propose(forge, "acme/shop", WISHED, "plan\n\n- [ ] `a`: look\n- [ ] `b`: look\n- [ ] gone\n")
    mine = body(server).replace("- [ ] `a`", "- [x] `a`").replace("- [ ] gone", "- [X] gone")
    edit(server, f"Please wait.\n\n{mine}\n\nThanks.\n".replace("\n", "\r\n"))
    text = "new plan\n\n- [ ] `a`: look\n- [ ] `b`: look\n"
    assert propose(forge, "acme/shop", WISHED, text)[0] == "updated"
    found = re.fullmatch(r"Please wait\.\n\n(<!-- .*-->)\n\nThanks\.\n", body(server), re.DOTALL)
    assert found is not None
    assert "new plan\n\n- [x] `a`: look\n- [ ] `b`: look\n\n## How to undo" in found[1]
    assert "gone" not in found[1]
    # The boxes that are ticked make it no other text.
    assert propose(forge, "acme/shop", WISHED, text)[0] == "unchanged"
    edit(server, body(server).replace("- [ ] `b`", "- [x] `b`"))
    assert propose(forge, "acme/shop", WISHED, text)[0] == "unchanged"
    assert "- [x] `b`" in body(server)


def test_what_is_left_of_it_belongs_to_people(server: Server, forge: Forge) -> None:
    propose(forge, "acme/shop", DECORATED._replace(draft=True), "plan")
    one = server.pulls["acme/shop"][0]
    one.update(labels=["theirs"], reviewers=[], title="Theirs", draft=False)
    assert propose(forge, "acme/shop", DECORATED._replace(draft=True), "new plan")[0] == "updated"
    assert (one["labels"], one["reviewers"], one["title"], one["draft"]) == (["theirs"], [], "Theirs", False)


@pytest.mark.parametrize("text", ["", "I made this by hand.", "<!-- uvmigrate 0123456789abcdef: cut off"])
def test_one_that_somebody_opened_is_theirs(server: Server, forge: Forge, text: str) -> None:
    forge.open("acme/shop", WISHED._replace(body=text))
    assert propose(forge, "acme/shop", WISHED, "plan")[0] == "foreign"
    assert body(server) == text


def test_a_closed_one_stays_closed(server: Server, forge: Forge) -> None:
    propose(forge, "acme/shop", WISHED, "plan")
    server.close("acme/shop", 1)
    asked = len(server.asked)
    assert propose(forge, "acme/shop", WISHED, "new plan")[0] == "closed"
    assert len(server.asked) == asked + 1
    assert server.pulls["acme/shop"][0]["state"] == "closed"


def test_after_a_merged_one_comes_another(server: Server, forge: Forge) -> None:
    propose(forge, "acme/shop", WISHED, "plan")
    server.close("acme/shop", 1, merged=True)
    fate, pull = propose(forge, "acme/shop", WISHED, "new plan")
    assert (fate, pull.number) == ("opened", 2)


def test_labels_and_reviewers_are_there_when_it_is_open(server: Server, forge: Forge) -> None:
    assert propose(forge, "acme/shop", DECORATED, "plan")[0] == "opened"
    one = server.pulls["acme/shop"][0]
    assert (one["labels"], one["reviewers"]) == (["docker"], ["ann"] if server.kind == "github" else [7])
    assert OURS.fullmatch(body(server))


@pytest.mark.parametrize("last", [1, 2])
def test_a_run_that_ended_in_between_is_gone_on_with(server: Server, forge: Forge, last: int) -> None:
    left = [last]

    def gone(name: str) -> tuple[int, object] | None:
        """All but the first writes fail."""
        if "list" in name:
            return None
        left[0] -= 1
        return (500, {}) if left[0] < 0 else None

    server.refuse = gone
    with pytest.raises(ForgeUnavailable):
        propose(forge, "acme/shop", DECORATED, "plan")
    assert " unfinished: " in body(server)
    server.refuse = lambda _: None
    propose(forge, "acme/shop", DECORATED, "plan")
    [one] = server.pulls["acme/shop"]
    assert one["labels"] == ["docker"]
    assert OURS.fullmatch(body(server))
    assert propose(forge, "acme/shop", DECORATED, "plan")[0] == "unchanged"


def test_a_reviewer_that_nobody_is_leaves_it_open_and_is_said(server: Server, forge: Forge) -> None:
    wished = WISHED._replace(reviewers=("nobody",))
    for _ in range(2):
        with pytest.raises(ForgeRefused, match=r"acme/shop/.*1 is open, but"):
            propose(forge, "acme/shop", wished, "plan")
    assert len(server.pulls["acme/shop"]) == 1
    assert propose(forge, "acme/shop", WISHED, "plan")[0] == "updated"


def test_one_that_was_opened_meanwhile_is_found(server: Server, forge: Forge) -> None:
    def meanwhile(name: str) -> None:
        if "create" in name and not server.pulls["acme/shop"]:
            other = {"state": "open", "labels": [], "reviewers": [], "number": 1, "draft": False}
            theirs = {"head": WISHED.branch, "base": "main", "title": "x", "body": body_of("plan", 9999)}
            server.pulls["acme/shop"].append({**other, **theirs})

    server.refuse = meanwhile
    fate, pull = propose(forge, "acme/shop", WISHED, "plan")
    assert (fate, pull.number) == ("unchanged", 1)
    server.pulls["acme/shop"].clear()
    server.refuse = lambda name: (403, {"message": "no"}) if "create" in name else None
    with pytest.raises(ForgeRefused, match="403 no"):
        propose(forge, "acme/shop", WISHED, "plan")
