"""Regular expressions that are compiled when they are first asked something."""

from __future__ import annotations

import re
from typing import AnyStr, Generic, cast


def lazy_pattern(text: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """What ``re.compile`` returns, compiled at its first use: for patterns that are a module's.

    A run asks few of the hundreds that its modules have, and to compile them all takes longer than to plan.
    A pattern that is wrong raises ``re.error`` when it is first used; the tests use all of them.
    """
    return cast("re.Pattern[AnyStr]", _LazyPattern(text, flags))


class _LazyPattern(Generic[AnyStr]):
    """Looks like its compiled pattern: each of its attributes is looked up once, and then its own."""

    def __init__(self, text: AnyStr, flags: int) -> None:
        self._made: tuple[AnyStr, int] = (text, flags)

    def __getattr__(self, name: str) -> object:
        value: object = getattr(re.compile(*self._made), name)
        setattr(self, name, value)
        return value
