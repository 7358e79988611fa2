from __future__ import annotations

import tomllib

import pytest

from uvmigrate.project.toml_places import read_tables

TEXT = """\
# The file's own.

top = 1  # one

# of a
[a."b.c"]  # header
  x . "y" = [ # first
    "]", # second
    '#',
] # last
# above z
z = { q = "}" }

# at the end

# of the list
[[a.list]]
text = \"\"\"
# no comment
[no.header]
quote\"\"\"\"
raw = '''
''' # raw"""


def test_tables_tile_the_file() -> None:
    tables = read_tables(TEXT)
    assert "".join(TEXT[table.start : table.end] for table in tables) == TEXT
    assert [table.path for table in tables] == [(), ("a", "b.c"), ("a", "list")]


def test_comments_belong_to_what_stands_below_them() -> None:
    root, first, listed = read_tables(TEXT)
    assert (root.statements[0].comments, root.statements[0].trailing) == (("# The file's own.",), "# one")
    assert (first.header.comments, first.header.trailing) == (("# of a",), "# header")
    assert [one.comments for one in first.statements] == [(), ("# above z",)]
    assert first.statements[0].inner == ("# first", "# second")
    assert first.statements[0].trailing == "# last"
    assert first.rest == ("# at the end",)
    assert listed.header.comments == ("# of the list",)
    assert listed.statements[1].trailing == "# raw"


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_statements_have_their_whole_name_and_value(newline: str) -> None:
    text = TEXT.replace("\n", newline)
    for table in read_tables(text):
        for one in table.statements:
            found = tomllib.loads(text)
            for part in one.path:
                found = found[part][0] if isinstance(found[part], list) and part == "list" else found[part]
            assert tomllib.loads(f"value = {one.value}")["value"] == found
            assert f"= {one.value}" in text[one.start : one.end]
