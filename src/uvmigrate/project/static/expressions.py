"""Evaluates the expressions of a Python file as far as they are certain."""

from __future__ import annotations

import ast
import builtins
from typing import TYPE_CHECKING, Any

from uvmigrate.project.static.machine import Machine
from uvmigrate.project.static.methods import ERRORS, binary, check_size, compare, text_of_any
from uvmigrate.project.static.values import (
    HERE,
    VERSION_INFO,
    FileText,
    Function,
    Method,
    Module,
    PathValue,
    Ref,
    TextFile,
    Unknown,
    is_text,
    unknown_in,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Stands for a value that has no truth that could be known.
_OPEN = (Unknown, Ref, TextFile, Method)


class Expressions(Machine):
    """``evaluate`` never raises for what is not known: it gives an Unknown with the place."""

    def call(self, node: ast.Call) -> object:
        """What the call gives; the calls' own module knows."""
        raise NotImplementedError

    def attribute_of_module(self, module: Module, name: str, node: ast.AST) -> object:
        """A name of a module of the repository, or its submodule."""
        raise NotImplementedError

    def evaluate(self, node: ast.expr) -> object:
        """The value of *node*."""
        self.step(node)
        method = getattr(self, f"_{type(node).__name__.lower()}", None)
        if method is None:
            return self.unknown(node)
        try:
            value = method(node)
        except ERRORS:
            return self.unknown(node)
        if isinstance(value, list | tuple | dict):
            # Large lists take long to look through.
            self.steps += len(value) // 16
        return value

    def truth(self, node: ast.expr) -> bool | None:
        """Whether *node* counts as true; None where that is not known."""
        value = self.evaluate(node)
        if isinstance(value, _OPEN) or (isinstance(value, list | dict | tuple) and unknown_in(value)):
            return None
        return bool(value)

    def elements(self, value: object) -> list[Any] | None:
        """What a loop over *value* meets; None where that is not known."""
        if isinstance(value, TextFile):
            if value.read or not isinstance(value.text, FileText):
                return None
            value.read = True
            return value.text.splitlines(keepends=True)
        if isinstance(value, list | tuple | dict | str) and not unknown_in(value):
            return list(value)
        return None

    def bind(self, target: ast.expr, value: object) -> None:
        """Gives *target* the value. Raises one of ERRORS for targets that are not known."""
        match target:
            case ast.Name(id=name):
                self.set_name(name, value)
            case ast.Tuple(elts=targets) | ast.List(elts=targets):
                found = self.elements(value) if not isinstance(value, tuple | list) else list(value)
                if found is None or len(found) != len(targets) or unknown_in(list(found)) in found:
                    found = [unknown_in(value) or self.unknown(target)] * len(targets)
                for each, part in zip(targets, found, strict=True):
                    self.bind(each.value if isinstance(each, ast.Starred) else each, part)
            case ast.Subscript(value=of, slice=key):
                holder, at = self.evaluate(of), self.evaluate(key)
                if not isinstance(holder, dict) or unknown_in(at):
                    raise TypeError("unknown target")
                holder[at] = value
            case _:
                raise TypeError("unknown target")

    def set_name(self, name: str, value: object) -> None:
        """Binds *name* where the scope at hand binds it."""
        scope = self.scope
        (scope.module if name in scope.global_names else scope.names)[name] = value

    def _constant(self, node: ast.Constant) -> object:
        if isinstance(node.value, bytes):
            return self.unknown(node)
        return node.value

    def _name(self, node: ast.Name) -> object:
        scope = self.scope
        for names in (scope.names, scope.module):
            if node.id in names:
                return names[node.id]
        if hasattr(builtins, node.id):
            return Ref(node.id)
        return self.unknown(node)

    def _attribute(self, node: ast.Attribute) -> object:
        value = self.evaluate(node.value)
        match value:
            case Ref(name=name):
                return self.of_ref(f"{name}.{node.attr}")
            case Module():
                return self.attribute_of_module(value, node.attr, node)
            case PathValue(text=text) if node.attr == "parent":
                return PathValue(_parent(text))
            case PathValue(text=text) if node.attr == "name":
                return text.rpartition("/")[2]
            case Unknown():
                return value
        return Method(value, node.attr)

    def of_ref(self, name: str) -> object:
        """What a name of another module is: a value where that is known."""
        constants: dict[str, object] = {
            "os.curdir": ".",
            "os.pardir": "..",
            "os.sep": "/",
            "os.path.sep": "/",
            "os.linesep": "\n",
            "typing.TYPE_CHECKING": False,
            "sys.version_info.major": 3,
        }
        flags = {
            "I": 2,
            "IGNORECASE": 2,
            "M": 8,
            "MULTILINE": 8,
            "S": 16,
            "DOTALL": 16,
            "X": 64,
            "VERBOSE": 64,
        }
        module, _, flag = name.rpartition(".")
        if module == "re" and flag in flags:
            return flags[flag]
        return constants.get(name, Ref(name))

    def _call(self, node: ast.Call) -> object:
        return self.call(node)

    def _namedexpr(self, node: ast.NamedExpr) -> object:
        value = self.evaluate(node.value)
        self.set_name(node.target.id, value)
        return value

    def _list(self, node: ast.List) -> object:
        return self._display(node.elts, node)

    def _set(self, node: ast.Set) -> object:
        found = self._display(node.elts, node)
        return list(dict.fromkeys(found)) if isinstance(found, list) and not unknown_in(found) else found

    def _tuple(self, node: ast.Tuple) -> object:
        found = self._display(node.elts, node)
        return tuple(found) if isinstance(found, list) else found

    def _display(self, nodes: list[ast.expr], node: ast.expr) -> list[object] | Unknown:
        result: list[object] = []
        for each in nodes:
            if not isinstance(each, ast.Starred):
                result.append(self.evaluate(each))
                continue
            value = self.evaluate(each.value)
            found = self.elements(value)
            if found is None:
                return unknown_in(value) or self.unknown(node)
            result += found
            check_size(len(result))
        return result

    def _dict(self, node: ast.Dict) -> object:
        result: dict[object, object] = {}
        for key, each in zip(node.keys, node.values, strict=True):
            value = self.evaluate(each)
            if key is None:
                if not isinstance(value, dict):
                    return unknown_in(value) or self.unknown(node)
                result |= value
            else:
                result[self.evaluate(key)] = value
        return result

    def _binop(self, node: ast.BinOp) -> object:
        one, other = self.evaluate(node.left), self.evaluate(node.right)
        try:
            return binary(node.op, one, other)
        except ERRORS:
            return self.because(node, one, other, text=text_of_any(node.op, one, other))

    def because(self, node: ast.AST, *values: object, text: bool = False) -> Unknown:
        """What *node* is, where one of *values* is not known: it depends on that one."""
        found = unknown_in(*values)
        return Unknown(found.node, found.path, text) if found else self.unknown(node, text=text)

    def _unaryop(self, node: ast.UnaryOp) -> object:
        if isinstance(node.op, ast.Not):
            truth = self.truth(node.operand)
            return self.unknown(node) if truth is None else not truth
        value = self.evaluate(node.operand)
        return -value if isinstance(node.op, ast.USub) and isinstance(value, int) else self.unknown(node)

    def _boolop(self, node: ast.BoolOp) -> object:
        stops = isinstance(node.op, ast.Or)
        value: object = None
        for each in node.values:
            value = self.evaluate(each)
            if isinstance(value, _OPEN) or unknown_in(value):
                return self.because(node, value)
            if bool(value) is stops:
                return value
        return value

    def _compare(self, node: ast.Compare) -> object:
        left = self.evaluate(node.left)
        for kind, each in zip(node.ops, node.comparators, strict=True):
            right = self.evaluate(each)
            if not compare(kind, left, right):
                return False
            left = right
        return True

    def _ifexp(self, node: ast.IfExp) -> object:
        truth = self.truth(node.test)
        if truth is not None:
            return self.evaluate(node.body if truth else node.orelse)
        both = (self.evaluate(node.body), self.evaluate(node.orelse))
        return self.unknown(node, text=all(is_text(value) for value in both))

    def _joinedstr(self, node: ast.JoinedStr) -> object:
        pieces = []
        for each in node.values:
            plain = isinstance(each, ast.Constant) or (
                isinstance(each, ast.FormattedValue) and each.conversion == -1 and each.format_spec is None
            )
            inner = each.value if isinstance(each, ast.FormattedValue) else each
            value = self.evaluate(inner) if plain else None
            if not isinstance(value, str | int) or isinstance(value, bool):
                return self.because(node, value, text=True)
            pieces.append(str(value))
            check_size(0, sum(map(len, pieces)))
        return "".join(pieces)

    def _subscript(self, node: ast.Subscript) -> object:
        value = self.evaluate(node.value)
        if value == VERSION_INFO:
            shown = ast.unparse(node.slice)
            return {"0": 3, ":2": VERSION_INFO}.get(shown, self.unknown(node))
        if isinstance(node.slice, ast.Slice):
            bounds: list[Any] = [
                None if each is None else self.evaluate(each)
                for each in (node.slice.lower, node.slice.upper, node.slice.step)
            ]
            if isinstance(value, str | list | tuple) and not unknown_in(value, bounds):
                return value[slice(*bounds)]
            return self.because(node, value, bounds)
        key = self.evaluate(node.slice)
        if isinstance(value, dict) and any(isinstance(each, Unknown) for each in value):
            return self.because(node, value)
        if isinstance(value, dict):
            return value[key]
        if isinstance(value, str | list | tuple) and isinstance(key, int) and not unknown_in(value):
            return value[key]
        return self.because(node, value, key)

    def _lambda(self, node: ast.Lambda) -> object:
        scope = self.scope
        if scope.names is not scope.module:
            # It sees the names of the function that it stands in.
            return self.unknown(node)
        return Function(node, scope.module, scope.path, scope.package, {})

    def _listcomp(self, node: ast.ListComp) -> object:
        return self._comprehended([node.elt], node.generators)

    def _setcomp(self, node: ast.SetComp) -> object:
        found = self._comprehended([node.elt], node.generators)
        return list(dict.fromkeys(found)) if isinstance(found, list) else found

    def _generatorexp(self, node: ast.GeneratorExp) -> object:
        return self._comprehended([node.elt], node.generators)

    def _dictcomp(self, node: ast.DictComp) -> object:
        found = self._comprehended([node.key, node.value], node.generators)
        return dict(found) if isinstance(found, list) else found

    def _comprehended(
        self, results: list[ast.expr], generators: list[ast.comprehension]
    ) -> list[Any] | Unknown:
        """All results in order; names of the comprehension are put back."""
        names = self.scope.names
        before = dict(names)
        collected: list[Any] = []
        try:
            for _ in self._rounds(generators):
                values = [self.evaluate(each) for each in results]
                collected.append(values[0] if len(values) == 1 else tuple(values))
        except _UnknownLoopError as error:
            return error.unknown
        finally:
            for name in {name for each in generators for name in _stored(each.target)}:
                names.pop(name, None)
                if name in before:
                    names[name] = before[name]
        return collected

    def _rounds(self, generators: list[ast.comprehension]) -> Iterator[None]:
        if not generators:
            yield
            return
        first, *others = generators
        value = self.evaluate(first.iter)
        found = self.elements(value)
        if found is None or first.is_async:
            raise _UnknownLoopError(self.because(first.iter, value))
        for each in found:
            self.bind(first.target, each)
            truths = [self.truth(condition) for condition in first.ifs]
            if None in truths:
                raise _UnknownLoopError(self.unknown(first.ifs[truths.index(None)]))
            if all(truths):
                yield from self._rounds(others)


class _UnknownLoopError(Exception):
    def __init__(self, unknown: Unknown) -> None:
        super().__init__()
        self.unknown = unknown


def _stored(target: ast.expr) -> list[str]:
    return [node.id for node in ast.walk(target) if isinstance(node, ast.Name)]


def _parent(text: str) -> str:
    head = text.rpartition("/")[0]
    # Above the project's folder is no file of the project.
    return head if head or not text.startswith(HERE) else f"{HERE}/.."
