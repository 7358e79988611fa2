"""The browser of the tests that need one: Chromium, as the system has it."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import sync_playwright

from browser.pages import ARGUMENTS, Opened

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A headless Chromium, for one file of tests: as long as it is there, nothing else can run an event loop.

    Without one the test is skipped, or fails where ``UVMIGRATE_BROWSER=required`` says that one is there.
    """
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        if os.environ.get("UVMIGRATE_BROWSER") == "required":
            pytest.fail("UVMIGRATE_BROWSER=required, but there is no chromium on PATH")
        pytest.skip("there is no chromium on PATH")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def opened(chromium: Browser, tmp_path: Path) -> Iterator[Callable[..., Opened]]:
    """Opens a page of HTML from a file; at the end it must have asked nobody, and said nothing."""
    made: list[Opened] = []

    def open_it(html: str, **context: object) -> Opened:
        file = tmp_path / f"{len(made)}.html"
        file.write_text(html, "utf-8")
        made.append(Opened(chromium, file.as_uri(), context))
        return made[-1]

    yield open_it
    for one in made:
        one.close()
        assert one.asked == []
        assert one.said == []
