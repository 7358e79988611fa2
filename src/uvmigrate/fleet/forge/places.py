"""Which forge an address is of: its kind, its web address and its API's, and the repository's path there."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from uvmigrate.fleet.forge.model import ForgeUnavailable
from uvmigrate.source import NamedTuple, lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Mapping

    from uvmigrate.fleet.forge.model import Kind

#: ``git@host:path``, as scp has it (git-fetch(1), "GIT URLS").
_SCP = lazy_pattern(r"(?:[^@/:\s]+@)?([^@/:\s]+):(?!/?/)(\S+)")
_API = lazy_pattern(r"/api/v[34]/?$")
_HOME: Mapping[Kind, str] = {"github": "https://github.com", "gitlab": "https://gitlab.com"}
#: Where jobs of the forges say which server they belong to: Actions' and GitLab CI's default variables.
_SERVER: Mapping[Kind, str] = {"github": "GITHUB_SERVER_URL", "gitlab": "CI_SERVER_URL"}
_OWN_API: Mapping[Kind, str] = {"github": "GITHUB_API_URL", "gitlab": "CI_API_V4_URL"}


class Place(NamedTuple):
    """A forge's server. ``is_named`` says whether the user named it, or an address of a repository did."""

    kind: Kind
    web: str
    api: str
    is_named: bool = False

    @property
    def host(self) -> str:
        """The host, with its port where it has one of its own."""
        return _host(self.web)


def home(kind: Kind, environment: Mapping[str, str], forge_url: str = "") -> Place:
    """The server that listings ask: the one that is named, that of the job we run in, or the public one."""
    web = forge_url or environment.get(_SERVER[kind]) or _HOME[kind]
    return _place(kind, web, environment, is_named=bool(forge_url))


def place_of(
    address: str, environment: Mapping[str, str], kind: Kind | None = None, forge_url: str = ""
) -> tuple[Place, str]:
    """The forge that hosts a repository, and the repository's path there.

    *address* is what git clones it from. *kind* and *forge_url* (the forge's web address) are what the user
    says of it. Raises ForgeUnavailable where the address is a folder's, or it is not certain whose it is.
    """
    found = _located(address)
    if found is None:
        raise ForgeUnavailable(f"{address} is no address of a repository at a forge")
    host, path = found
    if kind is None:
        kind = _kind(host, environment)
    if kind is None and forge_url:
        kind = _kind(_host(forge_url), environment)
    if kind is None:
        raise ForgeUnavailable(f"{host} may be any forge: say which with --forge github or --forge gitlab")
    own = environment.get(_SERVER[kind], "")
    web = forge_url or (own if own and _host(own) == host else f"https://{host}")
    place = _place(kind, web, environment, is_named=bool(forge_url))
    # A GitLab may live below a path of its host.
    prefix = urlsplit(place.web).path.strip("/")
    if prefix and path.startswith(f"{prefix}/"):
        path = path[len(prefix) + 1 :]
    if "/" not in path:
        raise ForgeUnavailable(f"{address} names no repository of an organisation")
    return place, path


def _place(kind: Kind, web: str, environment: Mapping[str, str], *, is_named: bool) -> Place:
    web = _API.sub("", web).rstrip("/")
    split = urlsplit(web)
    if split.scheme not in ("http", "https") or not split.hostname or split.username or split.query:
        raise ForgeUnavailable(f"{web} is no web address of a forge, such as https://git.acme.example")
    own = environment.get(_SERVER[kind], "").rstrip("/")
    api = environment.get(_OWN_API[kind], "") if own == web else ""
    return Place(kind, web, api.rstrip("/") or _api(kind, web), is_named)


def _api(kind: Kind, web: str) -> str:
    """The API's address. GitHub has it on a host of its own, but for GitHub Enterprise Server."""
    if kind == "gitlab":
        return f"{web}/api/v4"
    split = urlsplit(web)
    if split.netloc == "github.com" or split.netloc.endswith(".ghe.com"):
        return f"{split.scheme}://api.{split.netloc}"
    return f"{web}/api/v3"


def _kind(host: str, environment: Mapping[str, str]) -> Kind | None:
    if host == "github.com" or host.endswith(".ghe.com"):
        return "github"
    if host == "gitlab.com":
        return "gitlab"
    kinds: tuple[Kind, ...] = ("github", "gitlab")
    return next((kind for kind in kinds if _host(environment.get(_SERVER[kind], "")) == host), None)


def _host(web: str) -> str:
    return urlsplit(web).netloc.rpartition("@")[2].lower()


def _located(address: str) -> tuple[str, str] | None:
    """The host and the path that an address of git names; the port of a web address belongs to its host."""
    if "://" in address:
        split = urlsplit(address)
        if split.scheme == "file" or not split.hostname:
            return None
        host = _host(address) if split.scheme in ("http", "https") else split.hostname
        path = split.path
    elif found := _SCP.fullmatch(address):
        host, path = found[1].lower(), found[2]
    else:
        return None
    path = path.strip("/").removesuffix(".git")
    # What GitHub's ssh calls itself where port 22 is closed.
    host = {"ssh.github.com": "github.com", "altssh.gitlab.com": "gitlab.com"}.get(host, host)
    return (host, path) if path else None
