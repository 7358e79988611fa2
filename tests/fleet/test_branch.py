"""One branch for all runs: over ours it is pushed again, over what a person did it is not."""

from __future__ import annotations

import contextlib
import mailbox
from typing import TYPE_CHECKING

import pytest

from apply.making import migration
from source.git import committed, git, tree
from uvmigrate.apply import SERIES, WriteError
from uvmigrate.fleet.branch import BRANCH, Taken, commit, mails, push
from uvmigrate.fleet.git import Clone, clone

if TYPE_CHECKING:
    from pathlib import Path

    from apply.making import Files

FIRST: Files = {"Dockerfile": b"FROM a\r\nRUN b\r\n", "pyproject.toml": b"[project]\n"}
SECOND: Files = {"Dockerfile": b"FROM \xe4\r\n", "old.cfg": None}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    committed(
        tmp_path / "from", {"Dockerfile": b"FROM x\r\n", "old.cfg": b"", "README.md": "# Größe".encode()}
    )
    return tmp_path / "from"


def made(source: Path, place: Path, *steps: Files) -> Clone:
    copy = clone(str(source), place)
    commit(copy, migration(copy.root, *steps), {})
    return copy


def tip(source: Path) -> str:
    return git(source, "rev-parse", BRANCH).strip()


def add(source: Path, *arguments: str) -> str:
    """Commit to the branch, as a person does; its new tip."""
    git(source, "worktree", "add", "-q", str(source.parent / "person"), BRANCH)
    git(source.parent / "person", *arguments)
    git(source, "worktree", "remove", "--force", str(source.parent / "person"))
    return tip(source)


def test_the_series_is_pushed_once_and_is_current_then(source: Path, tmp_path: Path) -> None:
    assert push(made(source, tmp_path / "1", FIRST, SECOND)) == "pushed"
    first = tip(source)
    assert git(source, "log", "--format=%s", f"HEAD..{BRANCH}").splitlines() == [
        "Do the 2. thing",
        "Do the 1. thing",
    ]
    assert (
        git(source, "log", "-1", f"--format=%(trailers:key={SERIES},valueonly)", BRANCH).split()[0] == "2/2"
    )
    assert push(made(source, tmp_path / "2", FIRST, SECOND)) == "current"
    assert tip(source) == first
    assert git(source, "status", "--porcelain") == ""


def test_another_series_or_another_base_replaces_ours(source: Path, tmp_path: Path) -> None:
    push(made(source, tmp_path / "1", FIRST, SECOND))
    assert push(made(source, tmp_path / "2", FIRST)) == "pushed"
    assert git(source, "log", "--format=%s", f"HEAD..{BRANCH}").splitlines() == ["Do the 1. thing"]
    git(source, "commit", "-q", "--allow-empty", "-m", "more")
    assert push(made(source, tmp_path / "3", FIRST)) == "pushed"
    assert git(source, "rev-parse", f"{BRANCH}~1") == git(source, "rev-parse", "HEAD")


@pytest.mark.parametrize(
    ("did", "said"),
    [
        (["commit", "-q", "--allow-empty", "-m", "mine TOKEN=s3cret"], "has a commit that is not ours"),
        (["reset", "-q", "--hard", "HEAD~1"], "is not as it was pushed"),
        (["merge", "-q", "--no-ff", "-m", "main", "other"], "has a commit that is not ours"),
        (["rebase", "-q", "other"], "has a commit that is not ours"),
    ],
)
def test_what_a_person_did_is_not_pushed_over(
    source: Path, tmp_path: Path, did: list[str], said: str
) -> None:
    git(source, "checkout", "-q", "-b", "other")
    (source / "other").write_bytes(b"")
    git(source, "add", "other")
    git(source, "commit", "-qm", "other")
    git(source, "checkout", "-q", "-")
    push(made(source, tmp_path / "1", FIRST, SECOND))
    mine = add(source, *did)
    with pytest.raises(Taken, match=said) as found:
        push(made(source, tmp_path / "2", FIRST))
    assert tip(source) == mine
    assert "s3cret" not in str(found.value)


@pytest.mark.parametrize("number", ["0/0", "1/0", "0/1", "2/1", f"{'9' * 5000}/1", "1/99", "1/1"])
def test_a_trailer_that_somebody_forged_is_no_series(source: Path, tmp_path: Path, number: str) -> None:
    git(source, "checkout", "-q", "-b", BRANCH)
    (source / "mine").write_bytes(b"")
    git(source, "add", "mine")
    git(source, "commit", "-qm", "mine")
    if number == "1/1":
        # With the tree of another commit: what a rebase or a cherry-pick leaves.
        tree = git(source, "rev-parse", "HEAD~1^{tree}").strip()
    else:
        tree = git(source, "rev-parse", "HEAD^{tree}").strip()
    git(source, "commit", "-q", "--amend", "-m", f"mine\n\n{SERIES}: {number} {tree}")
    git(source, "checkout", "-q", "-")
    mine = tip(source)
    with pytest.raises(Taken, match="nothing was pushed"):
        push(made(source, tmp_path / "1", FIRST))
    assert tip(source) == mine


