"""Repositories whose settings, hooks and files try to have something executed, and how that shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from source.git import git

if TYPE_CHECKING:
    from pathlib import Path

_HOOKS = (
    *("post-checkout", "post-commit", "pre-commit", "commit-msg", "prepare-commit-msg", "pre-push"),
    *("reference-transaction", "pre-receive", "update", "post-receive", "post-update", "push-to-checkout"),
    *("proc-receive", "fsmonitor-watchman", "post-merge", "post-rewrite", "pre-auto-gc", "post-index-change"),
)
#: Settings of a repository whose values git would start.
_SETTINGS = (
    *("core.fsmonitor", "core.sshCommand", "core.gitProxy", "core.alternateRefsCommand", "core.pager"),
    *(
        "core.editor",
        "core.askPass",
        "credential.helper",
        "diff.external",
        "gpg.program",
        "gc.recentObjectsHook",
    ),
    *(
        "uploadpack.packObjectsHook",
        "remote.origin.uploadpack",
        "remote.origin.receivepack",
        "remote.origin.vcs",
    ),
    *(
        "filter.evil.smudge",
        "filter.evil.clean",
        "filter.evil.process",
        "diff.evil.textconv",
        "diff.evil.command",
    ),
    *("merge.evil.driver", "sequence.editor", "trailer.sign.command", "interactive.diffFilter"),
)


def arm(folder: Path, sign: Path) -> Path:
    """Arm the repository in *folder*: the file *sign* comes to be wherever something of it is executed."""
    place = folder / ".git" if (folder / ".git").is_dir() else folder
    program = place / "evil"
    program.write_text(f'#!/bin/sh\necho "$0 $@" >> {sign}\ncat\n')
    program.chmod(0o755)
    (place / "hooks").mkdir(exist_ok=True)
    for name in _HOOKS:
        (place / "hooks" / name).write_bytes(program.read_bytes())
        (place / "hooks" / name).chmod(0o755)
    for name in _SETTINGS:
        git(folder, "config", name, str(program))
    for name, value in (
        ("core.hooksPath", str(place / "hooks")),
        ("protocol.ext.allow", "always"),
        ("receive.denyCurrentBranch", "updateInstead"),
        ("receive.fsckObjects", "true"),
        ("receive.fsck.skipList", "/etc/passwd"),
        ("commit.gpgSign", "true"),
        ("include.path", "/nonexistent"),
    ):
        git(folder, "config", name, value)
    (place / "info").mkdir(exist_ok=True)
    (place / "info" / "attributes").write_text("* filter=evil diff=evil merge=evil\n")
    return program
