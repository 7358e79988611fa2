"""Variables of scripts, Makefiles and workflows, as far as the file that uses them assigns them itself."""

from __future__ import annotations

import re

from uvmigrate.source import lazy_pattern

_ASSIGNED = lazy_pattern(
    r"^[ \t]*(?:-[ \t]+)?(?:(?:export|readonly|local|declare|set)[ \t]+)*(?P<name>[A-Za-z_]\w*)"
    r"[ \t]*(?P<sign>::?=|\?=|\+=|=|:(?=[ \t]))[ \t]*(?P<value>[^\n]*)$",
    re.MULTILINE,
)
_VARIABLE = lazy_pattern(
    r"\$?\$(?:\{\{\s*(?:env\.|vars\.)?(?P<workflow>[\w.-]+)\s*\}\}|\{\{.*?\}\}"
    r"|\{(?P<braced>\w+)(?::?-(?P<default>[^{}]*))?\}|\{[^{}]*\}"
    r"|\((?P<made>\w+)\)|\((?:[^()]|\([^()]*\))*\)|(?P<plain>\w+))|`[^`]*`"
)
#: What names the folder that commands run in, or the repository's.
_HERE = frozenset("pwd PWD CURDIR github.workspace GITHUB_WORKSPACE CI_PROJECT_DIR WORKSPACE".split())
_MOST = 8
_DEEPEST = 5


class Variables:
    """The assignments of one text: of shells, of make, and the keys of YAML.

    Which of several assignments counts is not asked: each is an alternative.
    """

    def __init__(self, text: str) -> None:
        """*text* is the whole file."""
        self._values: dict[str, list[str]] = {}
        self._known: dict[tuple[str, str | None, int], tuple[str, ...]] = {}
        for found in _ASSIGNED.finditer(text):
            value = re.sub(r"(^|\s)#.*$", "", found["value"]).strip().strip("\"'")
            # What is added to a variable, and a list, are no name of an image.
            known = value if found["sign"] != "+=" and not re.search(r"\s(?![^{(]*[})])", value) else "*"
            self._values.setdefault(found["name"], []).append(known)

    def expand(self, text: str) -> tuple[str, ...]:
        """*text* with its variables filled in, once for each of their values; ``*`` for those not known."""
        return self._expand(text, 0)

    def _expand(self, text: str, depth: int) -> tuple[str, ...]:
        results = [""]
        at = 0
        for found in _VARIABLE.finditer(text):
            values = self._values_of(found, depth)
            before = text[at : found.start()]
            if len(results) * len(values) > _MOST:
                values = ("*",)
            results = [f"{start}{before}{value}" for start in results for value in values]
            at = found.end()
        return tuple(dict.fromkeys(re.sub(r"\*+", "*", start + text[at:]) for start in results))

    def _values_of(self, found: re.Match[str], depth: int) -> tuple[str, ...]:
        name = found["workflow"] or found["braced"] or found["made"] or found["plain"] or ""
        if name in _HERE:
            return (".",)
        key = name, found["default"], depth
        if key not in self._known:
            default = [] if found["default"] is None else [found["default"]]
            given = list(dict.fromkeys([*self._values.get(name, []), *default]))
            # More of them would come to the same: of so many alternatives none is followed.
            few = given and depth < _DEEPEST and len(given) <= _MOST
            every = (one for value in given for one in self._expand(value, depth + 1)) if few else ("*",)
            self._known[key] = tuple(dict.fromkeys(every))
        return self._known[key]
