"""Names of a package that are imported when they are asked for (PEP 562)."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def later(package: str, modules: Mapping[str, str]) -> Callable[[str], object]:
    """A ``__getattr__`` for *package*: each name is a module's, by its full name, which only some runs need.

    Raises AttributeError for a name that is none of them, as Python does. A name must not be its module's:
    Python binds the module to that name as soon as anybody imports it.
    """

    def get(name: str) -> object:
        if name not in modules:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value: object = getattr(import_module(modules[name]), name)
        setattr(sys.modules[package], name, value)
        return value

    return get
