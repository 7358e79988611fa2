"""What came of starting two images, compared."""

from __future__ import annotations

import pytest

from uvmigrate.verify.compare.running import alike_in, compare_read_only, compare_run
from uvmigrate.verify.locked import ReadOnly
from uvmigrate.verify.meaning import Meaning
from uvmigrate.verify.running import Check, Outcome
from uvmigrate.verify.verdict import Row, Written

UP = Outcome("answers", ((8000, 200),))
FAILED = Outcome("ended", code=1, said="Traceback\n  …\nKeyError: 'TOKEN'\n")
DONE = Outcome("ended")
IDLE = Outcome("runs")
UNSEEN = Outcome("unseen")


def rows(before: Outcome, after: Outcome) -> list[tuple[str, str, str]]:
    """Kind, name and status of each row."""
    return [(row.kind, row.name, row.status) for row in compare_run(before, after, Meaning(()), "web")]


@pytest.mark.parametrize("one", [UP, DONE, IDLE, Outcome("answers", ((9, 0), (10, None)))])
def test_what_does_the_same_is_the_same(one: Outcome) -> None:
    assert rows(one, one._replace(said="other words", seconds=3.0)) == [("run", "web", "same")]


@pytest.mark.parametrize(
    "after",
    [
        FAILED,
        DONE,
        IDLE,
        Outcome("answers", ((8000, 500),)),
        Outcome("answers", ((8000, 0),)),
        Outcome("answers", ((8000, None),)),
        Outcome("answers", ((8001, 200),)),
        Outcome("answers", ((8000, 200), (8001, 200))),
        Outcome("answers", ((8000, 200),), local=frozenset({8000})),
    ],
)
def test_what_answered_and_does_otherwise_is_a_regression(after: Outcome) -> None:
    assert rows(UP, after) == [("run", "web", "regression")]


def test_a_regression_carries_the_words_of_what_failed() -> None:
    (row,) = compare_run(UP, FAILED, Meaning(()), "web")
    assert (row.before, row.after) == ("answers on 8000 (200)", "ends with 1")
    assert row.because == "it ends with: KeyError: 'TOKEN'"
    assert row.detail == FAILED.said


def test_the_error_of_the_application_is_the_reason_and_not_the_last_line() -> None:
    said = "Traceback:\n  File x\nKeyError: 'A'\nWorker exiting\nTraceback:\n  y\nstopped: worker failed\n"
    (row,) = compare_run(UP, FAILED._replace(said=said), Meaning(()))
    assert row.because == "it ends with: KeyError: 'A'"


@pytest.mark.parametrize("after", [FAILED, UP, IDLE])
def test_what_did_not_start_before_says_nothing(after: Outcome) -> None:
    (row,) = compare_run(FAILED, after, Meaning(()), "web")
    assert row.status == "unknown"
    assert "KeyError: 'TOKEN'" in row.because
    assert "--env" in row.because
    assert "--smoke" in row.because


def test_what_does_not_start_as_before_is_said_to_do_so() -> None:
    (row,) = compare_run(FAILED, FAILED, Meaning(()), "web")
    assert row.because.startswith("it does not start, alike before and after: KeyError: 'TOKEN'; pass")
    (row,) = compare_run(FAILED, FAILED._replace(said="KeyError: 'OTHER'"), Meaning(()), "web")
    assert row.because.startswith(
        "it does not start, as it was: KeyError: 'TOKEN'; and now: KeyError: 'OTHER'; pass"
    )


def test_what_ended_well_must_not_fail() -> None:
    assert rows(DONE, FAILED) == [("run", "web", "regression")]
    assert rows(IDLE, FAILED) == [("run", "web", "regression")]


def test_what_was_only_slow_before_is_not_known() -> None:
    assert rows(IDLE, UP) == [("run", "web", "unknown")]


def test_what_nothing_could_look_at_is_not_known() -> None:
    assert rows(UNSEEN, UNSEEN) == [("run", "web", "unknown")]
    assert rows(UP, UNSEEN) == [("run", "web", "unknown")]
    assert rows(UNSEEN, FAILED) == [("run", "web", "regression")]


def test_a_port_that_the_system_chose_is_another_each_time() -> None:
    before = Outcome("answers", ((8000, 200), (40000, 404)))
    assert rows(before, Outcome("answers", ((8000, 200), (50000, 404)))) == [("run", "web", "same")]
    assert rows(before, Outcome("answers", ((8000, 200), (50000, 0)))) == [("run", "web", "regression")]
    assert rows(before, UP) == [("run", "web", "regression")]


