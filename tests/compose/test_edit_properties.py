"""However a compose file is written: what is wished for comes about, or a reason; nothing else changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import event, given, settings

from compose.editing import PATH, plain, usable
from compose.generated import compose_files
from uvmigrate.compose import AddItems, AddVariables, SetKey, edit_services, stray
from uvmigrate.compose.merge import items, pairs
from uvmigrate.compose.tree import Scalar
from uvmigrate.source import apply_edits

if TYPE_CHECKING:
    from uvmigrate.compose.tree import Table, Value

WISHES = (
    SetKey("read_only", True),
    AddItems("tmpfs", ("/tmp", "/run")),
    AddItems("cap_drop", ("ALL",)),
    AddVariables((("NEW", "a$b"),)),
)
#: Why a generated file may be left alone.
KNOWN = (
    "gets its environment from an anchor",
    "ends with a text whose last line ends count",
    "ends with a key that has no value",
    "would have a cap_drop twice",
)


def texts(value: Value | None) -> set[str | None]:
    """The texts of a list, or the one that stands for it."""
    return {item.text for item in items(value) if isinstance(item, Scalar)} - {None}


def wanted(table: Table) -> dict[str, Any]:
    """What a service is to have; lists as sets."""
    entries = {key: plain(value) for key, value in table.entries.items()}
    for key, new in (("tmpfs", {"/tmp", "/run"}), ("cap_drop", {"ALL"})):
        entries[key] = texts(table.entries.get(key)) | new
    variables = table.entries.get("environment")
    entries["environment"] = {} if variables is None else plain(pairs(variables))
    entries["environment"] |= {"NEW": ("a$$b", "tag:yaml.org,2002:str")}
    return entries | {"read_only": ("true", "tag:yaml.org,2002:bool")}


@settings(deadline=None, max_examples=200)
@given(compose_files())
def test_what_is_wished_for_comes_about_and_nothing_else(generated: tuple[bytes, list[str]]) -> None:
    data, names = generated
    before = usable(data)
    wishes = dict.fromkeys(names, WISHES)
    edits = edit_services(before, wishes)
    if isinstance(edits, str):
        event("reason")
        assert edits.endswith(KNOWN), edits
        return
    after = usable(apply_edits(data, edits))
    assert stray([before], [after], {PATH: edits}) is None
    assert edit_services(after, wishes) == ()
    for name in names:
        assert wanted(after.tables[name]) == wanted(before.tables[name])
        entries = after.tables[name].entries
        assert "/tmp" in texts(entries["tmpfs"])
        assert "ALL" in texts(entries["cap_drop"])
    assert after.data.count(b"#") == data.count(b"#")
    assert (b"\r" in after.data) == (b"\r" in data)
    assert after.data.endswith(b"\n") == data.endswith(b"\n")
