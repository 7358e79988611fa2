"""What calls give: builtins, files and paths, patterns, the file's own functions."""

from __future__ import annotations

import ast
import json
import re
import textwrap
from typing import TYPE_CHECKING, Any

from uvmigrate.project.lines import within
from uvmigrate.project.static.expressions import Expressions
from uvmigrate.project.static.machine import MAX_DEPTH, CannotReadError, Left, Stop
from uvmigrate.project.static.methods import ERRORS, call_method, check_size, compiled, joined, returns_text
from uvmigrate.project.static.values import (
    HERE,
    MAX_TEXT,
    FileText,
    Function,
    Method,
    PathValue,
    Ref,
    Scope,
    TextFile,
    Unknown,
    is_text,
    unknown_in,
)
from uvmigrate.source import Unreadable

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import PurePosixPath

#: What hands its arguments to setuptools; distutils' own is replaced by setuptools.
SETUP = frozenset({"setuptools.setup", "setuptools.core.setup", "distutils.core.setup"})
_EXITS = frozenset({"sys.exit", "exit", "quit", "os._exit", "os.abort"})
_OPENS = frozenset({"open", "io.open", "codecs.open"})
_PATHS = frozenset({"pathlib.Path", "pathlib.PurePath", "pathlib.PosixPath"})
_SAME = frozenset("os.path.abspath os.path.realpath os.path.normpath os.fspath os.path.normcase".split())
#: What reads its arguments only, and gives nothing that could be known.
_HARMLESS = frozenset(
    "print len isinstance issubclass hasattr repr os.path.exists os.path.isfile os.path.isdir os.getenv"
    " os.environ.get os.system setuptools.find_packages setuptools.find_namespace_packages"
    " setuptools.Extension warnings.warn"
    " sys.path.insert sys.path.append sys.stderr.write sys.stdout.write glob.glob os.listdir os.walk"
    " platform.system platform.machine".split()
)


