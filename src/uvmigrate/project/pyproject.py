"""What a pyproject.toml says (PEP 518, 621, 735, and the tables of uv and poetry)."""

from __future__ import annotations

import re
import tomllib
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

from uvmigrate import source
from uvmigrate.project.lines import Unreadable
from uvmigrate.source import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import PurePosixPath

    from uvmigrate.source import Repo


_LOCKED = ("version", "dependencies", "optional-dependencies", "requires-python")


class Pyproject(NamedTuple):
    """A pyproject.toml: ``data`` is all of it; the properties pass over values of a wrong type."""

    path: PurePosixPath
    data: Mapping[str, Any]

    @property
    def has_project(self) -> bool:
        """Whether there is a ``[project]`` table: without one uv installs nothing, and says nothing."""
        return isinstance(self.data.get("project"), dict)

    @property
    def project(self) -> Mapping[str, Any]:
        """The ``[project]`` table, empty where there is none."""
        return _table(self.data, "project")

    @property
    def is_synced(self) -> bool:
        """Whether uv locks and installs something of it: ``[project]``, or groups alone (uv 0.12)."""
        return self.has_project or bool(self.groups)

    @property
    def name(self) -> str | None:
        """The project's name as it is written."""
        return _text(self.project.get("name"))

    @property
    def version(self) -> str | None:
        """The static version; None where it is dynamic or missing."""
        return _text(self.project.get("version"))

    @property
    def requires_python(self) -> str | None:
        """``requires-python`` as it is written."""
        return _text(self.project.get("requires-python"))

    @property
    def dynamic(self) -> tuple[str, ...]:
        """The fields that only the build backend knows; asking it runs the repository's code."""
        return _texts(self.project.get("dynamic"))

    @property
    def locked_by_code(self) -> tuple[str, ...]:
        """The dynamic fields for which ``uv lock`` runs the build backend, even with ``--no-build``.

        The other fields are not in a lock (tried with uv 0.13.8). uv takes poetry's table for the
        dependencies where ``[project]`` does not declare any.
        """
        found = [field for field in _LOCKED if field in self.dynamic]
        if self.poetry and "dependencies" not in self.project and "dependencies" not in found:
            found.append("dependencies")
        return tuple(found)

    @property
    def dependencies(self) -> tuple[str, ...]:
        """``[project] dependencies`` as they are written."""
        return _texts(self.project.get("dependencies"))

    @property
    def optional(self) -> dict[str, tuple[str, ...]]:
        """``[project.optional-dependencies]``: the extras."""
        return {
            name: _texts(entries) for name, entries in _table(self.project, "optional-dependencies").items()
        }

    @property
    def groups(self) -> Mapping[str, Any]:
        """``[dependency-groups]`` as it stands: entries are texts or ``{include-group = …}`` (PEP 735)."""
        return _table(self.data, "dependency-groups")

    @property
    def scripts(self) -> dict[str, str]:
        """The console scripts: name to entry point."""
        scripts = _table(self.project, "scripts")
        return {name: target for name, target in scripts.items() if isinstance(target, str)}

    @property
    def build_system(self) -> bool:
        """Whether there is a ``[build-system]`` table."""
        return "build-system" in self.data

    @property
    def poetry(self) -> bool:
        """Whether there is a ``[tool.poetry]`` table."""
        return "poetry" in self.tool

    @property
    def uv(self) -> Mapping[str, Any]:
        """The ``[tool.uv]`` table, empty where there is none."""
        return _table(self.tool, "uv")

    @property
    def uv_package(self) -> bool | None:
        """``tool.uv.package``, None where it is not set."""
        value = self.uv.get("package")
        return value if isinstance(value, bool) else None

    @property
    def is_packaged(self) -> bool:
        """Whether uv builds and installs the project itself (uv docs, "Build systems")."""
        return self.build_system if self.uv_package is None else self.uv_package

    @property
    def default_groups(self) -> tuple[str, ...] | Literal["all"] | None:
        """``tool.uv.default-groups``; None where it is not set, which means ``dev``."""
        value = self.uv.get("default-groups")
        if value == "all":
            return "all"
        return None if value is None else _texts(value)

    @property
    def workspace(self) -> bool:
        """Whether this is the root of a uv workspace."""
        return "workspace" in self.uv

    @property
    def sources(self) -> Mapping[str, Any]:
        """``[tool.uv.sources]``."""
        return _table(self.uv, "sources")

    @property
    def tool(self) -> Mapping[str, Any]:
        """The ``[tool]`` table: the settings of all tools."""
        return _table(self.data, "tool")


def read_pyproject(repo: Repo, path: PurePosixPath) -> Pyproject | Unreadable | None:
    """The pyproject.toml at *path*; None where it is not there, Unreadable where it is no TOML."""
    try:
        return Pyproject(path, read_toml(repo[path]))
    except KeyError:
        return None
    except source.Unreadable as error:
        return Unreadable(0, "", error.why, "unreadable-file")
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        place = re.search(r"at line (\d+)", str(error))
        return Unreadable(int(place[1]) if place else 0, "", f"is no TOML: {error}", "invalid-toml")


@lru_cache(maxsize=128)
def read_toml(data: bytes) -> Mapping[str, Any]:
    """The tables of a TOML file, read once for all that ask: nobody changes them.

    Raises UnicodeDecodeError, tomllib.TOMLDecodeError or RecursionError.
    """
    return tomllib.loads(data.decode())


def _table(data: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = data.get(key)
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _texts(value: object) -> tuple[str, ...]:
    return tuple(entry for entry in value if isinstance(entry, str)) if isinstance(value, list) else ()
