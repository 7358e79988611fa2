"""From a path to a ComposeFile: its documents, what its services extend, what it includes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.compose.merge import RESET, items, layered
from uvmigrate.compose.model import TEMPLATE, ComposeFile, Problem, inside
from uvmigrate.compose.nodes import Lines, UnusableError
from uvmigrate.compose.service import service
from uvmigrate.compose.tree import Budget, Scalar, Table, read
from uvmigrate.compose.variables import substitute
from uvmigrate.source import Unreadable

if TYPE_CHECKING:
    from pathlib import PurePosixPath

    from uvmigrate.compose.model import Service
    from uvmigrate.compose.tree import Value
    from uvmigrate.source import Repo


def load(repo: Repo, path: PurePosixPath) -> ComposeFile:
    """The compose file at *path*, relative to the root of *repo*. Never raises: see ComposeFile.problem.

    Where variables decide, their defaults are taken; ``.env`` files are not read.
    """
    data = b""
    try:
        data = repo[path]
        if "{{" in str(path) or "{%" in str(path):
            raise UnusableError(1, TEMPLATE)
        files = _Files(repo)
        tables = {name: files.resolved(path, name) for name in files.services(path)}
        services = tuple(_based(service(name, table), repo) for name, table in tables.items())
        includes, documents = files.includes(path), files.documents(path)
        return ComposeFile(path, data, services, includes, None, Lines(data), documents, tables)
    except UnusableError as error:
        problem = Problem(error.line, error.why)
    except KeyError:
        problem = Problem(1, "is not there")
    except Unreadable as error:
        problem = Problem(1, error.why)
    return ComposeFile(path, data, (), (), problem, Lines(data))


def is_there(repo: Repo, path: PurePosixPath) -> bool:
    """Whether *repo* has the file; False also for a path that no file system takes."""
    try:
        return path in repo
    except (OSError, ValueError):
        return False


def _based(found: Service, repo: Repo) -> Service:
    """The service with the folder that its build context is relative to.

    Paths are relative to the folder of the first file that Compose is given, or to --project-directory. A
    file in a folder below may thus be meant to be laid over one above it.
    """
    build = found.build
    if build is None:
        return found
    for folder in (build.base, *build.base.parents):
        moved = build._replace(base=folder)
        dockerfile = moved.dockerfile_path()
        if dockerfile is not None and is_there(repo, dockerfile):
            return found._replace(build=moved)
    return found


class _Files:
    """The compose files that one `load` needs: the file itself, and those that its services extend."""

    def __init__(self, repo: Repo) -> None:
        self._repo = repo
        self._budget = Budget()
        self._documents: dict[PurePosixPath, tuple[Table, ...]] = {}
        self._services: dict[PurePosixPath, dict[str, Table]] = {}

    def documents(self, path: PurePosixPath) -> tuple[Table, ...]:
        """The top-level tables of the file. Raises UnusableError, and what Repo raises for a path."""
        if path not in self._documents:
            self._documents[path] = read(path, self._repo[path], self._budget)
        return self._documents[path]

    def services(self, path: PurePosixPath) -> dict[str, Table]:
        """The services of the file by name, each document's laid over those of the documents before it.

        Raises as `documents` does.
        """
        if path not in self._services:
            result: dict[str, Table] = {}
            for document in self.documents(path):
                for name, over in _services(document).items():
                    if over.tag == RESET:
                        result.pop(name, None)
                    elif name in result:
                        result[name] = layered(result[name], over, self._budget)
                    else:
                        result[name] = over
            self._services[path] = result
        return self._services[path]

    def resolved(
        self, path: PurePosixPath, name: str, seen: frozenset[tuple[PurePosixPath, str]] = frozenset()
    ) -> Table:
        """The service laid over what it extends; *seen* are the services on the way to it.

        Raises UnusableError where that cannot be followed, and as `documents` does.
        """
        extending = self.services(path)[name]
        extends = extending.entries.get("extends")
        if extends is None or extends.tag == RESET:
            return extending
        line = extends.place.line
        seen |= {(path, name)}
        base_path, base_name = extended(path, extends)
        if (base_path, base_name) in seen:
            raise UnusableError(line, f'has a service "{name}" that extends itself')
        where = base_name if base_path == path else f"{base_name} of {base_path}"
        try:
            base = self.resolved(base_path, base_name, seen)
        except UnusableError as error:
            if base_path == path:
                raise
            raise UnusableError(
                line, f"extends {where}, whose file {error.why} (line {error.line})"
            ) from error
        except (KeyError, Unreadable):
            raise UnusableError(line, f"extends {where}, which is not there") from None
        return layered(base, extending, self._budget)

    def includes(self, path: PurePosixPath) -> tuple[PurePosixPath, ...]:
        """The files of the repository that the file's ``include:`` names. Raises as `documents` does."""
        listed: list[Value] = []
        for document in self.documents(path):
            for value in items(document.entries.get("include")):
                listed += items(value.entries.get("path")) if isinstance(value, Table) else [value]
        paths = (
            inside(path.parent, substitute(item.text))
            for item in listed
            if isinstance(item, Scalar) and item.text is not None
        )
        return tuple(found for found in paths if found is not None)


def _services(document: Table) -> dict[str, Table]:
    """The services of one document, a service that is null as an empty table. Raises UnusableError."""
    services = document.entries.get("services")
    if services is None and any(
        isinstance(value, Table) and value.entries.keys() & {"build", "image"}
        for value in document.entries.values()
    ):
        raise UnusableError(1, "has no services: key, as in the first version of Compose, which is gone")
    if services is None or (isinstance(services, Scalar) and services.text is None):
        return {}
    if not isinstance(services, Table):
        raise UnusableError(services.place.line, "has services that are no mapping")
    return {name: _table(name, value) for name, value in services.entries.items()}


def _table(name: str, value: Value) -> Table:
    if isinstance(value, Scalar) and (value.text is None or value.tag == RESET):
        return Table({}, value.place, value.tag)
    if not isinstance(value, Table):
        raise UnusableError(value.place.line, f'has a service "{name}" that is no mapping')
    return value


def extended(path: PurePosixPath, extends: Value) -> tuple[PurePosixPath, str]:
    """The file and the service that ``extends:`` names. Raises UnusableError."""
    if isinstance(extends, Scalar) and extends.text is not None:
        return path, substitute(extends.text)
    entries = extends.entries if isinstance(extends, Table) else {}
    name, file = entries.get("service"), entries.get("file")
    if isinstance(name, Scalar) and name.text is not None:
        if file is None:
            return path, substitute(name.text)
        found = inside(path.parent, substitute(file.text or "")) if isinstance(file, Scalar) else None
        if found is not None:
            return found, substitute(name.text)
    raise UnusableError(extends.place.line, "extends what is not known here or not in the repository")
