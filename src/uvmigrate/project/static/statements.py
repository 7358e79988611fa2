"""Follows the statements of a Python file; what may be done or not leaves its effects unknown."""

from __future__ import annotations

import ast
import contextlib
import sys
from typing import TYPE_CHECKING

from uvmigrate.project.static.calls import SETUP, Calls
from uvmigrate.project.static.machine import CannotReadError, Left, LoopLeft, Stop
from uvmigrate.project.static.methods import ERRORS, check_size
from uvmigrate.project.static.values import (
    Function,
    Ref,
    Scope,
    TextFile,
    Unknown,
    frozen,
    is_text,
    parts,
    spoil,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

#: What a build with setuptools finds installed; an import of it does not fail.
INSTALLED = frozenset({*sys.stdlib_module_names, "setuptools", "distutils", "pkg_resources"})


class Statements(Calls):
    """``execute`` ends by Stop or Left where the statements do."""

    def import_names(self, node: ast.Import | ast.ImportFrom) -> None:
        """Binds what the import binds; modules' own module knows."""
        raise NotImplementedError

    def execute(self, body: Sequence[ast.stmt]) -> None:
        """Follows the statements in order."""
        for node in body:
            self.step(node)
            try:
                self._statement(node)
            except ERRORS:
                self.give_up(node)

    def run_body(self, function: ast.FunctionDef, scope: Scope) -> object:
        """What the function's body returns in *scope*."""
        if any(isinstance(node, ast.Yield | ast.YieldFrom) for node in ast.walk(function)):
            raise TypeError("a generator")
        value: object = None
        try:
            self.execute(function.body)
        except Left as left:
            value = left.value
        except Stop:
            if not scope.maybe:
                raise
            value = scope.maybe[-1]
        if len({frozen(each) for each in (value, *scope.maybe)}) == 1:
            return value
        text = all(is_text(each) for each in (value, *scope.maybe))
        return self.because(function, value, *scope.maybe, text=text)

    def _statement(self, node: ast.stmt) -> None:
        match node:
            case ast.Assign(targets=targets, value=value):
                found = self.evaluate(value)
                for target in targets:
                    self.bind(target, found)
            case ast.AnnAssign(target=target, value=value):
                if value is not None:
                    self.bind(target, self.evaluate(value))
            case ast.AugAssign():
                self._augmented(node)
            case ast.Expr(value=value):
                self.evaluate(value)
            case ast.Import() | ast.ImportFrom():
                self.import_names(node)
            case ast.FunctionDef():
                self._defined(node)
            case ast.If():
                self._if(node)
            case ast.With():
                self._with(node)
            case ast.Try():
                self._try(node)
            case ast.For():
                self._for(node)
            case ast.Return(value=value):
                raise Left("return", None if value is None else self.evaluate(value))
            case ast.Raise():
                raise Stop
            case ast.Break() | ast.Continue():
                raise Left("break" if isinstance(node, ast.Break) else "continue")
            case ast.Global(names=names):
                self.scope.global_names.update(names)
            case ast.Pass():
                pass
            case ast.Assert(test=test):
                self.evaluate(test)
            case _:
                raise TypeError("a statement that is not followed")

    def _augmented(self, node: ast.AugAssign) -> None:
        target = node.target
        if not isinstance(node.op, ast.Add) or not isinstance(target, ast.Name | ast.Subscript):
            raise TypeError("a statement that is not followed")
        old, value = self.evaluate(target), self.evaluate(node.value)
        if isinstance(old, list):
            # Lists grow in place, for all who hold them.
            found = self.elements(value) if not isinstance(value, list | tuple) else list(value)
            if found is None:
                spoil(old, self.because(node, value))
            else:
                check_size(len(old) + len(found))
                old += found
            return
        combined = ast.BinOp(target, ast.Add(), node.value)
        self.bind(target, self.evaluate(ast.copy_location(combined, node)))

    def _defined(self, node: ast.FunctionDef) -> None:
        arguments = node.args
        if node.decorator_list:
            raise TypeError("a decorator decides what it does")
        if self.scope.names is not self.scope.module:
            raise TypeError("a function that sees another one's names")
        places = [*arguments.posonlyargs, *arguments.args]
        defaults = {
            place.arg: self.evaluate(value)
            for place, value in zip(
                places[len(places) - len(arguments.defaults) :], arguments.defaults, strict=True
            )
        }
        for place, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
            if default is not None:
                defaults[place.arg] = self.evaluate(default)
        scope = self.scope
        self.set_name(node.name, Function(node, scope.module, scope.path, scope.package, defaults))

    def _if(self, node: ast.If) -> None:
        truth = self.truth(node.test)
        if truth is not None:
            self.execute(node.body if truth else node.orelse)
        else:
            self.fork(node, [self._path_of(node.body), self._path_of(node.orelse)])

    def _path_of(self, *bodies: Sequence[ast.stmt], first: Sequence[ast.stmt] = ()) -> Callable[[], None]:
        """*bodies* in order, after *first*, wherever that ends."""

        def follow() -> None:
            with contextlib.suppress(Stop):
                self.execute(first)
            for body in bodies:
                self.execute(body)

        return follow

    def _with(self, node: ast.With) -> None:
        opened = True
        for item in node.items:
            value = self.evaluate(item.context_expr)
            opened = opened and isinstance(value, TextFile)
            if item.optional_vars is not None:
                self.bind(item.optional_vars, value)
        if opened:
            self.execute(node.body)
        else:
            # It may swallow exceptions (contextlib.suppress), wherever in the body they are raised.
            self.fork(node, [self._path_of(node.body), self._path_of([])])

    def _try(self, node: ast.Try) -> None:
        bodies = [handler.body for handler in node.handlers]
        if not bodies or all(_always_found(each) for each in node.body):
            self.execute([*node.body, *node.orelse])
        else:
            for handler in node.handlers:
                if handler.name is not None:
                    self.set_name(handler.name, self.unknown(handler))
            # What raises may do so before the first effect of the body, or after the last one.
            early = [self._path_of(body) for body in bodies]
            late = [self._path_of(body, first=node.body) for body in bodies]
            self.fork(node, [self._path_of(node.body, node.orelse), *early, *late])
        self.execute(node.finalbody)

    def _for(self, node: ast.For) -> None:
        found = self.elements(self.evaluate(node.iter))
        if found is None:
            raise TypeError("what is looped over is not known")
        for each in found:
            self.bind(node.target, each)
            try:
                self.execute(node.body)
            except LoopLeft:
                raise TypeError("how often it loops is not known") from None
            except Left as left:
                if left.kind == "return":
                    raise
                if left.kind == "break":
                    return
        self.execute(node.orelse)

    def give_up(self, node: ast.AST) -> None:
        """Takes for changed all that *node* could change, and for possible every return in it."""
        unknown = self.unknown(node)
        for each in _own(node):
            if isinstance(each, ast.Return):
                self.scope.maybe.append(unknown)
            for name in _bound_by(each):
                self.set_name(name, unknown)
        self._reach(node, unknown, set())

    def may_change(self, value: object, unknown: Unknown) -> None:
        """Takes for changed what whoever is handed *value* could change."""
        self._change(value, unknown, set())

    def _change(self, value: object, unknown: Unknown, seen: set[int]) -> None:
        spoil(value, unknown)
        for part in list(parts(value)):
            if isinstance(part, Function) and id(part.node) not in seen:
                seen.add(id(part.node))
                self._reach(part.node, unknown, seen)

    def _reach(self, node: ast.AST, unknown: Unknown, seen: set[int]) -> None:
        """Takes for changed all that code can change through the names in it."""
        for each in ast.walk(node):
            if isinstance(each, ast.Global):
                self.scope.module.update(dict.fromkeys(each.names, unknown))
            if isinstance(each, ast.Name):
                for names in (self.scope.names, self.scope.module):
                    self._change(names.get(each.id), unknown, seen)
            if isinstance(each, ast.Attribute | ast.Name) and self._is_setup(each):
                raise CannotReadError("it may call setup() here or not", self.scope.path, each.lineno)

    def _is_setup(self, node: ast.Attribute | ast.Name) -> bool:
        if isinstance(node, ast.Name):
            value = self.scope.names.get(node.id, self.scope.module.get(node.id))
            return isinstance(value, Ref) and value.name in SETUP
        return isinstance(node.value, ast.Name) and node.attr == "setup" and self._is_module(node.value.id)

    def _is_module(self, name: str) -> bool:
        value = self.scope.names.get(name, self.scope.module.get(name))
        return isinstance(value, Ref) and f"{value.name}.setup" in SETUP


def _own(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes below *node* that are run with it: not the bodies of functions and classes."""
    waiting: list[ast.AST] = [node]
    while waiting:
        found = waiting.pop()
        yield found
        if not isinstance(found, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            waiting += ast.iter_child_nodes(found)


def _bound_by(node: ast.AST) -> list[str]:
    match node:
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            return [alias.asname or alias.name.partition(".")[0] for alias in names]
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return [name]
        case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
            return [name]
    return []


def _always_found(node: ast.stmt) -> bool:
    """Whether this is an import that cannot fail where setuptools builds."""
    match node:
        case ast.Import(names=names):
            return all(alias.name.partition(".")[0] in INSTALLED for alias in names)
        case ast.ImportFrom(module=str(module), level=0):
            return module in ("setuptools", "pathlib", "os", "re", "sys", "io", "distutils.core")
    return False
