"""From a template to a page that needs nothing but itself.

Jinja escapes whatever is put into the templates, and the page's own policy (Content-Security-Policy) lets a
browser use its one style sheet and its one script, known by their digests, and nothing else: what a
repository says is text, even where an escape were forgotten.
"""

from __future__ import annotations

import base64
import hashlib
from importlib import resources
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import escape

from uvmigrate import __version__
from uvmigrate.report.words import shown

if TYPE_CHECKING:
    from markupsafe import Markup


def render(name: str, **values: Any) -> str:
    """The page of the template *name*, with the script of the same name."""
    env = Environment(
        loader=PackageLoader(__package__, "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_text,
    )
    env.filters["as_is"] = _as_is
    style, script = _own("style.css"), _own(f"{name}.js")
    policy = (
        f"default-src 'none'; style-src {_digest(style)}; script-src {_digest(script)}; "
        "base-uri 'none'; form-action 'none'"
    )
    return env.get_template(f"{name}.html.jinja").render(
        version=__version__, style=style, script=script, policy=policy, **values
    )


def _text(value: object) -> object:
    """Whatever a template shows: words of a repository or a program, on one line, masked and printable.

    What is prepared line by line, and the page's own style and script, are marked as done.
    """
    return shown(value) if type(value) is str else value


def _as_is(text: str) -> Markup:
    """Words that are masked and printable already, and whose blanks count."""
    return escape(text)


def _own(name: str) -> str:
    return resources.files(__package__).joinpath("templates", name).read_text("utf-8")


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
