"""A page in a browser, with all that it asks of the network and says to the console."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # it brings no type hints

if TYPE_CHECKING:
    from collections.abc import Mapping

    from playwright.sync_api import Browser, Dialog

#: Chromium asks nobody for anything on its own; a container has no sandbox of its own for it.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
#: What axe calls serious: people cannot use it, or only with trouble.
SERIOUS = frozenset({"serious", "critical"})


class Opened:
    """A page that is open in a context of its own; ``page`` is Playwright's."""

    def __init__(self, browser: Browser, address: str, context: Mapping[str, Any]) -> None:
        self.asked: list[str] = []
        self.said: list[str] = []
        self.context = browser.new_context(**context)
        self.page = self.context.new_page()
        self.page.on("request", lambda request: self._note(request.url, address))
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("dialog", self._dismiss)
        self.page.goto(address)

    def _note(self, url: str, own: str) -> None:
        if url.partition("#")[0] != own:
            self.asked.append(url)

    def _dismiss(self, dialog: Dialog) -> None:
        self.said.append(dialog.message)
        dialog.dismiss()

    def texts(self, selector: str) -> list[str]:
        """The texts of all elements that are shown, blanks put together."""
        found = self.page.locator(selector).filter(visible=True).all()
        return [" ".join(one.inner_text().split()) for one in found]

    def faults(self) -> list[str]:
        """What axe finds serious in the page as it is."""
        violations = Axe().run(self.page).response["violations"]
        return [
            f"{one['id']}: {node['html'][:120]}: {node['failureSummary']}"
            for one in violations
            if one["impact"] in SERIOUS
            for node in one["nodes"]
        ]

    def overflow(self) -> int:
        """By how many pixels the page is wider than its window."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - innerWidth"))

    def close(self) -> None:
        """Close its context."""
        self.context.close()
