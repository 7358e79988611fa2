"""One dependency as poetry declares it, in the words of PEP 508 and of ``[tool.uv.sources]``.

Constraints and markers are read by poetry-core (https://python-poetry.org/docs/dependency-specification/).
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from uvmigrate.project.lines import has_credentials
from uvmigrate.project.pep508 import InvalidSpecifierError, normalise, read_specifier
from uvmigrate.project.tangled import is_tangled
from uvmigrate.source import NamedTuple, lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Mapping

    from poetry.core.constraints.version import VersionConstraint

Source = dict[str, str | bool]

_COMMIT = lazy_pattern(r"[0-9a-f]{7,40}")
#: git's short form for ssh: ``git@host:owner/name.git``.
_SCP = lazy_pattern(r"(?P<user>[^@/:\s]+)@(?P<host>[^:/\s]+):(?P<path>[^:\s]+)")
#: What says where a package comes from rather than which version it has.
_ORIGINS = ("git", "path", "file", "url")


class Dependency(NamedTuple):
    """A requirement on ``name`` (normalised): its PEP 508 ``text``, and its ``source`` for uv, if it has one.

    ``specifier`` is its version alone, ``marker`` its environment. ``optional`` ones are only installed with
    an extra. ``note`` is what a reviewer should know of it.
    """

    name: str
    text: str
    specifier: str
    marker: str | None
    source: Source | None
    optional: bool
    prereleases: bool
    note: str | None = None


class CannotConvertError(ValueError):
    """What uv cannot be told; ``code`` is kebab-case, the message is one clause.

    ``origin`` is the path in pyproject.toml of what it is about.
    """

    def __init__(self, code: str, why: str, origin: tuple[str, ...] = ()) -> None:
        super().__init__(why)
        self.code = code
        self.origin = origin


def read_dependencies(
    name: str, value: object, commits: Mapping[str, str], indexes: Mapping[str, str]
) -> list[Dependency]:
    """What poetry's entry *name* = *value* declares, several where it is a list that markers part.

    *commits* are those that the lock holds for git dependencies, by normalised name; *indexes* maps the
    sources' names to those of uv's indexes. Raises CannotConvertError.
    """
    entries = value if isinstance(value, list) else [value]
    return [_dependency(name, entry, commits, indexes) for entry in entries]


def specifier_of(constraint: VersionConstraint) -> str | None:
    """A constraint of poetry's as a PEP 440 specifier set; None where there is none that says the same."""
    from poetry.core.constraints.version import Version, VersionUnion

    if isinstance(constraint, Version):
        return f"=={constraint.text}"
    if not isinstance(constraint, VersionUnion):
        return "" if constraint.is_any() else str(constraint).replace(" ", "")
    text = str(constraint).replace(" ", "")
    return text if "||" not in text else _punctured(constraint)


def _punctured(union: Any) -> str | None:
    """``<2 || >2`` as ``!=2``: a range with holes of one version each, or of one series each (``!=2.*``)."""
    ranges = union.ranges
    holes = []
    for lower, upper in itertools.pairwise(ranges):
        left, right = lower.max, upper.min
        if left is None or right is None:
            return None
        left, right = _plain(left), _plain(right)
        if left == right and not lower.include_max and not upper.include_min:
            holes.append(f"!={right.text}")
        elif left != right:
            return None
    first, last = ranges[0], ranges[-1]
    parts = []
    if first.min is not None:
        parts.append(f"{'>=' if first.include_min else '>'}{_plain(first.min).text}")
    if last.max is not None:
        parts.append(f"{'<=' if last.include_max else '<'}{_plain(last.max).text}")
    return ",".join([*parts, *holes])


def _plain(version: Any) -> Any:
    """poetry-core ends a range at the first pre-release of its bound (``<2.0.dev0``)."""
    return version.stable if version.is_devrelease() else version


