"""The site: it builds without a warning, its links lead somewhere, and it asks nobody else for anything."""

from __future__ import annotations

import re
import shutil
from collections import defaultdict
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit

import pytest

from documentation.building import built

ROOT = Path(__file__).parents[2]
#: What a browser fetches by itself.
FETCHED = {"link": "href", "script": "src", "img": "src", "iframe": "src", "source": "src", "video": "src"}


class Page(HTMLParser):
    """The places of an HTML page, where it leads, and what it fetches."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.fetched: list[str] = []
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.ids |= {given[name] for name in ("id", "name") if name in given}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if tag in FETCHED and FETCHED[tag] in given:
            self.fetched.append(given[FETCHED[tag]])


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    done = built(ROOT, folder)
    assert done.returncode == 0, done.stderr
    assert [line for line in done.stderr.splitlines() if not line.startswith("INFO ")] == []
    return folder


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    return {path: Page(path) for path in site.rglob("*.html")}


def test_every_codemod_and_every_starting_point_has_a_page(site: Path) -> None:
    built = {str(path.relative_to(site).with_suffix("")) for path in site.rglob("*.html")}
    codemods = {f"codemods/{path.stem}" for path in (ROOT / "codemods/uvmigrate_codemods").glob("*.md")}
    written = {str(path.relative_to(ROOT / "docs").with_suffix("")) for path in (ROOT / "docs").rglob("*.md")}
    assert codemods | written | {"contributing", "changelog"} <= built
    assert not list(site.rglob("*.py"))


def test_the_schemas_are_published_as_they_are(site: Path) -> None:
    schemas = sorted((ROOT / "src/uvmigrate/report/schema").glob("*.json"))
    assert schemas
    for schema in schemas:
        assert (site / "schema" / schema.name).read_bytes() == schema.read_bytes()


def test_all_links_within_the_site_lead_somewhere(site: Path, pages: dict[Path, Page]) -> None:
    broken = defaultdict(list)
    for path, page in pages.items():
        for link in page.links + page.fetched:
            if urlsplit(link).scheme:
                continue
            target, anchor = urldefrag(link)
            base = site if target.startswith("/") else path.parent
            there = (base / unquote(target).lstrip("/")).resolve() if target else path
            there = there / "index.html" if there.is_dir() else there
            if not there.is_file() or (anchor and there in pages and unquote(anchor) not in pages[there].ids):
                broken[str(path.relative_to(site))].append(link)
    assert broken == {}


def test_no_page_fetches_from_another_host(site: Path, pages: dict[Path, Page]) -> None:
    foreign = {link for page in pages.values() for link in page.fetched if re.match(r"(\w+:)?//", link)}
    assert foreign == set()
    for sheet in site.rglob("*.css"):
        assert not re.search(r"(?:@import|url\()\s*[\"']?(?:https?:)?//", sheet.read_text("utf-8")), sheet


def test_blocks_are_headed_by_their_files_names_and_coloured(site: Path) -> None:
    page = (site / "codemods" / "uv_mount.html").read_text("utf-8")
    assert re.search(r'language-dockerfile highlight"><span class="filename">Dockerfile</span>', page)
    assert '<span class="filename">it refuses</span>' in page
    assert '<span class="k">FROM</span>' in page


def test_a_link_to_nothing_ends_the_build(tmp_path: Path) -> None:
    root = tmp_path / "clone"
    for name in ("docs", "codemods", "src"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("mkdocs.yml", "README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md"):
        shutil.copy(ROOT / name, root / name)
    with (root / "docs" / "verify.md").open("a") as file:
        file.write("\n[nowhere](gone.md) and [no such place](json.md#gone)\n")
    done = built(root, tmp_path / "site")
    assert done.returncode == 1
    assert "'gone.md'" in done.stderr
    assert "'json.md#gone'" in done.stderr
