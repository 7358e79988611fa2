"""One dependency specifier (PEP 508), read without ``packaging`` where it is plain.

Importing ``packaging`` costs as much start-up time as reading a whole repository, so the two plain shapes,
``name[extra]==1.0`` and the same with simple markers, are read by a pattern that is stricter than packaging.
Everything else goes to packaging.
"""

from __future__ import annotations

import re

from uvmigrate.source import NamedTuple, lazy_pattern

_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
_NUMBER = r"[0-9]+(?:\.[0-9]+)*"
_VERSION = rf"{_NUMBER}(?:(?:a|b|rc)[0-9]+)?(?:\.post[0-9]+)?(?:\.dev[0-9]+)?"
_CLAUSE = lazy_pattern(
    rf"(?:(?:==|!=)\s*+{_NUMBER}\.\*"
    rf"|==\s*+{_VERSION}\+[a-z0-9]+(?:\.[a-z0-9]+)*"
    rf"|~=\s*+[0-9]+\.{_VERSION}"
    rf"|(?:==|!=|<=|>=|<|>)\s*+{_VERSION})",
    re.ASCII,
)
#: The usual ones, a tenth as long to compile as all.
_USUAL = lazy_pattern(rf"(?:==|!=|<=|>=|<|>)\s*+{_NUMBER}", re.ASCII)
_COMPARISON = lazy_pattern(
    r"(?:python_version|python_full_version|sys_platform|platform_system|platform_machine|os_name"
    r"|platform_python_implementation|implementation_name)"
    r"\s*+(?:==|!=|<=|>=|<|>)\s*+(?:\"[^\"'\\]+\"|'[^\"'\\]+')",
    re.ASCII,
)
_JOINED = lazy_pattern(r"\s++(?:and|or)\s++", re.ASCII)
_PLAIN = lazy_pattern(
    rf"(?P<name>{_NAME})\s*+"
    rf"(?:\[\s*+(?P<extras>{_NAME}(?:\s*+,\s*+{_NAME})*)\s*+\])?\s*+"
    r"(?P<specifier>[<>=!~](?:[^;]*[^;\s])?)?\s*+"
    r"(?:;\s*+(?P<marker>\S(?:.*\S)?)\s*+)?",
    re.ASCII | re.DOTALL,
)
#: What ``\s`` is in ASCII.
_BLANKS = " \t\n\r\f\v"
_PIN = lazy_pattern(r"==([^*,=][^*,]*)")


class InvalidSpecifierError(ValueError):
    """A text that is no PEP 508 dependency specifier; the message is one line."""


class Specifier(NamedTuple):
    """The parts of a dependency specifier; ``text`` is the whole of it with its blanks tidied."""

    name: str
    text: str
    specifier: str
    pinned: str | None
    extras: tuple[str, ...]
    marker: str | None
    url: str | None


def normalise(name: str) -> str:
    """A project's name as an index knows it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def read_specifier(text: str) -> Specifier:
    """The parts of the dependency specifier *text*. Raises InvalidSpecifierError where it is none."""
    plain = _PLAIN.fullmatch(text.strip())
    return _from_match(plain) if plain is not None and _is_plain(plain) else _from_packaging(text)


def _is_plain(found: re.Match[str]) -> bool:
    """Whether each part of the versions and of the marker is of a shape that is known."""
    specifier, marker = found["specifier"], found["marker"]
    clauses = (clause.strip(_BLANKS) for clause in specifier.split(",")) if specifier else ()
    comparisons = _JOINED.split(marker) if marker else ()
    known = all(_USUAL.fullmatch(clause) or _CLAUSE.fullmatch(clause) for clause in clauses)
    return known and all(map(_COMPARISON.fullmatch, comparisons))


def _from_match(found: re.Match[str]) -> Specifier:
    extras = tuple(part.strip() for part in (found["extras"] or "").split(",") if part.strip())
    return _specifier(
        found["name"], extras, re.sub(r"\s", "", found["specifier"] or ""), found["marker"], None
    )


def _from_packaging(text: str) -> Specifier:
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        read = Requirement(text)
        marker = str(read.marker) if read.marker else None
    except InvalidRequirement as error:
        # Its further lines repeat the text and point at the place.
        raise InvalidSpecifierError(str(error).splitlines()[0]) from None
    except RecursionError:
        raise InvalidSpecifierError("its marker is nested too deeply") from None
    return _specifier(read.name, tuple(sorted(read.extras)), str(read.specifier), marker, read.url)


def _specifier(
    name: str, extras: tuple[str, ...], specifier: str, marker: str | None, url: str | None
) -> Specifier:
    text = name + (f"[{','.join(extras)}]" if extras else "") + specifier
    text += f" @ {url}" if url else ""
    text += f" ; {marker}" if marker else ""
    pin = _PIN.fullmatch(specifier)
    return Specifier(normalise(name), text, specifier, pin[1] if pin else None, extras, marker, url)
