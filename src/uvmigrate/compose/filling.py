"""What Compose makes of a service when it starts: variables filled in, and the files that set them.

Source of the rules: the Compose Specification, "Interpolation", "env_file", "secrets";
`docker compose config` is the judge in the tests.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from uvmigrate.compose.merge import RESET
from uvmigrate.compose.service import service
from uvmigrate.compose.tree import Items, Scalar, Table
from uvmigrate.compose.variables import MissingVariable, filled
from uvmigrate.source import NamedTuple, lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import PurePosixPath

    from uvmigrate.compose.model import ComposeFile, Service
    from uvmigrate.compose.tree import Value

__all__ = ["HostSecret", "MissingVariable", "filled_service", "host_secrets", "read_env_file"]

#: One assignment of an env file, its value still as it is written.
_ASSIGNED = lazy_pattern(
    r"""[ \t]*(?:export[ \t]+)?(?P<name>[\w.\[\]-]+)[ \t]*(?:[=:][ \t]*(?:
        '(?P<single>(?:[^'\\]|\\.)*)'[^\n]*
      | "(?P<double>(?:[^"\\]|\\.)*)"[^\n]*
      | (?P<plain>[^\n]*)) | (?P<nothing>[ \t]*(?=\n|$)))""",
    re.VERBOSE | re.DOTALL,
)
_DECIMAL = lazy_pattern(r"\d+\.\d+")
_ESCAPED = lazy_pattern(r"\\(.)", re.DOTALL)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\", "$": "$$"}
_COMMENT = lazy_pattern(r" #.*")


class HostSecret(NamedTuple):
    """An entry of the top-level ``secrets:``: a file, or a variable of who starts it; both None elsewhere.

    ``folder`` is that of the file it stands in, from the repository's root.
    """

    file: str | None
    variable: str | None
    folder: PurePosixPath


def filled_service(name: str, table: Table, values: Mapping[str, str]) -> Service:
    """The service that *table* describes, as Compose starts it with *values* as its only variables.

    Raises MissingVariable, and UnusableError for forms that Compose rejects.
    """
    return service(name, _table(table, values))


def _table(table: Table, values: Mapping[str, str]) -> Table:
    return table._replace(entries={key: _filled(value, values) for key, value in table.entries.items()})


def _filled(value: Value, values: Mapping[str, str]) -> Value:
    """*value* with what `substitute` then takes for the text that it has become.

    To Compose ``True`` and ``3.10`` without quotes are a truth and a number, which it writes in its own way.
    """
    if value.tag == RESET:
        return value
    if isinstance(value, Table):
        return _table(value, values)
    if isinstance(value, Items):
        return value._replace(values=tuple(_filled(item, values) for item in value.values))
    if value.text is None:
        return value
    if value.tag.endswith(":bool"):
        return value._replace(text=value.text.lower())
    if value.tag.endswith(":float") and _DECIMAL.fullmatch(value.text):
        return value._replace(text=str(float(value.text)).removesuffix(".0"))
    return value._replace(text=filled(value.text, values).replace("$", "$$"))


def host_secrets(file: ComposeFile, values: Mapping[str, str]) -> dict[str, HostSecret]:
    """The top-level ``secrets:`` by name. Raises MissingVariable."""
    found: dict[str, HostSecret] = {}
    for document in file.documents:
        secrets = document.entries.get("secrets")
        for name, value in secrets.entries.items() if isinstance(secrets, Table) else ():
            texts = {}
            for key, text in value.entries.items() if isinstance(value, Table) else ():
                if isinstance(text, Scalar) and text.text is not None:
                    texts[key] = filled(text.text, values)
            found[name] = HostSecret(texts.get("file"), texts.get("environment"), value.place.path.parent)
    return found


def read_env_file(text: str, values: Mapping[str, str], raw: bool = False) -> dict[str, str]:
    """The variables that a file of ``env_file:``, or ``.env``, sets; with *raw* the values as written.

    *values* are set already: a name without a value is taken from them, and is left out where they lack it.
    Raises MissingVariable, and ValueError with one clause for a line that Compose would not read.
    """
    found: dict[str, str] = {}
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    at = 0
    while at < len(text):
        end = text.find("\n", at) % (len(text) + 1)
        line = text[at:end].strip()
        if not line or line.startswith("#"):
            at = end + 1
            continue
        if raw:
            name, equals, value = line.partition("=")
            found |= {name: value} if equals else {}
            at = end + 1
            continue
        match = _ASSIGNED.match(text, at)
        if match is None:
            raise ValueError(f"line {text.count(chr(10), 0, at) + 1} is no assignment")
        value_of = _value(match, {**values, **found})
        found |= {} if value_of is None else {match["name"]: value_of}
        at = match.end() + 1
    return found


def _value(match: re.Match[str], values: Mapping[str, str]) -> str | None:
    if match["nothing"] is not None:
        return values.get(match["name"])
    if match["single"] is not None:
        return match["single"].replace("\\'", "'")
    if match["double"] is not None:
        escaped = _ESCAPED.sub(lambda found: _ESCAPES.get(found[1], found[0]), match["double"])
        return filled(escaped, values)
    plain = _COMMENT.sub("", match["plain"]).strip()
    if plain[:1] in ("'", '"'):
        raise ValueError(f"{match['name']} has a quote that nothing ends")
    return filled(plain, values)
