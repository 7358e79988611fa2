"""The Python modules that an image may run: not those that only test, document or build the project."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import PurePosixPath

    from uvmigrate.build.context import Context
    from uvmigrate.source import Search

#: Files that run to build or to test, in an environment of their own.
_NOT_RUN = frozenset({"setup.py", "conftest.py", "noxfile.py", "versioneer.py"})
_ASIDE = frozenset({"test", "tests", "docs"})


def modules_holding(context: Context, search: Search) -> Iterator[PurePosixPath]:
    """The context paths of such modules that reach the builder and hold what is searched for."""
    for path in context.holding(search):
        if path.name not in _NOT_RUN and _ASIDE.isdisjoint(path.parts) and not context.ignore.ignores(path):
            yield path
