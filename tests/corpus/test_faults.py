"""Each fault is found where there is one, and only there."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from corpus.faults import broken, lost_comments, misapplied, unsettled
from corpus.tiny import needs_judge
from plan.tiny import DOCKERFILE, planned, replacing
from uvmigrate.dockerfile import parse
from uvmigrate.report.patches import as_patches
from uvmigrate.source import Repo, patch

if TYPE_CHECKING:
    import pytest

    from uvmigrate.plan import Migration

COMMENTED = b"""\
# syntax=docker/dockerfile:1
# Who made it
FROM debian
RUN apt-get update && \\
    # it is small
    apt-get install tini  # and good
RUN <<END
  # twice
  # twice
true # in a heredoc
END
COPY <<END /etc/shop.conf
# a file's own
END
"""


@needs_judge
def test_a_result_that_buildkit_refuses_is_broken() -> None:
    good, bad = b"FROM debian\nRUN true\n", b"FROM debian\nRUN <<END\ntrue\n"
    fine, refused, before, both = broken([(good, good), (good, bad), (bad, good), (bad, bad)])
    assert (fine, before, both) == ("", "", "")
    assert "heredoc" in refused


@needs_judge
def test_a_result_with_a_line_that_is_no_instruction_is_broken() -> None:
    good, bad = b"FROM debian\nRUN true\n", b"FROM debian\nINSTALL tini\n"
    assert broken([(good, bad), (bad, bad), (bad, good)]) == ["no instruction: INSTALL", "", ""]
    assert broken([(bad, bad + b"&& true\n")]) == ["no instruction: &&"]


@needs_judge
def test_a_result_that_is_read_differently_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    pair = (b"FROM debian\nRUN true\n", b"FROM debian\nRUN false\n")
    assert broken([pair]) == [""]
    monkeypatch.setattr("corpus.judge.parse", lambda data: parse(data.replace(b"false", b"true ")))
    assert broken([pair])[0].startswith("ours")


def test_every_kind_of_comment_is_missed_when_it_is_gone() -> None:
    for comment in (
        b"# Who made it",
        b"# it is small",
        b"# and good",
        b"# twice",
        b"# in a heredoc",
        b"# a file's own",
    ):
        after = COMMENTED.replace(comment, b"", 1)
        assert lost_comments(DOCKERFILE, COMMENTED, after) == [comment.decode()]


def test_a_comment_that_moves_or_comes_is_not_lost() -> None:
    moved = COMMENTED.replace(b"# Who made it\n", b"") + b"  # Who made it\n# more\n"
    assert lost_comments(DOCKERFILE, COMMENTED, moved) == []
    unpinned = COMMENTED.replace(b"# syntax=docker/dockerfile:1\n", b"")
    assert lost_comments(DOCKERFILE, COMMENTED, unpinned) == [], "a directive is none"


def test_the_comment_lines_of_other_files_count_too() -> None:
    before = b"# ours\n[tool]\nx = 1\n"
    assert lost_comments(PurePosixPath("pyproject.toml"), before, b"[tool]\nx = 1\n") == ["# ours"]


def repos() -> tuple[Repo, Repo]:
    before = Repo.of({"Dockerfile": b"FROM a\nRUN b\nRUN c\n", "web.Dockerfile": b"FROM d\n", "x": b"1\n"})
    files: dict[PurePosixPath, bytes | None] = {
        PurePosixPath("Dockerfile"): b"FROM a\nRUN b\nRUN e\n",
        PurePosixPath("new.toml"): b"y = 1\n",
        PurePosixPath("x"): None,
    }
    return before, before.replace(files)


def test_patches_that_make_the_result_are_no_fault() -> None:
    before, after = repos()
    assert misapplied(before, after, patch(before, after)) == []
    assert misapplied(before, before, b"") == []


def test_a_file_that_the_patches_forget_is_found() -> None:
    before, after = repos()
    some = patch(before, after, [PurePosixPath("Dockerfile"), PurePosixPath("x")])
    assert misapplied(before, after, some) == ["new.toml is not what the plan says"]
    assert misapplied(before, after, b"") == [
        f"{name} is not what the plan says" for name in ("Dockerfile", "new.toml", "x")
    ]


def test_a_byte_that_only_the_patches_change_is_found() -> None:
    before, after = repos()
    more = patch(before, after.replace({PurePosixPath("web.Dockerfile"): b"FROM d\r\n"}))
    assert misapplied(before, after, more) == ["web.Dockerfile is not what the plan says"]
    other = patch(before, after).replace(b"+RUN e\n", b"+RUN f\n")
    assert misapplied(before, after, other) == ["Dockerfile is not what the plan says"]


def test_patches_that_git_refuses_are_found() -> None:
    before, after = repos()
    problems = misapplied(before, after, patch(before, after).replace(b" RUN b", b" RUN z"))
    assert problems[0].startswith("git apply: error: patch failed: Dockerfile")
    assert "Dockerfile is not what the plan says" in problems


def migration() -> Migration:
    return planned(b"FROM debian\nRUN a\n", replacing("tidy", b"RUN a\n", b"RUN b\n"))


def test_the_patches_of_a_plan_apply() -> None:
    found = migration()
    assert misapplied(found.before, found.after, as_patches(found)) == []


def test_what_a_second_run_changes_is_named() -> None:
    found = migration()
    assert unsettled(found) == []
    old = b"FROM python:3.12-slim\nWORKDIR /srv\nCOPY . .\nRUN pip install -r requirements.txt\n"
    again = Repo.of({"Dockerfile": old, "requirements.txt": b"flask==3.1.0\n"})
    assert ("uv-switch", DOCKERFILE) in unsettled(found._replace(after=again))
