"""What is wished for a service is written where it belongs, and no byte elsewhere differs."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from compose.editing import BOTH, READ_ONLY, TMP, edited, edited_apart, reason, usable
from compose.reading import read
from uvmigrate.compose import (
    AddItems,
    AddVariables,
    ChangeItem,
    DropItem,
    DropKey,
    SetKey,
    drop_volume,
    edit_services,
)
from uvmigrate.source import Span, apply_edits

if TYPE_CHECKING:
    from uvmigrate.compose.written import Plain

DROPPED = AddItems("cap_drop", ("ALL",))

PAGE = Path(__file__).with_name("edits.md").read_text(encoding="utf-8")
FORMS = dict(re.findall(r"^## ([^\n]+)\n\n```diff\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE))


def side(diff: str, other: str) -> str:
    """The text before or after: the lines without those that begin with the *other* sign."""
    lines = (line for line in diff.splitlines(keepends=True) if not line.startswith(other))
    return "".join(line if line == "\n" else line[1:] for line in lines)


@pytest.mark.parametrize("end", ["\n", ""])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("start", ["", "\ufeff", "# ünïcode 🐍\n"])
@pytest.mark.parametrize("form", FORMS)
def test_a_service_becomes_read_only(form: str, start: str, newline: str, end: str) -> None:
    texts = (start + side(FORMS[form], sign).rstrip("\n") + end for sign in "+-")
    before, after = (text.replace("\n", newline).encode() for text in texts)
    assert edited(before, *BOTH) == after.decode()
    assert edited(after, *BOTH) == after.decode()


def test_blanks_and_tabs_behind_the_last_value_stay() -> None:
    text = "services:\n  web:\n    image: a \t\n\n\nvolumes: {}\n"
    assert edited(text.encode(), READ_ONLY) == text.replace("\t\n", "\t\n    read_only: true\n")


def test_a_key_that_says_nothing_is_filled() -> None:
    text = "services:\n  web:\n    user:  # why\n    tmpfs: ~\n    image: a\n"
    assert edited(text, SetKey("user", "1001"), TMP) == (
        'services:\n  web:\n    user: "1001"  # why\n    tmpfs: [/tmp]\n    image: a\n'
    )


# What is not done, and why not.
REASONS = [
    ("web is not written in this file", "services:\n  db:\n    image: a\n"),
    ("web is not written in this file", "x-s: &s {web: {image: a}}\nservices:\n  <<: *s\n"),
    ("web stands in several documents", "services: {web: {image: a}}\n---\nservices: {web: {user: b}}\n"),
    ("web is not written as a mapping of its own", "x-w: &w {image: a}\nservices:\n  web: *w\n"),
    ("web is not written as a mapping of its own", "services:\n  web:\n"),
    ("web is not written as a mapping of its own", "services:\n  web: !reset null\n"),
    ("the read_only of web is tagged !reset", "services:\n  web:\n    read_only: !reset false\n"),
    ("the tmpfs of web is tagged !reset", "services:\n  web:\n    image: a\n    tmpfs: !reset []\n"),
    ("the read_only of web has an anchor", "services:\n  web:\n    read_only: &r false\n"),
    ("web has another read_only", "services:\n  web:\n    read_only: [a]\n"),
    ("web inherits another read_only", "x-b: &b {read_only: [a]}\nservices:\n  web:\n    <<: *b\n"),
    ("the tmpfs of web is no list", "services:\n  web:\n    tmpfs: {a: b}\n"),
    ("the text of tmpfs is written over several lines", "services:\n  web:\n    tmpfs: |\n      /run\n"),
    ("the text of tmpfs is written over several lines", "services:\n  web:\n    tmpfs: /run\n     /b\n"),
    ("the text of tmpfs does not stand beside it", "services:\n  web:\n    tmpfs:\n      /run\n"),
    (
        "web gets tmpfs from an anchor, and not as a list of texts",
        "x-b: &b {tmpfs: [{a: b}]}\nservices:\n  web:\n    <<: *b\n",
    ),
    (
        "an item of the list does not stand behind its dash",
        "services:\n  web:\n    tmpfs:\n      -\n        /a\n",
    ),
    ("it ends with a key that has no value", "services:\n  web: {image: a, init}\n"),
    (
        "it ends with a text whose last line ends count",
        "services:\n  web:\n    user: |+\n      a\n\n  db: {}\n",
    ),
    ("it ends with a text whose last line ends count", "services:\n  web:\n    user: |\n      a"),
    ("the file has lines that end with a return alone", "services:\r  web:\r    image: a\r"),
    ("worker would change with web", "services:\n  web: &w\n    image: a\n  worker:\n    <<: *w\n"),
    ("worker would change with web", "services:\n  web: &w\n    image: a\n  worker: *w\n"),
    ("worker would change with web", "services:\n  web:\n    image: a\n  worker:\n    extends: web\n"),
    (
        "worker would change with web",
        "services:\n  web: {read_only: true, tmpfs: &t [/a]}\n  worker: {image: a, tmpfs: *t}\n",
    ),
    ("volumes would change with web", "services:\n  web: &w {image: a}\nvolumes:\n  a: *w\n"),
]


@pytest.mark.parametrize(("why", "text"), REASONS)
def test_what_is_not_certain_has_a_reason(why: str, text: str) -> None:
    assert reason(text.encode(), *BOTH) == why


def test_a_file_that_cannot_be_used_says_why() -> None:
    assert edit_services(read("services: [a]"), {"web": BOTH}) == "it has services that are no mapping"


def test_services_that_share_an_anchor_change_together_where_they_wish_for_the_same() -> None:
    text = """
        services:
          web: &web
            image: a
            tmpfs: [/run]
          worker:
            <<: *web
            command: work
          task:
            extends: web
            tmpfs: [/task]
    """
    assert edited(text, *BOTH, DROPPED, services=("web", "worker", "task")) == dedent("""
        services:
          web: &web
            image: a
            tmpfs: [/run, /tmp]
            read_only: true
            cap_drop:
              - ALL
          worker:
            <<: *web
            command: work
            tmpfs:
              - /run
              - /tmp
          task:
            extends: web
            tmpfs: [/task]
    """)


def test_a_list_that_does_not_take_what_is_extended_is_written_out() -> None:
    text = "services:\n  base: {tmpfs: [/a]}\n  web:\n    extends: base\n    tmpfs: !override [/b]\n"
    assert edited_apart(text, {"base": [TMP], "web": [TMP]}) == text.replace("/a]", "/a, /tmp]").replace(
        "/b]", "/b, /tmp]"
    )


def test_what_another_file_brings_is_not_written_again() -> None:
    base = "services: {base: {image: a, cap_drop: [ALL], read_only: true}}"
    file = read("services:\n  web:\n    extends: {file: base.yaml, service: base}\n    user: a\n", base=base)
    assert edit_services(file, {"web": [READ_ONLY, DROPPED]}) == ()


def test_variables_are_added_in_the_form_that_is_there() -> None:
    wish = AddVariables((("A", "1"), ("B", "$HOME c")))
    head = "services:\n  web:\n    image: a\n"
    added = [
        ("", '    environment:\n      A: "1"\n      B: $$HOME c\n'),
        ("    environment:\n", '    environment: {A: "1", B: $$HOME c}\n'),
        ("    environment: {C: d}\n", '    environment: {C: d, A: "1", B: $$HOME c}\n'),
        ("    environment: [C=d]\n", "    environment: [C=d, A=1, B=$$HOME c]\n"),
        ("    environment:\n    - A=1\n", "    environment:\n    - A=1\n    - B=$$HOME c\n"),
        (
            "    environment:\n      B: $$HOME c\n      # why\n",
            '    environment:\n      B: $$HOME c\n      # why\n      A: "1"\n',
        ),
    ]
    for before, after in added:
        assert edited(head + before, wish) == head + after


@pytest.mark.parametrize(
    ("why", "text"),
    [
        ("web sets A to something else", "services: {web: {environment: [A=2]}}"),
        ("web sets A to something else", "services: {web: {environment: [A]}}"),
        ("the environment of web is a text", "services: {web: {environment: a}}"),
        ("web gets its environment from an anchor", "x: &x [C=1]\nservices: {web: {environment: *x}}"),
        ("web gets its environment from an anchor", "x: &x {environment: [C=1]}\nservices: {web: {<<: *x}}"),
    ],
)
def test_variables_that_are_set_or_shared_stay(why: str, text: str) -> None:
    assert reason(text, AddVariables((("A", "1"),))) == why


def test_a_mapping_is_written_in_the_style_of_its_service() -> None:
    sync: Plain = {"action": "sync", "path": ".", "ignore": [".venv/"]}
    wish = SetKey("develop", {"watch": [sync, {"action": "rebuild", "path": "b"}]})
    assert edited("services:\n    web:\n        image: a\n", wish) == (
        "services:\n    web:\n        image: a\n        develop:\n            watch:\n"
        "                - action: sync\n                  path: .\n                  ignore:\n"
        "                      - .venv/\n                - action: rebuild\n                  path: b\n"
    )
    flow = "services: {web: {image: a, develop: {watch: [{action: sync, path: ., ignore: [.venv/]}, "
    flow += "{action: rebuild, path: b}]}}}"
    assert edited("services: {web: {image: a}}", wish) == flow
    assert edited(flow, wish) == flow
    assert reason("services: {web: {develop: {watch: []}}}", wish) == "web has another develop"


def test_one_key_is_not_wished_for_twice() -> None:
    text = "services: {web: {image: a}}"
    assert reason(text, TMP, AddItems("tmpfs", ("/run",))) == "tmpfs is wished for twice"


VOLUMES = """
    services:
      web:
        image: a
        volumes:
          # the sources
          - .:/app
          - /app/.venv
          - type: volume
            source: cache
            target: /cache
        tmpfs: /run
      flow: {image: a, volumes: [".:/app", /app/.venv, "c:/c"], tmpfs: [/run]}
