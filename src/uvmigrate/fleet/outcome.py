"""What one repository came to: plain data, which goes between processes and machines, and into the state."""

from __future__ import annotations

import base64
import json
from typing import Any, Literal

from uvmigrate.source import NamedTuple

#: As for a Dockerfile (`plan.Status`), over all of a repository's; and where it could not be found out.
Status = Literal["migrated", "partial", "refused", "noop", "failed"]
STATUSES: tuple[Status, ...] = ("migrated", "partial", "refused", "noop", "failed")

#: What became of it. ``current`` was there already as it is, ``would-push`` comes with --dry-run.
Branch = Literal["", "pushed", "current", "would-push"]


class SavedRefusal(NamedTuple):
    """A refusal, as text: its place in the repository, its code, why, and what to do instead."""

    place: str
    code: str
    because: str
    instead: str


class Built(NamedTuple):
    """What comes out for one Dockerfile, as text."""

    dockerfile: str
    status: str
    why: str


class Outcome(NamedTuple):
    """What one repository came to, and in which state it was.

    *base* is the commit that was looked at, *plan* a digest of what would change (empty where nothing does),
    *codemods* those that change something. *why* is one line. *series* are mails for ``git am --keep-cr``,
    *text* is what a pull request has to say. All texts are printable, and without credentials; the series is
    the repository's own bytes.
    """

    status: Status
    why: str
    base: str = ""
    default_branch: str = ""
    plan: str = ""
    codemods: tuple[str, ...] = ()
    builds: tuple[Built, ...] = ()
    refusals: tuple[SavedRefusal, ...] = ()
    branch: Branch = ""
    tip: str = ""
    remote: str = ""
    seconds: float = 0.0
    log: str = ""
    series: bytes = b""
    text: str = ""


class Unchanged(NamedTuple):
    """The repository is at the commit that was looked at before: what is known of it still holds."""

    base: str
    seconds: float = 0.0


def to_json(outcome: Outcome | Unchanged) -> str:
    """One line that `from_json` reads."""
    data: dict[str, Any] = outcome._asdict()
    if isinstance(outcome, Outcome):
        data["series"] = base64.b64encode(outcome.series).decode()
    return json.dumps(data)


def from_json(text: str | bytes) -> Outcome | Unchanged:
    """What `to_json` was given. Raises ValueError, KeyError or TypeError for anything else."""
    data = json.loads(text)
    if "status" not in data:
        return Unchanged(**data)
    data["series"] = base64.b64decode(data["series"])
    data["builds"] = tuple(Built(*one) for one in data["builds"])
    data["refusals"] = tuple(map(SavedRefusal._make, data["refusals"]))
    data["codemods"] = tuple(data["codemods"])
    return Outcome(**data)
