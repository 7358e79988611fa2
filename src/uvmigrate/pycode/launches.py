"""The commands that a Python file starts, read by libcst: nothing is run.

A command is read where the function is known that starts it, and where it is written as a list or a text:
there, in a variable that is used for nothing else, or where a function of the file is called that hands its
argument on. What else looks like a call of a tool is unread, and said to be.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

import libcst as cst
from libcst.metadata import MetadataWrapper

from uvmigrate.pycode.calls import (
    Starter,
    command_arguments,
    environment,
    keyword,
    positional,
    shows,
)
from uvmigrate.pycode.literals import Text, read_text
from uvmigrate.pycode.model import Element, Launch, Launches, Unread
from uvmigrate.pycode.names import Names
from uvmigrate.pycode.tasks import reached
from uvmigrate.source import Span, lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_NAME = r"(?:\S*/)?(?:poetry|pipenv|pip[0-9.]*)"
_VERBS = (
    r"(?:add|build|cache|check|config|download|env|export|freeze|graph|install|list|lock|publish|remove"
    r"|requirements|run|self|shell|show|sync|uninstall|update|upgrade|version|wheel)\b"
)
_MENTION = lazy_pattern(r"(?<![\w.-])(?:poetry|pipenv|pip[0-9.]*|uvx?)(?![\w-])|/activate\b|\.sh\b")
_MANAGER = lazy_pattern(r"(?<![\w.-])(?:poetry|pipenv|pip[0-9.]*)(?![\w-])")
#: A text that reads like a call of a tool, not like a sentence about it.
_COMMAND = lazy_pattern(
    rf"(?:^|[;&|(])\s*(?:[A-Za-z_]\w*=\S*\s+)*(?:(?:exec|sudo)\s+)?(?:python[\d.]*\s+-m\s+)?{_NAME}\s+(?:{_VERBS}|-)",
    re.MULTILINE,
)
_TOOL = lazy_pattern(rf"\s*{_NAME}\s*")
_SETS_PATH = lazy_pattern(rb"environ\[[\"']PATH[\"']\]\s*=(?!=)(?![^\n]*PATH)")
_HANDS_ON = lazy_pattern(rb"[\"'](?:env|shell)[\"']\s*:")
_TEXTS = (cst.SimpleString, cst.FormattedString, cst.ConcatenatedString)
_WHY = "in a form that cannot be edited with certainty"
_OWN_ENVIRONMENT = "with an environment of its own, which may lack the image's PATH"


@lru_cache(maxsize=64)
def read_launches(data: bytes, tasks: frozenset[str] = frozenset()) -> Launches:
    """What a Python file starts, as far as that names a tool, in the order of the text.

    Of a file of tasks, *tasks* are those that are asked for; where there are none, all count.
    """
    try:
        module = cst.parse_module(data)
        if module.bytes != data or module.encoding not in ("utf-8", "ascii"):
            raise UnicodeError(module.encoding)
    except (cst.ParserSyntaxError, UnicodeError, LookupError, RecursionError):
        return Launches(unread=_unparsed(data))
    reader = _Reader(module, data)
    inside = reached(module, tasks)
    spans = [reader.names.span(node) for node in inside]
    launches = [one for one in reader.launches() if any(span.contains(one.span) for span in spans)]
    unread = [one for span, one in reader.leftovers() if any(whole.contains(span) for whole in spans)]
    return Launches(tuple(launches), tuple(unread))


def _unparsed(data: bytes) -> tuple[Unread, ...]:
    for number, line in enumerate(data.decode(errors="replace").splitlines(), 1):
        for quoted in re.findall(r"[\"']([^\"']+)[\"']", line):
            if _COMMAND.search(quoted) or _TOOL.fullmatch(quoted):
                return (Unread(number, line.strip(), "in a file that is no Python 3 in UTF-8"),)
    return ()


def _program(element: Element) -> str:
    return element.text.text.rpartition("/")[2] if element.text is not None else ""


class _Finder(cst.CSTVisitor):
    def __init__(self) -> None:
        self.calls: list[cst.Call] = []
        self.literals: list[cst.BaseExpression] = []

    def visit_Call(self, node: cst.Call) -> None:  # noqa: N802 (libcst's)
        self.calls.append(node)

    def on_visit(self, node: cst.CSTNode) -> bool:
        if isinstance(node, (cst.List, cst.Tuple, *_TEXTS)):
            self.literals.append(node)
        return super().on_visit(node)


class _Reader:
    """Reads one module.

    ``found`` are the launches by their places, ``kept`` those places in the order of the calls, once for each
    call that starts one, ``refused`` what cannot follow, ``consumed`` the literals that
    are read, ``asked`` the arguments that say what is started, ``followed`` the variables that do.
    ``sets_path`` says that the file hides the image's PATH, ``passes_on`` that what it starts may get an
    environment or a shell by ``**options``.
    """

    def __init__(self, module: cst.Module, data: bytes) -> None:
        self.data = data
        self.finder = _Finder()
        module.visit(self.finder)
        self.names = Names(MetadataWrapper(module, unsafe_skip_copy=True))
        self.found: dict[Span, Launch] = {}
        self.kept: list[Span] = []
        self.refused: dict[Span, Unread] = {}
        self.consumed: list[Span] = []
        self.asked: list[Span] = []
        self.followed: set[cst.Name] = set()
        self.sets_path = _SETS_PATH.search(data) is not None
        self.passes_on = _HANDS_ON.search(data) is not None or any(
            keyword(call, "env", "shell") for call in self.finder.calls if self.names.starter(call) is None
        )

    def launches(self) -> list[Launch]:
        """The commands that are read."""
        for call in self.finder.calls:
            starter = self.names.starter(call)
            if starter is not None:
                self._start(call, starter)
            elif self.names.is_pip(call):
                span = self.names.span(call)
                self.refused[span] = self._unread(span, f"pip {self._text(call.args[0].value)}", _WHY)
        return [self.found[span] for span in sorted(self.found)]

    def leftovers(self) -> Iterator[tuple[Span, Unread]]:
        """What names a tool as if it called it, and is not among the launches."""
        yield from self.refused.items()
        for node in self.finder.literals:
            span = self.names.span(node)
            if any(done.contains(span) for done in self.consumed):
                continue
            text = self._text(node)
            asked = any(whole.contains(span) for whole in self.asked)
            if not self._is_call(node, text, asked=asked):
                continue
            self.consumed.append(span)
            yield span, self._unread(span, text, _WHY)

    def _is_call(self, node: cst.BaseExpression, text: str, *, asked: bool) -> bool:
        if asked and _MANAGER.search(text):
            return True
        call = self.names.call_around(node)
        if call is False or (call is not None and shows(call)):
            return False
        argument = self.names.parent(node)
        named = argument.keyword.value if isinstance(argument, cst.Arg) and argument.keyword else ""
        alone = isinstance(argument, cst.Arg) and named != "cwd" and _TOOL.fullmatch(text)
        return bool(alone) or _COMMAND.search(text) is not None

    def _text(self, node: cst.BaseExpression) -> str:
        """What a literal says, in one line."""
        if isinstance(node, (cst.List, cst.Tuple)):
            return " ".join(one.text.text if one.text else "…" for one in self._elements(node.elements))
        text = read_text(node, self.names.start)
        return text.text if text is not None else self.names.span(node).of(self.data).decode().strip("\"'")

    def _unread(self, span: Span, text: str, why: str) -> Unread:
        return Unread(self._line(span), text, why)

    def _line(self, span: Span) -> int:
        return self.data.count(b"\n", 0, span.start) + 1

    def _start(self, call: cst.Call, starter: Starter) -> None:
        arguments = command_arguments(call, starter)
        self.asked += [self.names.span(argument) for argument in arguments]
        given = environment(call, starter)
        own = self.sets_path or (given is not None and not self.names.keeps_environment(given))
        before = len(self.kept)
        if starter.file is not None:
            self._with_file(call, starter, arguments)
        elif starter.kind == "arguments" and arguments and not arguments[0].star:
            self._add(Span(self.names.start(arguments[0]), self.names.end(arguments[-1])), arguments)
        elif arguments:
            self._take(arguments[0].value, "shell" if starter.kind == "shell" else self._mode(call))
        for span in {*self.kept[before:]} if own or self.names.isolates(call) else ():
            text = " ".join(one.text.text if one.text else "…" for one in self.found[span].elements)
            why = _OWN_ENVIRONMENT if own else "in an environment that nox makes when the container starts"
            if _MANAGER.search(text):
                del self.found[span]
                self.refused[span] = self._unread(span, text, why)

    def _mode(self, call: cst.Call) -> str:
        """``shell`` for a function of subprocess that is told to ask one, ``list`` for one that is not."""
        shell = keyword(call, "shell")
        if shell is None:
            return "" if self.passes_on and any(arg.star == "**" for arg in call.args) else "list"
        said = shell.value if isinstance(shell, cst.Name) else ""
        return {"True": "shell", "False": "list"}.get(said, "")

    def _with_file(self, call: cst.Call, starter: Starter, arguments: Sequence[cst.Arg]) -> None:
        """``os.execvp(file, [file, …])`` and its like."""
        given = positional(call)
        words: Sequence[cst.BaseElement | cst.Arg] = arguments
        if not arguments or len(given) <= (starter.file or 0):
            return
        named = given[starter.file or 0].value
        span = Span(self.names.start(arguments[0]), self.names.end(arguments[-1]))
        value = arguments[0].value
        if starter.kind == "list":
            first = self.names.first_of(named)
            if first is not None and isinstance(value, cst.Name) and first == value.value:
                # os.execvp(command[0], command)
                self._take(value, "list" if starter.searched else "")
                return
            if not isinstance(value, cst.List):
                return
            words, span = value.elements, self.names.span(value)
        file, elements = self._element(named), self._elements(words)
        same = file.text is not None and not file.text.dynamic and elements and elements[0].text is not None
        if same and _program(file) == _program(elements[0]):
            self.consumed.append(file.span)
            self._keep(Launch(self._line(span), span, elements, file=file, searched=starter.searched))

    def _take(self, value: cst.BaseExpression, mode: str) -> None:
        """Read a command that is a list (*mode* ``list``), a text for a shell, or neither for certain."""
        if isinstance(value, cst.List) and mode == "list":
            first = value.elements[0] if value.elements else None
            if isinstance(first, cst.StarredElement):
                self._take(first.value, mode)
            self._add(self.names.span(value), value.elements)
        elif isinstance(value, cst.IfExp):
            self._take(value.body, mode)
            self._take(value.orelse, mode)
        elif isinstance(value, cst.Name) and value not in self.followed:
            self.followed.add(value)
            for other in self.names.values_of(value):
                self._take(other, mode)
        elif isinstance(value, cst.Call):
            self._take_made(value, mode)
        elif mode == "shell" and (text := read_text(value, self.names.start)) is not None:
            span = self.names.span(value)
            self._keep(Launch(self._line(span), span, (Element(span, text),), is_text=True))
        elif isinstance(value, cst.BinaryOperation) and isinstance(value.operator, cst.Add):
            self._take(value.left, mode)

    def _take_made(self, call: cst.Call, mode: str) -> None:
        """``"a text".split()`` and ``shlex.split("a text")`` make a list, ``" ".join([…])`` a text."""
        method = call.func.attr.value if isinstance(call.func, cst.Attribute) else ""
        if mode == "list" and self.names.is_split(call):
            self._take(self.names.split_text(call), "shell")
        elif mode == "shell" and method == "join" and len(call.args) == 1:
            self._take_joined(call, call.args[0].value)
        elif mode == "shell" and method == "format":
            text = read_text(call, self.names.start)
            span = self.names.span(call)
            if text is not None:
                self._keep(Launch(self._line(span), span, (Element(span, text),), is_text=True))

    def _take_joined(self, call: cst.Call, value: cst.BaseExpression) -> None:
        """The words of a text that blanks join, or the texts that ``&&``, ``;`` or a newline joins."""
        joiner = read_text(cst.ensure_type(call.func, cst.Attribute).value, self.names.start)
        if joiner is None or not isinstance(value, cst.List):
            return
        if joiner.text == " ":
            self._take(value, "list")
        elif joiner.text.strip() in ("&&", ";", ""):
            self.consumed.append(self.names.span(value))
            for element in value.elements:
                self._take(element.value, "shell")

    def _add(self, span: Span, words: Sequence[cst.BaseElement | cst.Arg]) -> None:
        self._keep(Launch(self._line(span), span, self._elements(words)))

    def _keep(self, launch: Launch) -> None:
        texts = (one.text.text for one in launch.elements if one.text is not None)
        unknown = (one.span.of(self.data).decode() for one in launch.elements if one.text is None)
        if any(_MANAGER.search(source) for source in unknown):
            return
        self.consumed.append(launch.span)
        if any(_MENTION.search(text) for text in texts):
            self.found[launch.span] = launch
            self.kept.append(launch.span)

    def _elements(self, words: Sequence[cst.BaseElement | cst.Arg]) -> tuple[Element, ...]:
        return tuple(self._element(word) for word in words)

    def _element(self, node: cst.BaseElement | cst.Arg | cst.BaseExpression) -> Element:
        span = self.names.span(node)
        value = node.value if isinstance(node, (cst.BaseElement, cst.Arg)) else node
        if isinstance(node, cst.StarredElement) or (isinstance(node, cst.Arg) and node.star):
            return Element(span, None)
        if self.names.is_interpreter(value):
            return Element(span, Text("python", (None,) * 7))
        return Element(span, read_text(value, self.names.start))
