"""One entry of a Pipfile's categories: the requirement, and where its package comes from.

The rules are pipenv's ("Pipfile" in its documentation): the keys of an entry that have the names of
environment markers hold together with ``markers``, ``*`` is any version, and a bare version is a pin.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from uvmigrate.project.contents import CLONED
from uvmigrate.project.lines import has_credentials, within
from uvmigrate.project.pep508 import InvalidSpecifierError, normalise, read_specifier
from uvmigrate.project.pyproject import Pyproject, read_pyproject
from uvmigrate.source import NamedTuple, lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import PurePosixPath

    from uvmigrate.source import Repo

    Source = Mapping[str, str | bool]

#: The keys of an entry that are markers: ``sys_platform = "== 'win32'"``.
MARKER_KEYS = (
    *("implementation_name", "implementation_version", "os_name", "platform_machine"),
    *("platform_python_implementation", "platform_release", "platform_system", "platform_version"),
    *("python_full_version", "python_version", "sys_platform"),
)
#: The keys of an entry that become part of what is written; ``hashes`` belong to the lock.
_KEYS = frozenset(
    {
        *MARKER_KEYS,
        "version",
        "extras",
        "markers",
        "index",
        "git",
        "ref",
        "subdirectory",
        "editable",
        "path",
        "file",
    }
)
_OTHER_CHECKOUTS = frozenset({"hg", "svn", "bzr"})
_NAME = lazy_pattern(r"(?P<name>[^\[]+?)\s*(?:\[(?P<extras>[^\]]*)\])?")
_SCP = lazy_pattern(r"(?P<user>[\w.-]+@)(?P<host>[\w.-]+):(?P<path>[^/].*)")
_WHEEL = lazy_pattern(r"(?P<name>[A-Za-z0-9._]+)-[^/-]+(?:-[^/-]+)?-[^/-]+-[^/-]+-[^/-]+\.whl")
#: What pipenv calls a path whose package it does not know: the beginning of a hash.
_MADE_UP = lazy_pattern(r"[0-9a-f]{7}")


class RefusedError(ValueError):
    """What uv cannot say; ``code`` is kebab-case, ``why`` one clause, ``line`` 0 where none is known."""

    def __init__(self, code: str, why: str, line: int = 0) -> None:
        super().__init__(why)
        self.code, self.why, self.line = code, why, line


class Wanted(NamedTuple):
    """A requirement of a category: ``text`` is PEP 508, ``source`` the value in ``[tool.uv.sources]``.

    ``from_index`` is the Pipfile's source that it must come from, ``line`` its place in the Pipfile.
    """

    name: str
    text: str
    specifier: str
    source: Source | None
    from_index: str | None
    line: int
    note: str = ""


class Itself(NamedTuple):
    """An entry that installs the project in the Pipfile's own folder."""

    extras: tuple[str, ...]
    editable: bool
    line: int


def read_entry(
    repo: Repo, folder: PurePosixPath, key: str, value: object, line: int, refs: Mapping[str, str]
) -> Wanted | Itself:
    """What ``key = value`` asks for. *refs* are the commits that the lock holds, by normalised name.

    Raises RefusedError for what is no entry, and for what a project of uv's cannot say.
    """
    table = _table(key, value)
    named = _NAME.fullmatch(key)
    if named is None:
        raise RefusedError("invalid-requirement", f"{key} is no package's name")
    inside = [part.strip() for part in (named["extras"] or "").split(",") if part.strip()]
    extras = tuple(dict.fromkeys([*inside, *_texts(key, table.get("extras", []))]))
    name = named["name"].strip()
    source: Source | None = None
    specifier, note = "", ""
    if "git" in table:
        source = _checkout(table, refs.get(normalise(name)))
        note = CLONED if table.get("editable") else ""
    elif "path" in table or "file" in table:
        target = _text(table, "path") or _text(table, "file")
        if "://" not in target and within(folder, target) == folder:
            return Itself(extras, bool(table.get("editable")), line)
        name, source = _location(repo, folder, name, target, bool(table.get("editable")))
    else:
        specifier = _specifier(_text(table, "version"))
    marker = _marker(table)
    bracketed = f"[{','.join(extras)}]" if extras else ""
    try:
        read = read_specifier(f"{name}{bracketed}{specifier}" + (f" ; {marker}" if marker else ""))
    except InvalidSpecifierError as error:
        raise RefusedError("invalid-requirement", f"{key}: {error}") from None
    if read.marker and re.search(r"\bextra\b", read.marker):
        raise RefusedError(
            "invalid-requirement", f"{key}: a Pipfile has no extras that a marker could ask for"
        )
    return Wanted(read.name, read.text, read.specifier, source, table.get("index"), line, note)


