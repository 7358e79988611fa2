"""How much longer work takes that is four times as much: no clock of any machine is asserted on."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

#: More work, and how much more time it may take: what grows as its square would take sixteen times as long.
FACTOR, MOST = 4, 9
_ROUNDS = 3


def growth(work: Callable[[int], object], size: int) -> float:
    """How many times longer *work* of FACTOR times the *size* takes: the best of some rounds, in turns.

    What counts is the process's own time, so that nothing else on the machine does.
    """
    seconds: dict[int, list[float]] = {size: [], FACTOR * size: []}
    for _ in range(_ROUNDS):
        for one, taken in seconds.items():
            began = time.process_time()
            work(one)
            taken.append(time.process_time() - began)
    return min(seconds[FACTOR * size]) / min(seconds[size])
