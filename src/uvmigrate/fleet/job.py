"""What is asked for of a repository: plain data, which goes between processes and machines."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from uvmigrate.fleet.targets import Target
from uvmigrate.source import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

#: What becomes of a plan: nothing, mails, a branch in the folder, a branch where the repository came from.
Mode = Literal["report", "patches", "branch", "push"]


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for of every repository.

    *given* are settings of the command line, *config* the text of the organisation's file of settings. With
    *lock* the locks are made where anything is made of the plan at all. With *dry_run* nothing is pushed.
    *patches* asks for mails beside a branch, too, and *pull* for the text of a pull request: it is what
    steers the plan, as it is typed.
    """

    mode: Mode = "report"
    given: Mapping[str, Any] | None = None
    config: str | None = None
    lock: bool = True
    dry_run: bool = False
    patches: bool = False
    pull: str | None = None


class Job(NamedTuple):
    """One repository and what is asked for; *known* is the commit that was looked at before, or empty.

    *seconds* and *memory* (bytes) are the most that it may take.
    """

    target: Target
    wish: Wish
    known: str
    seconds: float
    memory: int


def job_json(job: Job) -> str:
    """One line that `read_job` reads."""
    wish = {name: getattr(job.wish, name) for name in Wish.__slots__}
    return json.dumps({**job._asdict(), "target": job.target._asdict(), "wish": wish})


def read_job(text: str | bytes) -> Job:
    """The job that `job_json` was given."""
    data = json.loads(text)
    given = {
        name: tuple(v) if isinstance(v, list) else v for name, v in (data["wish"]["given"] or {}).items()
    }
    wish = Wish(**{**data["wish"], "given": given})
    return Job(Target(**data["target"]), wish, data["known"], data["seconds"], data["memory"])
