"""The documentation's site in a browser: it asks no other host, can be read by everybody, and searched."""

from __future__ import annotations

import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from browser.pages import Opened
from documentation.building import built

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

ROOT = Path(__file__).parents[2]
PAGES = ["index.html", "from/pip.html", "codemods/uv_mount.html", "refusals.html"]


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name is given
        pass


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the site, as a server of files has it."""
    folder = tmp_path_factory.mktemp("site")
    done = built(ROOT, folder)
    assert done.returncode == 0, done.stderr
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 1280), ("light", 390)])
def test_everybody_can_read_it_and_it_asks_no_other_host(
    name: str, scheme: str, width: int, chromium: Browser, site: str
) -> None:
    look = {"viewport": {"width": width, "height": 900}, "color_scheme": scheme}
    opened = Opened(chromium, site + name, look)
    opened.page.wait_for_load_state("networkidle")
    faults, wider = opened.faults(), opened.overflow()
    opened.close()
    assert [url for url in opened.asked if not url.startswith((site, "data:"))] == []
    assert opened.said == []
    assert faults == []
    assert wider <= 0


def test_a_search_leads_to_what_a_code_means(chromium: Browser, site: str) -> None:
    opened = Opened(chromium, f"{site}index.html", {})
    opened.page.get_by_placeholder("Search").fill("login-shell")
    opened.page.locator(".md-search-result__link").first.wait_for()
    found = [
        link.get_attribute("href") or "" for link in opened.page.locator(".md-search-result__link").all()
    ]
    opened.close()
    assert any("refusals.html" in link and link.endswith("#login-shell") for link in found[:2]), found
    assert [url for url in opened.asked if not url.startswith((site, "data:", "blob:"))] == []
