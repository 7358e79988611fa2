"""The series: codemods one after the other, each checked before it counts; what fails a check is refused."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import pytest

from plan.tiny import DOCKERFILE, codemod, ids, planned, refused, replacing, writing
from uvmigrate.codemod import Change, LockRequest, Refusal, Settings, SettingsError
from uvmigrate.plan import chosen, in_order, plan
from uvmigrate.source import Edit, Repo, Span, patch

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from uvmigrate.codemod import Context

TEXT = b"FROM a\nRUN one\nRUN two\n"
ONE = replacing("one", b"one", b"1")
TWO = replacing("two", b"two", b"2")


def test_each_codemod_is_a_step_from_one_snapshot_to_the_next() -> None:
    migration = planned(TEXT, ONE, TWO)
    assert ids(migration) == ["one", "two"]
    assert [step.after[DOCKERFILE] for step in migration.steps] == [
        b"FROM a\nRUN 1\nRUN two\n",
        b"FROM a\nRUN 1\nRUN 2\n",
    ]
    assert migration.steps[0].before[DOCKERFILE] == TEXT
    assert migration.steps[1].before is migration.steps[0].after
    assert migration.after[DOCKERFILE] == b"FROM a\nRUN 1\nRUN 2\n"


def test_a_codemod_sees_what_those_before_it_did() -> None:
    assert planned(TEXT, ONE, replacing("again", b"RUN 1", b"RUN first")).after[DOCKERFILE] == (
        b"FROM a\nRUN first\nRUN two\n"
    )


@pytest.mark.parametrize(
    ("below", "planned_for"),
    [
        ("", ["Dockerfile"]),
        ("shown", ["shown/web/Dockerfile", "shown/worker/Dockerfile"]),
        ("shown/web/Dockerfile", ["shown/web/Dockerfile"]),
    ],
)
def test_what_is_excluded_is_planned_where_it_is_asked_for_by_name(
    below: str, planned_for: list[str]
) -> None:
    paths = ["Dockerfile", "old.Dockerfile", "shown/web/Dockerfile", "shown/worker/Dockerfile"]
    settings = Settings(exclude=("shown", "old.Dockerfile", "not-there"))
    migration = plan(Repo.of(dict.fromkeys(paths, TEXT)), PurePosixPath(below), settings, [ONE])
    assert [str(result.path) for result in migration.builds] == planned_for
    assert [str(path) for step in migration.steps for path in step.paths] == planned_for


def test_a_codemod_that_finds_nothing_is_no_step() -> None:
    migration = planned(TEXT, replacing("three", b"three", b"3"))
    assert (migration.steps, migration.refusals) == ((), ())


def test_the_order_is_that_of_after_and_else_the_order_given() -> None:
    late = replacing("late", b"x", b"y", after=("two", "not-there"))
    middle = replacing("middle", b"x", b"y")
    assert [c.id for c in in_order([late, ONE, middle, TWO])] == ["one", "middle", "two", "late"]


def test_codemods_that_wait_for_each_other_still_come_all() -> None:
    first, second = replacing("a", b"x", b"y", after=("b",)), replacing("b", b"x", b"y", after=("a",))
    assert {c.id for c in in_order([first, second])} == {"a", "b"}


def test_codemods_that_claim_no_order_commute() -> None:
    assert planned(TEXT, ONE, TWO).after[DOCKERFILE] == planned(TEXT, TWO, ONE).after[DOCKERFILE]


def test_opt_in_codemods_run_only_where_they_are_selected() -> None:
    optional = replacing("optional", b"two", b"2", level="opt-in")
    catalogue = (ONE, optional)
    assert chosen(catalogue, Settings()) == (ONE,)
    assert chosen(catalogue, Settings(select=("optional",))) == (optional,)
    assert chosen(catalogue, Settings(select=("optional", "one"))) == (ONE, optional)
    assert chosen(catalogue, Settings(ignore=("one",))) == ()
    assert chosen(catalogue, Settings(select=("one",), ignore=("one",))) == ()


@pytest.mark.parametrize("settings", [Settings(select=("nothing",)), Settings(ignore=("nothing",))])
def test_an_unknown_id_is_an_error(settings: Settings) -> None:
    with pytest.raises(SettingsError, match="no codemod is called nothing"):
        chosen((ONE,), settings)


def test_a_codemod_without_what_it_builds_on_is_refused_where_pip_still_installs() -> None:
    needing = replacing("needing", b"nothing", b"x", requires=("one",))
    pip = b"FROM python:3.12\nRUN pip install six\n"
    assert refused(planned(pip, ONE, needing)) == []
    assert refused(planned(pip, ONE, needing, ignore=("one",))) == [("Dockerfile", 0, "requirement-left-out")]
    assert refused(planned(TEXT, ONE, needing, ignore=("one",))) == []


def test_a_codemod_s_own_refusals_are_kept_once() -> None:
    def run(context: Context) -> Iterator[Change | Refusal]:
        yield Refusal(DOCKERFILE, 2, "no", "because")
        yield Refusal(DOCKERFILE, 2, "no", "because")

    assert refused(planned(TEXT, codemod("a", run), codemod("b", run))) == [("Dockerfile", 2, "no")]


def test_changes_that_overlap_are_refused_and_the_first_one_stays() -> None:
    def run(context: Context) -> Iterator[Change]:
        if b"one" in context.repo[DOCKERFILE]:
            yield Change({DOCKERFILE: (Edit(Span(7, 14), b"RUN 1", because="b"),)})
            yield Change({DOCKERFILE: (Edit(Span(11, 14), b"eins", because="b"),)})

    migration = planned(TEXT, codemod("twice", run))
    assert migration.after[DOCKERFILE] == b"FROM a\nRUN 1\nRUN two\n"
    assert refused(migration) == [("Dockerfile", 0, "check-failed")]


@pytest.mark.parametrize(
    "second",
    [
        Change({PurePosixPath("notes.txt"): (Edit(Span(0, 2), b"x"),)}),
        Change(writes={PurePosixPath("notes.txt"): b"other\n"}),
        Change(deletes=frozenset({PurePosixPath("notes.txt")})),
        Change({PurePosixPath("notes.txt"): (Edit(Span(9, 99), b"x"),)}),
    ],
    ids=["edited at the same place", "written whole", "deleted", "edited outside"],
)
def test_other_files_are_not_changed_twice_by_one_step_either(second: Change) -> None:
    first = Change({PurePosixPath("notes.txt"): (Edit(Span(0, 3), b"new"),)})

    def run(context: Context) -> Iterator[Change]:
        if context.repo.get(PurePosixPath("notes.txt")) == b"old\n":
            yield from (first, second)

    migration = planned({"Dockerfile": TEXT, "notes.txt": b"old\n"}, codemod("twice", run))
    assert migration.after[PurePosixPath("notes.txt")] == b"new\n"
    assert refused(migration) == [("notes.txt", 0, "check-failed")]


def test_two_changes_may_write_the_same_into_one_file() -> None:
    def run(context: Context) -> Iterator[Change]:
        if PurePosixPath("new") not in context.repo:
            yield Change(writes={PurePosixPath("new"): b"1\n"})
            yield Change(writes={PurePosixPath("new"): b"1\n"})

    migration = planned(TEXT, codemod("twice", run))
    assert (refused(migration), migration.after[PurePosixPath("new")]) == ([], b"1\n")


@pytest.mark.parametrize(
    ("old", "new"),
    [(b"one\n", b"one \\\n"), (b"RUN one", b"FOO one"), (b"one\n", b"one <<EOF\n"),
     (b"FROM a\n", b"# escape=`\nFROM a `\n")],
    ids=["swallows the next line", "is no instruction", "opens a heredoc", "continues into the next line"],
)  # fmt: skip
def test_a_change_after_which_the_file_reads_otherwise_is_refused(old: bytes, new: bytes) -> None:
    migration = planned(TEXT, replacing("breaking", old, new), TWO)
    assert refused(migration) == [("Dockerfile", 0, "check-failed")]
    assert ids(migration) == ["two"]
    assert migration.after[DOCKERFILE] == TEXT.replace(b"two", b"2")


def test_a_codemod_that_would_change_its_own_result_again_is_refused() -> None:
    migration = planned(TEXT, replacing("growing", b"one", b"one one"))
    assert refused(migration) == [("Dockerfile", 0, "check-failed")]
    assert "a second run would change Dockerfile again" in migration.refusals[0].because
    assert migration.after[DOCKERFILE] == TEXT


def test_so_is_one_that_writes_another_file_anew_each_time() -> None:
    def run(context: Context) -> Iterator[Change]:
        counted = context.repo.get(PurePosixPath("count"), b"")
        yield Change(writes={PurePosixPath("count"): counted + b"x"})

    migration = planned(TEXT, codemod("counting", run))
    assert refused(migration) == [("count", 0, "check-failed")]
    assert migration.steps == ()


def test_what_a_codemod_takes_away_without_a_reason_stays() -> None:
    migration = planned(TEXT, replacing("dropping", b"RUN one\n", b"", because=""))
    assert refused(migration) == [("Dockerfile", 0, "check-failed")]
    assert "drops this without a reason" in migration.refusals[0].because
    assert migration.after[DOCKERFILE] == TEXT


def test_one_bad_file_does_not_keep_the_others_from_their_step() -> None:
    files = {"a/Dockerfile": TEXT, "b/Dockerfile": TEXT.replace(b"one", b"one one")}
    migration = planned(files, replacing("shrinking", b"RUN one", b"RUN"))
    assert ids(migration) == ["shrinking"]
    assert [str(path) for path in migration.steps[0].paths] == ["a/Dockerfile"]
    assert refused(migration) == [("b/Dockerfile", 0, "check-failed")]


def test_a_file_that_a_step_has_touched_is_not_deleted_by_a_later_one() -> None:
    def run(context: Context) -> Iterator[Change]:
        if PurePosixPath("notes.txt") in context.repo:
            yield Change(deletes=frozenset({PurePosixPath("notes.txt")}))

    deleting = codemod("deleting", run)
    files = {"Dockerfile": TEXT, "notes.txt": b"old\n"}
    assert PurePosixPath("notes.txt") not in planned(files, deleting).after
    migration = planned(files, writing("writing", "notes.txt", b"new\n"), deleting)
    assert refused(migration) == [("notes.txt", 0, "check-failed")]
    assert migration.after[PurePosixPath("notes.txt")] == b"new\n"


def test_a_level_is_the_codemod_s_or_the_higher_one_of_a_change() -> None:
    def run(context: Context) -> Iterator[Change]:
        if PurePosixPath("new") not in context.repo:
            yield Change(writes={PurePosixPath("new"): b""}, level="review")

    raised = planned(TEXT, codemod("raising", run))
    assert [step.level for step in raised.steps] == ["review"]
    assert [step.level for step in planned(TEXT, ONE).steps] == ["safe"]


def test_a_file_that_the_second_reader_reads_otherwise_is_for_review_with_a_note() -> None:
    # dockerfile-parse ends an instruction at a blank line in a continuation; BuildKit does not.
    text = b"FROM a\nRUN one && \\\n\n  two\n"
    [step] = planned(text, ONE).steps
    assert step.level == "review"
    assert step.notes[0].startswith("Dockerfile: a second parser reads this file differently")


def test_notes_are_said_once() -> None:
    def run(context: Context) -> Iterator[Change]:
        for path in map(PurePosixPath, ("x", "y")):
            if path not in context.repo:
                yield Change(writes={path: b""}, notes=("look", f"at {path}"))

    [step] = planned(TEXT, codemod("noting", run)).steps
    assert step.notes == ("look", "at x", "at y")


def test_locks_are_collected_once_and_a_step_may_ask_for_nothing_else() -> None:
    lock = LockRequest(PurePosixPath("web"), "3.12")

    def run(context: Context) -> Iterator[Change]:
        yield Change(locks=(lock,))

    assert planned(TEXT, codemod("a", lambda _: ())).locks == ()
    migration = planned({"Dockerfile": TEXT}, codemod("locking", run), codemod("again", run))
    assert migration.locks == (lock,)
    assert migration.locks[0].path == PurePosixPath("web/uv.lock")
    assert ids(migration) == ["locking"]


def test_a_change_of_nothing_is_no_step() -> None:
    def run(context: Context) -> Iterator[Change]:
        yield Change(notes=("nothing",))

    assert planned(TEXT, codemod("nothing", run)).steps == ()


def test_the_steps_patches_lead_from_before_to_after() -> None:
    migration = planned(TEXT, ONE, writing("file", "new", b"1\n"), TWO)
    assert patch(migration.before, migration.after, migration.steps[1].paths) == patch(
        migration.steps[1].before, migration.steps[1].after
    )
    assert [[str(path) for path in step.paths] for step in migration.steps] == [
        ["Dockerfile"],
        ["new"],
        ["Dockerfile"],
    ]


@pytest.mark.parametrize("link", ["Dockerfile", "notes.txt", "folder/notes.txt"])
def test_nothing_is_written_through_a_link(link: str, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real/file").write_bytes(TEXT)
    if "/" in link:
        (tmp_path / "folder").symlink_to("real")
    else:
        (tmp_path / link).symlink_to("real/file")
    catalogue = (ONE, writing("writing", link, b"new\n"))
    migration = plan(Repo.open(tmp_path), PurePosixPath(), Settings(), catalogue)
    assert migration.steps == ()
    assert (link, 0, "linked") in refused(migration)


def test_a_link_to_another_dockerfile_is_planned_there(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_bytes(TEXT)
    (tmp_path / "Dockerfile.dev").symlink_to("Dockerfile")
    migration = plan(Repo.open(tmp_path), PurePosixPath(), Settings(), (ONE,))
    assert [str(build.path) for build in migration.builds] == ["Dockerfile"]
    assert refused(migration) == []


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ("FROM a\n".encode("utf-16"), "not-text"),
        (b"FROM a\0\n", "not-text"),
        (b"#" * (1024 * 1024 + 1), "too-large"),
        (b"FROM {{ image }}\n", "template"),
        (b"FROM a\n{% if x %}\nRUN one\n{% endif %}\n", "template"),
    ],
)
def test_what_is_no_dockerfile_is_refused_and_the_others_are_planned(data: bytes, code: str) -> None:
    migration = planned({"Dockerfile": TEXT, "web/Dockerfile": data}, ONE)
    assert [(path, found) for path, _, found in refused(migration)] == [("web/Dockerfile", code)]
    assert [str(path) for path in migration.steps[0].paths] == ["Dockerfile"]


def test_a_codemod_sees_the_compose_files_as_those_before_it_left_them() -> None:
    path = PurePosixPath("compose.yaml")
    before = b"services:\n  web:\n    build: .\n    command: one\n"
    seen: list[str | None] = []

    def edits(context: Context) -> Iterator[Change]:
        at = context.repo[path].find(b"one")
        if at >= 0:
            yield Change({path: (Edit(Span(at, at + 3), b"two"),)})

    def reads(context: Context) -> Iterator[Change]:
        command = context.compose[0].services[0].command
        seen.append(command.text if command else None)
        seen.extend(s.command.text for _, s in context.builds[0].services if s.command)
        yield from ()

    planned({"Dockerfile": TEXT, "compose.yaml": before}, codemod("edits", edits), codemod("reads", reads))
    assert seen == ["two", "two"]
