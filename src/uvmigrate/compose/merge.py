"""How Compose lays one service over another: for ``extends``, and for the documents of one file.

Source: the Compose Specification, "Merge and override"; `docker compose config` is the judge in the tests.
"""

from __future__ import annotations

from uvmigrate.compose.tree import Budget, Items, Scalar, Table, Value

RESET = "!reset"
OVERRIDE = "!override"

#: Never put together of two, not even where both are lists.
_WHOLE = frozenset({"command", "entrypoint", "healthcheck.test"})
#: Written as a list of NAME=VALUE or as a mapping.
_PAIRS = frozenset({"environment", "build.args"})

#: A text or a list; of two they are put together, and what comes twice is taken once.
TEXT_OR_LIST = frozenset({"dns", "dns_search", "env_file", "tmpfs"})


def layered(base: Table, over: Table, budget: Budget, within: str = "") -> Table:
    """The service *over* laid over *base*: its scalars win, mappings are merged, lists are appended.

    A key tagged ``!reset`` stays as that, for `Service.reset`; one tagged ``!override`` replaces. The place
    is that of *over*. *within* is the path of the two in their services, ending with a dot.
    Raises UnusableError where *budget* is spent.
    """
    budget.spend(len(base.entries), over.place.line)
    entries = dict(base.entries)
    for key, value in over.entries.items():
        before = entries.get(key)
        if before is None or RESET in (before.tag, value.tag) or value.tag == OVERRIDE:
            entries[key] = value
        else:
            entries[key] = _value(within + key, before, value, budget)
    return over._replace(entries=entries)


def _value(path: str, base: Value, over: Value, budget: Budget) -> Value:
    if path in _WHOLE:
        return over
    if isinstance(over, Scalar) and over.text is None:
        return base
    if path == "build":
        base, over = _long_build(base), _long_build(over)
    if path in _PAIRS:
        base, over = pairs(base), pairs(over)
        if isinstance(base, Table) and isinstance(over, Table):
            # A name without a value counts as one here: it is taken from the environment.
            return over._replace(entries={**base.entries, **over.entries})
    if isinstance(base, Table) and isinstance(over, Table):
        return layered(base, over, budget, f"{path}.")
    if isinstance(base, Items) or isinstance(over, Items) or path in TEXT_OR_LIST:
        values = items(base) + items(over)
        budget.spend(len(values), over.place.line)
        return Items(values, over.place, over.tag)
    return over


def items(value: Value | None) -> tuple[Value, ...]:
    """The values of a list; ``tmpfs: /run`` is one of one, and what is not there has none."""
    if value is None:
        return ()
    return value.values if isinstance(value, Items) else (value,)


def _long_build(value: Value) -> Value:
    """``build: folder`` as ``build: {context: folder}``."""
    return Table({"context": value}, value.place, "") if isinstance(value, Scalar) else value


def pairs(value: Value) -> Value:
    """A list of ``NAME=VALUE`` and ``NAME`` as a mapping; everything else as it is."""
    if not isinstance(value, Items):
        return value
    entries: dict[str, Value] = {}
    for item in value.values:
        if isinstance(item, Scalar) and item.text is not None:
            name, equals, text = item.text.partition("=")
            entries[name] = item._replace(text=text if equals else None)
    return Table(entries, value.place, value.tag)
