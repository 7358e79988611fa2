"""GitHub and GitLab: what is asked of them is what they publish, and what they answer is understood."""

from __future__ import annotations

import gzip
import traceback
from typing import TYPE_CHECKING

import pytest

from fleet.forge.conftest import Clock, connected
from fleet.forge.server import Fault, Server
from uvmigrate.fleet.forge import ForgeRefused, ForgeUnavailable, Proposal, Token, Wish

if TYPE_CHECKING:
    from uvmigrate.fleet.forge import Forge

PROPOSAL = Proposal("uvmigrate/migrate", "main", "Use uv", "the text")


def names(forge: Forge, owner: str = "acme", **wish: object) -> list[str]:
    return [one.name for one in forge.listed(owner, Wish(**wish))]  # type: ignore[arg-type]  # wishes of all kinds


def test_a_listing_is_read_to_its_last_page(server: Server, forge: Forge) -> None:
    server.per_page = 4
    for number in range(11):
        server.add(f"acme/shop-{number:02}")
    server.add("other/shop")
    found = list(forge.listed("acme", Wish()))
    assert [one.name for one in found] == [f"acme/shop-{number:02}" for number in range(11)]
    assert found[0] == (
        "acme/shop-00",
        f"{server.web}/acme/shop-00.git",
        "main",
        False,
    )
    assert len(server.asked) == 3


def test_a_listing_is_filtered(server: Server, forge: Forge) -> None:
    server.add("acme/web", topics=["docker", "web"])
    server.add("acme/tool", language="Go")
    server.add("acme/Web-old", archived=True)
    server.add("acme/empty", default_branch="")
    assert names(forge) == ["acme/web", "acme/tool", "acme/empty"]
    assert names(forge, language="Go" if server.kind == "gitlab" else "go") == ["acme/tool"]
    assert names(forge, topic="docker") == ["acme/web"]
    assert names(forge, match="web*") == ["acme/web"]
    assert names(forge, match="web*", archived=True) == ["acme/web", "acme/Web-old"]
    assert names(forge, match="[!w]*") == ["acme/tool", "acme/empty"]
    assert [one.branch for one in forge.listed("acme", Wish(match="empty"))] == [""]


def test_a_person_has_repositories_too_and_nobody_has_none(server: Server, forge: Forge) -> None:
    server.add("ann/notes")
    assert names(forge, "ann") == ["ann/notes"]
    server.organisations.add("void")
    assert names(forge, "void") == []
    with pytest.raises(ForgeRefused, match=r"refuses GET .*nobody/.*: 404 (404 )?Not Found") as refused:
        names(forge, "nobody")
    assert refused.value.status == 404


def test_groups_of_gitlab_hold_those_below_them(clock: Clock) -> None:
    with Server("gitlab") as server, connected(server, clock) as forge:
        server.add("acme/web")
        server.add("acme/team/api")
        server.add("acme/team/deep/worker")
        assert names(forge) == ["acme/web", "acme/team/api", "acme/team/deep/worker"]
        assert names(forge, match="team/*") == ["acme/team/api", "acme/team/deep/worker"]
        assert names(forge, match="api") == ["acme/team/api"]
        server.organisations.add("acme/team")
        assert names(forge, "acme/team") == ["acme/team/api", "acme/team/deep/worker"]
        assert forge.hosted("acme/team/api").name == "acme/team/api"
        assert server.problems == []


def test_one_repository_is_looked_up(server: Server, forge: Forge) -> None:
    server.add("acme/shop", default_branch="trunk")
    assert forge.hosted("acme/shop").branch == "trunk"
    with pytest.raises(ForgeRefused, match="404"):
        forge.hosted("acme/nothing")


def test_a_pull_request_is_opened_found_and_updated(server: Server, forge: Forge) -> None:
    server.add("acme/shop")
    assert forge.newest("acme/shop", PROPOSAL.branch) is None
    opened = forge.open("acme/shop", PROPOSAL._replace(draft=True))
    assert (opened.number, opened.state, opened.body) == (1, "open", "the text")
    assert opened.address.startswith(f"{server.web}/acme/shop/")
    kept = server.pulls["acme/shop"][0]
    assert (kept["head"], kept["base"], kept["draft"]) == ("uvmigrate/migrate", "main", True)
    assert forge.newest("acme/shop", PROPOSAL.branch) == opened
    forge.update("acme/shop", opened, "another text")
    assert forge.newest("acme/shop", PROPOSAL.branch) == opened._replace(body="another text")
    assert (kept["title"].removeprefix("Draft: "), kept["draft"]) == ("Use uv", True)


