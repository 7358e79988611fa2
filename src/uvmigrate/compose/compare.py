"""Whether edits of compose files changed anything else as well: aliases, merge keys, ``extends`` followed."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter, deque
from typing import TYPE_CHECKING

from uvmigrate.compose.merge import TEXT_OR_LIST, items, layered, pairs
from uvmigrate.compose.tree import Budget, Items, Scalar, Table
from uvmigrate.source import Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import PurePosixPath

    from uvmigrate.compose.model import ComposeFile
    from uvmigrate.compose.tree import Place, Value
    from uvmigrate.source import Edit

#: The lists in which Compose takes the same item twice, or once of two.
_REPEATING = frozenset({"command", "entrypoint"}) | TEXT_OR_LIST


def stray(
    before: Iterable[ComposeFile],
    after: Iterable[ComposeFile],
    edits: Mapping[PurePosixPath, Sequence[Edit]],
) -> str | None:
    """What *edits* made differ without having written or replaced it: one clause, or None.

    The files are the same before and after, in the same order: those that are edited, and those that extend
    their services or are laid over them. A file that cannot be used any more counts, and so does an item that
    a list of a service holds twice then, which Compose does not take.
    """
    both = tuple(zip(before, after, strict=True))
    regions = _Regions(edits)
    for old, new in both:
        if old.problem is not None:
            continue
        if new.problem is not None:
            return f"{new.path} {new.problem.why} afterwards (line {new.problem.line})"
        found = next(_differences(old, new, regions), None)
        if found is not None:
            return f"{found} of {new.path} differs afterwards"
        twice = next(_doubled(old.tables, new.tables), None)
        if twice is not None:
            return f"{twice} of {new.path} holds an item twice afterwards"
    return next(_doubled_below_overrides(both), None)


class _Regions:
    """Where edits replaced text, and where in the files that came out they wrote some."""

    def __init__(self, edits: Mapping[PurePosixPath, Sequence[Edit]]) -> None:
        self._edits: dict[PurePosixPath, _InOrder] = {}
        self._written: dict[PurePosixPath, _InOrder] = {}
        for path, some in edits.items():
            moved, written = 0, []
            ordered = sorted(some, key=lambda edit: (edit.span.start, edit.span.end))
            for edit in ordered:
                start = edit.span.start + moved
                written += [edit._replace(span=Span(start, start + len(edit.new)))] if edit.new else []
                moved += len(edit.new) - len(edit.span)
            self._edits[path], self._written[path] = _InOrder(ordered), _InOrder(written)

    def wrote(self, place: Place) -> bool:
        """Whether what stands there now was written by an edit, all of it."""
        return any(edit.span.contains(place.span) for edit in self._near(self._written, place))

    def replaced(self, place: Place) -> bool:
        """Whether what stood there was replaced by an edit, all of it."""
        near = self._near(self._edits, place)
        return any(len(edit.span) > 0 and edit.span.contains(place.span) for edit in near)

    def changed(self, place: Place) -> bool:
        """Whether an edit changed some of the text that stood there, or put words before or behind it."""
        return any(
            edit.span.overlaps(place.span)
            or (
                edit.span.start in (place.span.start, place.span.end)
                and not len(edit.span)
                and not edit.new.startswith(b",")
                and b"\n" not in edit.new
            )
            for edit in self._near(self._edits, place)
        )

    def _near(self, edits: Mapping[PurePosixPath, _InOrder], place: Place) -> Sequence[Edit]:
        return edits[place.path].near(place.span) if place.path in edits else ()


class _InOrder:
    """Edits of one file that do not overlap, in order: only those that are near are looked at."""

    def __init__(self, edits: Sequence[Edit]) -> None:
        self._all = edits
        self._starts = [edit.span.start for edit in edits]
        self._ends = [edit.span.end for edit in edits]

    def near(self, span: Span) -> Sequence[Edit]:
        """Those that touch *span*."""
        return self._all[bisect_left(self._ends, span.start) : bisect_right(self._starts, span.end)]


def _differences(old: ComposeFile, new: ComposeFile, regions: _Regions) -> Iterator[str]:
    if len(old.documents) != len(new.documents):
        yield "the number of documents"
    for documents in zip(old.documents, new.documents, strict=False):
        yield from _stray(*documents, "", regions)
    for name in {**old.tables, **new.tables}:
        yield from _stray_entry(old.tables.get(name), new.tables.get(name), f"services.{name}", regions)


def _stray(old: Value, new: Value, path: str, regions: _Regions) -> Iterator[str]:
    """The paths of values that differ and should not."""
    if regions.wrote(new.place) or regions.replaced(old.place):
        return
    old, new = _in_form(old, new), _in_form(new, old)
    if isinstance(old, Table) and isinstance(new, Table) and old.tag == new.tag:
        for key in {**old.entries, **new.entries}:
            yield from _stray_entry(
                old.entries.get(key), new.entries.get(key), f"{path}.{key}".strip("."), regions
            )
    elif isinstance(old, Items) and isinstance(new, Items) and old.tag == new.tag:
        yield from _stray_items(old, new, path, regions)
    elif not (isinstance(old, Scalar) and isinstance(new, Scalar)) or (
        (old.text, old.tag) != (new.text, new.tag) and not regions.changed(old.place)
    ):
        yield path


def _in_form(value: Value, other: Value) -> Value:
    """*value* as a mapping or list where *other* is one: laid over something else, it becomes that."""
    if isinstance(value, Items) and isinstance(other, Table):
        return pairs(value)._replace(tag=other.tag)
    if isinstance(value, Scalar) and value.text is not None and isinstance(other, Items):
        return Items((value,), value.place, other.tag)
    return value


def _stray_entry(old: Value | None, new: Value | None, path: str, regions: _Regions) -> Iterator[str]:
    if old is not None and new is not None:
        yield from _stray(old, new, path, regions)
    elif not (new is not None and regions.wrote(new.place)) and not (
        old is not None and regions.replaced(old.place)
    ):
        yield path


def _stray_items(old: Items, new: Items, path: str, regions: _Regions) -> Iterator[str]:
    """What is neither in its turn nor written; what was inherited may have been written out."""
    waiting = deque(value for value in old.values if not regions.replaced(value.place))
    written_out = len(waiting) - sum(not regions.wrote(value.place) for value in new.values)
    for index, value in enumerate(new.values):
        if regions.wrote(value.place):
            if written_out > 0 and _is_same(waiting[0], value):
                waiting.popleft()
                written_out -= 1
        elif waiting:
            yield from _stray(waiting.popleft(), value, f"{path}[{index}]", regions)
        else:
            yield path
    if waiting:
        yield path


def _is_same(one: Value, other: Value) -> bool:
    """Whether two values are equal, wherever they stand."""
    if isinstance(one, Scalar) and isinstance(other, Scalar):
        return one.text == other.text
    if isinstance(one, Items) and isinstance(other, Items):
        return len(one.values) == len(other.values) and all(map(_is_same, one.values, other.values))
    if isinstance(one, Table) and isinstance(other, Table) and one.entries.keys() == other.entries.keys():
        return all(_is_same(value, other.entries[key]) for key, value in one.entries.items())
    return False


def _doubled(old: Mapping[str, Table], new: Mapping[str, Table]) -> Iterator[str]:
    """The lists of services that hold an item more often than once, and than before."""
    for name, table in new.items():
        for key, value in table.entries.items():
            if isinstance(value, Items) and key not in _REPEATING:
                before = _counted(old[name].entries.get(key)) if name in old else Counter()
                if any(count > max(before[text], 1) for text, count in _counted(value).items()):
                    yield f"services.{name}.{key}"


def _doubled_below_overrides(both: Sequence[tuple[ComposeFile, ComposeFile]]) -> Iterator[str]:
    """Lists as `_doubled` finds them where Compose lays a file's own override file over it."""
    overrides: dict[PurePosixPath, list[tuple[ComposeFile, ComposeFile]]] = {}
    for files in both:
        overrides.setdefault(files[1].path.with_suffix(""), []).append(files)
    for base in both:
        path = base[1].path
        for over in overrides.get(path.with_name(f"{path.stem}.override"), ()):
            sides = [_laid_over(*files) for files in zip(base, over, strict=True)]
            twice = next(_doubled(*sides), None)
            if twice is not None:
                yield f"{twice} holds an item twice where {over[1].path} is laid over {path}"


def _laid_over(base: ComposeFile, over: ComposeFile) -> dict[str, Table]:
    shared = base.tables.keys() & over.tables.keys()
    return {name: layered(base.tables[name], over.tables[name], Budget()) for name in shared}


def _counted(value: Value | None) -> Counter[str]:
    texts = (item.text for item in items(value) if isinstance(item, Scalar))
    return Counter(text for text in texts if text is not None)