def test_a_trailer_of_a_commit_without_a_parent_is_forged(source: Path, tmp_path: Path) -> None:
    own = git(source, "rev-parse", "HEAD^{tree}").strip()
    forged = git(source, "commit-tree", own, "-m", f"mine\n\n{SERIES}: 1/1 {own}").strip()
    git(source, "branch", BRANCH, forged)
    with pytest.raises(Taken, match="has a commit that is not ours"):
        push(made(source, tmp_path / "1", FIRST))
    assert tip(source) == forged


def test_a_default_branch_of_our_branchs_name_is_not_touched(source: Path, tmp_path: Path) -> None:
    push(made(source, tmp_path / "1", FIRST))
    git(source, "symbolic-ref", "HEAD", f"refs/heads/{BRANCH}")
    before = tip(source)
    with pytest.raises(Taken, match="is its default branch, which is never touched"):
        made(source, tmp_path / "2", SECOND)
    assert tip(source) == before


def test_a_commit_of_ours_that_somebody_amended_is_theirs(source: Path, tmp_path: Path) -> None:
    push(made(source, tmp_path / "1", FIRST))
    work = tmp_path / "person"
    git(source, "worktree", "add", "-q", str(work), BRANCH)
    (work / "Dockerfile").write_bytes(b"FROM better\n")
    git(work, "commit", "-qa", "--amend", "--no-edit")
    with pytest.raises(Taken, match="not ours"):
        push(made(source, tmp_path / "2", FIRST, SECOND))


def test_the_mails_become_the_same_commits_again(source: Path, tmp_path: Path) -> None:
    copy = made(source, tmp_path / "1", FIRST, SECOND)
    (tmp_path / "series").write_bytes(mails(copy))
    with contextlib.closing(mailbox.mbox(tmp_path / "series")) as box:
        assert len(box) == 2
    git(tmp_path, "clone", "-q", str(source), "mine")
    git(tmp_path / "mine", "am", "-q", "--keep-cr", str(tmp_path / "series"))
    assert tree(tmp_path / "mine") == tree(copy.root)
    for line in ("%T", "%B", "%an %ae %ad"):
        assert git(tmp_path / "mine", "log", "-2", f"--format={line}") == git(
            copy.root, "log", "-2", f"--format={line}"
        )


def test_settings_of_the_user_that_change_clones_and_pushes_do_no_harm(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "config"
    config.write_text(
        "[clone]\n\tdefaultRemoteName = upstream\n[push]\n\tdefault = nothing\n\tfollowTags = true\n"
        "[core]\n\tautocrlf = true\n\tattributesFile = /dev/null\n[fetch]\n\tprune = true\n"
        "[remote]\n\tpushDefault = elsewhere\n[i18n]\n\tcommitEncoding = latin1\n"
        "[log]\n\tshowSignature = true\n"
    )
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    assert push(made(source, tmp_path / "1", FIRST, SECOND)) == "pushed"
    assert push(made(source, tmp_path / "2", FIRST, SECOND)) == "current"
    git(source, "checkout", "-q", BRANCH)
    assert (source / "Dockerfile").read_bytes() == SECOND["Dockerfile"]


def test_commits_are_signed_as_gits_settings_say(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    signer, config = tmp_path / "signer", tmp_path / "config"
    signer.write_text(
        "#!/bin/sh\ncat > /dev/null\necho '[GNUPG:] SIG_CREATED ' >&2\n"
        "printf -- '-----BEGIN PGP SIGNATURE-----\\n%s\\n-----END PGP SIGNATURE-----\\n' \"$3\"\n"
    )
    signer.chmod(0o755)
    config.write_text(
        f"[commit]\n\tgpgSign = true\n[gpg]\n\tprogram = {signer}\n[user]\n\tsigningKey = K3Y\n"
    )
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    assert push(made(source, tmp_path / "1", FIRST, SECOND)) == "pushed"
    for number in range(2):
        assert " K3Y\n" in git(source, "cat-file", "commit", f"{BRANCH}~{number}")
    assert push(made(source, tmp_path / "2", FIRST, SECOND)) == "current"
    signer.write_text("#!/bin/sh\necho 'no key' >&2\nexit 1\n")
    before = tip(source)
    with pytest.raises(WriteError, match="git commit failed: error: gpg failed to sign the data"):
        made(source, tmp_path / "3", SECOND)
    assert tip(source) == before


def test_settings_of_the_user_that_change_patches_do_not_change_mails(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = made(source, tmp_path / "1", FIRST)
    usual = mails(copy)
    config = tmp_path / "config"
    options = "noprefix = true\n\texternal = false\n\tmnemonicPrefix = true\n\trenames = copies\n"
    config.write_text(
        f"[diff]\n\t{options}[format]\n\tattach = x\n\tpretty = oneline\n[color]\n\tui = always\n"
    )
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    assert mails(copy) == usual


def test_nobody_commits_where_git_does_not_know_who(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.delenv(f"GIT_{role}_NAME")
        monkeypatch.delenv(f"GIT_{role}_EMAIL")
    (tmp_path / "config").write_text("[user]\n\tuseConfigOnly = true\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "config"))
    with pytest.raises(WriteError, match="no email was given"):
        made(source, tmp_path / "1", FIRST)
