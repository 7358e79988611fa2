"""How a page is read, and how accepted expectations get into it."""

from __future__ import annotations

import pytest

from cases.pages import read_cases, rewritten, shown
from uvmigrate.codemod.page import prose

PAGE = """\
# greet

## What it does

Says hello.

## It greets {no twins: it is about line ends}

Some words about it.

```dockerfile Dockerfile
FROM scratch
## no heading in here
```

```text app/empty.txt
```

```diff
-FROM scratch

+FROM hello
```

## It refuses strangers

````markdown README.md
```
quoted
```
````

```refused
README.md:1 stranger: who is this
```
"""


def test_the_prose_ends_above_the_first_case() -> None:
    assert prose(PAGE) == "# greet\n\n## What it does\n\nSays hello.\n"


def test_a_case_has_files_and_expectations() -> None:
    greets, refuses = read_cases(PAGE)
    assert (greets.claim, greets.line, greets.no_twins) == ("It greets", 7, "it is about line ends")
    assert greets.files == {"Dockerfile": b"FROM scratch\n## no heading in here\n", "app/empty.txt": b""}
    assert greets.expected == {"diff": "-FROM scratch\n\n+FROM hello\n"}
    assert refuses.files == {"README.md": b"```\nquoted\n```\n"}
    assert refuses.expected == {"refused": "README.md:1 stranger: who is this\n"}
    assert refuses.no_twins is None


def test_writing_what_is_there_changes_nothing() -> None:
    assert rewritten(PAGE, {case.line: case.expected for case in read_cases(PAGE)}) == PAGE


def test_expectations_are_replaced_added_and_dropped() -> None:
    greets, refuses = read_cases(PAGE)
    new = rewritten(
        PAGE, {greets.line: {}, refuses.line: {"diff": "+x\n", "refused": "", "locks": "uv.lock\n"}}
    )
    again = read_cases(new)
    assert again[0].expected == {}
    assert again[1].expected == {"diff": "+x\n", "locks": "uv.lock\n"}
    assert [case.files for case in again] == [greets.files, refuses.files]
    assert "\n\n\n" not in new


def test_a_patch_is_shown_without_blanks_that_editors_strip() -> None:
    assert shown("@@ -1,2 +1,2 @@\n \n-a\n+b \n") == "@@ -1,2 +1,2 @@\n\n-a\n+b \n"


@pytest.mark.parametrize(
    ("page", "message"),
    [
        ("## It has\n\n```text a\n", "line 3: this block has no end"),
        ("## It has\n\nnothing\n", "line 1: a case without files"),
        (
            "## It has\n\n```text a\n```\n\n```python\n```\n",
            "line 6: neither a file nor an expectation: python",
        ),
        (
            "## It has\n\n```text a\n```\n\n## More\n",
            'line 6: below the first case, every heading begins with "## It "',
        ),
    ],
)
def test_a_page_that_cannot_be_meant_is_an_error(page: str, message: str) -> None:
    with pytest.raises(ValueError, match="^" + message):
        read_cases(page)
