"""Which refusal codes the source uses, read from its syntax."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Codes:
    """The codes that were found, and the places (file:line) where a code cannot be told from the source."""

    known: frozenset[str]
    unclear: tuple[str, ...]


def used_codes(files: Iterable[Path]) -> Codes:
    """The codes of all calls of Refusal, and of the functions and classes through which they come to it."""
    trees = {file: ast.parse(file.read_bytes()) for file in files}
    places = {"Refusal": 2} | dict(_carriers(trees.values()))
    while True:
        found = dict(_passing_on(trees.values(), places))
        if found.items() <= places.items():
            break
        places |= found
    known: set[str] = set()
    unclear: list[str] = []
    for file, tree in trees.items():
        for call, argument in _codes(tree, places):
            literals = {n.value for n in ast.walk(argument) if isinstance(n, ast.Constant)}
            known |= {text for text in literals if isinstance(text, str)}
            passed_on = (isinstance(argument, ast.Name) and argument.id == "code") or (
                isinstance(argument, ast.Attribute) and argument.attr == "code"
            )
            if not literals and not passed_on:
                unclear.append(f"{file}:{call.lineno}")
    return Codes(frozenset(known), tuple(unclear))


def _codes(tree: ast.AST, places: dict[str, int]) -> Iterator[tuple[ast.Call, ast.expr]]:
    """Every call of a function that takes a code, with that argument."""
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call):
            continue
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        if name in places:
            named = [keyword.value for keyword in call.keywords if keyword.arg == "code"]
            # A starred argument may stand for the code and what follows it.
            positional = call.args[places[name] : places[name] + 1] or call.args[-1:]
            yield call, (named or positional)[0]


def _carriers(trees: Iterable[ast.AST]) -> Iterator[tuple[str, int]]:
    """The classes that are like a refusal, with fields ``code`` and ``because``, and the place of the code."""
    for tree in trees:
        for item in ast.walk(tree):
            if isinstance(item, ast.ClassDef):
                fields = [s.target for s in item.body if isinstance(s, ast.AnnAssign)]
                names = [field.id for field in fields if isinstance(field, ast.Name)]
                if {"code", "because"} <= set(names):
                    yield item.name, names.index("code")


def _passing_on(trees: Iterable[ast.AST], places: dict[str, int]) -> Iterator[tuple[str, int]]:
    """The functions that pass a parameter ``code`` on to one of those that are known, with its place."""
    for tree in trees:
        for function in ast.walk(tree):
            if not isinstance(function, ast.FunctionDef):
                continue
            parameters = [argument.arg for argument in function.args.args]
            passed = (argument for _, argument in _codes(function, places))
            if "code" in parameters and any(isinstance(a, ast.Name) and a.id == "code" for a in passed):
                yield function.name, parameters.index("code")
