"""The SARIF log: valid, with lines that are there, and a fix that makes what the series makes."""

from __future__ import annotations

import base64
import json
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

import jsonschema  # type: ignore[import-untyped]  # it brings no type hints
import pytest

from cli.acme import CATALOGUE
from report.examples import EXAMPLES, example
from report.pages import EVIL
from report.planning import hostile, planned, writing
from report.sarif_schema import sarif_schema
from uvmigrate import __version__
from uvmigrate.codemod import Refusal
from uvmigrate.codemod.codes import CODES
from uvmigrate.plan import load_catalogue
from uvmigrate.report.sarif import as_sarif

if TYPE_CHECKING:
    from collections.abc import Sequence

    from uvmigrate.codemod import Codemod
    from uvmigrate.plan import Migration


def log(migration: Migration, codemods: Sequence[Codemod] = CATALOGUE) -> Any:
    """The run of a log that is valid by the schema, and by what the schema cannot say."""
    text = as_sarif(migration, codemods)
    assert text.isascii()
    document = json.loads(text)
    jsonschema.Draft7Validator.check_schema(sarif_schema())
    jsonschema.Draft7Validator(sarif_schema()).validate(document)
    run = document["runs"][0]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert len(rules) == len(set(rules))
    for result in run["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
        for place in result["locations"]:
            check(place["physicalLocation"], migration)
    return run


def check(place: Any, migration: Migration) -> None:
    """A region lies in the file as it is before the series."""
    path = path_of(place["artifactLocation"])
    if "region" not in place:
        assert path not in migration.before
        return
    lines = migration.before[path].split(b"\n")
    region = place["region"]
    assert 1 <= region["startLine"] <= region["endLine"] <= len(lines)
    if "endColumn" in region:
        assert region["endColumn"] - 1 == len(lines[region["endLine"] - 1].rstrip(b"\r").decode("utf-8-sig"))


def path_of(location: Any) -> PurePosixPath:
    assert location["uriBaseId"] == "%SRCROOT%"
    return PurePosixPath(unquote_to_bytes(location["uri"]).decode(errors="surrogateescape"))


def applied(data: bytes, replacements: Any) -> bytes:
    """A file after replacements, as 3.57 says: each region is one of the file as it was."""
    mark = b"\xef\xbb\xbf" if data.startswith(b"\xef\xbb\xbf") else b""
    made, at = b"", 0
    for replacement in replacements:
        region, new = replacement["deletedRegion"], replacement.get("insertedContent", {})
        if "byteOffset" in region:
            start = region["byteOffset"]
            end = start + region["byteLength"]
            inserted = base64.b64decode(new.get("binary", ""))
        else:
            start = offset(data, region["startLine"], region["startColumn"])
            end = offset(data, region["endLine"], region["endColumn"])
            inserted = new.get("text", "").encode()
        assert at <= start <= end
        made += data[at:start] + inserted
        at = end
    assert made.startswith(mark)
    return made + data[at:]


def offset(data: bytes, line: int, column: int) -> int:
    lines = data.split(b"\n")
    start = sum(len(one) + 1 for one in lines[: line - 1])
    text = data[start:].decode()
    marked = text.startswith("\ufeff")
    return start + len(text[: column - 1 + marked].encode())


def fixed(migration: Migration, run: Any) -> dict[PurePosixPath, bytes]:
    """What the one fix of a log makes, by path."""
    fixes = [fix for result in run["results"] for fix in result.get("fixes", ())]
    assert len(fixes) == 1
    return {
        path_of(change["artifactLocation"]): applied(
            migration.before.get(path_of(change["artifactLocation"])) or b"", change["replacements"]
        )
        for change in fixes[0]["artifactChanges"]
    }


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_log_of_every_example_is_valid_and_its_fix_makes_the_series(name: str) -> None:
    migration = example(name)
    run = log(migration, load_catalogue())
    steps = {(one["properties"]["step"], one["ruleId"]) for one in run["results"] if "fixes" in one}
    assert steps == {(next(n for n, s in enumerate(migration.steps, 1)), migration.steps[0].codemod.id)}
    paths = {path for step in migration.steps for path in step.paths}
    assert fixed(migration, run) == {path: migration.after[path] for path in paths}
    assert {one["ruleId"] for one in run["results"]} == {
        *(step.codemod.id for step in migration.steps),
        *(refusal.code for refusal in migration.refusals),
    }


def test_a_log_says_who_wrote_it_and_by_which_rules() -> None:
    run = log(planned({"Dockerfile": b"FROM scratch\nEXPOSE 80\n"}))
    driver = run["tool"]["driver"]
    assert (driver["name"], driver["version"]) == ("uvmigrate", __version__)
    assert [rule["id"] for rule in driver["rules"]] == [codemod.id for codemod in CATALOGUE]
    levels = [rule["defaultConfiguration"]["level"] for rule in driver["rules"]]
    assert levels == [{"safe": "note", "review": "warning", "opt-in": "note"}[c.level] for c in CATALOGUE]
    assert all(
        rule["helpUri"] == codemod.docs for rule, codemod in zip(driver["rules"], CATALOGUE, strict=True)
    )
    assert run["columnKind"] == "unicodeCodePoints"
    assert "uri" not in run["originalUriBaseIds"]["%SRCROOT%"], "a machine's folders are nobody's business"


def test_codes_of_refusals_are_no_ids_of_codemods() -> None:
    assert {codemod.id for codemod in load_catalogue()} & set(CODES) == set()


def test_a_refusal_is_a_note_at_its_line() -> None:
    run = log(planned({"Dockerfile": b"FROM scratch\nLABEL none\n", "api/Dockerfile": b"\xff\xfeF\0"}))
    notes = [result for result in run["results"] if result["ruleId"] in ("acme-unlabelled", "not-text")]
    assert [(note["level"], "kind" in note, note["properties"]) for note in notes] == [
        ("note", False, {"whole_file": True}),
        ("note", False, {"whole_file": False}),
    ]
    text = "see https://***@acme.example for why. Instead: take LABEL none away."
    assert notes[1]["message"]["text"] == text
    region = notes[1]["locations"][0]["physicalLocation"]["region"]
    assert region == {"startLine": 2, "endLine": 2, "startColumn": 1, "endColumn": 11}
    assert notes[0]["locations"][0]["physicalLocation"]["region"] == {"startLine": 1, "endLine": 1}
    explained = {rule["id"]: rule.get("fullDescription") for rule in run["tool"]["driver"]["rules"]}
    assert explained["not-text"]["text"].startswith(CODES["not-text"][0][:20])
    assert explained["acme-unlabelled"] is None


def test_a_step_that_only_makes_files_stands_at_its_dockerfile() -> None:
    run = log(planned({"Dockerfile": b"FROM scratch\n"}, (writing({"new.cfg": b"x\n"}, "Dockerfile"),)))
    (result,) = run["results"]
    assert result["message"]["text"] == "Write it: It must be. It makes new.cfg."
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "Dockerfile"


def test_a_step_for_nobody_stands_at_what_it_makes() -> None:
    made = writing({"new.cfg": b"x\n"}, locks=["api"])
    run = log(planned({"Dockerfile": b"FROM scratch\n"}, (made,)))
    places = [result["locations"][0]["physicalLocation"] for result in run["results"]]
    assert [place["artifactLocation"]["uri"] for place in places] == ["new.cfg", "api/uv.lock"]
    (fix,) = run["results"][0]["fixes"]
    assert fix["description"]["text"].endswith("; then `uv lock` has to make api/uv.lock")


def test_where_a_file_is_deleted_there_is_no_fix() -> None:
    migration = planned({"Dockerfile": b"FROM scratch\n", "old.cfg": b"x\n"})
    assert PurePosixPath("old.cfg") not in migration.after
    assert not any("fixes" in result for result in log(migration)["results"])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"a\nb\nc\n", b"a\nB\nc\n"),
        (b"a\r\nb\r\nc", b"x\r\na\r\nb\r\nc\r\nd"),
        (b"a\nb\n", b"a\nb\nc\n"),
        (b"a\nb\n", b"a\n"),
        (b"a", b""),
        (b"", b"a\n"),
        (b"\xef\xbb\xbfFROM a\nb\n", b"\xef\xbb\xbf# x\nFROM a\nb\n"),
        (b"\xef\xbb\xbfa\n", b"\xef\xbb\xbfa\nb\n"),
        (b"# caf\xe9\na\n", b"# caf\xe9\nb\xe9\n"),
        ("é\n\N{GRINNING FACE}x".encode(), "é\n\N{GRINNING FACE}xy\n".encode()),
        (b"a\rb\nc\n", b"a\rb\nd\n"),
    ],
)
def test_a_fix_makes_any_bytes(before: bytes, after: bytes) -> None:
    migration = planned({"Dockerfile": b"FROM scratch\n", "x.cfg": before}, (writing({"x.cfg": after}),))
    path = PurePosixPath("x.cfg")
    assert migration.after[path] == after
    assert fixed(migration, log(migration)) == {path: after}


