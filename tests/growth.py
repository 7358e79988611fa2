"""How much longer work takes that is four times as much: no clock of any machine is asserted on."""

from __future__ import annotations

import gc
import math
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

#: More work, and how much more time it may take: what grows as its square would take sixteen times as long.
FACTOR, MOST = 4, 5
#: A busy machine makes it look longer, and what grows as its square takes too long each time.
_ROUNDS = 50


def keeps_pace(work: Callable[[int], object], size: int, factor: int = FACTOR) -> bool:
    """Whether FACTOR times the *work* takes at most MOST times the time: the best of some rounds, in turns.

    What counts is the process's own time, so that nothing else on the machine does. The *size* is so large
    that what is always the same counts little. A larger *factor* is so many steps of FACTOR: what does not
    fit into the processor's caches any more is slower once, and not at each step.
    """
    limit = MOST ** math.log(factor, FACTOR)
    least, most = _taken(work, size), _taken(work, factor * size)
    for _ in range(_ROUNDS):
        least, most = min(least, _taken(work, size)), min(most, _taken(work, factor * size))
        if most <= limit * least:
            return True
    return False


def _taken(work: Callable[[int], object], size: int) -> float:
    # What other tests left in memory is looked through for none of the work, as in a run of the command.
    gc.disable()
    try:
        began = time.process_time()
        work(size)
        return time.process_time() - began
    finally:
        gc.enable()
