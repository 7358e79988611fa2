"""Imports and ``exec``: what modules of the repository bind, and which others are asked for."""

from __future__ import annotations

import ast
import contextlib
import warnings
from typing import TYPE_CHECKING

from uvmigrate.project.static.machine import CannotReadError, Left, Stop
from uvmigrate.project.static.statements import INSTALLED, Statements
from uvmigrate.project.static.values import HERE, FileText, Module, Ref, Scope
from uvmigrate.source import NamedTuple, Unreadable

if TYPE_CHECKING:
    from pathlib import PurePosixPath

    from uvmigrate.source import Repo


class Given(NamedTuple):
    """The value of a keyword of ``setup()``, and its place."""

    value: object
    path: PurePosixPath
    line: int


class Modules(Statements):
    """A whole reading; ``keywords`` are those of ``setup()``, each with its line."""

    def __init__(self, repo: Repo, folder: PurePosixPath) -> None:
        super().__init__(repo, folder)
        self.keywords: dict[str, Given] | None = None

    def run(self, path: PurePosixPath) -> None:
        """Reads the setup.py at *path*. Raises CannotReadError where it is none that can be followed."""
        tree = parse(self._data(path), path)
        names: dict[str, object] = {
            "__name__": "__main__",
            "__file__": f"{HERE}/{path.name}",
            "__doc__": ast.get_docstring(tree, clean=False),
        }
        self.scopes.append(Scope(names, names, path))
        try:
            with contextlib.suppress(Stop, Left):
                self.execute(tree.body)
        except RecursionError:
            raise CannotReadError("it is nested too deeply", path, 0) from None
        if self.keywords is None:
            raise CannotReadError("it never calls setuptools.setup()", path, 0)

    def _data(self, path: PurePosixPath) -> bytes:
        try:
            return self.repo[path]
        except KeyError:
            raise CannotReadError("there is no such file", path, 0) from None
        except Unreadable as error:
            raise CannotReadError(error.why, path, 0) from None

    def setup_called(self, node: ast.Call, keywords: dict[str, object]) -> None:
        """Takes the keywords of the one call of ``setup`` that is certain to happen."""
        if self.forks:
            raise CannotReadError("it may call setup() here or not", self.scope.path, node.lineno)
        if self.keywords is not None:
            raise CannotReadError("it calls setup() twice", self.scope.path, node.lineno)
        lines = {keyword.arg: keyword.value.lineno for keyword in node.keywords}
        path = self.scope.path
        self.keywords = {
            key: Given(value, path, lines.get(key, node.lineno)) for key, value in keywords.items()
        }

    def import_names(self, node: ast.Import | ast.ImportFrom) -> None:
        """Binds what the import binds; what is no module of the repository stays a name."""
        if isinstance(node, ast.Import):
            for alias in node.names:
                first = alias.name.partition(".")[0]
                whole = alias.name if alias.asname else first
                self.set_name(alias.asname or first, self._module(alias.name, node, whole))
            return
        base = self._from(node)
        for alias in node.names:
            module = self._module(base, node, base)
            if alias.name == "*":
                raise TypeError("every name may be bound")
            value = (
                self.attribute_of_module(module, alias.name, node)
                if isinstance(module, Module)
                else self.of_ref(f"{base}.{alias.name}")
            )
            self.set_name(alias.asname or alias.name, value)

    def _from(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        package = self.scope.package.split(".")
        if node.level > len(package) or not self.scope.package:
            raise TypeError("a relative import that leads nowhere")
        return ".".join(filter(None, [*package[: len(package) - node.level + 1], node.module or ""]))

    def _module(self, name: str, node: ast.AST, wanted: str) -> object:
        """The module *wanted*, whose (sub)module *name* is imported."""
        if self._file(name.partition(".")[0]) is None and not self._is_folder(name.partition(".")[0]):
            if self.scopes[0] is self.scope and not self.forks:
                self.imported.setdefault(name.partition(".")[0], int(getattr(node, "lineno", 0)))
            return Ref(wanted)
        self.own_modules.add(name.partition(".")[0])
        return Module(wanted, self._names(wanted))

    def attribute_of_module(self, module: Module, name: str, node: ast.AST) -> object:
        """A name of a module of the repository, or its submodule."""
        if name in module.names:
            return module.names[name]
        inner = f"{module.name}.{name}"
        if self._file(inner) is not None or self._is_folder(inner):
            return Module(inner, self._names(inner))
        return self.unknown(node)

    def _file(self, name: str) -> PurePosixPath | None:
        if name.partition(".")[0] in INSTALLED:
            return None
        stem = self.folder.joinpath(*name.split("."))
        return next(
            (file for file in (stem / "__init__.py", stem.with_name(f"{stem.name}.py")) if file in self.repo),
            None,
        )

    def _is_folder(self, name: str) -> bool:
        """Whether it is a package without an ``__init__.py``."""
        if name.partition(".")[0] in INSTALLED:
            return False
        folder = self.folder.joinpath(*name.split("."))
        return any(path.suffix == ".py" for path in self.repo.below(folder))

    def _names(self, name: str) -> dict[str, object]:
        """What the module *name* of the repository binds; read once."""
        if name in self.modules:
            return self.modules[name]
        names: dict[str, object] = {}
        self.modules[name] = names
        file = self._file(name)
        if file is not None:
            names |= {"__name__": name, "__file__": f"{HERE}/{file.relative_to(self.folder)}"}
            self.read[file] = None
            package = name if file.name == "__init__.py" else name.rpartition(".")[0]
            try:
                tree = parse(self.repo[file], file)
            except (CannotReadError, KeyError, Unreadable):
                return names
            self._read(tree, names, file, package)
        return names

    def read_into(self, text: FileText, names: dict[str, object]) -> None:
        """What ``exec`` of the text binds in *names*."""
        self._read(parse(text.encode(), text.path), names, text.path, "")

    def _read(self, tree: ast.Module, names: dict[str, object], path: PurePosixPath, package: str) -> None:
        self.scopes.append(Scope(names, names, path, package))
        try:
            self.execute(tree.body)
        except (Stop, Left):
            # The import would fail.
            unknown = self.unknown(tree)
            names.update(dict.fromkeys(names, unknown))
        finally:
            self.scopes.pop()


def parse(data: bytes, path: PurePosixPath) -> ast.Module:
    """The syntax tree. Raises CannotReadError where it is none."""
    try:
        with warnings.catch_warnings():
            # It warns of odd escapes in texts, which are the file's own business.
            warnings.simplefilter("ignore")
            return ast.parse(data)
    except SyntaxError as error:
        raise CannotReadError(f"is no Python: {error.msg}", path, error.lineno or 0) from None
    except (RecursionError, MemoryError):
        # Pythons say it differently.
        raise CannotReadError("is no Python: it is nested too deeply", path, 0) from None
    except ValueError as error:
        raise CannotReadError(f"is no Python: {error}", path, 0) from None