class Calls(Expressions):
    """``call`` gives an Unknown for what is not known, and takes for changed what the call could change."""

    def run_body(self, function: ast.FunctionDef, scope: Scope) -> object:
        """What the function's body returns in *scope*; statements' own module knows."""
        raise NotImplementedError

    def may_change(self, value: object, unknown: Unknown) -> None:
        """Takes for changed what holders of *value* could change; statements' own module knows."""
        raise NotImplementedError

    def read_into(self, text: FileText, names: dict[str, object]) -> None:
        """What ``exec`` of the text binds; modules' own module knows."""
        raise NotImplementedError

    def setup_called(self, node: ast.Call, keywords: dict[str, object]) -> None:
        """Takes the keywords of the call of ``setup``."""
        raise NotImplementedError

    def call(self, node: ast.Call) -> object:
        """What the call gives."""
        target = self.evaluate(node.func)
        arguments, keywords, lost = self._arguments(node)
        if isinstance(target, Ref) and target.name in SETUP:
            if lost is not None or arguments:
                at = lost or self.unknown(node.args[0])
                raise CannotReadError(f"which keywords it hands to setup(): {at.why}", at.path, at.line)
            self.setup_called(node, keywords)
            return None
        if lost is not None:
            return self._lost(node, target, arguments, keywords)
        try:
            match target:
                case Ref(name=name):
                    return self._known(node, name, arguments, keywords)
                case Method(of=of, name=name):
                    return self._method(node, of, name, arguments, keywords)
                case Function():
                    return self._function(node, target, arguments, keywords)
        except ERRORS:
            pass
        return self._lost(node, target, arguments, keywords)

    def _arguments(self, node: ast.Call) -> tuple[list[Any], dict[str, Any], Unknown | None]:
        """The arguments by place and by name, and what could not be spread into them."""
        arguments: list[Any] = []
        keywords: dict[str, Any] = {}
        lost = None
        for each in node.args:
            value = self.evaluate(each.value if isinstance(each, ast.Starred) else each)
            if not isinstance(each, ast.Starred):
                arguments.append(value)
                continue
            found = self.elements(value)
            lost = lost or (self.because(each.value, value) if found is None else None)
            arguments += found or []
        for keyword in node.keywords:
            value = self.evaluate(keyword.value)
            if keyword.arg is not None:
                keywords[keyword.arg] = value
            elif isinstance(value, dict) and all(isinstance(key, str) for key in value):
                keywords |= value
            else:
                lost = lost or self.because(keyword.value, value)
                arguments.append(value)
        return arguments, keywords, lost

    def _lost(
        self, node: ast.Call, target: object, arguments: list[Any], keywords: dict[str, Any]
    ) -> Unknown:
        """The result of a call that is not known: it may have changed what was handed to it."""
        of = target.of if isinstance(target, Method) else target
        name = target.name if isinstance(target, Method | Ref) else ""
        text = (
            isinstance(target, Method)
            and returns_text(name)
            and (is_text(of) or isinstance(of, TextFile | PathValue))
        )
        unknown = self.unknown(node) if of is None else self.because(node, of, text=text)
        if isinstance(of, Unknown) and isinstance(node.func, ast.Attribute):
            text = returns_text(node.func.attr) and (of.text or node.func.attr in ("read", "read_text"))
            unknown = self.because(node, of, text=text)
        if not (isinstance(target, Ref) and target.name in _HARMLESS):
            for value in (of, *arguments, *keywords.values()):
                self.may_change(value, unknown)
        return unknown

    def _known(self, node: ast.Call, name: str, arguments: list[Any], keywords: dict[str, Any]) -> object:
        if name in _EXITS:
            raise Stop
        if name in _HARMLESS and name not in ("len",):
            return self.unknown(node)
        if name in _OPENS:
            return self._opened(node, arguments, keywords)
        if name in _PATHS:
            return joined(*arguments)
        if name.startswith("os."):
            return self._os(name, arguments)
        if name.startswith("re."):
            return self._pattern(name, arguments, keywords)
        if name == "exec":
            text, *rest = arguments
            names = rest[0] if rest else self.scope.names
            if not isinstance(text, FileText) or not isinstance(names, dict) or len(rest) > 1:
                raise ValueError("what is run is not known")
            self.read_into(text, names)
            return None
        if name == "compile" and isinstance(arguments[0], FileText):
            return arguments[0]
        if name in ("map", "filter"):
            return self._mapped(node, name, arguments)
        if name == "json.load" and isinstance(arguments[0], TextFile):
            return json.loads(str(call_method(arguments[0], "read", [], {})))
        if name == "str" and isinstance(arguments[0], PathValue):
            return arguments[0].text
        if name.startswith("str.") and arguments:
            return call_method(arguments[0], name[4:], arguments[1:], keywords)
        if unknown_in(arguments, keywords):
            return self._lost(node, Ref(name), arguments, keywords)
        return _builtin(name, arguments, keywords)

    def _opened(self, node: ast.Call, arguments: list[Any], keywords: dict[str, Any]) -> object:
        mode = keywords.get("mode", arguments[1] if len(arguments) > 1 else "r")
        place = keywords.get("file", keywords.get("filename", arguments[0] if arguments else None))
        path = self._path(place)
        if not isinstance(mode, str) or set(mode) & set("wax+"):
            # What is written while it runs is not what the repository holds.
            self.written.add("" if path is None else str(path))
            return self.unknown(node)
        if path is None:
            return TextFile(self.because(node, place, text=True))
        return TextFile(self._text(node, path, binary="b" in mode))

    def _path(self, place: object) -> PurePosixPath | None:
        """The file of the repository that *place* names, as seen from the project's folder."""
        text = place.text if isinstance(place, PathValue) else place
        if not isinstance(text, str):
            return None
        inside = text.removeprefix(HERE)
        return within(self.folder, inside.lstrip("/")) if inside != text or not text.startswith("/") else None

    def _text(self, node: ast.AST, path: PurePosixPath, *, binary: bool) -> FileText | Unknown:
        """The file's text as Python reads it."""
        try:
            data = self.repo[path]
            text = data.decode()
        except (KeyError, Unreadable, UnicodeDecodeError):
            return self.unknown(node, text=True)
        if self.written & {"", str(path)} or len(text) > MAX_TEXT:
            return self.unknown(node, text=True)
        self.read[path] = None
        return FileText(text if binary else text.replace("\r\n", "\n").replace("\r", "\n"), path)

    def _os(self, name: str, arguments: list[Any]) -> object:
        if name == "os.getcwd":
            return HERE
        if name == "os.chdir":
            if self._path(arguments[0]) != self.folder:
                # Every relative path means something else from here on.
                self.written.add("")
            return None
        if name in _SAME or name == "os.path.dirname":
            text = joined(*arguments).text
            if name == "os.path.dirname":
                return text.rpartition("/")[0]
            absolute = text.startswith("/") or name not in ("os.path.abspath", "os.path.realpath")
            return text if absolute else f"{HERE}/{text}".rstrip("/")
        if name == "os.path.join":
            return joined(*arguments).text
        if name == "os.path.split":
            head, _, tail = arguments[0].rpartition("/")
            return (head, tail)
        if name == "os.path.basename":
            return arguments[0].rpartition("/")[2]
        raise ValueError(name)

    def _pattern(self, name: str, arguments: list[Any], keywords: dict[str, Any]) -> object:
        function = name.removeprefix("re.")
        if unknown_in(arguments, keywords) or function not in (
            "compile",
            "search",
            "match",
            "findall",
            "sub",
        ):
            raise ValueError(name)
        flags = keywords.get("flags", 0)
        if function == "compile":
            return compiled(*arguments, **keywords)
        if function == "sub":
            template, text = arguments[1:3]
            check_size(0, len(template) * len(text))
            return compiled(arguments[0], flags).sub(template, text)
        pattern, text, *rest = arguments
        used = pattern if isinstance(pattern, re.Pattern) else compiled(pattern, rest[0] if rest else flags)
        return getattr(used, function)(text)

    def _method(
        self, node: ast.Call, of: object, name: str, arguments: list[Any], keywords: dict[str, Any]
    ) -> object:
        if isinstance(of, PathValue) and name in ("read_text", "read_bytes", "open"):
            path = self._path(of)
            if name == "open":
                return self._opened(node, [of, *arguments], keywords)
            binary = name == "read_bytes"
            return self.unknown(node, text=True) if path is None else self._text(node, path, binary=binary)
        if isinstance(of, PathValue) and name.startswith("write_"):
            self.written.add("")
            return self.unknown(node)
        if isinstance(of, TextFile) and isinstance(of.text, Unknown) and name == "read":
            return of.text
        return call_method(of, name, arguments, keywords)

    def _mapped(self, node: ast.Call, name: str, arguments: list[Any]) -> object:
        function, values = arguments
        found = self.elements(values)
        if found is None:
            raise ValueError("what is looped over is not known")
        if name == "filter" and function is None:
            return [value for value in found if value]
        results = []
        for value in found:
            if isinstance(function, Function):
                results.append(self._function(node, function, [value], {}))
            elif isinstance(function, Ref):
                results.append(self._known(node, function.name, [value], {}))
            else:
                raise TypeError("what is called is not known")
        if name == "map":
            return results
        if any(unknown_in(result) for result in results):
            raise ValueError("what is kept is not known")
        return [value for value, kept in zip(found, results, strict=True) if kept]

    def _function(
        self, node: ast.Call, function: Function, arguments: list[Any], keywords: dict[str, Any]
    ) -> object:
        """What the file's own function returns; its effects happen."""
        bound = _bound(function, arguments, keywords)
        if self.depth >= MAX_DEPTH:
            raise CannotReadError("its functions call each other too deeply", self.scope.path, node.lineno)
        scope = Scope(bound, function.module, function.path, function.package)
        self.scopes.append(scope)
        self.depth += 1
        try:
            if isinstance(function.node, ast.Lambda):
                return self.evaluate(function.node.body)
            return self.run_body(function.node, scope)
        except Left as left:
            return left.value
        finally:
            self.depth -= 1
            self.scopes.pop()


