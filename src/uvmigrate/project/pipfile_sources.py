"""A Pipfile's ``[[source]]`` tables as uv's indexes.

pipenv takes every package from the first source, unless its entry names another one (pipenv documentation,
"Specifying Package Indexes"). So the first is uv's default index, and every other one is explicit.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from uvmigrate.project.pipfile_entries import RefusedError
from uvmigrate.project.toml import toml_string
from uvmigrate.source import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

#: The hosts of the index that uv takes without being told, as their labels.
_WELL_KNOWN = frozenset({("pypi", "org"), ("pypi", "python", "org")})


class Indexes(NamedTuple):
    """The sources of a Pipfile.

    ``names`` maps each source's name to that of the explicit index, or to None for the first source, which
    needs no naming. ``tables`` are uv's; what a reviewer should know of them stands in ``notes``.
    """

    names: Mapping[str, str | None]
    tables: tuple[str, ...]
    notes: tuple[str, ...]


def read_sources(sources: object) -> Indexes:
    """The indexes. Raises RefusedError where one is not certain."""
    if not isinstance(sources, list) or not all(isinstance(source, dict) for source in sources):
        raise RefusedError("invalid-index", "source is no list of tables")
    names: dict[str, str | None] = {}
    tables: list[str] = []
    notes: list[str] = []
    for number, source in enumerate(sources):
        url, name = source.get("url"), source.get("name", f"source-{number + 1}")
        if not isinstance(url, str) or not isinstance(name, str) or not url:
            raise RefusedError("invalid-index", "a source has no URL")
        if name in names:
            raise RefusedError("invalid-index", f"two sources are called {name}")
        index = _index_name(name, names.values())
        bare, secret = _without_credentials(url)
        names[name] = index if number else None
        if number or secret or not is_well_known(bare):
            tables.append(_table(index, bare, first=not number))
            notes += [_credentials(index)] if secret else []
        if source.get("verify_ssl", True) is False and bare.startswith("https:"):
            notes.append(
                f"{name} was read without checking its certificate: "
                f"UV_INSECURE_HOST={_host(bare)} does that for uv"
            )
    return Indexes(names, tuple(tables), tuple(notes))


def _without_credentials(url: str) -> tuple[str, bool]:
    """The URL without its user and password, and whether it had any; they are written nowhere."""
    scheme, separator, rest = url.partition("://")
    place, slash, path = rest.partition("/")
    _, at, host = place.rpartition("@")
    bare = f"{scheme}{separator}{host}{slash}{path}"
    if scheme not in ("http", "https") or not host:
        raise RefusedError("local-find-links", "the URL of a source is not one of http or https")
    if "$" in bare:
        raise RefusedError("variable", "the URL of a source depends on a variable")
    if "?" in bare or "#" in bare:
        raise RefusedError("index-credentials", "the URL of a source may carry credentials behind its path")
    return bare, bool(at)


def is_well_known(url: str) -> bool:
    """Whether this is the index that uv takes without being told."""
    path = url.partition("://")[2].partition("/")[2]
    return tuple(_host(url).lower().split(".")) in _WELL_KNOWN and path.strip("/") == "simple"


def _host(url: str) -> str:
    return url.partition("://")[2].partition("/")[0]


def _index_name(name: str, taken: Iterable[str | None]) -> str:
    """A name that uv takes, and that makes a variable's name."""
    valid = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-") or "index"
    unique, number = valid, 2
    known = set(taken)
    while unique in known:
        unique, number = f"{valid}-{number}", number + 1
    return unique


def _credentials(index: str) -> str:
    variable = "UV_INDEX_" + re.sub(r"[^A-Z0-9]", "_", index.upper())
    return (
        f"the credentials of {index} are not copied: set {variable}_USERNAME and {variable}_PASSWORD "
        "where uv locks and syncs"
    )


def _table(name: str, url: str, *, first: bool) -> str:
    kind = "default" if first else "explicit"
    return f"[[tool.uv.index]]\nname = {toml_string(name)}\nurl = {toml_string(url)}\n{kind} = true\n"


def unused(indexes: Indexes, used: Collection[str]) -> tuple[str, ...]:
    """What to say of the sources that no package names: pipenv takes nothing from them."""
    return tuple(
        f"no package names the source {name}, so nothing comes from it: uv asks it no more than pipenv does"
        for name, index in indexes.names.items()
        if index is not None and index not in used
    )
