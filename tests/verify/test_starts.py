"""Services are compared with themselves, and one that cannot be started is not passed over."""

from __future__ import annotations

from pathlib import PurePosixPath

from uvmigrate.verify.comparing import compare_starts
from uvmigrate.verify.engine import Launch
from uvmigrate.verify.meaning import Meaning
from uvmigrate.verify.running import Outcome
from uvmigrate.verify.subjects import Unstarted, Use
from verify.touching import side_of

SIDE = side_of({"Dockerfile": "FROM python:3.11-slim\n"})
UP = Outcome("answers", ((8000, 200),))
IDLE = Outcome("runs")
MISSING = Unstarted("web", "its env_file .env is not in the repository")


def use(file: str, service: str = "web") -> Use:
    return Use(PurePosixPath(file), service, Launch())


def test_services_of_one_name_in_two_files_are_told_apart() -> None:
    side = SIDE._replace(uses=(use("compose.yaml"), use("deploy/compose.yaml")))
    rows = compare_starts((side, (UP, IDLE)), (side, (UP, IDLE)), Meaning(()))
    assert [row.status for row in rows] == ["same", "same"]


def test_a_service_whose_start_is_not_known_is_unknown() -> None:
    side = SIDE._replace(unstarted=(MISSING,))
    (row,) = compare_starts((side, ()), (side, ()), Meaning(()))
    assert (row.kind, row.name, row.status, row.because) == ("run", "web", "unknown", MISSING.because)


def test_a_service_that_could_be_started_must_still_be() -> None:
    before, after = SIDE._replace(uses=(use("compose.yaml"),)), SIDE._replace(unstarted=(MISSING,))
    (row,) = compare_starts((before, (UP,)), (after, ()), Meaning(()))
    assert (row.status, row.before, row.because) == ("regression", "answers on 8000 (200)", MISSING.because)


def test_a_service_that_is_no_longer_there_is_missed() -> None:
    side = SIDE._replace(uses=(use("compose.yaml"),))
    (row,) = compare_starts((side, (UP,)), (SIDE, ()), Meaning(()))
    assert (row.name, row.status, row.because) == ("web", "regression", "no compose file starts it any more")
