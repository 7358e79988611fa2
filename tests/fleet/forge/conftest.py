"""A forge of each kind on loopback, and a clock that only moves when somebody waits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fleet.forge.server import Server
from uvmigrate.fleet.forge import Patience, Token, forge_at, home

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from uvmigrate.fleet.forge import Forge, Kind


class Clock:
    """A clock that stands still but for waits, which are kept."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0
        self.waits: list[float] = []
        self.told: list[str] = []

    def time(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds

    def patience(self, most: float = 900) -> Patience:
        return Patience(most, self.time, self.sleep, self.told.append)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["github", "gitlab"])
def kind(request: pytest.FixtureRequest) -> Kind:
    found: Kind = request.param
    return found


@pytest.fixture
def server(kind: Kind) -> Iterator[Server]:
    """A forge; every request to it has to be as it is published, unless a test takes the problems out."""
    with Server(kind) as server:
        yield server
    assert server.problems == []


@pytest.fixture
def forge(server: Server, clock: Clock) -> Iterator[Forge]:
    with connected(server, clock) as forge:
        yield forge


def connected(
    server: Server, clock: Clock, token: str | None = None, most: float = 900
) -> AbstractContextManager[Forge]:
    """A client of a server."""
    place = home(server.kind, {}, server.web)
    return forge_at(place, Token(token or server.token, "a test"), clock.patience(most))