def _dependency(
    name: str, value: object, commits: Mapping[str, str], indexes: Mapping[str, str]
) -> Dependency:
    from poetry.core.factory import Factory

    table: dict[str, Any] = dict(value) if isinstance(value, dict) else {"version": value}
    source, note = _source(name, table, commits, indexes)
    plain = {key: part for key, part in table.items() if key not in (*_ORIGINS, "source", "develop")}
    if any(origin in table for origin in _ORIGINS):
        plain = {
            key: part for key, part in plain.items() if key not in ("rev", "tag", "branch", "subdirectory")
        }
    plain.setdefault("version", "*")
    if is_tangled(str(plain.get("markers", ""))):
        why = f"{name}: its markers have too many alternatives to write them out"
        raise CannotConvertError("unreadable-dependency", why)
    try:
        read = Factory.create_dependency(name, plain)
    except Exception as error:  # poetry-core has no base class for what it cannot parse
        raise CannotConvertError("unreadable-dependency", f"{name}: {_one_line(error)}") from error
    if read.marker.is_empty():
        raise CannotConvertError("unreadable-dependency", f"{name}: its markers never hold together")
    specifier = specifier_of(read.constraint)
    if specifier is None:
        why = f"{name} {read.pretty_constraint}: a choice of versions that no single requirement can say"
        raise CannotConvertError("version-union", why)
    extras = ",".join(sorted(str(extra) for extra in plain.get("extras", ())))
    text = f"{name}[{extras}]{specifier}" if extras else f"{name}{specifier}"
    marker = None if read.marker.is_any() else str(read.marker)
    try:
        checked = read_specifier(f"{text} ; {marker}" if marker else text)
    except InvalidSpecifierError as error:
        raise CannotConvertError("unreadable-dependency", f"{name}: {error}") from error
    prereleases = bool(table.get("allow-prereleases", table.get("allows-prereleases", False)))
    return Dependency(
        normalise(name),
        checked.text,
        checked.specifier,
        checked.marker,
        source,
        bool(table.get("optional", False)),
        prereleases,
        note,
    )


def _source(
    name: str, table: Mapping[str, Any], commits: Mapping[str, str], indexes: Mapping[str, str]
) -> tuple[Source | None, str | None]:
    """The entry of ``[tool.uv.sources]`` (uv docs, "Dependency sources") that *table* asks for."""
    if "git" in table:
        return _git(name, table, commits.get(normalise(name)))
    if "path" in table or "file" in table:
        path = str(table.get("path", table.get("file")))
        if table.get("subdirectory"):
            path = f"{path.rstrip('/')}/{table['subdirectory']}"
        return {"path": path} | ({"editable": True} if table.get("develop") else {}), None
    if "url" in table:
        url = str(table["url"])
        if has_credentials(url):
            raise CannotConvertError("url-credentials", f"{name}: the URL carries credentials")
        return {"url": url} | _subdirectory(table), None
    if "source" not in table:
        return None, None
    index = indexes.get(table["source"], "" if str(table["source"]).lower() == "pypi" else None)
    if index is None:
        raise CannotConvertError("unknown-source", f"{name}: there is no source {table['source']}")
    return ({"index": index} if index else None), None


def _git(name: str, table: Mapping[str, Any], commit: str | None) -> tuple[Source, str | None]:
    url = str(table["git"])
    short = _SCP.fullmatch(url) if "://" not in url else None
    if short is not None:
        url = f"ssh://{short['user']}@{short['host']}/{short['path']}"
    if has_credentials(url):
        raise CannotConvertError("url-credentials", f"{name}: the URL carries credentials")
    rest = _subdirectory(table)
    rev = table.get("rev")
    if "tag" in table:
        return {"git": url, "tag": str(table["tag"])} | rest, None
    if rev is not None and (commit is None or _COMMIT.fullmatch(str(rev))):
        return {"git": url, "rev": str(rev)} | rest, None
    branch: Source = {"branch": str(table["branch"])} if "branch" in table else {}
    named = f"branch {table['branch']}" if branch else f"rev {rev}" if rev is not None else "default branch"
    if commit is None:
        return {"git": url} | branch | rest, f"{name} follows its {named}: no lock holds a commit of it"
    note = f"{name} is held at the commit that poetry.lock has of its {named}: change rev to move on"
    return {"git": url, "rev": commit} | rest, note


def _subdirectory(table: Mapping[str, Any]) -> Source:
    return {"subdirectory": str(table["subdirectory"])} if table.get("subdirectory") else {}


def _one_line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
