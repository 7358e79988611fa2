"""An address says which forge it is of, or that it is not certain."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from uvmigrate.fleet.forge import ForgeUnavailable, home, place_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from uvmigrate.fleet.forge import Kind

ACTIONS = {
    "GITHUB_SERVER_URL": "https://git.acme.example",
    "GITHUB_API_URL": "https://git.acme.example/api/v3",
}
CI = {"CI_SERVER_URL": "https://code.acme.example", "CI_API_V4_URL": "https://code.acme.example/api/v4"}


@pytest.mark.parametrize(
    ("address", "environment", "kind", "api", "name"),
    [
        ("https://github.com/acme/shop.git", {}, "github", "https://api.github.com", "acme/shop"),
        ("https://x:y@GitHub.com/acme/shop/", {}, "github", "https://api.github.com", "acme/shop"),
        ("git@github.com:acme/shop.git", {}, "github", "https://api.github.com", "acme/shop"),
        ("ssh://git@ssh.github.com:443/acme/shop.git", {}, "github", "https://api.github.com", "acme/shop"),
        ("https://acme.ghe.com/acme/shop", {}, "github", "https://api.acme.ghe.com", "acme/shop"),
        (
            "https://gitlab.com/acme/team/shop.git",
            {},
            "gitlab",
            "https://gitlab.com/api/v4",
            "acme/team/shop",
        ),
        ("git@gitlab.com:acme/shop.git", {}, "gitlab", "https://gitlab.com/api/v4", "acme/shop"),
        (
            "git@git.acme.example:acme/shop.git",
            ACTIONS,
            "github",
            "https://git.acme.example/api/v3",
            "acme/shop",
        ),
        ("https://code.acme.example/a/b/c", CI, "gitlab", "https://code.acme.example/api/v4", "a/b/c"),
    ],
)
def test_an_address_names_its_forge(
    address: str, environment: Mapping[str, str], kind: str, api: str, name: str
) -> None:
    place, path = place_of(address, environment)
    assert (place.kind, place.api, path) == (kind, api, name)


@pytest.mark.parametrize(
    ("kind", "url", "api"),
    [
        ("github", "https://git.acme.example", "https://git.acme.example/api/v3"),
        ("github", "https://git.acme.example/api/v3/", "https://git.acme.example/api/v3"),
        ("gitlab", "http://127.0.0.1:8080", "http://127.0.0.1:8080/api/v4"),
        ("gitlab", "https://acme.example/code", "https://acme.example/code/api/v4"),
    ],
)
def test_a_forge_that_is_named_is_that_one(kind: Kind, url: str, api: str) -> None:
    place, name = place_of("git://10.0.0.1:9418/acme/shop.git", ACTIONS | CI, kind, url)
    assert (place.kind, place.api, place.is_named, name) == (kind, api, True, "acme/shop")


def test_a_path_of_the_forge_is_no_part_of_a_name() -> None:
    url = "https://acme.example/code"
    place, name = place_of("https://acme.example/code/team/shop.git", {}, "gitlab", url)
    assert (name, place.host) == ("team/shop", "acme.example")
    assert place_of("git@acme.example:team/shop.git", {}, "gitlab", url)[1] == "team/shop"


def test_a_kind_alone_takes_the_host_of_the_address() -> None:
    place, _ = place_of("https://code.acme.example:8443/a/b", {}, "gitlab")
    assert place.api == "https://code.acme.example:8443/api/v4"
    assert (
        place_of("ssh://git@code.acme.example:2222/a/b", {}, "github")[0].web == "https://code.acme.example"
    )


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("/srv/git/acme/shop.git", "no address of a repository at a forge"),
        ("file:///srv/git/acme/shop.git", "no address of a repository at a forge"),
        ("../shop", "no address of a repository at a forge"),
        ("https://git.acme.example/acme/shop", "say which with --forge github or --forge gitlab"),
        ("https://github.com.evil.example/acme/shop", "say which with --forge"),
        ("https://github.com/shop", "names no repository of an organisation"),
        ("https://tok3n@git.acme.example/acme/shop", r"^git\.acme\.example may be any forge"),
    ],
)
def test_what_is_not_certain_is_said(address: str, said: str) -> None:
    with pytest.raises(ForgeUnavailable, match=said) as error:
        place_of(address, {})
    assert "tok3n" not in str(error.value)


@pytest.mark.parametrize("url", ["ftp://x.example", "git.acme.example", "https://u:p@x.example", "https://"])
def test_a_forge_is_named_by_its_web_address(url: str) -> None:
    with pytest.raises(ForgeUnavailable, match="no web address of a forge"):
        home("github", {}, url)


def test_listings_ask_the_server_of_the_job() -> None:
    assert home("github", {}).api == "https://api.github.com"
    assert home("github", ACTIONS).api == "https://git.acme.example/api/v3"
    assert home("gitlab", ACTIONS).api == "https://gitlab.com/api/v4"
    assert home("gitlab", CI, "https://other.example").api == "https://other.example/api/v4"
