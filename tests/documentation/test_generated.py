"""The pages of docs/ that are made from the source: they are not stale, and would be noticed to be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from docs import build
from uvmigrate.cli.main import COMMANDS, command
from uvmigrate.cli.migrate import migrate
from uvmigrate.codemod.codes import CODES

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_the_pages_are_as_the_source_would_have_them() -> None:
    assert build.stale(build.DOCS) == [], f"run `{build.COMMAND}`"


def test_a_changed_option_makes_a_page_stale(monkeypatch: pytest.MonkeyPatch) -> None:
    [option] = [one for one in migrate.params if one.name == "check"]
    monkeypatch.setattr(option, "help", "Something else.")
    said: list[str] = []
    assert build.main(["--check"], said.append) == 1
    assert said == ["docs/cli.md is stale: run `python docs/build.py`"]


def test_a_new_code_makes_a_page_stale(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CODES, "acme-no", ("It must not be.", "Let it be."))
    assert build.stale(build.DOCS) == [build.DOCS / "refusals.md"]
    assert "## acme-no\n\nIt must not be.\n\n**What to do:** Let it be.\n" in build.refusals()


def test_what_is_stale_is_written_and_nothing_else(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pages = build.pages()
    docs = tmp_path / "docs"
    docs.mkdir()
    for name, text in pages.items():
        (docs / name).write_text(text if name != "cli.md" else "# Old\n", "utf-8")
    monkeypatch.setattr(build, "DOCS", docs)
    monkeypatch.setattr(build, "ROOT", tmp_path)
    monkeypatch.setattr(build, "pages", lambda: pages)
    said: list[str] = []
    assert build.main([], said.append) == 0
    assert said == ["docs/cli.md is written"]
    assert build.main(["--check"], said.append) == 0
    assert len(said) == 1


def test_every_command_and_option_is_on_the_page_with_what_it_does() -> None:
    page = build.command_line()
    for words in ("", *COMMANDS):
        assert f"## {f'uvmigrate {words}'.strip()}\n" in page
        for option in command(words).params:
            if option.param_type_name == "option":
                assert f"- `{', '.join(option.opts)}" in page, option.opts


def test_the_examples_of_commands_are_understood() -> None:
    commands = {f"uvmigrate {words}".strip(): command(words) for words in ("", *COMMANDS)}
    for name, lines in build.EXAMPLES.items():
        for line in lines:
            typed = line.partition("#")[0].removeprefix(name).split()
            assert line.startswith(name)
            # It raises a UsageError where an option is not known.
            commands[name].make_context(name, typed, resilient_parsing=False)
