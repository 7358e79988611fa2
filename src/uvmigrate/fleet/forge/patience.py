"""How long to wait before a forge is asked again, and when to give up.

GitHub: "Rate limits for the REST API" and "Best practices for using the REST API": `retry-after`, else
`x-ratelimit-reset` where nothing remains, else a minute and ever more; a second between writes. GitLab: "Rate
limits": status 429 with `Retry-After` and `RateLimit-Reset`.
"""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from uvmigrate.fleet.forge.model import ForgeUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

#: Seconds between two writes.
_BETWEEN_WRITES = 1.0
#: How often one request is made. An answer of "wait 0 seconds" must not be believed for ever.
_ATTEMPTS = 8
#: How often one is made again that met a fault of the server or of the network.
_FAULTS = 3
_LIMITED = frozenset({403, 429})
_FAULTY = frozenset({502, 503, 504})
#: What is said about a wait that is longer.
_NOTICED = 10
#: Requests that may be made twice: what they ask for is the same afterwards.
_REPEATABLE = frozenset({"GET", "PATCH", "PUT"})


class Patience:
    """Waits as a forge asks, at most *most* seconds for one request.

    *clock* is the time since the epoch, *sleep* waits, and *tell* is given a line about a longer wait.
    """

    def __init__(
        self,
        most: float = 900,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._most = most
        self._clock = clock
        self._sleep = sleep
        self._tell = tell
        self._written = float("-inf")

    def before(self, method: str) -> None:
        """Wait until a request may be made."""
        if method == "GET":
            return
        rest = self._written + _BETWEEN_WRITES - self._clock()
        if rest > 0:
            self._sleep(min(rest, _BETWEEN_WRITES))
        self._written = self._clock()

    def again(
        self, host: str, method: str, answer: tuple[int, Mapping[str, str], str] | None, waits: list[float]
    ) -> bool:
        """Whether to make a request once more, after the wait that this takes.

        *answer* is the status, the headers (looked up in any case) and the text, or None where there was
        none. *waits* are those for this request, to which this one is added. Raises ForgeUnavailable where
        the forge asks for more than is waited.
        """
        wait = self._limited(answer, len(waits)) if answer else None
        limited = wait is not None
        if wait is None and method in _REPEATABLE and len(waits) < _FAULTS:
            wait = self._faulty(answer, len(waits))
        if wait is None:
            return False
        if sum(waits) + wait > self._most or len(waits) + 1 >= _ATTEMPTS:
            if not limited:
                return False
            until = time.strftime("%H:%M:%S UTC", time.gmtime(self._clock() + min(wait, 864_000)))
            raise ForgeUnavailable(f"{host} takes no more requests until {until}: run it again then")
        if wait >= _NOTICED:
            self._tell(f"{host} asks to wait {wait:.0f} s …")
        self._sleep(wait)
        waits.append(wait)
        return True

    def _limited(self, answer: tuple[int, Mapping[str, str], str], attempt: int) -> float | None:
        """The seconds that a limit of requests asks for; None where the answer speaks of none."""
        status, headers, text = answer
        if status not in _LIMITED:
            return None
        asked = self._retry_after(headers)
        if asked is not None:
            return asked
        for prefix in ("x-ratelimit", "ratelimit"):
            if status == 429 or headers.get(f"{prefix}-remaining") == "0":
                reset = _number(headers.get(f"{prefix}-reset"))
                if reset is not None:
                    return max(reset - self._clock(), 0.0)
        if status == 429 or "secondary rate limit" in text:
            return float(60 * 2**attempt)
        return None

    def _faulty(self, answer: tuple[int, Mapping[str, str], str] | None, attempt: int) -> float | None:
        if answer is None:
            return float(2**attempt)
        status, headers, _ = answer
        if status not in _FAULTY:
            return None
        asked = self._retry_after(headers)
        return float(2**attempt) if asked is None else asked

    def _retry_after(self, headers: Mapping[str, str]) -> float | None:
        """Seconds, or a date (RFC 9110, 10.2.3)."""
        value = headers.get("retry-after")
        seconds = _number(value)
        if seconds is not None or value is None:
            return seconds
        try:
            return max(parsedate_to_datetime(value).timestamp() - self._clock(), 0.0)
        except (ValueError, OverflowError):
            return None


def _number(text: str | None) -> float | None:
    """A count of seconds as headers write it; None for what is none."""
    return float(text) if text and text.isascii() and text.isdecimal() and len(text) < 16 else None
