"""The state of a reading, and what happens where a path may be taken or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.project.static.values import Scope, TextFile, Unknown, frozen, is_text, parts, spoil

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable, Sequence
    from pathlib import PurePosixPath

    from uvmigrate.source import Repo

    #: The names of every live scope after a path, by scope.
    Names = list[dict[str, object]]
    #: What the lists, dicts and files hold after a path, by their ids.
    Contents = dict[int, object]

#: Evaluations of one reading; the largest real setup.py needs some thousands.
MAX_STEPS = 100_000
MAX_DEPTH = 40


class Stop(Exception):  # noqa: N818 (it ends a path, it is no error)
    """The path ends here: an exception is raised, or the program ends."""


class Left(Exception):  # noqa: N818 (as above)
    """The loop or the function is left; ``value`` is what a function returns."""

    def __init__(self, kind: str, value: object = None) -> None:
        super().__init__(kind)
        self.kind = kind
        self.value = value


class LoopLeft(Exception):  # noqa: N818 (as above)
    """A loop may be left here or not."""


class CannotReadError(Exception):
    """The file cannot be read statically as a whole; the place says where."""

    def __init__(self, why: str, path: PurePosixPath, line: int) -> None:
        super().__init__(why)
        self.why, self.path, self.line = why, path, line


class Machine:
    """The scopes that are live, and how deep in paths that may be taken or not the reading is."""

    def __init__(self, repo: Repo, folder: PurePosixPath) -> None:
        self.repo = repo
        self.folder = folder
        self.scopes: list[Scope] = []
        self.modules: dict[str, dict[str, object]] = {}
        self.written: set[str] = set()
        self.read: dict[PurePosixPath, None] = {}
        self.imported: dict[str, int] = {}
        self.own_modules: set[str] = set()
        self.steps = 0
        self.depth = 0
        self.forks = 0

    @property
    def scope(self) -> Scope:
        """The innermost one."""
        return self.scopes[-1]

    def step(self, node: ast.AST) -> None:
        """Counts one evaluation. Raises CannotReadError where there are too many."""
        self.steps += 1
        if self.steps > MAX_STEPS:
            raise CannotReadError("it computes too much to be read", self.scope.path, _line(node))

    def unknown(self, node: ast.AST, *, text: bool = False) -> Unknown:
        """What *node* of the file at hand is, where that is not known."""
        return Unknown(node, self.scope.path, text)

    def fork(self, node: ast.AST, paths: Sequence[Callable[[], None]]) -> None:
        """Follows each of *paths* from the state at hand; what they do not agree on is unknown afterwards.

        A path that ends the program counts for nothing; where all do, this one ends as well, and where none
        goes on, the function is left. Raises LoopLeft where one leaves a loop.
        """
        before = self._state()
        after: list[tuple[Names, Contents]] = []
        known = {id(value): value for value in self._mutable()}
        going_on = 0
        self.forks += 1
        try:
            for follow in paths:
                try:
                    follow()
                    going_on += 1
                except Stop:
                    continue
                except Left as left:
                    if left.kind != "return":
                        raise LoopLeft from None
                    self.scope.maybe.append(left.value)
                finally:
                    reached = self._state()
                    self._restore(before, known)
                after.append(reached)
        finally:
            self.forks -= 1
        if not after:
            raise Stop
        try:
            self._join(node, after, known)
        except RecursionError:
            raise CannotReadError("it is nested too deeply", self.scope.path, _line(node)) from None
        if not going_on:
            raise Left("return", self.scope.maybe[-1])

    def _live(self) -> list[dict[str, object]]:
        # New modules come last, so that a scope keeps its place from one state to the next.
        found = [*(scope.names for scope in self.scopes), *self.modules.values()]
        return list({id(names): names for names in found}.values())

    def _mutable(self) -> list[list[object] | dict[object, object] | TextFile]:
        everything = (part for names in self._live() for value in names.values() for part in parts(value))
        return [part for part in everything if isinstance(part, list | dict | TextFile)]

    def _state(self) -> tuple[Names, Contents]:
        return [dict(names) for names in self._live()], {
            id(value): _content(value) for value in self._mutable()
        }

    def _restore(
        self,
        state: tuple[Names, Contents],
        known: dict[int, list[object] | dict[object, object] | TextFile],
    ) -> None:
        for names, saved in zip(self._live(), state[0], strict=False):
            names.clear()
            names.update(saved)
        for key, value in known.items():
            if key in state[1]:
                _set_content(value, state[1][key])

    def _join(
        self,
        node: ast.AST,
        after: list[tuple[Names, Contents]],
        known: dict[int, list[object] | dict[object, object] | TextFile],
    ) -> None:
        """The state after all paths: that of the last one, without what differs between them."""
        seen: list[tuple[list[dict[str, object]], dict[int, object]]] = []
        for state in after:
            self._restore(state, known)
            names = [{name: frozen(value) for name, value in each.items()} for each in self._live()]
            seen.append((names, {key: frozen(value) for key, value in known.items()}))
        for key, value in known.items():
            if len({contents[key] for _, contents in seen}) > 1:
                spoil(value, self.unknown(node))
        for place, names_now in enumerate(self._live()):
            values = [state[0][place] if place < len(state[0]) else {} for state in after]
            for name in {name: None for each in values for name in each}:
                alike = {frozen_names[0][place].get(name) for frozen_names in seen}
                bound = [each[name] for each in values if name in each]
                same = all(one is bound[0] for one in bound) or not any(id(one) in known for one in bound)
                if len(alike) > 1 or not same:
                    text = all(is_text(one) for one in bound)
                    names_now[name] = self.unknown(node, text=text)


def _content(value: list[object] | dict[object, object] | TextFile) -> object:
    if isinstance(value, TextFile):
        return (value.text, value.read)
    return value.copy()


def _set_content(value: list[object] | dict[object, object] | TextFile, content: object) -> None:
    if isinstance(value, TextFile) and isinstance(content, tuple):
        value.text, value.read = content
    elif isinstance(value, list) and isinstance(content, list):
        value[:] = content
    elif isinstance(value, dict) and isinstance(content, dict):
        value.clear()
        value.update(content)


def _line(node: ast.AST) -> int:
    return int(getattr(node, "lineno", 0))
