"""Does many repositories at a time, here: results come as they are done, whatever becomes of each."""

from __future__ import annotations

import queue
import threading
import time
from typing import TYPE_CHECKING

from uvmigrate.fleet.nursery import Nursery

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from uvmigrate.fleet.job import Job
    from uvmigrate.fleet.outcome import Outcome, Unchanged


#: Seconds that the end of the work waits for threads.
_GRACE = 5.0


def work(jobs: Iterable[Job], at_once: int) -> Iterator[tuple[Job, Outcome | Unchanged]]:
    """The jobs and what they came to, in the order in which they are done, *at_once* at a time.

    Each is done in a process of its own. Closing the iterator kills what is under way, and so does an
    exception in whoever reads it; what was done by then was given out.
    """
    waiting = iter(jobs)
    taking = threading.Lock()
    done: queue.SimpleQueue[tuple[Job, Outcome | Unchanged] | BaseException | None] = queue.SimpleQueue()
    nurseries = [Nursery() for _ in range(at_once)]

    def attend(nursery: Nursery) -> None:
        try:
            with nursery:
                while True:
                    with taking:
                        job = next(waiting, None)
                    outcome = nursery.do(job) if job else None
                    if job is None or outcome is None:
                        break
                    done.put((job, outcome))
            done.put(None)
        except BaseException as error:  # noqa: BLE001 - raised again where somebody listens
            done.put(error)

    threads = [threading.Thread(target=attend, args=(one,), daemon=True) for one in nurseries]
    for thread in threads:
        thread.start()
    try:
        busy = len(threads)
        while busy:
            found = done.get()
            if isinstance(found, BaseException):
                raise found
            if found is None:
                busy -= 1
            else:
                yield found
    finally:
        for nursery in nurseries:
            nursery.stop()
        end = time.monotonic() + _GRACE
        for thread in threads:
            # One that waits for its next job has nothing under way, and may wait for long.
            thread.join(max(0.0, end - time.monotonic()))