"""


def place(text: str, item: str, after: str = "") -> Span:
    """Where an item stands in the file."""
    data = dedent(text).encode()
    start = data.index(item.encode(), data.index(after.encode()))
    return Span(start, start + len(item.encode()))


@pytest.mark.parametrize(
    ("service", "item", "gone"),
    [
        ("web", ".:/app", "          - .:/app\n"),
        ("web", "/app/.venv", "          - /app/.venv\n"),
        (
            "web",
            "type: volume\n        source: cache\n        target: /cache",
            "          - type: volume\n            source: cache\n            target: /cache\n",
        ),
        ("flow", '".:/app"', '".:/app", '),
        ("flow", "/app/.venv", ", /app/.venv"),
        ("flow", '"c:/c"', ', "c:/c"'),
    ],
)
def test_an_item_goes_and_the_others_stay(service: str, item: str, gone: str) -> None:
    wish = DropItem("volumes", place(VOLUMES, item, f"{service}:"), "it is old")
    head, flow, tail = VOLUMES.partition("  flow:")
    expected = (
        head.replace(gone, "") + flow + tail if service == "web" else head + flow + tail.replace(gone, "")
    )
    assert edited(VOLUMES, wish, services=(service,)) == dedent(expected)


def test_the_last_item_takes_its_key_along() -> None:
    for service, key, gone in (("web", "/run", "        tmpfs: /run\n"), ("flow", "/run", ", tmpfs: [/run]")):
        wish = DropItem("tmpfs", place(VOLUMES, key, f"{service}:"), "it is old")
        assert edited(VOLUMES, wish, services=(service,)) == dedent(VOLUMES.replace(gone, ""))


def test_several_items_go_at_once() -> None:
    text = "services:\n  web: {image: a, volumes: [/a, /b, /c, /d, /e]}\n"
    wishes = [DropItem("volumes", place(text, item), "old") for item in ("/a", "/b", "/d")]
    assert edited(text, *wishes) == "services:\n  web: {image: a, volumes: [/c, /e]}\n"
    assert edited(text, *wishes, AddItems("volumes", ("/f",))) == (
        "services:\n  web: {image: a, volumes: [/c, /e, /f]}\n"
    )
    block = "services:\r\n  web:\r\n    image: a\r\n    volumes:\r\n    - /a\r\n    - /b\r\n    - /c"
    wishes = [DropItem("volumes", place(block, item), "old") for item in ("/b", "/c")]
    assert edited(block.encode(), *wishes) == block.partition("\r\n    - /b")[0]
    wishes.append(DropItem("volumes", place(block, "/a"), "old"))
    assert edited(block.encode(), *wishes) == "services:\r\n  web:\r\n    image: a"


def test_an_item_becomes_another() -> None:
    assert edited(VOLUMES, ChangeItem("volumes", place(VOLUMES, "/app/.venv"), "/opt/venv")) == dedent(
        VOLUMES.replace("- /app/.venv", "- /opt/venv")
    )
    quoted = ChangeItem("volumes", place(VOLUMES, '"c:/c"'), "c:/a,b")
    assert edited(VOLUMES, quoted, services=("flow",)) == dedent(VOLUMES.replace("c:/c", "c:/a,b"))
    text = ChangeItem("tmpfs", place(VOLUMES, "/run"), "/var/run")
    assert edited(VOLUMES, text) == dedent(VOLUMES.replace("tmpfs: /run", "tmpfs: /var/run"))


SHARED = """
    x-app: &app
      image: a
      volumes: [".:/app", /app/.venv]
    services:
      web:
        <<: *app
      worker:
        <<: *app
        command: work
