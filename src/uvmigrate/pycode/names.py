"""What the names of a Python file mean: which function one is, what value a variable has where it is used."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

import libcst as cst
from libcst.metadata import (
    Assignment,
    ByteSpanPositionProvider,
    ParentNodeProvider,
    QualifiedNameSource,
    ScopeProvider,
)

from uvmigrate.pycode.calls import STARTERS, Starter, command_arguments, positional, shows
from uvmigrate.source import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from libcst.metadata import MetadataWrapper, Scope

_GROWS = ("append", "extend")


class Names:
    """The names and places of one module."""

    def __init__(self, wrapper: MetadataWrapper) -> None:
        self._spans = wrapper.resolve(ByteSpanPositionProvider)
        self._parents = wrapper.resolve(ParentNodeProvider)
        self._scopes = wrapper.resolve(ScopeProvider)

    def span(self, node: cst.CSTNode) -> Span:
        """The bytes of a node; of an expression without the brackets around it."""
        found = self._spans[node]
        return Span(found.start, found.start + found.length)

    def start(self, node: cst.CSTNode) -> int:
        """The first byte of a node."""
        return self._spans[node].start

    def end(self, node: cst.CSTNode) -> int:
        """The byte behind a node."""
        return self.span(node).end

    def parent(self, node: cst.CSTNode) -> cst.CSTNode | None:
        """The node that a node stands in."""
        return self._parents.get(node)

    def qualified(self, node: cst.CSTNode) -> frozenset[str]:
        """The full names of what a name stands for, where it is imported or built in."""
        scope = self._scopes.get(node)
        found = scope.get_qualified_names_for(node) if scope is not None else ()
        return frozenset(one.name for one in found if one.source is not QualifiedNameSource.LOCAL)

    def is_interpreter(self, node: cst.CSTNode) -> bool:
        """Whether an expression is the Python that runs."""
        return "sys.executable" in self.qualified(node)

    def is_pip(self, call: cst.Call) -> bool:
        """Whether a call runs pip within the program: ``pip.main([…])``."""
        return bool(call.args) and any(re.match(r"pip\..*\bmain$", one) for one in self.qualified(call.func))

    def starter(self, call: cst.Call) -> Starter | None:
        """How a call starts a program, if its function does."""
        found = (STARTERS[name] for name in self.qualified(call.func) if name in STARTERS)
        return next(found, None) or self._of_task(call)

    def _of_task(self, call: cst.Call) -> Starter | None:
        """``c.run("…")`` in a task of invoke, ``session.run(…)`` in one of nox; c is the first parameter."""
        func = call.func
        if not isinstance(func, cst.Attribute) or not isinstance(func.value, cst.Name):
            return None
        task = self._task_of(func.value)
        names = {name for one in task.decorators for name in self._decorates(one)} if task else set()
        if "invoke.task" in names and func.attr.value == "run":
            return Starter("shell")
        if names & {"nox.session"} and func.attr.value in ("run", "run_always", "run_install"):
            return Starter("arguments")
        return None

    def _decorates(self, decorator: cst.Decorator) -> frozenset[str]:
        inner = decorator.decorator
        return self.qualified(inner.func if isinstance(inner, cst.Call) else inner)

    def _task_of(self, name: cst.Name) -> cst.FunctionDef | None:
        """The function of which a name is the first parameter."""
        for assignment in self._assignments(name):
            function = self._function_of(assignment.node)
            if function is not None and function.params.params[:1] == (assignment.node,):
                return function
        return None

    def _function_of(self, parameter: cst.CSTNode) -> cst.FunctionDef | None:
        parameters = self.parent(parameter) if isinstance(parameter, cst.Param) else None
        function = self.parent(parameters) if parameters is not None else None
        return function if isinstance(function, cst.FunctionDef) else None

    def isolates(self, call: cst.Call) -> bool:
        """Whether nox makes an environment for the session that a call stands in."""
        func = call.func
        name = func.value if isinstance(func, cst.Attribute) else None
        task = self._task_of(name) if isinstance(name, cst.Name) and self._of_task(call) else None
        for decorator in task.decorators if task is not None else ():
            if "nox.session" in self._decorates(decorator):
                inner = decorator.decorator
                arguments = inner.args if isinstance(inner, cst.Call) else ()
                said = {
                    (arg.keyword.value, cst.Module(()).code_for_node(arg.value).strip("\"'"))
                    for arg in arguments
                    if arg.keyword is not None
                }
                return not said & {("venv_backend", "none"), ("python", "False")}
        return False

    def _assignments(self, name: cst.Name) -> list[Assignment]:
        scope: Scope | None = self._scopes.get(name)
        found = scope[name.value] if scope is not None else ()
        return sorted(
            (one for one in found if isinstance(one, Assignment)), key=lambda one: self.start(one.node)
        )

    def values_of(self, name: cst.Name) -> Iterator[cst.BaseExpression]:
        """The values that a variable may have, where it is used to start something and for nothing else.

        Of a parameter, those are the arguments of the calls in the file.
        """
        assignments = self._assignments(name)
        if not all(self._is_for_starting(one, set()) for one in assignments):
            return
        for assignment in assignments:
            statement = self._statement(assignment.node)
            if isinstance(statement, (cst.Assign, cst.AnnAssign)) and statement.value is not None:
                yield statement.value
            elif isinstance(assignment.node, cst.Param):
                yield from self._given(assignment.node)

    def _statement(self, node: cst.CSTNode) -> cst.CSTNode | None:
        """The statement that assigns to a name."""
        parent = self.parent(node)
        return self.parent(parent) if isinstance(parent, cst.AssignTarget) else parent

    def _given(self, parameter: cst.Param) -> Iterator[cst.BaseExpression]:
        """The arguments that the calls in the file give to a parameter of one of its functions."""
        function = self._function_of(parameter)
        if function is None or parameter not in function.params.params:
            return
        index = function.params.params.index(parameter)
        for assignment in self._assignments(function.name):
            for access in assignment.references:
                call = self.parent(access.node)
                if isinstance(call, cst.Call) and call.func is access.node:
                    given = positional(call)[: index + 1]
                    named = (a for a in call.args if a.keyword and a.keyword.value == parameter.name.value)
                    if len(given) > index and not any(arg.star for arg in given):
                        yield given[index].value
                    else:
                        yield from (arg.value for arg in named)

    def _is_for_starting(self, assignment: Assignment, seen: set[cst.CSTNode]) -> bool:
        """Whether a variable is given one value, and only goes where programs are started or texts shown."""
        if assignment.node in seen:
            return True
        seen.add(assignment.node)
        statement = self._statement(assignment.node)
        simple = isinstance(statement, cst.AnnAssign) or (
            isinstance(statement, cst.Assign) and len(statement.targets) == 1
        )
        if not (simple or isinstance(statement, cst.AugAssign) or self._function_of(assignment.node)):
            return False
        return all(self._is_use(access.node, seen) for access in assignment.references)

    def _is_use(self, node: cst.CSTNode, seen: set[cst.CSTNode]) -> bool:
        """Whether a use of a variable starts something, shows it, or adds to its end."""
        while True:
            parent = self.parent(node)
            if isinstance(parent, cst.Arg):
                return self._is_handed(parent, seen)
            if isinstance(parent, cst.Attribute):
                return parent.value is node and parent.attr.value in (*_GROWS, "split")
            if isinstance(parent, cst.AugAssign):
                return parent.target is node
            if isinstance(parent, cst.Subscript):
                return self.first_of(parent) is not None and self._is_file(parent)
            if isinstance(parent, cst.BinaryOperation):
                if parent.left is not node or not isinstance(parent.operator, cst.Add):
                    return False
            elif isinstance(parent, cst.StarredElement):
                whole = self.parent(parent)
                if not isinstance(whole, cst.List) or whole.elements[0] is not parent:
                    return False
                parent = whole
            elif not isinstance(parent, (cst.FormattedStringExpression, cst.FormattedString, cst.IfExp)):
                return False
            if parent is None:
                return False
            node = parent

    def _is_file(self, node: cst.CSTNode) -> bool:
        """Whether an expression is the program that ``os.execvp`` and its like are given before the list."""
        argument = self.parent(node)
        call = self.parent(argument) if isinstance(argument, cst.Arg) else None
        starter = self.starter(call) if isinstance(call, cst.Call) else None
        if not isinstance(call, cst.Call) or starter is None or starter.file is None:
            return False
        return argument in positional(call)[starter.file : starter.file + 1]

    def _is_handed(self, argument: cst.Arg, seen: set[cst.CSTNode]) -> bool:
        call = self.parent(argument)
        if not isinstance(call, cst.Call):
            return False
        starter = self.starter(call)
        if starter is not None:
            return argument in command_arguments(call, starter)
        if isinstance(call.func, cst.Attribute) and call.func.attr.value == "join":
            return True
        if shows(call) or self.is_split(call):
            return True
        parameter = self._parameter_for(call, argument)
        return parameter is not None and all(self._is_for_starting(one, seen) for one in parameter)

    def _parameter_for(self, call: cst.Call, argument: cst.Arg) -> list[Assignment] | None:
        """The parameter of a function of the file that an argument is for."""
        if not isinstance(call.func, cst.Name) or argument.star:
            return None
        for assignment in self._assignments(call.func):
            function = assignment.node
            if not isinstance(function, cst.FunctionDef):
                return None
            for index, parameter in enumerate(function.params.params):
                mine = argument.keyword is not None and argument.keyword.value == parameter.name.value
                if mine or (argument.keyword is None and positional(call).index(argument) == index):
                    return [a for a in self._assignments_in(function, parameter) if a.node is parameter]
        return None

    def _assignments_in(self, function: cst.FunctionDef, parameter: cst.Param) -> list[Assignment]:
        scope = self._scopes.get(function.body)
        found = scope[parameter.name.value] if scope is not None else ()
        return [one for one in found if isinstance(one, Assignment)]

    def first_of(self, node: cst.CSTNode) -> str | None:
        """The name of the list of which an expression is the first element."""
        if (
            not isinstance(node, cst.Subscript)
            or not isinstance(node.value, cst.Name)
            or len(node.slice) != 1
        ):
            return None
        index = node.slice[0].slice
        if not isinstance(index, cst.Index) or not isinstance(index.value, cst.Integer):
            return None
        return node.value.value if index.value.value == "0" else None

    def is_split(self, call: cst.Call) -> bool:
        """Whether a call makes a list of words out of a text."""
        if "shlex.split" in self.qualified(call.func):
            return len(call.args) == 1
        return isinstance(call.func, cst.Attribute) and call.func.attr.value == "split" and not call.args

    def split_text(self, call: cst.Call) -> cst.BaseExpression:
        """The text that such a call takes apart."""
        return call.args[0].value if call.args else cst.ensure_type(call.func, cst.Attribute).value

    def keeps_environment(self, node: cst.BaseExpression) -> bool:
        """Whether a program that is given this environment has the PATH that the file itself has."""
        text = cst.Module(()).code_for_node(node)
        if "PATH" in text:
            return False
        if isinstance(node, cst.Name):
            if node.value == "None":
                return True
            values = [self._statement(one.node) for one in self._assignments(node)]
            codes = [cst.Module(()).code_for_node(one) for one in values if isinstance(one, cst.Assign)]
            return any("environ" in code and "PATH" not in code for code in codes)
        return "environ" in text

    def call_around(self, node: cst.CSTNode) -> cst.Call | Literal[False] | None:
        """The call that a literal is handed to; False where it is a docstring, an error, or compared."""
        while True:
            parent = self.parent(node)
            if isinstance(parent, (cst.Expr, cst.Raise, cst.Comparison, cst.Subscript, cst.Assert)):
                return False
            if isinstance(parent, cst.Arg):
                call = self.parent(parent)
                return call if isinstance(call, cst.Call) else None
            if parent is None or isinstance(parent, (cst.BaseStatement, cst.BaseSmallStatement)):
                return None
            node = parent