def _bound(function: Function, arguments: list[Any], keywords: dict[str, Any]) -> dict[str, object]:
    """The function's parameters with their values. Raises TypeError where the call does not fit."""
    parameters = function.node.args
    names = [each.arg for each in (*parameters.posonlyargs, *parameters.args)]
    only = [each.arg for each in parameters.kwonlyargs]
    bound: dict[str, object] = {**function.defaults, **dict(zip(names, arguments, strict=False))}
    if len(arguments) > len(names) and parameters.vararg is None:
        raise TypeError("too many arguments")
    if parameters.vararg is not None:
        bound[parameters.vararg.arg] = tuple(arguments[len(names) :])
    others = {key: value for key, value in keywords.items() if key not in (*names, *only)}
    if others and parameters.kwarg is None:
        raise TypeError("an argument that it does not take")
    if parameters.kwarg is not None:
        bound[parameters.kwarg.arg] = others
    bound |= {key: value for key, value in keywords.items() if key not in others}
    if any(name not in bound for name in (*names, *only)):
        raise TypeError("too few arguments")
    return bound


def _builtin(name: str, arguments: list[Any], keywords: dict[str, Any]) -> object:
    """Builtins and their like for values that are known. Raises one of ERRORS for others."""
    plain = all(isinstance(each, str | int | float | list | tuple | dict | None) for each in arguments)
    if not plain or (keywords and name not in ("dict", "sorted")):
        raise TypeError("unknown arguments")
    known: dict[str, Callable[..., object]] = {
        "len": len,
        "str": str,
        "int": int,
        "bool": bool,
        "list": list,
        "tuple": tuple,
        "sorted": sorted,
        "reversed": lambda each: list(reversed(each)),
        "dict": dict,
        # A set is read as a list without repetitions.
        "set": lambda each=(): list(dict.fromkeys(each)),
        "frozenset": lambda each=(): list(dict.fromkeys(each)),
        "sum": _summed,
        "any": any,
        "all": all,
        "zip": lambda *each: list(zip(*each, strict=False)),
        "enumerate": lambda *each: list(enumerate(*each)),
        "itertools.chain": lambda *each: [one for some in each for one in some],
        "itertools.chain.from_iterable": lambda each: [one for some in each for one in some],
        "ast.literal_eval": ast.literal_eval,
        "json.loads": json.loads,
        "textwrap.dedent": textwrap.dedent,
    }
    return known[name](*arguments, **keywords)


def _summed(values: Any, start: Any = 0) -> object:
    if not isinstance(start, list | tuple | int):
        raise TypeError("unknown start")
    result = start
    for value in values:
        result = result + value
        check_size(len(result) if isinstance(result, list | tuple) else 0)
    return result
