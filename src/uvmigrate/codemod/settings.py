"""Settings: what the command line, ``uvmigrate.toml`` or ``[tool.uvmigrate]`` and ``--config`` say."""

from __future__ import annotations

import re
import tomllib
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from uvmigrate.source import NamedTuple, Unreadable, lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from uvmigrate.source import Repo

#: The newest uv that was known, and tried, when this version was released.
UV_VERSION = "0.13.8"
UV_IMAGE = "ghcr.io/astral-sh/uv"
#: Outside of any WORKDIR, so that a bind mount over the sources does not hide it.
VENV = "/opt/venv"

Strategy = Literal["auto", "sync", "pip"]
#: The settings that are lists, and what their items are.
_LISTS = {"select": "codemod ids", "ignore": "codemod ids", "exclude": "paths"}
_VERSION = lazy_pattern(r"\d+\.\d+\.\d+")
#: A registry with its port, names, a tag and a digest; no protocol, and no credentials.
_IMAGE = lazy_pattern(r"[\w.-]+(:\d+/[\w.-]+)?(/[\w.-]+)*(:[\w.-]+)?(@sha256:[0-9a-f]{64})?", re.ASCII)
#: The core metadata specification, "Name".
_NAME = lazy_pattern(r"[A-Z0-9]|[A-Z0-9][A-Z0-9._-]*[A-Z0-9]", re.IGNORECASE | re.ASCII)


class SettingsError(ValueError):
    """A setting that cannot be: the message names it, and the file it stands in."""


class Tried(NamedTuple):
    """What a service needed in order to run read-only, seen when that was tried and went well.

    ``tmpfs`` are entries as compose has them. ``hidden`` are places that it wrote to while it could and where
    a tmpfs would hide files of the image, ``paths`` all that it wrote outside of volumes.
    """

    tmpfs: tuple[str, ...]
    hidden: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()


class Settings(NamedTuple):
    """How to migrate. ``select`` empty means every codemod that is not opt-in.

    ``venv`` is None unless somebody chose it: then what a file has already wins over VENV. ``uv_image`` is a
    repository, to which ``uv_version`` is added as the tag, or a whole reference with a tag or a digest.
    ``name`` is the project's name where the repository has none. ``compose`` are sets of compose files that
    Compose is given together, in this order (``-f``); paths are relative to the repository's root. What lies
    below a path of ``exclude`` is planned only where it is asked for by name. ``tried`` are services, by
    compose file and name, that were seen to run read-only: no file of settings says it.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    strategy: Strategy = "auto"
    venv: str | None = None
    keep_uv: bool = False
    uv_version: str = UV_VERSION
    uv_image: str = UV_IMAGE
    python: str | None = None
    name: str | None = None
    allow_build: bool = False
    compose: tuple[tuple[str, ...], ...] = ()
    exclude: tuple[str, ...] = ()
    tried: Mapping[tuple[PurePosixPath, str], Tried] = MappingProxyType({})

    @property
    def uv_reference(self) -> str:
        """The image that uv is copied from, pinned."""
        last = self.uv_image.rpartition("/")[2]
        return self.uv_image if ":" in last or "@" in last else f"{self.uv_image}:{self.uv_version}"


def read_settings(repo: Repo, config: Path | None, given: Mapping[str, object]) -> Settings:
    """The settings of one run: defaults, then *config*, then the repository's own, then the command line's.

    Raises SettingsError for an unknown key, a value of the wrong kind or a settings file of the repository
    that cannot be read, and OSError where *config* cannot be read.
    """
    settings = Settings()
    if config is not None:
        settings = _merge(settings, _toml(config.read_bytes(), str(config)), str(config))
    own = PurePosixPath("uvmigrate.toml")
    pyproject = PurePosixPath("pyproject.toml")
    if own in repo:
        settings = _merge(settings, _toml(_readable(repo, own), str(own)), str(own))
    elif b"uvmigrate" in repo.get(pyproject, b""):
        tool = _toml(repo[pyproject], str(pyproject)).get("tool", {})
        table = tool.get("uvmigrate", {}) if isinstance(tool, dict) else {}
        if not isinstance(table, dict):
            raise SettingsError(f"{pyproject}: tool.uvmigrate must be a table")
        settings = _merge(settings, table, f"{pyproject} [tool.uvmigrate]")
    return _merge(settings, {k: v for k, v in given.items() if v is not None}, "command line")


def _readable(repo: Repo, path: PurePosixPath) -> bytes:
    try:
        return repo[path]
    except Unreadable as error:
        raise SettingsError(str(error)) from error


def _toml(data: bytes, where: str) -> dict[str, Any]:
    try:
        return tomllib.loads(data.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{where}: not readable as TOML: {error}") from error
    except RecursionError as error:
        raise SettingsError(f"{where}: not readable as TOML: it is nested too deeply") from error


def _merge(settings: Settings, table: Mapping[str, object], where: str) -> Settings:
    known = set(Settings._fields) - {"tried"}
    changes: dict[str, Any] = {}
    for key, value in table.items():
        name = key.replace("-", "_")
        if name not in known:
            raise SettingsError(f"{where}: no such setting: {key}")
        default = getattr(Settings(), name)
        if name in _LISTS:
            if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
                raise SettingsError(f"{where}: {key} must be a list of {_LISTS[name]}")
            value = tuple(value)
        elif name == "compose":
            value = _sets(value, f"{where}: {key}")
        elif isinstance(default, bool) != isinstance(value, bool) or not isinstance(value, bool | str):
            raise SettingsError(
                f"{where}: {key} must be {'true or false' if isinstance(default, bool) else 'a string'}"
            )
        changes[name] = value
    if not changes:
        return settings
    merged = settings._replace(**changes)
    _check(merged, where)
    return merged


def _sets(value: object, what: str) -> tuple[tuple[str, ...], ...]:
    sets = value if isinstance(value, list | tuple) else ()
    found = tuple(tuple(one) for one in sets if isinstance(one, list | tuple))
    names = [name for one in found for name in one]
    if len(found) != len(sets) or not found or not all(isinstance(name, str) for name in names):
        raise SettingsError(f"{what} must be a list of lists of compose files")
    return found


def _check(settings: Settings, where: str) -> None:
    if settings.strategy not in ("auto", "sync", "pip"):
        raise SettingsError(f"{where}: strategy must be auto, sync or pip, not {settings.strategy}")
    if not _VERSION.fullmatch(settings.uv_version):
        raise SettingsError(f"{where}: uv-version must be like 0.13.8, not {settings.uv_version}")
    if settings.python is not None and not re.fullmatch(r"3\.\d+", settings.python):
        raise SettingsError(f"{where}: python must be like 3.12, not {settings.python}")
    if settings.name is not None and not _NAME.fullmatch(settings.name):
        raise SettingsError(f"{where}: name must be a project name like my-app, not {settings.name}")
    if settings.venv is not None and not re.fullmatch(r"/[\w./-]+|\.venv", settings.venv):
        raise SettingsError(f"{where}: venv must be an absolute path or .venv, not {settings.venv}")
    if not _IMAGE.fullmatch(settings.uv_image) or settings.uv_image.endswith(":latest"):
        raise SettingsError(
            f"{where}: uv-image must be a pinned image reference, like {UV_IMAGE}:{UV_VERSION}"
        )
