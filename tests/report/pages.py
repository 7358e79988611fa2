"""Markdown as a page: its tags, its text, and what a repository may say to become markup in it."""

from __future__ import annotations

from html.parser import HTMLParser

from markdown_it import MarkdownIt

#: Where nobody is mentioned and nothing is linked.
CODE = frozenset({"code", "pre"})
OWN = frozenset("p strong h3 table tr th td b code pre ul li details summary tbody thead".split())


class Page(HTMLParser):
    """What a page shows: its tags with their attributes, and its text outside of code."""

    def __init__(self, markdown: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, list[tuple[str, str | None]]]] = []
        self.open: list[str] = []
        self.prose = ""
        self.code: list[str] = []
        self.feed(MarkdownIt("commonmark").enable("table").render(markdown))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, attrs))
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if CODE & set(self.open):
            self.code.append(data)
        else:
            self.prose += data


#: What a repository or a program may say.
EVIL = [
    "</td></tr></table><script>alert(1)</script>",
    "</code></pre></details><img src=x onerror=alert(1)>",
    "`` ` ``` ```` `code` `````",
    "```\n\n# heading\n\n<b>bold</b>\n```",
    "@octocat fixes #1 https://acme.example www.acme.example me@acme.example",
    "[link](https://acme.example) ![image](x) **bold** | cell | \\| \\`",
    "<!-- \n\n--> &lt;b&gt; &amp;",
    "- item\n\n    indented\n\n1. one\n\n***\n\n| a |\n|---|\n| b |",
    "`",
    "\\",
    "<script>alert(1)</script>",
    "```\n~~~\n</details>",
    "\x1b[31mred\x1b]0;x\x07",
]