def _table(key: str, value: object) -> Mapping[str, Any]:
    """The entry as a table, all of its keys known."""
    if isinstance(value, str):
        return {"git": value} if value.startswith("git+") else {"version": value}
    if not isinstance(value, dict):
        raise RefusedError("invalid-requirement", f"{key} is neither a version nor a table")
    checkout = next((name for name in value if name in _OTHER_CHECKOUTS), None)
    if checkout is not None:
        raise RefusedError("unsupported-url", f"{key} comes from {checkout}, which uv does not know")
    unknown = next((name for name in value if name not in _KEYS), None)
    if unknown is not None:
        raise RefusedError("unsupported-option", f"{key} has {unknown}, which a project of uv's cannot say")
    for name in value:
        if name not in ("extras", "editable"):
            _text(value, name)
    return value


def _text(table: Mapping[str, Any], key: str) -> str:
    value = table.get(key, "")
    if not isinstance(value, str):
        raise RefusedError("invalid-requirement", f"{key} is not a text")
    if key != "markers" and "$" in value:
        # What pipenv finds in the environment is nobody's to write down: most of it is credentials.
        raise RefusedError("variable", f"{key} depends on a variable")
    return value


def _texts(key: str, value: object) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(part, str) for part in value):
        raise RefusedError("invalid-requirement", f"the extras of {key} are not a list of texts")
    return value


def _specifier(version: str) -> str:
    version = version.strip()
    if version in ("", "*", "==*"):
        return ""
    return version if version[0] in "=<>~!" else f"=={version}"


def _marker(table: Mapping[str, Any]) -> str:
    """All markers of the entry as one."""
    given = [f"{key} {table[key]}" for key in MARKER_KEYS if key in table]
    if table.get("markers"):
        given.append(table["markers"])
    if len(given) < 2:
        return "".join(given)
    return " and ".join(f"({text})" if re.search(r"\bor\b", text) else text for text in given)


def _checkout(table: Mapping[str, Any], locked: str | None) -> Source:
    """A git repository; the commit of the lock stands for the branch or tag that the Pipfile names."""
    url = _text(table, "git").removeprefix("git+").partition("#")[0]
    short = _SCP.fullmatch(url)
    if short:
        url = f"ssh://{short['user']}{short['host']}/{short['path']}"
    scheme, _, rest = url.partition("://")
    if scheme not in ("https", "http", "ssh", "git") or not rest:
        raise RefusedError("unsupported-url", "git has no URL that uv can fetch")
    if has_credentials(url):
        raise RefusedError("url-credentials", "the URL carries credentials")
    host, slash, path = rest.partition("/")
    path, _, inside = path.partition("@")
    source: dict[str, str | bool] = {"git": f"{scheme}://{host}{slash}{path}"}
    rev = locked or _text(table, "ref") or inside
    if rev:
        source["rev"] = rev
    if _text(table, "subdirectory"):
        source["subdirectory"] = _text(table, "subdirectory")
    return source


def _location(
    repo: Repo, folder: PurePosixPath, name: str, target: str, editable: bool
) -> tuple[str, Source]:
    """The package's name and its source, for a URL, a wheel of the repository or a folder of it."""
    if target.startswith(("http://", "https://")):
        if has_credentials(target):
            raise RefusedError("url-credentials", "the URL carries credentials")
        url = target.partition("#")[0]
        return _own_name(name, url), {"url": url}
    path = within(folder, target) if "://" not in target else None
    if path is None:
        raise RefusedError("local-path", f"{target} is not in the repository")
    if path.suffix == ".whl" and path in repo:
        return _own_name(name, path.name), {"path": target}
    read = read_pyproject(repo, path / "pyproject.toml")
    if not isinstance(read, Pyproject) or read.name is None or read.locked_by_code or not read.version:
        raise RefusedError("local-path", f"only code that is run would say what {target} requires")
    source: dict[str, str | bool] = {"path": target}
    if editable:
        source["editable"] = True
    if not read.is_packaged:
        # pip builds such a folder with setuptools, uv only where it is told.
        source["package"] = True
    return read.name, source


def _own_name(name: str, target: str) -> str:
    """The name that the file says, or else the Pipfile, unless pipenv made it up."""
    wheel = _WHEEL.fullmatch(target.rsplit("/", 1)[-1])
    if wheel:
        return wheel["name"]
    if _MADE_UP.fullmatch(name):
        raise RefusedError("unnamed-url", f"{target} does not say which package it is")
    return name
