"""Where a forge's token comes from: variables that are meant for its server, or git's credential helper.

A variable's token is only given to the server that it is for: the public one, that of the job it was made
for, or one that the user named. Whoever makes a repository chooses its remote's address, and must not choose
who gets a token.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from uvmigrate.fleet.forge.places import home
from uvmigrate.fleet.git import run
from uvmigrate.source import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from uvmigrate.fleet.forge.model import Kind
    from uvmigrate.fleet.forge.places import Place

#: In the order in which they count. GitLab's CI_JOB_TOKEN may not open merge requests.
VARIABLES: Mapping[Kind, tuple[str, ...]] = {
    "github": ("GITHUB_TOKEN", "GH_TOKEN"),
    "gitlab": ("GITLAB_TOKEN",),
}
#: Who a token is used as where git wants a name; the forges look at the token alone.
_USER: Mapping[Kind, str] = {"github": "x-access-token", "gitlab": "oauth2"}


class Token(NamedTuple):
    """A token and where it is from; its text shows in no message, no log and no traceback."""

    text: str
    source: str

    def __repr__(self) -> str:
        return f"Token('***', {self.source!r})"


def variable_token(place: Place, environment: Mapping[str, str]) -> Token | None:
    """The token of a variable that is meant for a forge; None where there is none."""
    if place.is_named or place.web == home(place.kind, environment).web:
        names = (name for name in VARIABLES[place.kind] if environment.get(name))
        return next((Token(environment[name], name) for name in names), None)
    return None


def token_for(place: Place, environment: Mapping[str, str]) -> Token | None:
    """The token for a forge; None where there is none."""
    if found := variable_token(place, environment):
        return found
    split = urlsplit(place.web)
    wanted = f"protocol={split.scheme}\nhost={split.netloc}\n\n".encode()
    # Where nothing is: the settings of a repository may name a helper.
    with tempfile.TemporaryDirectory(prefix="uvmigrate-") as nowhere:
        done = run(Path(nowhere), "credential", "fill", text=wanted)
    lines = done.stdout.decode(errors="replace").splitlines() if not done.returncode else []
    password = next((line.partition("=")[2] for line in lines if line.startswith("password=")), "")
    return Token(password, "git's credential helper") if password else None


def missing(place: Place, environment: Mapping[str, str]) -> str:
    """What to say where there is no token for a forge."""
    names = " or ".join(VARIABLES[place.kind])
    if place.kind == "gitlab" and environment.get("CI_JOB_TOKEN"):
        return f"CI_JOB_TOKEN may not open merge requests: set {names} to a token with the scope api"
    named = "" if place.web == home(place.kind, environment).web else f" and pass --forge-url {place.web}"
    return f"there is no token for {place.host}: set {names}{named}, or let git's credential helper know one"


def git_address(address: str, place: Place, token: Token | None) -> str:
    """The address that git is given: without credentials of its own where a variable has the token.

    GitLab puts its job's token into the address that it clones from, and that may push nothing by default.
    """
    if token is None or token.source not in VARIABLES[place.kind]:
        return address
    split = urlsplit(address)
    if split.scheme not in ("http", "https") or "@" not in split.netloc:
        return address
    return urlunsplit(split._replace(netloc=split.netloc.rpartition("@")[2]))


@contextlib.contextmanager
def lent_to_git(place: Place, token: Token | None) -> Iterator[None]:
    """Meanwhile, git that this process starts uses a variable's token where a forge asks for one.

    git's own helpers come first (gitcredentials(7)). The token stays in its variable: neither a command line
    nor a file has it.
    """
    if token is None or token.source not in VARIABLES[place.kind]:
        yield
        return
    count = int(os.environ.get("GIT_CONFIG_COUNT") or 0)
    helper = f'echo username={_USER[place.kind]}; echo "password=${token.source}"'
    lent = {
        "GIT_CONFIG_COUNT": str(count + 1),
        f"GIT_CONFIG_KEY_{count}": f"credential.{place.web}.helper",
        f"GIT_CONFIG_VALUE_{count}": f'!f() {{ test "$1" != get || {{ {helper}; }}; }}; f',
    }
    before = {name: os.environ.get(name) for name in lent}
    os.environ.update(lent)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
