"""Environments made by hand, for the tests of what compares them."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from uvmigrate.codemod import Codemod
from uvmigrate.verify.environment import Distribution, Environment, Script
from uvmigrate.verify.meaning import Meaning

if TYPE_CHECKING:
    from collections.abc import Mapping

    from uvmigrate.verify.verdict import Row

MARKERS = {
    "implementation_name": "cpython",
    "os_name": "posix",
    "platform_machine": "x86_64",
    "platform_python_implementation": "CPython",
    "platform_system": "Linux",
    "python_full_version": "3.11.7",
    "python_version": "3.11",
    "sys_platform": "linux",
}


def distribution(
    said: str,
    *requires: str,
    imports: tuple[str, ...] = (),
    scripts: tuple[Script, ...] = (),
    editable: str = "",
    requested: bool = False,
) -> Distribution:
    """One of ``name version``."""
    name, version = said.split()
    return Distribution(
        name, version, requires, imports, scripts=scripts, editable=editable, requested=requested
    )


def environment(*distributions: Distribution | str, version: str = "3.11.7") -> Environment:
    """An environment that holds them; a text is ``name version``."""
    made = [distribution(one) if isinstance(one, str) else one for one in distributions]
    return Environment(
        ("python",),
        version,
        "/opt/venv",
        "/usr/local",
        ("/opt/venv/lib/python3.11/site-packages",),
        ("/opt/venv/bin",),
        MARKERS,
        {one.name: one for one in made},
    )


def meaning(means: Mapping[str, tuple[str, ...]] = MappingProxyType({})) -> Meaning:
    """What one codemod, called ``tools-away``, means."""
    codemod = Codemod("tools-away", "Drop tools", "", "", "safe", lambda _: (), means=means)
    return Meaning((codemod,))


def told(row: Row) -> tuple[str, ...]:
    """What of a row the tests are about."""
    return row.kind, row.name, row.status, row.before, row.after, row.because
