"""How the commands of an engine are run."""

from __future__ import annotations

import pytest

from uvmigrate.verify.engine import TimedOut
from uvmigrate.verify.engine.process import Processes


def test_a_command_reads_and_prints_more_than_a_pipe_holds() -> None:
    ended = Processes({}).run(["sh", "-c", "cat; echo said >&2; exit 3"], 60, given="x" * 300_000)
    assert (ended.code, len(ended.out), ended.err) == (3, 300_000, "said\n")


@pytest.mark.parametrize("script", ["echo began >&2; sleep 5", "echo began >&2; sleep 5 & exit 0"])
def test_a_command_is_late_with_all_that_it_started(script: str) -> None:
    with pytest.raises(TimedOut) as late:
        Processes({}).run(["sh", "-c", script], 0.5)
    assert late.value.said == "began\n"


def test_of_what_is_printed_without_end_the_end_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("uvmigrate.verify.engine.process._MOST", 200_000)
    ended = Processes({}).run(["sh", "-c", "head -c 3000000 /dev/zero | tr '\\0' x; echo; echo end"], 60)
    assert len(ended.out) <= 200_000
    assert ended.out.endswith("x\nend\n")
