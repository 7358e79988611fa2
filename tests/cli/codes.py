"""Which refusal codes the source uses, read from its syntax."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


@dataclass(frozen=True, slots=True)
class Codes:
    """The codes that were found, and the places (file:line) where a code cannot be told from the source."""

    known: frozenset[str]
    unclear: tuple[str, ...]


#: Where a code stands among the arguments, by the name of what takes it; private names with their file.
Places = dict[tuple[Path | None, str], int]


def used_codes(files: Iterable[Path]) -> Codes:
    """The codes of all calls of Refusal, and of the functions and classes through which they come to it."""
    trees = {file: ast.parse(file.read_bytes()) for file in files}
    places: Places = {(None, "Refusal"): 2} | dict(_carriers(trees))
    while True:
        found = dict(_passing_on(trees, places))
        if found.items() <= places.items():
            break
        places |= found
    known: set[str] = set()
    unclear: list[str] = []
    for file, tree in trees.items():
        for call, argument in _codes(file, tree, places):
            literals = {n.value for n in ast.walk(argument) if isinstance(n, ast.Constant)}
            known |= {text for text in literals if isinstance(text, str)}
            passed_on = (isinstance(argument, ast.Name) and argument.id == "code") or (
                isinstance(argument, ast.Attribute) and argument.attr == "code"
            )
            if not literals and not passed_on:
                unclear.append(f"{file}:{call.lineno}")
    return Codes(frozenset(known), tuple(unclear))


def _key(file: Path, name: str) -> tuple[Path | None, str]:
    return (file if name.startswith("_") else None), name


def _codes(file: Path, tree: ast.AST, places: Places) -> Iterator[tuple[ast.Call, ast.expr]]:
    """Every call of something that takes a code, with that argument."""
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call):
            continue
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        place = places.get(_key(file, name))
        if place is not None:
            named = [keyword.value for keyword in call.keywords if keyword.arg == "code"]
            # A starred argument may stand for the code and what follows it.
            positional = call.args[place : place + 1] or call.args[-1:]
            yield call, (named or positional)[0]


def _carriers(trees: Mapping[Path, ast.AST]) -> Iterator[tuple[tuple[Path | None, str], int]]:
    """The classes like a refusal, with fields ``code`` and ``because``, and the place of the code."""
    for file, tree in trees.items():
        for item in ast.walk(tree):
            if isinstance(item, ast.ClassDef):
                fields = [s.target for s in item.body if isinstance(s, ast.AnnAssign)]
                names = [field.id for field in fields if isinstance(field, ast.Name)]
                if {"code", "because"} <= set(names):
                    yield _key(file, item.name), names.index("code")


def _passing_on(
    trees: Mapping[Path, ast.AST], places: Places
) -> Iterator[tuple[tuple[Path | None, str], int]]:
    """The functions that pass a parameter ``code`` on to one of those that are known, with its place."""
    for file, tree in trees.items():
        for function in ast.walk(tree):
            if not isinstance(function, ast.FunctionDef):
                continue
            parameters = [argument.arg for argument in function.args.args]
            passed = (argument for _, argument in _codes(file, function, places))
            if "code" in parameters and any(isinstance(a, ast.Name) and a.id == "code" for a in passed):
                yield _key(file, function.name), parameters.index("code")
