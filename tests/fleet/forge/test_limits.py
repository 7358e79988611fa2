"""Limits of requests are kept, as each forge says them; what lasts too long ends with a line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from fleet.forge.conftest import Clock, connected
from fleet.forge.server import Fault, Server
from uvmigrate.fleet.forge import ForgeRefused, ForgeUnavailable, Proposal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from uvmigrate.fleet.forge import Forge

EXHAUSTED = {"message": "API rate limit exceeded for user ID 1."}
SECONDARY = {"message": "You have exceeded a secondary rate limit. Please wait a few minutes."}
#: Two minutes after the clock's start.
RESET = "1800000120"


@pytest.mark.parametrize(
    ("status", "headers", "body", "waits"),
    [
        (429, {"Retry-After": "30"}, {}, 30),
        (403, {"Retry-After": "30", "X-RateLimit-Remaining": "4000"}, SECONDARY, 30),
        (403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": RESET}, EXHAUSTED, 120),
        (429, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": RESET}, EXHAUSTED, 120),
        (429, {"RateLimit-Remaining": "0", "RateLimit-Reset": RESET}, "Retry later\n", 120),
        (429, {"Retry-After": "Fri, 15 Jan 2027 08:00:45 GMT"}, {}, 45),
        (403, {}, SECONDARY, 60),
        (429, {"Retry-After": "soon"}, {}, 60),
        (429, {"Retry-After": "-5"}, {}, 60),
        (429, {"Retry-After": "1e300"}, {}, 60),
        (403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1700000000"}, EXHAUSTED, 0),
    ],
)
def test_a_limit_is_waited_for(
    server: Server,
    forge: Forge,
    clock: Clock,
    status: int,
    headers: Mapping[str, str],
    body: Any,
    waits: float,
) -> None:
    server.add("acme/shop")
    server.faults.append(Fault(status, headers, body))
    assert forge.hosted("acme/shop").name == "acme/shop"
    assert clock.waits == [waits]
    host = server.web.removeprefix("http://")
    assert clock.told == ([f"{host} asks to wait {waits} s …"] if waits else [])


def test_a_secondary_limit_is_waited_for_ever_longer(server: Server, forge: Forge, clock: Clock) -> None:
    server.add("acme/shop")
    server.faults.extend([Fault(403, {}, SECONDARY)] * 3)
    forge.hosted("acme/shop")
    assert clock.waits == [60, 120, 240]


def test_a_write_waits_for_a_limit_too_and_is_made_once(server: Server, forge: Forge, clock: Clock) -> None:
    server.add("acme/shop")
    server.faults.append(Fault(429, {"Retry-After": "30"}, {}))
    forge.open("acme/shop", Proposal("uvmigrate/migrate", "main", "Use uv", "text"))
    assert clock.waits == [30]
    assert len(server.pulls["acme/shop"]) == 1


def test_what_lasts_too_long_is_said_with_its_end(server: Server, forge: Forge, clock: Clock) -> None:
    server.add("acme/shop")
    server.faults.append(
        Fault(403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1800003600"}, EXHAUSTED)
    )
    with pytest.raises(
        ForgeUnavailable, match=r"takes no more requests until 09:00:00 UTC: run it again then"
    ):
        forge.hosted("acme/shop")
    assert clock.waits == []
    server.faults.append(Fault(429, {"Retry-After": "999999999999999"}, {}))
    with pytest.raises(ForgeUnavailable, match="until 08:00:00 UTC"):
        forge.hosted("acme/shop")


def test_waits_of_one_request_are_counted_together(server: Server, clock: Clock) -> None:
    server.faults.extend([Fault(429, {"Retry-After": "40"}, {})] * 3)
    with (
        connected(server, clock, most=100) as forge,
        pytest.raises(ForgeUnavailable, match="no more requests"),
    ):
        forge.hosted("acme/shop")
    assert clock.waits == [40, 40]


def test_a_server_that_says_wait_no_time_is_not_asked_for_ever(
    server: Server, forge: Forge, clock: Clock
) -> None:
    server.faults.extend([Fault(429, {"Retry-After": "0"}, {})] * 99)
    with pytest.raises(ForgeUnavailable):
        forge.hosted("acme/shop")
    assert len(server.faults) == 91


def test_what_is_forbidden_is_no_limit(server: Server, forge: Forge, clock: Clock) -> None:
    server.faults.append(
        Fault(403, {"X-RateLimit-Remaining": "4999"}, {"message": "Resource not accessible by integration"})
    )
    with pytest.raises(ForgeRefused, match="403 Resource not accessible by integration"):
        forge.hosted("acme/shop")
    assert clock.waits == []


def test_writes_are_a_second_apart(server: Server, forge: Forge, clock: Clock) -> None:
    server.add("acme/shop")
    opened = forge.open("acme/shop", Proposal("uvmigrate/migrate", "main", "Use uv", "text"))
    forge.newest("acme/shop", "uvmigrate/migrate")
    assert clock.waits == []
    forge.update("acme/shop", opened, "one")
    clock.now += 0.4
    forge.update("acme/shop", opened, "two")
    assert clock.waits == [1, pytest.approx(0.6)]
    clock.now += 60
    forge.update("acme/shop", opened, "three")
    assert len(clock.waits) == 2