HOSTILE = [
    "<script>alert(1)</script>",
    "[click](https://evil.example) [x][y] ![](z)",
    "{0} {1} ${HOME} }{",
    "\x1b]0;title\x07\x1b[31mred\u202e",
    'quote " and \\ and \u2028 and \udcff',
]


@pytest.mark.parametrize("evil", HOSTILE)
def test_nothing_foreign_is_a_link_a_placeholder_or_a_code(evil: str) -> None:
    migration = planned({"Dockerfile": b"FROM scratch\n"})
    path = PurePosixPath(f"a b%41#?:{evil.replace('/', '')}")
    refusal = Refusal(path, 0, "ignored", evil, evil)
    before = migration.before.replace({path: b"x\n"})
    run = log(migration._replace(refusals=(refusal,), before=before))
    note = run["results"][-1]
    text = note["message"]["text"]
    assert "](" not in text
    assert "{" not in text.replace("{{", "")
    assert "}" not in text.replace("}}", "")
    assert text.isprintable()
    place = note["locations"][0]["physicalLocation"]["artifactLocation"]
    assert path_of(place) == path
    assert not set(place["uri"]) & set(' <>"{}|\\^`#?[]:')


@pytest.mark.parametrize("evil", EVIL)
def test_a_log_of_a_hostile_repository_is_valid(evil: str) -> None:
    migration = hostile(evil)
    before = migration.before.replace({one.path: b"a\nb\nc\n" for one in migration.refusals})
    text = as_sarif(migration._replace(before=before), CATALOGUE)
    assert text.replace("\n", "").isprintable()
    log(migration._replace(before=before))


def test_names_and_messages_hold_no_credentials() -> None:
    run = log(planned({"Dockerfile": b"FROM scratch\n"}))
    assert "Look at: ask https://***@acme.example about it." in run["results"][0]["message"]["text"]
    assert "secret" not in json.dumps(run["results"][0]["message"])
