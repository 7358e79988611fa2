"""Which parts of a file of tasks run when some of the tasks are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

if TYPE_CHECKING:
    from collections.abc import Collection


class _Mentioned(cst.CSTVisitor):
    def __init__(self) -> None:
        self.names: set[str] = set()

    def visit_Name(self, node: cst.Name) -> None:  # noqa: N802 (libcst's)
        self.names.add(node.value)


def reached(module: cst.Module, tasks: Collection[str]) -> list[cst.CSTNode]:
    """The statements of a module that run for *tasks*: those of the module, and the functions that they name.

    A task is called like its function, with dashes for underscores, and behind a dot where it is one of a
    collection. Where none of them is a function of the module, all run.
    """
    functions = {one.name.value: one for one in module.body if isinstance(one, cst.FunctionDef)}
    named = {task.rpartition(".")[2].replace("-", "_") for task in tasks} & functions.keys()
    if not named:
        return [module]
    waiting = {*named}
    done: set[str] = set()
    while waiting:
        name = waiting.pop()
        done.add(name)
        visitor = _Mentioned()
        functions[name].visit(visitor)
        waiting |= (visitor.names & functions.keys()) - done
    return [one for one in module.body if not isinstance(one, cst.FunctionDef) or one.name.value in done]
