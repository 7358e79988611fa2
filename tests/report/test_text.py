"""The plan for people."""

from __future__ import annotations

from pathlib import PurePosixPath

from report.planning import mentioned, planned
from uvmigrate.codemod import Change, Codemod, LockRequest
from uvmigrate.report.patches import as_patches
from uvmigrate.report.text import as_changes, as_text, refusal_lines


def test_the_plan_names_images_steps_files_notes_and_the_next_command() -> None:
    migration = planned({"Dockerfile": b"FROM scratch\n", "old.cfg": b"x\n"})
    assert as_text(migration, "'my shop'") == (
        "Dockerfile: noop\n"
        "    installs no Python packages\n"
        "\n"
        "1. acme-label (safe): Label the images\n"
        "    Acme finds its images by label.\n"
        "    changes Dockerfile\n"
        "    look at: ask https://***@acme.example about it\n"
        "2. acme-owner (review): Name the owner\n"
        "    Somebody must answer the phone.\n"
        "    changes Dockerfile\n"
        "3. acme-files (opt-in): Move the settings\n"
        "    The old place is not read.\n"
        "    changes made/by acme.txt, made/empty, old.cfg\n"
        "\n"
        "To read the patches:  uvmigrate --diff 'my shop'\n"
        "To prove them:        uvmigrate verify 'my shop'\n"
        "To apply them:        uvmigrate --write 'my shop'\n"
    )


def test_a_refusal_says_where_which_why_and_what_instead() -> None:
    migration = planned({"Dockerfile": b"FROM scratch\nLABEL none\n", "api/Dockerfile": b"\xff\xfeF\0"})
    assert as_text(migration).splitlines()[3:] == [
        "1. acme-owner (review): Name the owner",
        "    Somebody must answer the phone.",
        "    changes Dockerfile",
        "",
        "api/Dockerfile not-text: is UTF-16, which no builder reads",
        "    → save it as UTF-8",
        "Dockerfile:2 acme-unlabelled: see https://***@acme.example for why",
        "    → take LABEL none away",
        "",
        "To read the patches:  uvmigrate --diff .",
        "To prove them:        uvmigrate verify .",
        "To apply them:        uvmigrate --write .",
        "About a refusal:      uvmigrate explain not-text",
    ]
    assert refusal_lines(migration)[1] == (
        "Dockerfile:2 acme-unlabelled: see https://***@acme.example for why; take LABEL none away"
    )


def test_a_folder_without_a_dockerfile_says_so() -> None:
    assert as_text(planned({"README.md": b""}), "docs") == "There is no Dockerfile in docs: nothing to do.\n"


def test_where_nothing_changes_it_says_so() -> None:
    migration = planned({"Dockerfile": b"FROM scratch\n"}, ())
    assert as_text(migration) == "Dockerfile: noop\n    installs no Python packages\n\nNothing to change.\n"


def test_a_pending_lock_is_named_with_its_python() -> None:
    request = LockRequest(PurePosixPath("api"), "3.12")

    def run(context: object) -> list[Change]:
        return [Change(locks=(request,))]

    codemod = Codemod("acme-lock", "Lock", "It must be locked.", "https://acme.example", "safe", run)
    migration = planned({"Dockerfile": b"FROM scratch\n"}, (codemod,))
    assert migration.locks == (request,)
    assert "Lock pending: --write makes api/uv.lock with `uv lock` for Python 3.12\n" in as_text(migration)
    assert "uvmigrate --write" in as_text(migration)
    assert "uvmigrate --diff" not in as_text(migration)
    assert as_changes(migration, done=True, locked=True) == "locked api/uv.lock\n"
    assert as_changes(migration, done=True, locked=False) == ""


def test_each_changed_file_stands_on_a_line_with_what_happens_to_it() -> None:
    migration = planned({"Dockerfile": b"FROM scratch\n", "old.cfg": b"x\n"})
    assert as_changes(migration, done=False).splitlines() == [
        "would change Dockerfile (acme-label, acme-owner)",
        "would create made/by acme.txt (acme-files)",
        "would create made/empty (acme-files)",
        "would delete old.cfg (acme-files)",
    ]
    assert as_changes(migration, done=True).splitlines()[2:] == [
        "created made/empty (acme-files)",
        "deleted old.cfg (acme-files)",
        "look at: ask https://***@acme.example about it",
    ]


def test_mentions_stand_below_the_steps_with_what_is_mentioned() -> None:
    migration = planned({"Dockerfile": b"FROM scratch\n"}, ())
    found = mentioned("poetry install", "poetry publish -u ci -p hunter2")
    more = found[0]._replace(path=PurePosixPath(".github/dependabot.yml"), line=7, tool="pip", text="pip:")
    assert as_text(migration._replace(mentions=(*found, more))).splitlines()[3:7] == [
        "Also mentions pip and poetry (not edited):",
        "    Makefile:1 poetry install",
        "    Makefile:2 poetry publish -u ci -p ***",
        "    .github/dependabot.yml:7 pip:",
    ]


def test_of_many_mentions_and_of_long_ones_the_beginning_is_shown() -> None:
    secret = f"poetry run {'x' * 70} https://ci:{'hunter2' * 5}@acme.example/simple"
    migration = planned({"Dockerfile": b"FROM scratch\n"}, ())
    shown = as_text(migration._replace(mentions=mentioned(secret, *["poetry check"] * 9))).splitlines()
    assert shown[4] == f"    Makefile:1 poetry run {'x' * 70} https://***@acme.…"
    assert shown[11:13] == ["    Makefile:8 poetry check", "    … and 2 more (--format json has all)"]


def test_mentions_are_no_part_of_the_patches() -> None:
    migration = planned({"Dockerfile": b"FROM scratch\n"})
    assert as_patches(migration._replace(mentions=mentioned("poetry install"))) == as_patches(migration)


def test_a_name_that_is_no_text_is_written_with_escapes() -> None:
    name = b"caf\xe9/Dockerfile".decode(errors="surrogateescape")
    assert as_text(planned({name: b"FROM scratch\n"}, ())).startswith("caf\\udce9/Dockerfile: noop\n")


def test_what_was_chosen_is_typed_again_and_what_was_tried_needs_no_proof() -> None:
    text = as_text(planned({"Dockerfile": b"FROM scratch\n"}), "web", "--tmpfs-from verify.json ", tried=True)
    assert text.endswith(
        "To read the patches:  uvmigrate --diff --tmpfs-from verify.json web\n"
        "To apply them:        uvmigrate --write --tmpfs-from verify.json web\n"
    )
