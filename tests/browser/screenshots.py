"""Takes the pictures of the README again: a real verdict of a real engine, in a real browser.

    PYTHONPATH=tests python tests/browser/screenshots.py [PAGE]

PAGE is what `uvmigrate verify --repeat 3 --format html` made of examples/fastapi-pip; without it that is run.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import ViewportSize, sync_playwright

from browser.pages import ARGUMENTS
from engine.examples import copy_example

PICTURES = Path(__file__).parents[2] / "docs" / "images"
WINDOW: ViewportSize = {"width": 1200, "height": 900}
#: What is seen, by the name of its picture: a part of the page, and how much of it.
PARTS = {
    "page-images": ("#images", 820),
    "page-codemods": ("#step-layer-split", 720),
    "page-verdict": ("#verdict", 402),
}


def main() -> None:
    """Write the pictures to docs/images."""
    with tempfile.TemporaryDirectory() as folder:
        page = Path(sys.argv[1]) if len(sys.argv) > 1 else _made(Path(folder))
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
            opened = browser.new_page(viewport=WINDOW, reduced_motion="reduce", color_scheme="light")
            opened.goto(page.resolve().as_uri())
            for name, (part, height) in PARTS.items():
                opened.locator(part).scroll_into_view_if_needed()
                opened.evaluate("part => document.querySelector(part).scrollIntoView()", part)
                opened.screenshot(
                    path=PICTURES / f"{name}.png", clip={"x": 0, "y": 0, "width": 1200, "height": height}
                )
            browser.close()


def _made(parent: Path) -> Path:
    copy = copy_example("fastapi-pip", parent)
    page = parent / "page.html"
    words = ["verify", str(copy), "--repeat=3", "--read-only", "--format=html", f"--output={page}"]
    subprocess.run([sys.executable, "-m", "uvmigrate", *words], check=True)
    return page


if __name__ == "__main__":
    main()
