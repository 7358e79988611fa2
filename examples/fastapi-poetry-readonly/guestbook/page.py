"""The one page, rendered by Jinja."""

import os

from jinja2 import Environment, PackageLoader, select_autoescape

_TEMPLATES = Environment(loader=PackageLoader("guestbook"), autoescape=select_autoescape())


def render(entries: list[dict[str, str]]) -> str:
    """The page as HTML."""
    title = os.environ.get("TITLE", "Visitors")
    return _TEMPLATES.get_template("book.html").render(title=title, entries=entries)
