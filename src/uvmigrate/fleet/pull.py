"""What a pull request of a migration says, and how it is opened, brought up to date or left alone.

Its text is the plan as Markdown, between two comments that nobody sees. What people write above and below
them stays, and so do the boxes that they ticked. Who closed a pull request meant it: it is not opened again.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Literal

from uvmigrate.fleet.forge.model import ForgeRefused
from uvmigrate.report.cutting import cut_markdown
from uvmigrate.report.markdown import as_markdown
from uvmigrate.source import NamedTuple, lazy_pattern

if TYPE_CHECKING:
    from uvmigrate.fleet.forge.model import Forge, Proposal, Pull
    from uvmigrate.plan import Migration
    from uvmigrate.verify.verdict import Verdict

TITLE = "Follow the uv pattern in Docker builds"
#: Bytes that the two comments need.
_FRAME = 200
_HEAD = lazy_pattern(r"<!-- uvmigrate ([0-9a-f]{16})( unfinished)?: [^\n]{0,200} -->\n")
_END = lazy_pattern(r"\n<!-- /uvmigrate ([0-9a-f]{16}) -->")
_TICKED = lazy_pattern(r"^- \[[xX]\] (.*)$", re.MULTILINE)
_OPEN = lazy_pattern(r"^- \[ \] (.*)$", re.MULTILINE)
_UNDO = """\
## How to undo

Every codemod is a commit of its own: `git revert` takes one back. A codemod that is named in `ignore` of
`uvmigrate.toml` is left out by the next run, and `# uvmigrate: ignore[ID] why` above a line keeps it as it
is. Closed, this stays closed. Commits of yours on its branch are never overwritten."""

#: What became of a pull request. A ``foreign`` one is open, and all of its text is somebody's own.
Fate = Literal["opened", "updated", "unchanged", "closed", "foreign"]


class _Own(NamedTuple):
    """Our part of a text, and what people wrote around it: its name, whether it has to go on, its words."""

    before: str
    after: str
    name: str
    is_unfinished: bool
    words: str


def _own(body: str) -> _Own | None:
    """Our part, where there is one. The text is read once, whatever somebody made of it."""
    lines = body.replace("\r\n", "\n")
    ends = {found[1]: found for found in _END.finditer(lines)}
    for head in _HEAD.finditer(lines):
        end = ends.get(head[1])
        if end is not None and end.start() >= head.end():
            words = lines[head.end() : end.start()]
            return _Own(lines[: head.start()], lines[end.end() :], head[1], bool(head[2]), words)
    return None


def is_ours(pull: Pull) -> bool:
    """Whether a pull request has a part that we write; else all of its text is somebody's own."""
    return _own(pull.body) is not None


def told(migration: Migration, verdict: Verdict | None = None, target: str = ".", steering: str = "") -> str:
    """What a pull request has to say, of any length: the plan, and what an engine said of it.

    *target* and *steering* are those of `as_markdown`.
    """
    return as_markdown(migration, verdict, target, steering, written=True)


def body_of(text: str, limit: int, old: str = "", *, finished: bool = True) -> str:
    """The whole text of a pull request, at most *limit* bytes: *text*, how to undo it, and people's words.

    Those are what stands in the *old* one above and below our own part. Not *finished* is one that has yet to
    get its labels and reviewers.
    """
    own = _own(old) or _Own("", "", "", is_unfinished=False, words="")
    room = limit - _FRAME - len(f"{own.before}{own.after}\n\n{_UNDO}".encode())
    said = f"{cut_markdown(text, room).rstrip()}\n\n{_UNDO}"
    # GitLab obeys lines that begin with a slash ("Quick actions"); it must not obey a program's words.
    said = re.sub(r"^/", " /", said, flags=re.MULTILINE)
    name = hashlib.sha256(said.encode()).hexdigest()[:16]
    ticked = set(_TICKED.findall(own.words))
    said = _OPEN.sub(lambda item: f"- [{'x' if item[1] in ticked else ' '}] {item[1]}", said)
    state = "" if finished else " unfinished"
    head = f"<!-- uvmigrate {name}{state}: write above or below this part, which is written anew -->"
    return f"{own.before}{head}\n{said}\n<!-- /uvmigrate {name} -->{own.after}"


def propose(forge: Forge, name: str, wished: Proposal, text: str) -> tuple[Fate, Pull]:
    """Open the pull request of a branch that was pushed, or bring the text of the open one up to date.

    *wished* is without a body, which *text* becomes. Labels, reviewers and being a draft are for the opening,
    and people's afterwards; where a run ends in between, the next one goes on. Raises ForgeRefused and
    ForgeUnavailable.
    """
    fate: Fate = "updated"
    there = forge.newest(name, wished.branch)
    if there is None or there.state == "merged":
        fate, there = _opened(forge, name, wished, text)
    if there.state == "closed":
        return "closed", there
    own = _own(there.body)
    if own is None:
        return "foreign", there
    if own.is_unfinished:
        try:
            forge.decorate(name, there, wished)
        except ForgeRefused as error:
            raise ForgeRefused(f"{there.address} is open, but {error}", error.status) from error
    body = body_of(text, forge.body_limit, there.body)
    if not own.is_unfinished and f"<!-- /uvmigrate {own.name} -->" in body:
        return ("opened" if fate == "opened" else "unchanged"), there
    forge.update(name, there, body)
    return fate, there._replace(body=body)


def _opened(forge: Forge, name: str, wished: Proposal, text: str) -> tuple[Fate, Pull]:
    """The pull request that is opened now, or was meanwhile."""
    finished = not wished.labels and not wished.reviewers
    body = body_of(text, forge.body_limit, finished=finished)
    try:
        return "opened", forge.open(name, wished._replace(body=body))
    except ForgeRefused:
        there = forge.newest(name, wished.branch)
        if there is None or there.state != "open":
            raise
        return "updated", there