def test_labels_and_reviewers_are_added(server: Server, forge: Forge) -> None:
    server.add("acme/shop")
    wished = PROPOSAL._replace(labels=("docker", "uv"), reviewers=("ann", "acme/platform"))
    if server.kind == "gitlab":
        wished = wished._replace(reviewers=("ann", "bob"))
    opened = forge.open("acme/shop", wished)
    server.pulls["acme/shop"][0]["labels"] = ["mine"]
    forge.decorate("acme/shop", opened, wished)
    kept = server.pulls["acme/shop"][0]
    assert kept["labels"] == ["docker", "mine", "uv"]
    assert kept["reviewers"] == (["ann", "platform"] if server.kind == "github" else [7, 8])
    with pytest.raises(ForgeRefused):
        forge.decorate("acme/shop", opened, PROPOSAL._replace(reviewers=("nobody",)))


def test_the_open_one_counts_before_newer_ones_and_forks_do_not(server: Server, forge: Forge) -> None:
    server.add("acme/shop")
    forge.open("acme/shop", PROPOSAL)
    server.close("acme/shop", 1)
    closed = forge.newest("acme/shop", PROPOSAL.branch)
    assert closed is not None
    assert closed.state == "closed"
    forge.open("acme/shop", PROPOSAL)
    server.close("acme/shop", 2, merged=True)
    merged = forge.newest("acme/shop", PROPOSAL.branch)
    assert merged is not None
    assert (merged.number, merged.state) == (2, "merged")
    server.pulls["acme/shop"][0]["state"] = "open"
    reopened = forge.newest("acme/shop", PROPOSAL.branch)
    assert reopened is not None
    assert reopened.number == 1
    for one in server.pulls["acme/shop"]:
        one["fork"] = "somebody/shop" if server.kind == "github" else 99
    assert forge.newest("acme/shop", PROPOSAL.branch) is None
    # The fork was deleted.
    server.pulls["acme/shop"][0]["fork"] = None
    assert forge.newest("acme/shop", PROPOSAL.branch) is None


def test_a_second_pull_request_of_a_branch_is_refused_in_the_forges_words(
    server: Server, forge: Forge
) -> None:
    server.add("acme/shop")
    forge.open("acme/shop", PROPOSAL)
    with pytest.raises(ForgeRefused, match="already exists for"):
        forge.open("acme/shop", PROPOSAL)


def test_a_token_that_is_not_taken_is_named_and_not_shown(server: Server, clock: Clock) -> None:
    server.add("acme/shop")
    with connected(server, clock, "s3cret-of-ann") as forge:
        taken = "does not take the token of a test: Bad credentials"
        with pytest.raises(ForgeUnavailable, match=taken) as error:
            forge.open("acme/shop", PROPOSAL)
    assert server.asked[-1].headers["authorization"].endswith(" s3cret-of-ann")
    assert "s3cret-of-ann" not in "".join(traceback.format_exception(error.value))
    assert "s3cret-of-ann" not in repr(Token("s3cret-of-ann", "a test"))


@pytest.mark.parametrize("body", [{"message": "no: s3cret-of-ann\n\x1b[31m"}, {"error": "s3cret-of-ann"}])
def test_who_quotes_the_token_is_not_quoted(
    server: Server, clock: Clock, body: dict[str, str], capfd: pytest.CaptureFixture[str]
) -> None:
    server.faults.append(Fault(403, {}, body))
    with connected(server, clock, "s3cret-of-ann") as forge, pytest.raises(ForgeRefused) as error:
        forge.hosted("acme/shop")
    told = "".join(traceback.format_exception(error.value))
    assert "***" in str(error.value)
    assert "s3cret-of-ann" not in told
    assert "\x1b" not in str(error.value)
    assert "\n" not in str(error.value)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "text", ["<html>Bad Gateway</html>", "", "[1, null]", '{"message": {"base": ["x"]}}']
)
def test_an_error_that_is_no_json_is_an_error_all_the_same(server: Server, forge: Forge, text: str) -> None:
    server.faults.append(Fault(400, {}, text))
    with pytest.raises(ForgeRefused, match=r": 400 (Bad Request|base: x)$"):
        forge.hosted("acme/shop")


