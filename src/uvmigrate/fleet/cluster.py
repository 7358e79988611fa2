"""Does many repositories on a Dask cluster: the same work as in a pool, on the machines of its workers.

A repository whose worker is lost is done again by another one: what it came to is the same, and what it
pushed is there already. Folders have to be where the workers see them; addresses are cloned by them.
"""

from __future__ import annotations

import contextlib
import importlib
from typing import TYPE_CHECKING, Any

from uvmigrate.apply import EnvironmentProblem
from uvmigrate.fleet.job import job_json, read_job
from uvmigrate.fleet.nursery import Nursery
from uvmigrate.fleet.outcome import Outcome, from_json, to_json
from uvmigrate.report import words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from uvmigrate.fleet.job import Job
    from uvmigrate.fleet.outcome import Unchanged

#: How many repositories each thread of a worker is sent ahead of time.
_AHEAD = 3
#: Seconds for the scheduler to answer, and for the first worker to be there.
_PATIENCE = 20
#: Those of this worker that nobody uses at the moment; one thread takes one.
_idle: list[Nursery] = []


def do(job: str) -> str:
    """The work on one repository, on a worker: in a process of its own there, too."""
    try:
        nursery = _idle.pop()
    except IndexError:
        nursery = Nursery()
    outcome = nursery.do(read_job(job))
    _idle.append(nursery)
    return to_json(outcome or Outcome("failed", "the worker was stopped"))


def work(jobs: Iterable[Job], address: str) -> Iterator[tuple[Job, Outcome | Unchanged]]:
    """The jobs and what they came to, in the order in which they are done.

    Raises EnvironmentProblem where Dask is not installed, where nothing answers at *address*, and where the
    cluster has no worker.
    """
    try:
        # Without its types: it has few, and is not there for everybody who checks ours.
        distributed: Any = importlib.import_module("distributed")
    except ImportError:
        raise EnvironmentProblem("--dask needs the extra dask: install uvmigrate[dask]") from None
    try:
        client = distributed.Client(address, timeout=_PATIENCE, set_as_default=False)
    except (OSError, ValueError) as error:
        raise EnvironmentProblem(f"no scheduler of Dask answers at {address}: {error}") from error
    with contextlib.closing(client):
        try:
            client.wait_for_workers(1, timeout=_PATIENCE)
        except OSError as error:
            raise EnvironmentProblem(f"the scheduler at {address} has no worker: start some") from error
        threads = sum(client.nthreads().values())
        waiting, sent = iter(jobs), {}
        done = distributed.as_completed(loop=client.loop)
        for job in waiting:
            # Whether a repository is still the same is no matter of its job's text.
            future = client.submit(do, job_json(job), pure=False)
            sent[future.key] = job
            done.add(future)
            if len(sent) >= threads * _AHEAD:
                break
        for future in done:
            yield sent.pop(future.key), _outcome(future)
            job_next = next(waiting, None)
            if job_next is not None:
                another = client.submit(do, job_json(job_next), pure=False)
                sent[another.key] = job_next
                done.add(another)


def _outcome(future: Any) -> Outcome | Unchanged:
    error = future.exception()
    if error is not None:
        return Outcome("failed", words.shown(f"the cluster gave it up: {type(error).__name__}: {error}"))
    return from_json(future.result())
