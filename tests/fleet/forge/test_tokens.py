"""A token goes to the server that it is for, and to no other."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from uvmigrate.fleet.forge import Token, Wish, home, missing, place_of, token_for
from uvmigrate.fleet.forge.listing import lister
from uvmigrate.fleet.forge.tokens import git_address, lent_to_git

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from fleet.forge.server import Server

HERE = {"GITHUB_TOKEN": "hub", "GITLAB_TOKEN": "lab"}


@pytest.fixture(autouse=True)
def own_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """git without anybody's settings, and the file that has them."""
    settings = tmp_path / "gitconfig"
    settings.write_text("")
    for name in [
        name for name in os.environ if name.startswith(("GIT_", "GITHUB_", "GITLAB_", "GH_", "CI_"))
    ]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    return settings


@pytest.mark.parametrize(
    ("address", "environment", "found"),
    [
        ("https://github.com/a/b", HERE, Token("hub", "GITHUB_TOKEN")),
        ("https://github.com/a/b", {"GH_TOKEN": "gh"}, Token("gh", "GH_TOKEN")),
        ("https://github.com/a/b", {"GITHUB_TOKEN": "", "GH_TOKEN": "gh"}, Token("gh", "GH_TOKEN")),
        ("https://gitlab.com/a/b", HERE, Token("lab", "GITLAB_TOKEN")),
        ("https://gitlab.com/a/b", {"CI_JOB_TOKEN": "job"}, None),
        # Of a job of one server, a token is for that server alone.
        ("https://github.com/a/b", HERE | {"GITHUB_SERVER_URL": "https://git.acme.example"}, None),
        (
            "https://git.acme.example/a/b",
            HERE | {"GITHUB_SERVER_URL": "https://git.acme.example"},
            Token("hub", "GITHUB_TOKEN"),
        ),
        ("https://acme.ghe.com/a/b", HERE, None),
        ("https://github.com:8443/a/b", HERE, None),
    ],
)
def test_variables_are_for_their_server(
    address: str, environment: Mapping[str, str], found: Token | None
) -> None:
    place, _ = place_of(address, environment, "github" if "8443" in address else None)
    assert token_for(place, environment) == found


def test_who_names_a_server_means_it() -> None:
    place = home("github", {}, "https://git.acme.example")
    assert token_for(place, HERE) == Token("hub", "GITHUB_TOKEN")
    place, _ = place_of("https://git.acme.example/a/b", {}, "github")
    assert token_for(place, HERE) is None


def test_gits_credential_helper_is_asked_for_the_host(own_settings: Path, tmp_path: Path) -> None:
    log = tmp_path / "asked"
    helper = f"!f() {{ echo $1 >> {log}; cat >> {log}; echo username=ann; echo password=helped; }}; f"
    subprocess.run(["git", "config", "--global", "credential.helper", helper], check=True)
    place, _ = place_of("git@git.acme.example:a/b.git", {}, "gitlab")
    assert token_for(place, HERE) == Token("helped", "git's credential helper")
    assert log.read_text().splitlines()[:3] == ["get", "protocol=https", "host=git.acme.example"]


def test_a_repositorys_own_helper_is_not_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repository = tmp_path / "shop"
    subprocess.run(["git", "init", "-q", repository], check=True)
    helper = f"!touch {tmp_path / 'ran'}; echo password=stolen"
    subprocess.run(["git", "-C", repository, "config", "credential.helper", helper], check=True)
    monkeypatch.chdir(repository)
    assert token_for(place_of("https://github.com/a/b", {})[0], {}) is None
    assert not (tmp_path / "ran").exists()


def test_what_to_do_without_a_token_is_said() -> None:
    hub, lab = home("github", {}), home("gitlab", {})
    assert missing(hub, {}) == (
        "there is no token for github.com: set GITHUB_TOKEN or GH_TOKEN, or let git's credential helper "
        "know one"
    )
    assert "set GITLAB_TOKEN to a token with the scope api" in missing(lab, {"CI_JOB_TOKEN": "job"})
    elsewhere, _ = place_of("https://git.acme.example/a/b", {}, "gitlab")
    assert "set GITLAB_TOKEN and pass --forge-url https://git.acme.example, or" in missing(elsewhere, {})


def filled(address: str) -> str:
    """What git would send to a server that asks who is there."""
    host = address.partition("://")[2]
    wanted = f"protocol=https\nhost={host}\n\n"
    done = subprocess.run(["git", "credential", "fill"], input=wanted, capture_output=True, text=True)
    return done.stdout


def test_git_is_lent_a_token_for_the_server_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", 'hub$x"')
    monkeypatch.setenv("GIT_TERMINAL_PROMPT", "0")
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "user.name")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "Ann")
    before = dict(os.environ)
    with lent_to_git(home("github", {}), token_for(home("github", {}), os.environ)):
        assert 'username=x-access-token\npassword=hub$x"\n' in filled("https://github.com")
        assert filled("https://evil.example") == ""
        assert subprocess.check_output(["git", "config", "user.name"], text=True) == "Ann\n"
        assert not any("hub$x" in value for name, value in os.environ.items() if name != "GITHUB_TOKEN")
    assert dict(os.environ) == before
    with lent_to_git(home("github", {}), Token("helped", "git's credential helper")):
        assert dict(os.environ) == before


@pytest.mark.parametrize(
    ("address", "given"),
    [
        ("https://gitlab-ci-token:job@gitlab.com/a/b.git", "https://gitlab.com/a/b.git"),
        ("https://gitlab.com/a/b@c.git", "https://gitlab.com/a/b@c.git"),
        ("git@gitlab.com:a/b.git", "git@gitlab.com:a/b.git"),
        ("ssh://git@gitlab.com/a/b.git", "ssh://git@gitlab.com/a/b.git"),
    ],
)
def test_a_variables_token_takes_the_place_of_an_addresss(address: str, given: str) -> None:
    place = home("gitlab", {})
    assert git_address(address, place, Token("lab", "GITLAB_TOKEN")) == given
    assert git_address(address, place, Token("x", "git's credential helper")) == address
    assert git_address(address, place, None) == address


def test_an_organisation_is_listed_with_the_token_of_the_environment(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.add("acme/shop")
    server.add("acme/blog")
    monkeypatch.setenv("GITHUB_TOKEN", server.token)
    monkeypatch.setenv("GITLAB_TOKEN", server.token)
    listed = lister(Wish(match="s*"), server.web)
    assert list(listed(server.kind, "acme")) == [f"{server.web}/acme/shop.git"]
    assert server.asked[0].headers["authorization"].partition(" ")[2] == server.token