"""


def test_what_is_shared_is_changed_at_its_anchor_where_all_wish_for_it() -> None:
    venv = place(SHARED, "/app/.venv")
    drop, change = DropItem("volumes", venv, "it is old"), ChangeItem("volumes", venv, "/opt/venv")
    both = ("web", "worker")
    assert edited(SHARED, drop, services=both) == dedent(SHARED.replace(", /app/.venv", ""))
    assert edited(SHARED, change, services=both) == dedent(SHARED.replace("/app/.venv", "/opt/venv"))
    assert reason(SHARED, drop) == reason(SHARED, change) == "worker would change with web"


def test_a_key_goes_with_its_lines() -> None:
    text = "services:\n  web:\n    image: a\n    tmpfs:\n      - /a\n\n      - /b\n\n    user: b\n"
    gone = DropKey("tmpfs", "it is old")
    assert edited(text, gone) == "services:\n  web:\n    image: a\n\n    user: b\n"
    assert edited("services:\n  web: {tmpfs: [/a], user: b}", gone) == "services:\n  web: {user: b}"
    assert edited("services:\n  web: {user: b}", gone) == "services:\n  web: {user: b}"


@pytest.mark.parametrize(
    ("why", "text"),
    [
        ("a comment in it would be lost", "services:\n  web:\n    image: a\n    tmpfs: /a  # why\n"),
        ("a comment in it would be lost", "services:\n  web:\n    image: a\n    tmpfs:  # why\n      - /a\n"),
        (
            "a comment in it would be lost",
            "services:\n  web:\n    image: a\n    tmpfs:\n    # why\n    - /a\n",
        ),
        ("a comment in it would be lost", "services:\n  web: {image: a, tmpfs: [/a # why\n  ]}\n"),
        ("a comment in it would be lost", "services:\n  web: {image: a, # why\n   tmpfs: [/a]}\n"),
        ("nothing would be left beside tmpfs", "services:\n  web:\n    tmpfs: [/a]\n"),
        ("web inherits its tmpfs", "x: &x {tmpfs: [/a]}\nservices:\n  web:\n    <<: *x\n"),
        (
            "a merge key may bring another tmpfs",
            "x: &x {tmpfs: [/a]}\nservices:\n  web:\n    <<: *x\n    tmpfs: [/b]\n",
        ),
        (
            "web extends a service that may have a tmpfs as well",
            "services:\n  web:\n    extends: db\n    tmpfs: /a\n  db: {image: a}\n",
        ),
        (
            "what web has there has an anchor or a tag",
            "services:\n  web:\n    image: a\n    tmpfs: [&a /a]\n",
        ),
    ],
)
def test_a_key_stays_where_more_would_go_with_it(why: str, text: str) -> None:
    assert reason(text, DropKey("tmpfs", "it is old")) == why


def test_an_item_that_is_not_there_or_has_a_comment_is_no_edit() -> None:
    text = "services:\n  web:\n    tmpfs:\n      - /a  # why\n      - &b /b\n      - *b\n"
    assert reason(text, DropItem("tmpfs", Span(0, 2), "old")) == "web has no such tmpfs in this file"
    assert reason(text, DropItem("tmpfs", place(text, "/a"), "old")) == "a comment in it would be lost"
    shared = DropItem("tmpfs", place(text, "&b /b"), "old")
    assert reason(text, shared) == "what web has there has an anchor or a tag"


def test_an_edit_says_why_something_goes() -> None:
    wish = DropItem("volumes", place(VOLUMES, "/app/.venv"), "it hid the environment")
    edits = edit_services(usable(dedent(VOLUMES)), {"web": [wish]})
    assert [edit.because for edit in edits if not isinstance(edit, str)] == ["it hid the environment"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("volumes:\n  a:\n  old:\n    driver: local\n", "volumes:\n  a:\n"),
        ("volumes:\n  old:\n", None),
        ("volumes: {old: , a: }\n", "volumes: {a: }\n"),
        ("volumes: {old: {external: true}}\n", None),
        ("volumes:\n  # of web\n  old:\n  a:\n", "volumes:\n  # of web\n  a:\n"),
    ],
)
def test_a_named_volume_goes(before: str, after: str | None) -> None:
    services = "services:\n  web:\n    image: a\n"
    file = usable(services + before)
    edits = drop_volume(file, "old", "nothing has it")
    assert not isinstance(edits, str), edits
    assert apply_edits(file.data, edits).decode() == services + (after or "")
    assert {edit.because for edit in edits} == {"nothing has it"}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("volumes:\n  old:  # why\n  a:\n", "a comment in it would be lost"),
        ("volumes:\n  old: &old {driver: local}\n  a: *old\n", "the volume old has an anchor"),
        ("volumes:\n  a:\n", ()),
        ("", ()),
    ],
)
def test_a_named_volume_stays(text: str, why: object) -> None:
    assert drop_volume(usable("services:\n  web:\n    image: a\n" + text), "old", "nothing has it") == why
