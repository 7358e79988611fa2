"""Edits of services in a compose file, by what is wished for; bytes outside the edits stay as they are.

What a service gets through a merge key, an alias or ``extends`` counts: a list that it inherits is written
out in it with what is added, and what others inherit from it is edited only where they wish for the same.
Source of the rules: the Compose Specification, "Fragments", "Merge", "extends".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.compose.merge import OVERRIDE, RESET, TEXT_OR_LIST, items, pairs
from uvmigrate.compose.nodes import Entry, UnusableError, documents, is_merge
from uvmigrate.compose.sharing import Sharing
from uvmigrate.compose.text import ImpossibleError, Text
from uvmigrate.compose.tree import Items, Scalar, Table
from uvmigrate.compose.wishes import AddItems, AddVariables, ChangeItem, DropItem, DropKey, SetKey
from uvmigrate.compose.written import escaped
from uvmigrate.source import OverlapError, apply_edits

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from uvmigrate.compose.model import ComposeFile
    from uvmigrate.compose.nodes import Node
    from uvmigrate.compose.tree import Value
    from uvmigrate.compose.wishes import Wish
    from uvmigrate.compose.written import Plain
    from uvmigrate.source import Edit, Span

_TRUE = frozenset({"true", "yes", "on", "y"})


def edit_services(file: ComposeFile, wishes: Mapping[str, Sequence[Wish]]) -> tuple[Edit, ...] | str:
    """The edits of *file* after which each named service is as wished for; none where it is so already.

    One clause that says why there are none otherwise: it is written in a way that cannot be edited with
    certainty, or a service that does not wish for the same would change with it.
    """
    if file.problem is not None:
        return f"it {file.problem.why}"
    try:
        sharing = Sharing(file, documents(file.data))
        edits = [edit for name in wishes for edit in _Service(file, sharing, name, wishes).edits()]
        # Services that share a list wish for one edit of it.
        edits = list(dict.fromkeys(edits))
        apply_edits(file.data, edits)
    except UnusableError as error:
        return f"it {error.why}"
    except ImpossibleError as error:
        return str(error)
    except OverlapError:
        return "two of the edits would meet"
    return tuple(edits)


def drop_volume(file: ComposeFile, name: str, because: str) -> tuple[Edit, ...] | str:
    """The edits that take a named volume out of the file's own ``volumes``; none where it is not among them.

    One clause that says why there are none otherwise. Whether a service uses it is not looked at.
    """
    try:
        for root in documents(file.data):
            volumes = root.value("volumes")
            for key, value in volumes.pairs if volumes is not None else ():
                if key.text == name:
                    alone = volumes is not None and len(volumes.pairs) == 1
                    holder = next(pair for pair in root.pairs if pair[1] is volumes)
                    if any(node.anchor is not None for node in (*holder[1].below, *value.below)):
                        return f"the volume {name} has an anchor"
                    text = Text(file.data, Entry(root, root, *holder))
                    mapping, entry = (root, holder[0]) if alone else (holder[1], key)
                    return tuple(text.drop_entry(mapping, entry, because))
    except UnusableError as error:
        return f"it {error.why}"
    except ImpossibleError as error:
        return str(error)
    return ()


class _Service:
    """One service: its node, its values with and without what it extends, and who shares its nodes."""

    def __init__(
        self, file: ComposeFile, sharing: Sharing, name: str, wishes: Mapping[str, Sequence[Wish]]
    ) -> None:
        self._file = file
        self._sharing = sharing
        self._name = name
        self._wishes = wishes
        found = sharing.written.get(name, ())
        if len(found) != 1:
            where = "stands in several documents" if found else "is not written in this file"
            raise ImpossibleError(f"{name} {where}")
        self._node = found[0].value
        if self._node.kind != "mapping" or not (self._node.pairs or self._node.style):
            raise ImpossibleError(f"{name} is not written as a mapping of its own")
        self._text = Text(file.data, found[0], sharing.dash(found[0].root))
        self._merged = sharing.merged(self._node)
        self._new: dict[str, Plain] = {}

    def edits(self) -> Iterator[Edit]:
        """The edits for all that is wished for; new keys last, for they may stand where a list grows."""
        mine = self._wishes[self._name]
        for wish in mine:
            match wish:
                case SetKey():
                    yield from self._set(wish)
                case AddItems():
                    yield from self._add(wish)
                case AddVariables():
                    yield from self._variables(wish)
                case ChangeItem():
                    yield self._change(wish)
                case DropKey():
                    yield from self._drop_key(wish)
        for key in dict.fromkeys(wish.key for wish in mine if isinstance(wish, DropItem)):
            yield from self._drop_items([w for w in mine if isinstance(w, DropItem) and w.key == key])
        if self._new:
            yield self._text.add_entries(self._node, tuple(self._new.items()))

    def _set(self, wish: SetKey) -> Iterator[Edit]:
        wanted = escaped(wish.value)
        found = self._table.get(wish.key)
        if found is not None and _says(found, wanted):
            return
        own = self._own(wish.key)
        if own is None:
            if isinstance(found, (Items, Table)):
                raise ImpossibleError(f"{self._name} inherits another {wish.key}")
            self._put(wish, wish.key, wanted)
        elif own.meant.kind != "scalar" or not isinstance(wish.value, (str, int)):
            raise ImpossibleError(f"{self._name} has another {wish.key}")
        else:
            self._agree(wish, self._node)
            yield self._text.fill(own, wanted)

    def _add(self, wish: AddItems) -> Iterator[Edit]:
        own = self._own(wish.key)
        known = self._known(wish.key, own)
        new = [text for text in dict.fromkeys(str(escaped(item)) for item in wish.items) if text not in known]
        if not new:
            return
        self._has_none_below(wish.key, new)
        if own is None:
            self._put(wish, wish.key, [*self._inherited(wish.key), *new])
        elif own.kind == "list":
            self._agree(wish, own)
            yield self._text.add_items(self._key(wish.key), own, new)
        elif own.kind == "alias" or own.is_null:
            self._agree(wish, self._node)
            yield self._text.fill(own, [*self._inherited(wish.key), *new])
        elif own.kind == "scalar":
            self._agree(wish, self._node)
            in_flow = bool(self._node.style)
            yield from self._text.listed(self._key(wish.key), own, new, in_flow=in_flow)
        else:
            raise ImpossibleError(f"the {wish.key} of {self._name} is no list")

    def _variables(self, wish: AddVariables) -> Iterator[Edit]:
        key = "environment"
        found = pairs(self._table[key]) if key in self._table else None
        has = found.entries if isinstance(found, Table) else {}
        wanted = {name: str(escaped(text)) for name, text in wish.values}
        new = {name: text for name, text in wanted.items() if name not in has}
        other = next((name for name in wanted if name in has and not _says(has[name], wanted[name])), None)
        if other is not None:
            raise ImpossibleError(f"{self._name} sets {other} to something else")
        if not new:
            return
        own = self._own(key)
        if own is None:
            if key in self._merged:
                raise ImpossibleError(f"{self._name} gets its environment from an anchor")
            self._put(wish, key, new)
        elif own.kind == "alias":
            raise ImpossibleError(f"{self._name} gets its environment from an anchor")
        elif own.is_null:
            self._agree(wish, self._node)
            yield self._text.fill(own, new)
        elif own.kind == "scalar":
            raise ImpossibleError(f"the environment of {self._name} is a text")
        else:
            self._agree(wish, own)
            if own.kind == "mapping":
                yield self._text.add_entries(own, tuple(new.items()))
            else:
                lines = [f"{name}={text}" for name, text in new.items()]
                yield self._text.add_items(self._key(key), own, lines)

    def _change(self, wish: ChangeItem) -> Edit:
        _, _, value = self._stands(wish.key, wish.at)
        item = next((item for item in value.items if item.span == wish.at), value)
        self._agree(wish, value)
        self._may_go(item)
        if self._text.has_comment(item):
            raise ImpossibleError("a comment in it would be lost")
        return self._text.fill(item, escaped(wish.text))

    def _drop_items(self, wishes: Sequence[DropItem]) -> Iterator[Edit]:
        mapping, key, value = self._stands(wishes[0].key, wishes[0].at)
        spans = {wish.at for wish in wishes}
        dropped = [item for item in value.items or [value] if item.span in spans]
        if len(dropped) < len(spans):
            raise ImpossibleError(f"the {key.text} to drop stand in several lists")
        for wish in wishes:
            self._agree(wish, mapping if len(dropped) == len(value.items or [value]) else value)
        because = "; ".join(dict.fromkeys(wish.because for wish in wishes))
        if len(dropped) < len(value.items):
            for item in dropped:
                self._may_go(item)
            yield from self._text.drop_items(value, dropped, because)
        else:
            yield from self._without(mapping, key, value, because)

    def _drop_key(self, wish: DropKey) -> Iterator[Edit]:
        own = self._own(wish.key)
        if own is None:
            if wish.key in self._table:
                raise ImpossibleError(f"{self._name} inherits its {wish.key}")
            return
        if "extends" in self._merged and own.meant.kind != "list":
            raise ImpossibleError(f"{self._name} extends a service that may have a {wish.key} as well")
        self._agree(wish, self._node)
        yield from self._without(self._node, self._key(wish.key), own, wish.because)

    def _without(self, mapping: Node, key: Node, value: Node, because: str) -> Iterator[Edit]:
        if len(mapping.pairs) == 1:
            raise ImpossibleError(f"nothing would be left beside {key.text}")
        if any(is_merge(name) for name, _ in mapping.pairs):
            raise ImpossibleError(f"a merge key may bring another {key.text}")
        self._may_go(value)
        yield from self._text.drop_entry(mapping, key, because)

    def _put(self, wish: Wish, key: str, value: Plain) -> None:
        if key in self._new:
            raise ImpossibleError(f"{key} is wished for twice")
        self._agree(wish, self._node)
        above = self._sharing.heritage(self._name)
        if key in self._table or not any(wish in self._wishes.get(name, ()) for name in above):
            self._new[key] = value

    @property
    def _table(self) -> Mapping[str, Value]:
        """What the service has in all."""
        return self._file.tables[self._name].entries

    def _own(self, key: str) -> Node | None:
        """What the service itself has under a key; what is tagged there is left to who wrote it."""
        own = self._node.value(key)
        if own is not None and own.kind != "alias":
            if own.tag.startswith("!") and not (own.tag == OVERRIDE and own.kind in ("list", "mapping")):
                raise ImpossibleError(f"the {key} of {self._name} is tagged {own.tag}")
            if own.anchor is not None and own.kind == "scalar":
                raise ImpossibleError(f"the {key} of {self._name} has an anchor")
        return own

    def _key(self, key: str) -> Node:
        return next(name for name, _ in self._node.pairs if name.text == key)

    def _inherited(self, key: str) -> list[str]:
        """The texts of a list that an alias or a merge key brings, as they are written there."""
        found = self._merged.get(key)
        values = [] if isinstance(found, Scalar) and found.text is None else items(found)
        texts = [value.text for value in values if isinstance(value, Scalar) and value.text is not None]
        if len(texts) < len(values) or (found is not None and found.tag in (RESET, OVERRIDE)):
            raise ImpossibleError(f"{self._name} gets {key} from an anchor, and not as a list of texts")
        return texts

    def _known(self, key: str, own: Node | None) -> set[str]:
        """The items that the list has already, or will have from services that this one extends."""
        values = items(self._table.get(key))
        known = {value.text for value in values if isinstance(value, Scalar) and value.text is not None}
        if own is None or own.tag != OVERRIDE:
            for base in self._sharing.bases(self._name):
                for wish in self._wishes.get(base, ()):
                    if isinstance(wish, AddItems) and wish.key == key:
                        known |= {str(escaped(item)) for item in wish.items}
        return known

    def _has_none_below(self, key: str, new: Collection[str]) -> None:
        """Raises ImpossibleError where a service that extends this one has such an item, too."""
        if key in TEXT_OR_LIST:
            return
        below = (
            (name, self._sharing.merged(entry.value.meant).get(key))
            for name in self._sharing.extending([self._name])
            for entry in self._sharing.written.get(name, ())
        )
        for name, value in below:
            texts = [item.text for item in items(value) if isinstance(item, Scalar)]
            if value is not None and value.tag != OVERRIDE and any(text in new for text in texts):
                raise ImpossibleError(f"{name} extends {self._name} and would have a {key} twice")

    def _stands(self, key: str, at: Span) -> tuple[Node, Node, Node]:
        """The mapping, the key and the value where an item stands, or the text that is the only one."""
        places = [value.place for value in items(self._table.get(key))]
        if not any(place.path == self._file.path and place.span == at for place in places):
            raise ImpossibleError(f"{self._name} has no such {key} in this file")
        found = self._sharing.stands(key, at)
        if found is not None:
            return found.mapping, found.key, found.value
        raise ImpossibleError(f"{self._name} gets this {key} from an anchor of its own")

    def _may_go(self, node: Node) -> None:
        if any(inner.anchor is not None or inner.tag.startswith("!") for inner in node.below):
            raise ImpossibleError(f"what {self._name} has there has an anchor or a tag")

    def _agree(self, wish: Wish, node: Node) -> None:
        """Raises ImpossibleError where others have the node, and do not wish for the same."""
        names = self._sharing.holders(node) | {self._name}
        for name in sorted({*names, *self._sharing.extending(names)} - {self._name}):
            if wish not in self._wishes.get(name, ()):
                raise ImpossibleError(f"{name} would change with {self._name}")


def _says(found: Value, wanted: Plain) -> bool:
    """Whether a value of the file is *wanted*, however it is written."""
    if isinstance(found, Scalar):
        if isinstance(wanted, bool):
            return (found.text is not None and found.text.lower() in _TRUE) == wanted
        return isinstance(wanted, (str, int)) and found.text == str(wanted)
    if isinstance(found, Table):
        return (
            isinstance(wanted, dict)
            and found.entries.keys() == wanted.keys()
            and all(_says(value, wanted[key]) for key, value in found.entries.items())
        )
    return (
        isinstance(wanted, list)
        and len(wanted) == len(found.values)
        and all(_says(value, other) for value, other in zip(found.values, wanted, strict=True))
    )
