"""Regular expressions that are compiled when they are first asked something."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, AnyStr, Generic, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def lazy_pattern(text: AnyStr, flags: int = 0, *, words: tuple[AnyStr, ...] = ()) -> re.Pattern[AnyStr]:
    """What ``re.compile`` returns, compiled at its first use: for patterns that are a module's.

    A run asks few of the hundreds that its modules have, and to compile them all takes longer than to plan.
    Where each match holds one of some *words*, a text without any of them is not even a use; case counts.
    A pattern that is wrong raises ``re.error`` when it is first used; the tests use all of them.
    """
    pattern = cast("re.Pattern[AnyStr]", _LazyPattern(text, flags))
    return cast("re.Pattern[AnyStr]", _WordedPattern(pattern, words)) if words else pattern


class _LazyPattern(Generic[AnyStr]):
    """Looks like its compiled pattern: each of its attributes is looked up once, and then its own."""

    def __init__(self, text: AnyStr, flags: int) -> None:
        self._made: tuple[AnyStr, int] = (text, flags)

    def __getattr__(self, name: str) -> object:
        value: object = getattr(re.compile(*self._made), name)
        setattr(self, name, value)
        return value


class _WordedPattern(Generic[AnyStr]):
    """One that answers for texts without any of its words, and asks its pattern about the others."""

    def __init__(self, pattern: re.Pattern[AnyStr], words: tuple[AnyStr, ...]) -> None:
        self._pattern: re.Pattern[AnyStr] = pattern
        self.words: tuple[AnyStr, ...] = words

    def __getattr__(self, name: str) -> object:
        return getattr(self._pattern, name)

    def search(self, text: AnyStr, *places: int) -> re.Match[AnyStr] | None:
        return self._pattern.search(text, *places) if self._may_match(text) else None

    def match(self, text: AnyStr, *places: int) -> re.Match[AnyStr] | None:
        return self._pattern.match(text, *places) if self._may_match(text) else None

    def fullmatch(self, text: AnyStr, *places: int) -> re.Match[AnyStr] | None:
        return self._pattern.fullmatch(text, *places) if self._may_match(text) else None

    def finditer(self, text: AnyStr, *places: int) -> Iterator[re.Match[AnyStr]]:
        return self._pattern.finditer(text, *places) if self._may_match(text) else iter(())

    def sub(self, new: AnyStr | Callable[[re.Match[AnyStr]], AnyStr], text: AnyStr) -> AnyStr:
        return self._pattern.sub(new, text) if self._may_match(text) else text

    def _may_match(self, text: AnyStr) -> bool:
        return any(word in text for word in self.words)
