"""The verdict for programs, and the schema that describes it."""

from __future__ import annotations

from typing import Any, get_args

from report.schemas import check_schema, schema, valid
from report.verdicts import VERDICT, image
from uvmigrate import __version__
from uvmigrate.report.verdict_document import verdict_json
from uvmigrate.verify.verdict import KINDS, TIMED, Row, Status, Verdict


def document(verdict: Verdict) -> Any:
    text = verdict_json(verdict)
    assert text.isascii()
    return valid(text, "verdict")


def test_the_schema_is_a_valid_one_allows_nothing_that_it_does_not_name_and_is_described() -> None:
    check_schema("verdict")


def test_the_schema_names_all_that_is_compared_and_timed() -> None:
    parts = schema("verdict")["$defs"]
    assert parts["row"]["properties"]["kind"]["enum"] == list(KINDS)
    assert parts["timing"]["properties"]["what"]["enum"] == list(TIMED)
    assert parts["row"]["properties"]["status"]["enum"] == list(get_args(Status))
    assert list(parts["counts"]["properties"]) == list(get_args(Status))


def test_the_document_carries_everything() -> None:
    found = document(VERDICT)
    assert found["tool"] == {"name": "uvmigrate", "version": __version__}
    assert (found["version"], found["engine"], found["holds"]) == (1, "Docker 28.1", False)
    assert found["counts"] == {"same": 3, "meant": 15, "regression": 2, "unknown": 1}
    web = found["images"][0]
    assert (web["name"], web["dockerfile"], web["target"]) == ("web", "shop/Dockerfile", "run")
    assert len(web["rows"]) == 20
    assert web["rows"][4] == {
        "kind": "import",
        "name": "psycopg",
        "status": "regression",
        "before": "works",
        "after": "fails",
        "by": [],
        "because": "it works before",
        "detail": "Traceback:\nImportError: libpq.so.5",
    }
    assert web["sizes"]["before"] == {
        "total": 412_000_000,
        "bytecode": 0,
        "layers": [{"size": 400_000_000, "made_by": "RUN pip install"}],
    }
    assert [
        (timing["what"], timing["median"] and round(timing["median"], 6)) for timing in web["timings"]
    ] == [
        ("cold build", 0.5),
        ("rebuild after a source change", 0.042),
        ("start-up", None),
    ]
    assert web["timings"][0]["after"] == [5.0, 6.0, 9.0]
    assert web["timings"][2]["because"] == "nothing answers in both images"
    assert web["written"] == [
        {
            "file": "compose.yaml",
            "service": "web",
            "paths": ["/run/shop/pid", "/srv/x"],
            "tmpfs": ["/run/shop:uid=7"],
            "hidden": ["/srv"],
            "works": True,
        },
        {"file": None, "service": "", "paths": [], "tmpfs": [], "hidden": [], "works": None},
    ]
    assert (web["prefixes"], web["failed"]) == (4, ["multi-stage"])
    assert found["images"][1]["target"] is None
    assert found["images"][1]["sizes"] is None
    assert found["dropped"] == [
        {
            "path": "shop/Dockerfile",
            "line": 3,
            "code": "does-not-hold",
            "because": "multi-stage: libpq5 is gone",
            "instead": "keep libpq5",
        }
    ]


def test_a_verdict_of_nothing_holds() -> None:
    found = document(Verdict("", ()))
    assert (found["holds"], found["images"]) == (True, [])


def test_credentials_are_masked() -> None:
    secret = "https://me:hunter2@acme.example"
    row = Row("run", secret, "unknown", secret, secret, (), secret, f"a\n{secret}")
    assert "hunter2" not in verdict_json(Verdict("", (image(row),)))
