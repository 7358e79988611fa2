"""Many repositories at several forges: each is asked at its own, with its own token, or none is begun."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from fleet.forge.conftest import Clock
from fleet.forge.server import Server
from uvmigrate.fleet.forge import ForgeUnavailable
from uvmigrate.fleet.pulls import Asked, lent, pulls

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A GitHub, which is the one of the job that this is."""
    with Server("github") as server:
        for name in ("shop", "blog"):
            server.add(f"acme/{name}")
        monkeypatch.setenv("GITHUB_SERVER_URL", server.web)
        monkeypatch.setenv("GITHUB_API_URL", f"{server.web}/api/v3")
        monkeypatch.setenv("GITHUB_TOKEN", server.token)
        yield server
    assert server.problems == []


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    with Server("gitlab") as server:
        server.add("acme/team/api")
        server.token = "another-t0ken"
        monkeypatch.setenv("CI_SERVER_URL", server.web)
        monkeypatch.setenv("CI_API_V4_URL", f"{server.web}/api/v4")
        monkeypatch.setenv("GITLAB_TOKEN", server.token)
        yield server
    assert server.problems == []


def test_each_is_opened_at_its_own_forge(hub: Server, lab: Server) -> None:
    addresses = {
        "shop": f"{hub.web}/acme/shop.git",
        "blog": f"{hub.web}/acme/blog.git",
        "api": f"{lab.web}/acme/team/api.git",
    }
    before = dict(os.environ)
    with pulls(addresses, Asked(labels=("uv",)), Clock().patience()) as opened:
        lent = {value for name, value in os.environ.items() if name.startswith("GIT_CONFIG_KEY_")}
        assert lent == {f"credential.{hub.web}.helper", f"credential.{lab.web}.helper"}
        for name in addresses:
            assert opened.closed(name) == ""
            fate, pull = opened.propose(name, "main", "plan")
            assert (fate, pull.number) == ("opened", 1)
    assert dict(os.environ) == before
    assert [len(hub.pulls[f"acme/{name}"]) for name in ("shop", "blog")] == [1, 1]
    assert lab.pulls["acme/team/api"][0]["labels"] == ["uv"]
    hub.close("acme/shop", 1)
    with pulls(addresses, Asked(), Clock().patience()) as opened:
        assert opened.closed("shop") == f"{hub.web}/acme/shop/pull/1"
        assert opened.closed("api") == ""
        assert opened.propose("shop", "main", "new plan")[0] == "closed"


def test_one_that_was_renamed_is_known_by_its_name_of_now(hub: Server, lab: Server) -> None:
    hub.moved["acme/store"], lab.moved["acme/api"] = "acme/shop", "acme/team/api"
    addresses = {"shop": f"{hub.web}/acme/store.git", "api": f"{lab.web}/acme/api.git"}
    with pulls(addresses, Asked(), Clock().patience()) as opened:
        for name in addresses:
            assert opened.closed(name) == ""
            assert opened.propose(name, "main", "plan")[0] == "opened"
            assert opened.propose(name, "main", "plan")[0] == "unchanged"
    hub.close("acme/shop", 1)
    lab.close("acme/team/api", 1)
    with pulls(addresses, Asked(), Clock().patience()) as opened:
        assert opened.closed("shop") == f"{hub.web}/acme/shop/pull/1"
        assert opened.closed("api") == f"{lab.web}/acme/team/api/-/merge_requests/1"


def test_where_one_is_not_certain_the_others_are(hub: Server) -> None:
    addresses = {"shop": f"{hub.web}/acme/shop.git", "other": "https://git.acme.example/a/b.git"}
    with pulls(addresses, Asked()) as opened:
        assert "shop" in opened
        assert "other" not in opened
        assert "say which with --forge" in opened.unknown["other"]


def test_nothing_is_begun_without_a_token(hub: Server) -> None:
    addresses = {"shop": f"{hub.web}/acme/shop.git", "other": "https://git.acme.example/a/b.git"}
    with (
        pytest.raises(ForgeUnavailable, match=r"no token for git\.acme\.example"),
        pulls({"other": addresses["other"]}, Asked(kind="gitlab")),
    ):
        pass
    assert hub.asked == []


def test_git_is_lent_what_the_addresses_need(hub: Server) -> None:
    addresses = [
        f"{hub.web}/acme/shop.git",
        f"{hub.web}/acme/blog.git",
        "/srv/git",
        "https://git.acme.example/a/b",
    ]
    before = dict(os.environ)
    with lent(addresses):
        changed = {name: value for name, value in os.environ.items() if before.get(name) != value}
        assert changed["GIT_CONFIG_COUNT"] == "1"
        assert changed["GIT_CONFIG_KEY_0"] == f"credential.{hub.web}.helper"
    assert dict(os.environ) == before
    with lent(["https://git.acme.example/a/b"]):
        assert dict(os.environ) == before


def test_who_only_reads_needs_no_token(hub: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_TOKEN")
    monkeypatch.setenv("GH_TOKEN", "")
    with pulls({"shop": f"{hub.web}/acme/shop.git"}, Asked(), reads=True) as opened:
        assert opened.closed("shop") == ""
