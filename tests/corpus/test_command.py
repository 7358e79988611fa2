"""The corpus command: tables, JSON, crashes that stop nothing, and the ratchet."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from corpus import measure as measuring
from corpus.__main__ import main, measure_all
from corpus.measure import Checkout, Dockerfile, judge, measure
from corpus.pattern import NAMES
from corpus.ratchet import accept, worse
from corpus.tables import as_data, as_markdown, faults, total
from corpus.tiny import OLD, checkout, ending, needs_judge
from plan.tiny import planned, replacing
from uvmigrate import __version__

if TYPE_CHECKING:
    from pathlib import Path

FINE = dict.fromkeys(NAMES, True)
MIGRATED = Dockerfile("Dockerfile", ("pip",), "migrated", "sync", "", (), True, False, "", (), FINE, FINE)
REFUSED = MIGRATED._replace(path="b", status="refused", why="wheels: it …", properties={}, changed=False)
GOOD = Checkout("shop", (MIGRATED, REFUSED), {"wheels": 1})


@needs_judge
def test_a_checkout_is_measured(tmp_path: Path) -> None:
    found = measure(checkout(tmp_path / "shop"))
    [one] = found.dockerfiles
    assert (one.path, one.manifest, one.status, one.strategy, one.changed) == (
        "Dockerfile",
        ("pip",),
        "migrated",
        "sync",
        True,
    )
    assert one.properties == FINE
    assert one.score == 12
    assert not one.before["uv pinned"]
    assert (found.lost, found.outside, found.again, found.crashed, faults([found])) == ((), (), (), "", [])


@needs_judge
def test_a_file_on_uv_is_judged_and_no_manifest_s(tmp_path: Path) -> None:
    text = "FROM python:3.12\nCOPY --from=ghcr.io/astral-sh/uv:latest /uv /bin/\nRUN uv pip install flask\n"
    [one] = measure(checkout(tmp_path / "shop", text)).dockerfiles
    assert (one.manifest, one.on_uv, len(one.properties), one.before["uv pinned"]) == ((), True, 12, False)


@needs_judge
def test_what_cannot_be_read_is_refused_and_counts(tmp_path: Path) -> None:
    text = OLD.replace("WORKDIR /srv", "{% if x %}\nWORKDIR /srv\n{% endif %}")
    [one] = measure(checkout(tmp_path / "shop", text)).dockerfiles
    assert (one.status, one.codes, one.manifest) == ("refused", ("template",), ("pip",))


@needs_judge
def test_an_install_that_only_the_judge_sees_makes_no_migration() -> None:
    install = b"FROM python:3.12\nRUN pip install -r requirements.txt\n"
    found = planned(install, replacing("tidy", b"3.12", b"3.13"))
    claimed = found._replace(builds=(found.builds[0]._replace(status="migrated"),))
    assert [one.status for one in judge("shop", claimed).dockerfiles] == ["partial"]


@needs_judge
def test_the_faults_of_a_migration_are_named() -> None:
    found = planned(b"# Ours\nFROM a\nRUN b\n", replacing("tidy", b"b", b"c"))
    bad = found.after.replace({found.builds[0].path: b"FROM a\nRUN <<END\n"})
    lines = faults([judge("shop", found._replace(after=bad))])
    assert [line.split(" shop ")[0] for line in lines] == ["BROKEN", "COMMENT LOST", "OUTSIDE HUNKS"]


def test_a_crash_is_a_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: object) -> None:
        raise LookupError("no such thing")

    monkeypatch.setattr(measuring, "plan", crash)
    found = measure(checkout(tmp_path / "shop"))
    assert found == Checkout("shop", crashed="LookupError: no such thing")
    assert faults([found]) == ["CRASHED shop: LookupError: no such thing"]
    assert total([found, GOOD]).crashed == 1


def test_a_process_that_ends_stops_no_other(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("a", "bad", "c")]
    found = measure_all(folders, 2, ending)
    assert [one.name for one in found] == ["a", "bad", "c"]
    assert [bool(one.crashed) for one in found] == [False, True, False]


def test_the_totals_are_shares_of_what_installs_from_a_manifest() -> None:
    other = MIGRATED._replace(path="c", manifest=(), status="noop", properties={})
    less = MIGRATED._replace(path="d", properties=FINE | {"locked": False})
    found = total([GOOD._replace(dockerfiles=(MIGRATED, less, REFUSED, other))])
    assert found._asdict() == {
        "version": __version__,
        "checkouts": 1,
        "dockerfiles": 4,
        "changed": 3,
        "manifest": 3,
        "migrated": 0.6667,
        "refused": 0.3333,
        "score": 11.5,
        "score_before": 12.0,
        "crashed": 0,
        "broken": 0,
        "comments_lost": 0,
        "outside": 0,
        "not_idempotent": 0,
    }
    assert total([]).migrated == 0


def test_the_table_shows_every_figure() -> None:
    text = as_markdown([GOOD, Checkout("bad", crashed="ValueError: x")])
    assert "| of these migrated | 1 (50.0%) |" in text
    assert "| locked | 1 | 1 | 0 | 0 |" in text
    assert "| wheels | 1 | 1 |" in text
    assert "| shop | 2 | 1 | 0 | 1 | 0 | 12.0 | wheels |" in text
    assert "| bad | 0 | 0 | 0 | 0 | 0 | – | crashed |" in text
    assert text.endswith("CRASHED bad: ValueError: x\n")


def test_json_holds_everything() -> None:
    data = json.loads(json.dumps(as_data([GOOD])))
    assert data["totals"]["manifest"] == 2
    assert data["checkouts"][0]["dockerfiles"][0]["score"] == 12
    assert data["checkouts"][0]["dockerfiles"][0]["properties"]["locked"] is True


@pytest.mark.parametrize(
    ("figure", "now"),
    [
        ("crashed", GOOD._replace(crashed="x")),
        ("broken", GOOD._replace(dockerfiles=(MIGRATED._replace(broken="x"), REFUSED))),
        ("comments_lost", GOOD._replace(dockerfiles=(MIGRATED._replace(lost=("#",)), REFUSED))),
        ("comments_lost", GOOD._replace(lost=("x.toml: #",))),
        ("outside", GOOD._replace(outside=("x",))),
        ("not_idempotent", GOOD._replace(again=("x: y",))),
        ("refused", GOOD._replace(dockerfiles=(MIGRATED, REFUSED, REFUSED))),
        ("migrated", GOOD._replace(dockerfiles=(MIGRATED, REFUSED, REFUSED._replace(status="noop")))),
        ("manifest", GOOD._replace(dockerfiles=(MIGRATED,))),
        (
            "score",
            GOOD._replace(dockerfiles=(MIGRATED._replace(properties=FINE | {"locked": False}), REFUSED)),
        ),
    ],
)
def test_the_ratchet_notices_what_is_worse(tmp_path: Path, figure: str, now: Checkout) -> None:
    file = tmp_path / "ratchet.json"
    accept([GOOD], file)
    assert worse([GOOD], file) == []
    assert figure in [sentence.partition(":")[0] for sentence in worse([now], file)]
    # What was worse and is better now is none.
    accept([now], file)
    assert figure not in [sentence.partition(":")[0] for sentence in worse([GOOD], file)]


def test_the_ratchet_holds_for_the_same_checkouts_only(tmp_path: Path) -> None:
    file = tmp_path / "ratchet.json"
    accept([GOOD], file)
    [sentence] = worse([GOOD, Checkout("more")], file)
    assert "are not those" in sentence


def test_the_ratchet_s_file_holds_figures_and_names_only(tmp_path: Path) -> None:
    file = tmp_path / "ratchet.json"
    accept([GOOD], file)
    data = json.loads(file.read_text())
    assert data.keys() == {"totals", "names"}
    assert data["names"] == ["shop"]
    assert all(isinstance(one, int | float) or one == __version__ for one in data["totals"].values())


@needs_judge
def test_the_command_prints_and_keeps_the_ratchet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = checkout(tmp_path / "shop")
    file, data = tmp_path / "ratchet.json", tmp_path / "all.json"
    options = ["--jobs", "1", "--ratchet", str(file)]
    assert main([*options, "--accept", "--json", str(data), str(folder)]) == 0
    assert "| shop | 1 | 1 | 0 | 0 | 0 | 12.0 | – |" in capsys.readouterr().out
    assert json.loads(data.read_text())["totals"] == json.loads(file.read_text())["totals"]
    assert main([*options, str(folder)]) == 0
    (folder / "Dockerfile").write_text(OLD.replace("python:3.12-slim", "own/base"))
    assert main([*options, str(folder)]) == 1
    assert "WORSE refused: 0.0 accepted, 1.0 now" in capsys.readouterr().out
    assert main(["--jobs", "1", str(folder)]) == 0, "without a ratchet only a fault fails"


def test_a_fault_fails_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: object) -> None:
        raise ValueError

    monkeypatch.setattr(measuring, "plan", crash)
    assert main(["--jobs", "1", str(checkout(tmp_path / "shop"))]) == 1


def test_to_accept_needs_a_file(tmp_path: Path) -> None:
    with pytest.raises(SystemExit):
        main(["--accept", str(tmp_path)])