@pytest.mark.parametrize("text", ["<html>Log in", '"ok"', "{", "[" * 100_000])
def test_an_answer_that_is_no_forges_is_said_to_be_none(server: Server, forge: Forge, text: str) -> None:
    said = rf"{server.web}/api/v\d answers, and not as a {server.kind} does"
    for headers in ({}, {"content-type": "text/html"}):
        server.faults.append(Fault(200, headers, text))
        with pytest.raises(ForgeUnavailable, match=said):
            forge.hosted("acme/shop")


@pytest.mark.parametrize("status", [200, 404])
def test_an_answer_without_an_end_is_not_read_to_it(
    server: Server, forge: Forge, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("uvmigrate.fleet.forge.transport._LARGEST", 1 << 20)
    blanks = gzip.compress(b" " * (8 << 20))
    server.faults.append(Fault(status, {"content-encoding": "gzip"}, blanks))
    with pytest.raises(ForgeUnavailable, match="answers with more than 1 MiB"):
        forge.hosted("acme/shop")


def test_a_token_does_not_follow_an_answer_elsewhere(server: Server, forge: Forge) -> None:
    with Server(server.kind) as other:
        other.add("acme/shop", default_branch="theirs")
        path = f"{other.web}/api/{'v3' if server.kind == 'github' else 'v4'}"
        name = "/repos/acme/shop" if server.kind == "github" else "/projects/acme%2Fshop"
        server.faults.append(Fault(302, {"location": path + name}))
        assert forge.hosted("acme/shop").branch == "theirs"
        assert [server.token in str(one.headers) for one in other.asked] == [False]
        server.faults.append(Fault(307, {"location": path + name}))
        with pytest.raises(ForgeRefused, match="307"):
            forge.open("acme/shop", PROPOSAL)
        assert len(other.asked) == 1


def test_a_page_that_lies_elsewhere_is_not_asked_for(server: Server, forge: Forge) -> None:
    server.add("acme/shop")
    elsewhere = {"link": '<http://elsewhere.example/api?page=2>; rel="next"'}
    server.faults.append(Fault(200, elsewhere, []))
    with pytest.raises(ForgeRefused, match=r"answers with an address elsewhere: http://elsewhere\.example"):
        names(forge)


def test_nobody_there_is_one_line(server: Server, forge: Forge, clock: Clock) -> None:
    server.faults.extend([Fault(0, {})] * 9)
    with pytest.raises(ForgeUnavailable, match=r"^127\.0\.0\.1:\d+ cannot be asked: ") as error:
        forge.hosted("acme/shop")
    assert "\n" not in str(error.value)
    assert clock.waits == [1, 2, 4]


def test_a_write_that_met_a_fault_is_not_made_again(server: Server, forge: Forge, clock: Clock) -> None:
    server.add("acme/shop")
    server.faults.append(Fault(0, {}))
    with pytest.raises(ForgeUnavailable):
        forge.open("acme/shop", PROPOSAL)
    server.faults.append(Fault(502, {}, "oops"))
    with pytest.raises(ForgeUnavailable, match="fails: 502 Bad Gateway"):
        forge.open("acme/shop", PROPOSAL)
    assert len(server.faults) == 0
    assert server.names == []


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_fault_of_the_server_is_asked_past(server: Server, forge: Forge, clock: Clock, status: int) -> None:
    server.add("acme/shop")
    server.faults.extend(
        [Fault(status, {}, "oops"), Fault(0, {}), Fault(status, {"Retry-After": "7"}, "oops")]
    )
    assert forge.hosted("acme/shop").name == "acme/shop"
    assert clock.waits == [1, 2, 7]
