"""How many alternatives a marker has: what turns markers around writes all of them out."""

from __future__ import annotations

from uvmigrate.source import lazy_pattern

_TOKEN = lazy_pattern(r"""[()]|'[^']*'|"[^"]*"|[^\s()'"]+""")
#: poetry-core takes a fifth of a second for as many, and fourteen times as long for four times as many.
_MOST = 256
_DEEPEST = 50


class _Level:
    """What stands in one pair of parentheses: parts joined by ``and``, and those by ``or``.

    Of each are counted the alternatives as a choice of conjunctions, and as a conjunction of choices.
    """

    def __init__(self) -> None:
        self.choices, self.demands = 0, 1
        self.conjunction: tuple[int, int] | None = None

    def add(self, choices: int, demands: int) -> None:
        """One more part of the conjunction."""
        before = self.conjunction or (1, 0)
        self.conjunction = (min(before[0] * choices, _MOST + 1), min(before[1] + demands, _MOST + 1))

    def end(self) -> tuple[int, int]:
        """The counts, where an ``or`` or the end of the parentheses ends the conjunction."""
        if self.conjunction is not None:
            self.choices = min(self.choices + self.conjunction[0], _MOST + 1)
            self.demands = min(self.demands * self.conjunction[1], _MOST + 1)
            self.conjunction = None
        return self.choices, self.demands


def is_tangled(marker: str) -> bool:
    """Whether a marker has so many alternatives that to write them out would take minutes, or years."""
    levels = [_Level()]
    for word in _TOKEN.findall(marker):
        if word == "(":
            levels.append(_Level())
        elif word == ")":
            done = levels.pop().end()
            levels = levels or [_Level()]
            levels[-1].add(*done)
        elif word == "or":
            levels[-1].end()
        elif word in ("and", "in", "not") or word[0] not in "'\"":
            continue
        else:
            levels[-1].add(1, 1)
        if len(levels) > _DEEPEST:
            return True
    while len(levels) > 1:
        levels.pop()
    return max(levels[0].end()) > _MOST
