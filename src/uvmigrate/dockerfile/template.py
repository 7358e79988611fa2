"""Which files are templates of Dockerfiles (Jinja, cookiecutter, Go) and not Dockerfiles as they are.

Braces alone say nothing: ``docker inspect --format '{{.State}}'``, ``${#name}`` and ``mkdir {{a,b},c}`` are
shell. The rule, for all text but comments and heredoc bodies:

- ``{% word … %}`` and ``{# … #}`` on one line are Jinja (``${#`` is a variable's length);
- ``{{ name }}``, also with attributes, filters, calls or operators, is Jinja, quoted or not;
- every other ``{{`` is a template outside of quotes in instructions that are not run by a shell, and in
  lines that start with no keyword; in quotes, and in RUN, CMD, ENTRYPOINT and HEALTHCHECK, it is text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.dockerfile.nodes import Instruction, Unknown
from uvmigrate.dockerfile.parser import parse
from uvmigrate.source import lazy_pattern

if TYPE_CHECKING:
    from uvmigrate.dockerfile.nodes import Dockerfile

_SHELL = frozenset({"CMD", "ENTRYPOINT", "HEALTHCHECK", "RUN", "SHELL"})
_ANY = lazy_pattern(rb"\{[{%#]", words=(b"{",))
_JINJA = lazy_pattern(
    rb"\{%[-+]?[ \t]*[A-Za-z_][^\n]*?%\}"
    rb"|(?<!\$)\{#[^\n]*?#\}"
    rb"|\{\{[-+]?[ \t]*+(?:[A-Za-z_]\w*+|\"[^\"\n]*+\"|'[^'\n]*+')(?:\.\w++|\[[^]\n]*+\])*+[ \t]*+"
    rb"(?:[-+]?\}\}|[|(~*/+-]|(?:if|or|and|not|in|is)\b)"
)
_QUOTED = lazy_pattern(rb"'[^'\n]*+'|\"(?:[^\"\\\n]|\\.)*+\"")


def template_line(data: bytes) -> int | None:
    """The 1-based line where *data* first shows to be a template of a Dockerfile; None where it is none."""
    if not _ANY.search(data):
        return None
    dockerfile = parse(data)
    found = min(_places(dockerfile), default=None)
    return None if found is None else dockerfile.line(found)


def _places(dockerfile: Dockerfile) -> list[int]:
    found = []
    for item in dockerfile.items:
        if not isinstance(item, Instruction | Unknown):
            continue
        text = _visible(dockerfile.data, item)
        match = _JINJA.search(text)
        if match:
            found.append(item.text_span.start + match.start())
        keyword = item.inner.keyword if isinstance(item, Instruction) and item.inner else item.keyword
        if keyword not in _SHELL:
            bare = _QUOTED.sub(lambda quoted: b" " * len(quoted[0]), text).find(b"{{")
            found += [item.text_span.start + bare] if bare >= 0 else []
    return found


def _visible(data: bytes, item: Instruction | Unknown) -> bytes:
    """The text of an item, comment lines inside its continuations blanked."""
    lines = item.text_span.of(data).split(b"\n")
    return b"\n".join(b" " * len(line) if line.lstrip().startswith(b"#") else line for line in lines)
