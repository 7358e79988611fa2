"""What a smoke test asks of a container that has ended."""

from __future__ import annotations

import pytest

from uvmigrate.verify.engine import Config, Docker, Ended, Launch, State
from uvmigrate.verify.options import Options
from uvmigrate.verify.running import Check, observe
from uvmigrate.verify.subjects import Use


class Over(Docker):
    """An engine whose containers end at once, and whose commands end with *code*."""

    def __init__(self, code: int) -> None:
        super().__init__(1)
        self.code = code
        self.ran: list[Launch] = []

    def config(self, _image: str) -> Config:
        return Config(healthcheck=("CMD", "true"))

    def start(self, _image: str, _launch: Launch) -> str:
        return "container"

    def state(self, _container: str) -> State:
        return State(running=False, code=0, started=0)

    def logs(self, _container: str) -> str:
        return ""

    def written(self, _container: str) -> tuple[tuple[str, str], ...]:
        return ()

    def remove(self, _container: str) -> None:
        pass

    def output(self, _image: str, launch: Launch, _timeout: float = 60) -> Ended:
        self.ran.append(launch)
        return Ended(self.code, "", "what it said")


@pytest.mark.parametrize(("code", "works", "there"), [(0, True, True), (1, False, True), (127, False, False)])
def test_a_command_is_run_once_beside_what_has_ended(code: int, works: bool, there: bool) -> None:
    engine = Over(code)
    use = Use(None, "", Launch(environment={"A": "1"}, user="app"))
    found = observe(engine, "image", use, Options(smoke="tool --help"), ())
    assert found.smoke == Check(works, "what it said", there)
    assert found.healthy is None
    assert engine.ran == [use.launch._replace(entrypoint=("sh", "-c", "tool --help"))]


@pytest.mark.parametrize("address", ["/health", ":80", "http://localhost", "curl localhost"])
def test_nothing_answers_where_it_has_ended(address: str) -> None:
    engine = Over(0)
    found = observe(engine, "image", Use(None, "", Launch()), Options(smoke=address), ())
    assert found.smoke == Check(False, "it had ended before it was asked")
    assert engine.ran == []