GOOD, BAD, NO_PROGRAM = Check(True, "fine"), Check(False, "500"), Check(False, "curl: not found", there=False)


@pytest.mark.parametrize(
    ("before", "after", "status"),
    [
        (GOOD, GOOD, "same"),
        (GOOD, BAD, "regression"),
        (GOOD, NO_PROGRAM, "regression"),
        (None, GOOD, "same"),
        (None, BAD, "regression"),
        (BAD, BAD, "unknown"),
        (NO_PROGRAM, NO_PROGRAM, "unknown"),
        (BAD, GOOD, "same"),
    ],
)
def test_a_check_that_succeeded_must_not_fail(before: Check | None, after: Check, status: str) -> None:
    health = rows(UP._replace(healthy=before), UP._replace(healthy=after))
    assert health == [("run", "web", "same"), ("run", "web health check", status)]
    smoke = rows(UP._replace(smoke=before), UP._replace(smoke=after))
    assert smoke == [("run", "web", "same"), ("smoke", "web", status)]


def test_what_had_ended_could_not_pass_a_check() -> None:
    """A service that waits for its database may end a moment before it is given up, or a moment after."""
    assert rows(FAILED, IDLE._replace(healthy=BAD, smoke=BAD)) == [
        ("run", "web", "unknown"),
        ("run", "web health check", "unknown"),
        ("smoke", "web", "unknown"),
    ]


def test_a_program_that_the_image_lacks_is_named() -> None:
    pair = UP._replace(smoke=NO_PROGRAM), UP._replace(smoke=NO_PROGRAM)
    row = next(row for row in compare_run(*pair, Meaning(())) if row.kind == "smoke")
    assert row.because == "the image has no program for it: curl: not found"


def test_what_passes_a_check_must_pass_it_to_be_alike() -> None:
    assert alike_in(UP._replace(healthy=GOOD), UP._replace(healthy=GOOD))
    assert alike_in(UP._replace(healthy=BAD), UP)
    assert not alike_in(UP._replace(healthy=GOOD), UP._replace(healthy=BAD))
    assert not alike_in(UP._replace(smoke=GOOD), UP)
    assert not alike_in(UP, IDLE)


def tried(locked: Outcome | None, works: bool | None, hidden: tuple[str, ...] = ()) -> ReadOnly:
    return ReadOnly(UP, locked, Written(None, "web", (), (), hidden, works))


def read_only(before: ReadOnly | None, after: ReadOnly, asked: bool = False) -> Row:
    return compare_read_only(before, after, asked=asked, name="web")


def test_what_behaves_read_only_as_it_does_else_is_the_same() -> None:
    assert read_only(None, tried(UP, True)).status == "same"


def test_what_compose_starts_read_only_must_run_so() -> None:
    row = read_only(None, tried(FAILED, False), asked=True)
    assert (row.status, row.detail) == ("regression", FAILED.said)
    assert row.because == "compose starts it read-only: KeyError: 'TOKEN'"


def test_what_ran_read_only_must_still_do_so() -> None:
    assert read_only(tried(UP, True), tried(FAILED, False)).status == "regression"
    assert read_only(tried(FAILED, False), tried(FAILED, False)).status == "unknown"
    assert read_only(tried(None, None), tried(FAILED, False)).status == "unknown"


def test_where_it_writes_over_files_of_the_image_is_said() -> None:
    row = read_only(tried(FAILED, False), tried(FAILED, False, hidden=("/app",)))
    assert row.because == "KeyError: 'TOKEN'; it writes to /app, where the image has files"


def test_a_health_check_that_fails_read_only_gives_the_reason() -> None:
    could, can = UP._replace(healthy=GOOD), UP._replace(healthy=Check(False, "read-only file system"))
    after = tried(can, False)._replace(writable=could)
    assert read_only(None, after, asked=True).because == "compose starts it read-only: read-only file system"


def test_what_was_not_tried_is_not_known() -> None:
    assert read_only(None, tried(None, None)).status == "unknown"


def test_an_address_must_answer_as_it_did() -> None:
    def asked(status: int) -> Outcome:
        return UP._replace(smoke=Check(True, f"it answers {status}", status=status))

    assert rows(asked(200), asked(200))[1:] == [("smoke", "web", "same")]
    assert rows(asked(200), asked(302))[1:] == [("smoke", "web", "regression")]


def test_a_health_check_that_is_gone_is_missed() -> None:
    checked = UP._replace(healthy=Check(True, ""))
    assert rows(checked, UP)[1:] == [("run", "web health check", "regression")]
    assert rows(checked, FAILED) == [("run", "web", "regression")]
