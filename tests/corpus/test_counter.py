"""The second counter notices what is lost and what the ledger says wrongly, and nothing else."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING, Any

import pytest

from corpus.counter import commands, count, main, read
from plan.tiny import DOCKERFILE, planned, replacing
from uvmigrate.source import Repo

if TYPE_CHECKING:
    from pathlib import Path

    from corpus.counter import Books
    from uvmigrate.plan import Entry, Migration

# The package is not imported here: its Go runtime does not survive the forks of other tests.
pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("dockerfile") is None,
    reason="the package dockerfile has wheels for Linux x86-64 only",
)

BEFORE = b"""\
FROM debian:bookworm
ENV COLOUR=red
RUN apt-get update && \\
    # it is small
    apt-get install -y tini; \\
    echo "a && b" | tee /notes
EXPOSE 80
CMD ["tini", "--", "serve"]
"""


def migration(old: bytes = b"EXPOSE 80\n", new: bytes = b"") -> Migration:
    """A migration of BEFORE by one codemod."""
    return planned(BEFORE, replacing("tidy", old, new))


def books(found: Migration) -> Books:
    return count(found)[DOCKERFILE]


def becoming(found: Migration, old: bytes, new: bytes = b"") -> Migration:
    """The same ledger over a result in which more has changed."""
    data = found.after[DOCKERFILE]
    assert data.count(old) == 1
    return found._replace(after=Repo.of({"Dockerfile": data.replace(old, new)}))


def saying(found: Migration, beginning: str, **fields: Any) -> Migration:
    """The same result under a ledger that says something else of every entry that begins like this."""

    def changed(entry: Entry) -> Entry:
        return entry._replace(**fields) if entry.text.startswith(beginning) else entry

    assert any(entry.text.startswith(beginning) for entry in found.ledger)
    return found._replace(ledger=tuple(map(changed, found.ledger)))


def test_commands_are_parted_where_a_shell_parts_them() -> None:
    script = "a 'b && c'  \"d; e\" && # f\n  if g 2>&1; then h | i; fi || (j & k#l) \\\n m\nn $(o) \\; p"
    assert list(commands(script)) == [
        "a 'b && c' \"d; e\"",
        "g 2>&1",
        "h",
        "i",
        "j",
        "k#l",
        "m",
        "n $",
        "o",
        "\\; p",
    ]


def test_the_commands_of_a_heredoc_count_but_not_those_of_an_input() -> None:
    [units] = read([b'FROM a\nRUN <<END\nb\nc\nEND\nRUN cat <<END\nd\nEND\nRUN ["e", "f"]\nONBUILD RUN g\n'])
    assert [unit.text for unit in units if unit.kind == "command"] == ["b", "c", "cat <<END", "g"]


def test_a_file_that_buildkit_cannot_read_is_an_error() -> None:
    with pytest.raises(ValueError, match="refuses"):
        read([b"FROM a\nRUN <<END\nb\n"])


def test_what_the_ledger_explains_balances() -> None:
    found = books(migration())
    assert (found.unexplained, found.false) == ((), ())
    assert found.counts == {
        "instruction before": 5,
        "instruction after": 4,
        "instruction gone": 1,
        "instruction explained": 1,
        "command before": 4,
        "command after": 4,
        "command gone": 0,
        "command explained": 0,
    }


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"install -y tini", b"install -y less"),
        (b"COLOUR=red", b"COLOUR=blue"),
        (b"RUN apt-get", b"RUN --mount=type=cache,target=/var/cache/apt apt-get"),
    ],
)
def test_what_is_rewritten_balances(old: bytes, new: bytes) -> None:
    found = books(migration(old, new))
    assert (found.unexplained, found.false) == ((), ())
    assert found.counts["instruction gone"] == found.counts["instruction explained"] == 1


def test_blanks_continuations_and_comments_are_no_loss() -> None:
    found = books(becoming(migration(), b"update && \\\n    # it is small\n   ", b"update  &&"))
    assert (found.unexplained, found.false) == ((), ())


def test_a_lost_instruction_is_noticed() -> None:
    found = books(becoming(migration(), b"ENV COLOUR=red\n"))
    assert found.unexplained == ('instruction ["ENV", "", false, "COLOUR", "red"]: 1 before, 0 after; kept',)
    assert (found.counts["instruction gone"], found.counts["instruction explained"]) == (2, 1)


def test_a_lost_command_is_noticed() -> None:
    found = books(becoming(migration(), b" | tee /notes"))
    assert "command tee /notes: 1 before, 0 after; kept" in found.unexplained


def test_a_changed_flag_is_noticed() -> None:
    [problem] = books(becoming(migration(), b'"--", ')).unexplained
    assert problem.startswith('instruction ["CMD"')


def test_the_loss_of_one_of_two_is_noticed() -> None:
    twice = planned(BEFORE + b"EXPOSE 80\n\n", replacing("tidy", b"EXPOSE 80\n\n", b""))
    assert books(twice).unexplained == ()
    [problem] = books(becoming(twice, b"EXPOSE 80\n")).unexplained
    assert problem.endswith("2 before, 0 after; kept, dropped")


@pytest.mark.parametrize(
    "fields", [{"fate": "kept"}, {"fate": "moved"}, {"because": ""}, {"by": ()}, {"by": ("other",)}]
)
def test_a_ledger_that_hides_a_loss_is_noticed(fields: dict[str, Any]) -> None:
    [problem] = books(saying(migration(), "EXPOSE", **fields)).unexplained
    assert problem.startswith('instruction ["EXPOSE"')


def test_a_loss_that_is_not_in_the_ledger_is_noticed() -> None:
    found = migration()
    short = found._replace(ledger=tuple(entry for entry in found.ledger if "EXPOSE" not in entry.text))
    [problem] = books(short).unexplained
    assert problem.endswith("1 before, 0 after; not in the ledger")


@pytest.mark.parametrize("text", ["ENV COLOUR", "apt-get update", "echo"])
def test_a_ledger_that_drops_what_is_still_there_is_noticed(text: str) -> None:
    [problem] = books(saying(migration(), text, fate="dropped", by=("tidy",), because="it is old")).false
    assert problem.endswith("dropped 1, gone 0")


def test_a_ledger_that_calls_a_loss_rewritten_is_noticed() -> None:
    found = books(saying(migration(), "EXPOSE", fate="rewritten"))
    assert found.false == ("1 instruction EXPOSE too many rewritten",)


@pytest.mark.parametrize("fields", [{"line": 2}, {"text": "COPY . ."}])
def test_a_ledger_of_what_never_was_there_is_noticed(fields: dict[str, Any]) -> None:
    found = books(saying(migration(b"red", b"blue"), "EXPOSE", **fields))
    [problem] = found.false
    assert problem.endswith("was not there")


def test_what_only_a_copy_in_another_stage_has_is_not_kept() -> None:
    copied = migration(
        b"FROM debian:bookworm\n", b"FROM debian:bookworm AS build\nENV COLOUR=red\nFROM debian:sid\n"
    )
    assert books(copied).false == ()
    data = copied.after[DOCKERFILE]
    at = data.rindex(b"ENV COLOUR=red\n")
    lost = copied._replace(after=Repo.of({"Dockerfile": data[:at] + data[at + len(b"ENV COLOUR=red\n") :]}))
    [problem] = books(lost).false
    assert problem.endswith("kept 1 in the last stage, 0 there")


def test_a_checkout_is_a_row(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "requirements.txt").write_text("flask==3.1.0\n")
    text = (
        "FROM python:3.12-slim\nWORKDIR /srv\nCOPY . .\nRUN pip install -r requirements.txt\nCMD flask run\n"
    )
    (tmp_path / "shop" / "Dockerfile").write_text(text)
    assert main([str(tmp_path / "shop")]) == 0
    shop, everything = capsys.readouterr().out.splitlines()[2:4]
    assert shop.startswith("| shop | 1 | 5 |")
    assert everything == shop.replace("shop", "all")


def test_nothing_counted_is_no_success(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    assert main([str(tmp_path)]) == 1
