"""Pages of HTML: of the examples, and of hand-made plans."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from report.examples import example
from report.verdicts import VERDICT
from uvmigrate.codemod import Settings
from uvmigrate.report.html import Commands, as_html

if TYPE_CHECKING:
    from uvmigrate.plan import Migration
    from uvmigrate.verify.verdict import Verdict

#: What a reader typed: a path, and two options of which one chooses codemods.
COMMANDS = Commands("--python 3.11 --ignore exec-form 'my  shop'", "--python 3.11 'my  shop'")


def drawn(migration: Migration, verdict: Verdict | None = None) -> str:
    """The page of a plan."""
    return as_html(migration, Settings(), COMMANDS, verdict)


@cache
def example_page(name: str, *, tried: bool = False) -> str:
    """The page of an example; with *tried* a verdict is in it."""
    return drawn(example(name), VERDICT if tried else None)
