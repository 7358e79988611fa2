"""What holds for all tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import settings

if TYPE_CHECKING:
    import pytest

# A machine that is busy with something else is no fault of what is tested.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


def pytest_configure(config: pytest.Config) -> None:
    """Where several processes share the tests, they take the files in the order below."""
    if hasattr(config.option, "loadscopereorder"):
        # pytest-xdist would begin with the files that hold most tests, and those are not the slow ones.
        config.option.loadscopereorder = False


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that wait for an engine come first: the others keep the processor busy meanwhile."""
    items.sort(key=lambda item: item.get_closest_marker("engine") is None)
