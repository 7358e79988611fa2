"""What MkDocs does for this site beside its own work.

Pages that lie elsewhere (the codemods' beside their code, CONTRIBUTING.md, CHANGELOG.md, SECURITY.md) and the
JSON schemas are brought in when the site is built, rather than copied into docs/. Their links are those of
the repository; here they lead to pages of the site, and where they lead to a source file, its path stands in
their place.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import TYPE_CHECKING

from mkdocs.structure.files import File

from uvmigrate.codemod.codes import CODES
from uvmigrate.codemod.page import CASE, read_further_pages
from uvmigrate.plan.catalogue import in_order
from uvmigrate_codemods import CATALOGUE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[1]
CODEMODS, SCHEMAS = "codemods/uvmigrate_codemods", "src/uvmigrate/report/schema"
_FENCE = re.compile(r"(?P<indent> *)(?P<ticks>`{3,})(?P<language>[\w-]*)(?: (?P<path>\S+))?\s*")
#: Code is passed over, a link is followed. Neither goes beyond a paragraph.
_LINK = re.compile(
    r"(?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`)|\[(?P<text>[^\]]+)\]\((?P<target>[^)\s]+)\)", re.DOTALL
)
_NO_TWINS = re.compile(r"^(?P<heading>## .*?)\s*\{no twins: [^}]+\}$", re.MULTILINE)
_SEARCH = 'data-md-component="search" role="dialog"'
_REFUSES = re.compile(r"^## When it refuses\n.*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)
#: How the expectations of a case are headed.
_EXPECTED = {"refused": "it refuses", "locks": "it asks for"}
_CASES = """\
Each section below is an example and a test: files, and what the codemod alone makes of them, refuses, or
wants to have locked. Where nothing of that is shown, it leaves them as they are.
"""


def codemod_pages() -> Iterator[str]:
    """The names of the codemods' pages in the order of the series, those of more cases behind their first."""
    for codemod in in_order(CATALOGUE):
        yield codemod.run.__module__.rpartition(".")[2] + ".md"
        yield from read_further_pages(codemod)


def brought() -> dict[str, str]:
    """What the site has from outside of docs/: path in the repository to path in the site."""
    pages = {f"{CODEMODS}/{name}": f"codemods/{name}" for name in codemod_pages()}
    pages |= {
        "CONTRIBUTING.md": "contributing.md",
        "CHANGELOG.md": "changelog.md",
        "SECURITY.md": "security.md",
    }
    schemas = sorted((ROOT / SCHEMAS).glob("*.json"))
    return pages | {f"{SCHEMAS}/{path.name}": f"schema/{path.name}" for path in schemas}


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """The codemods' pages stand in the navigation as the catalogue has them."""
    [section] = [item for item in config.nav or () if isinstance(item, dict) and "Codemods" in item]
    section["Codemods"] += [f"codemods/{name}" for name in codemod_pages()]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Bring in what lies elsewhere."""
    for source, uri in brought().items():
        files.append(File.generated(config, uri, abs_src_path=str(ROOT / source)))
    return files


def on_page_markdown(markdown: str, page: Page, **_: object) -> str:
    """A page as the site has it; its file in the repository stays as it is."""
    uri = page.file.src_uri
    sources = brought()
    source = next((path for path, there in sources.items() if there == uri), f"docs/{uri}")
    shown = rendered(markdown, lambda text, target: led(text, target, source, uri, sources))
    if not uri.startswith("codemods/"):
        return shown
    # Cases are many, and one who searches for a word first wants to read what it means.
    page.meta["search"] = {"boost": 0.5}
    return explained(shown)


def on_post_page(output: str, **_: object) -> str:
    """The theme's search box is a dialog, and a dialog has to have a name for those who hear the page."""
    return output.replace(_SEARCH, f'{_SEARCH} aria-label="Search"', 1)


def rendered(markdown: str, lead: Callable[[str, str], str]) -> str:
    """Markdown for MkDocs: blocks bear their file's name, and *lead* writes a link of a text and a target."""
    done: list[str] = []
    prose: list[str] = []
    end = ""
    for line in markdown.splitlines():
        fence = _FENCE.fullmatch(line)
        if end:
            done.append(line)
            end = "" if line.strip() == end else end
        elif fence:
            done += [*_linked(prose, lead), _opened(fence)]
            prose, end = [], fence["ticks"]
        else:
            prose.append(line)
    return "\n".join([*done, *_linked(prose, lead)]) + "\n"


def _opened(fence: re.Match[str]) -> str:
    title = fence["path"] or _EXPECTED.get(fence["language"])
    heading = f' title="{title}"' if title else ""
    return f"{fence['indent']}{fence['ticks']}{fence['language']}{heading}"


def _linked(lines: list[str], lead: Callable[[str, str], str]) -> list[str]:
    def link(found: re.Match[str]) -> str:
        return found[0] if found["target"] is None else lead(found["text"], found["target"])

    prose = _NO_TWINS.sub(r"\g<heading>", "\n".join(lines))
    paragraphs = "\n\n".join(_LINK.sub(link, paragraph) for paragraph in prose.split("\n\n"))
    return paragraphs.split("\n") if lines else []


def explained(markdown: str) -> str:
    """A codemod's page: what its cases are, and the codes of its refusals linked to what they mean."""

    def link(found: re.Match[str]) -> str:
        return f"[{found[0]}](../refusals.md#{found[1]})" if found[1] in CODES else found[0]

    linked = _REFUSES.sub(lambda section: re.sub(r"`([a-z-]+)`", link, section[0]), markdown)
    return linked.replace(f"\n{CASE}", f"\n{_CASES}\n{CASE}", 1)


def led(text: str, target: str, source: str, uri: str, sources: Mapping[str, str]) -> str:
    """A link of the repository's file *source*, for the page *uri*: *sources* says what the site has.

    A file of the repository that is no page is named by its path. What is nowhere stays, so that MkDocs
    complains of it.
    """
    if re.match(r"\w+:|#", target):
        return f"[{text}]({target})"
    path, hash_, anchor = target.partition("#")
    there = posixpath.normpath(posixpath.join(posixpath.dirname(source), path))
    # Of docs/ the site leaves out what makes it.
    own = there.startswith("docs/") and not there.endswith(".py")
    place = there.removeprefix("docs/") if own else sources.get(there)
    if place is not None:
        return f"[{text}]({posixpath.relpath(place, posixpath.dirname(uri) or '.')}{hash_}{anchor})"
    if not (ROOT / there).exists():
        return f"[{text}]({target})"
    said = text.strip("`")
    return f"`{there}`" if there.endswith(said) else f"{text} (`{there}`)"
