"""The keywords of ``setup()`` as the fields of ``[project]`` (PEP 621)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from uvmigrate.project.contents import Entry, NotAProject, sorted_lines
from uvmigrate.project.lines import Requirement, read_line
from uvmigrate.project.pep508 import normalise, read_specifier
from uvmigrate.project.static import HERE, FileText, Given, Unknown, unknown_in
from uvmigrate.project.toml import toml_array, toml_inline, toml_string
from uvmigrate.source import NamedTuple, lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import PurePosixPath

#: Keywords that the lock and the environment depend on: they must be certain.
DEPENDENCIES = frozenset(
    {"name", "version", "python_requires", "install_requires", "extras_require", "entry_points"}
)
#: Keywords that may stay setup.py's, as ``dynamic`` fields.
LOOSE = frozenset(
    "description long_description long_description_content_type license author author_email maintainer"
    " maintainer_email keywords classifiers url download_url project_urls".split()
)
_NAME = lazy_pattern(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_EMAIL = lazy_pattern(r"[\w.+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+", re.ASCII)
_WEB = lazy_pattern(r"https?://[A-Za-z0-9][^\s<>\"]*")
_ENTRY = lazy_pattern(
    r"(?P<name>[^=\s\[][^=]*?)\s*=\s*(?P<target>[\w.]+(?:\s*:\s*[\w.]+)?(?:\s*\[[\w\s,.-]+\])?)"
)
_TYPES = {".md": "text/markdown", ".rst": "text/x-rst"}


class RefusedError(Exception):
    """Something that ``[project]`` cannot be told with certainty."""

    def __init__(self, refusal: NotAProject) -> None:
        super().__init__(refusal.why)
        self.refusal = refusal


class Loose(NamedTuple):
    """The fields that the lock does not depend on: ``lines`` of ``[project]``, and those left to setup.py."""

    lines: tuple[str, ...]
    urls: Mapping[str, str]
    dynamic: tuple[str, ...]
    readme: PurePosixPath | None


def _refused(found: Given, why: str, code: str = "setup-code") -> RefusedError:
    return RefusedError(NotAProject(code, why, found.path, found.line))


def known(found: Given) -> object:
    """The value. Raises RefusedError, with the place that decides, where it is not known."""
    unknown = unknown_in(found.value)
    if unknown is not None:
        raise RefusedError(NotAProject("setup-code", unknown.why, unknown.path, unknown.line))
    return found.value


def known_text(found: Given) -> str:
    """The same for a text."""
    value = known(found)
    if not isinstance(value, str) or HERE in value:
        raise _refused(found, "it is no plain text")
    return value


def safe_name(found: Given) -> str:
    """The name as setuptools makes a valid one of it."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", known_text(found))
    if not _NAME.fullmatch(name):
        raise _refused(found, f"{name!r} is no name of a project", "invalid-setup")
    return name


def requirements(found: Given | None, *, optional: bool = False) -> list[Entry]:
    """The requirements of a list or a text; where *optional*, none of a value that is not known."""
    if found is None or (optional and unknown_in(found.value)):
        return []
    return _entries(known(found), found)


def _entries(value: object, found: Given) -> list[Entry]:
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list | tuple) or not all(isinstance(text, str) for text in texts):
        raise _refused(found, "it is no list of requirements", "invalid-setup")
    lines: list[Requirement] = []
    # setuptools splits lines, and passes over blank ones and comments.
    for text in (re.sub(r"(^|\s)#.*", "", line).strip() for each in texts for line in each.splitlines()):
        read = read_line(text, path=found.path, number=found.line) if text else ()
        for line in read:
            if not isinstance(line, Requirement) or line.hashes or line.options or HERE in line.text:
                why = getattr(line, "why", f"{text} is no requirement of a package")
                raise _refused(found, why, getattr(line, "code", "invalid-requirement"))
            lines.append(line)
    contents = sorted_lines(tuple(lines), found.path, found.path.parent)
    if isinstance(contents, NotAProject):
        raise RefusedError(contents)
    return list(contents.entries)


def extras(found: Given | None) -> dict[str, list[Entry]]:
    """The extras; the one without a name holds what is required where a marker is true."""
    if found is None:
        return {}
    value = known(found)
    if not isinstance(value, dict):
        raise _refused(found, "it is no table of extras", "invalid-setup")
    result: dict[str, list[Entry]] = {}
    written: dict[str, str] = {}
    for key, texts in value.items():
        name, _, marker = str(key).partition(":")
        name, marker = name.strip(), marker.strip()
        if (not name and not marker) or (name and not _NAME.fullmatch(name)):
            raise _refused(found, f"{key!r} is no name of an extra", "invalid-setup")
        if written.setdefault(normalise(name), name) != name:
            raise _refused(found, f"{name} and {written[normalise(name)]} are one extra", "invalid-setup")
        entries = [_marked(entry, marker, found) for entry in _entries(texts, found)]
        result.setdefault(name, []).extend(entries)
    return result


def _marked(entry: Entry, marker: str, found: Given) -> Entry:
    """The requirement for where *marker* is true as well."""
    if not marker:
        return entry
    own = entry.requirement.marker
    text = entry.text.removesuffix(f" ; {own}") if own else entry.text
    both = f"({own}) and ({marker})" if own else marker
    try:
        read = read_specifier(f"{text} ; {both}")
    except ValueError as error:
        raise _refused(found, str(error), "invalid-requirement") from None
    return Entry(entry.requirement._replace(text=read.text, marker=read.marker), entry.path)


def scripts(found: Given | None) -> dict[str, dict[str, str]]:
    """The entry points by group: from a table of lists or texts, or one text with sections."""
    if found is None:
        return {}
    value = known(found)
    groups: dict[str, list[str]] = {}
    if isinstance(value, str):
        group = ""
        for line in filter(None, (line.strip() for line in value.splitlines())):
            if line.startswith("[") and line.endswith("]"):
                group = line[1:-1].strip()
            else:
                groups.setdefault(group, []).append(line)
    elif isinstance(value, dict):
        for group, entries in value.items():
            groups[str(group)] = entries.splitlines() if isinstance(entries, str) else list(entries or ())
    else:
        raise _refused(found, "it is no table of entry points", "invalid-setup")
    if "" in groups:
        raise _refused(found, "an entry point belongs to no group", "invalid-setup")
    return {group: _entry_points(entries, found) for group, entries in groups.items()}


def _entry_points(entries: list[str], found: Given) -> dict[str, str]:
    points: dict[str, str] = {}
    for entry in (str(each).strip() for each in entries):
        if not entry or entry.startswith("#"):
            continue
        read = _ENTRY.fullmatch(entry)
        if read is None or read["name"] in points:
            raise _refused(found, f"{entry!r} is no entry point that [project] can say")
        target, bracket, asked = read["target"].partition("[")
        points[read["name"]] = re.sub(r"\s", "", target) + (f" [{asked}" if bracket else "")
    return points


def loose_fields(given: Mapping[str, Given], folder: PurePosixPath) -> Loose:
    """What ``[project]`` can say of the other keywords; what it cannot is ``dynamic``, so setup.py's.

    The licence always is: setuptools takes it as an SPDX expression from version 77 on only, and gives up the
    table that came before.
    """
    fields: dict[str, str | None] = {}
    description = given.get("description")
    if description is not None:
        text = _sure(description)
        plain = isinstance(text, str) and "\n" not in text.strip() and HERE not in text
        fields["description"] = (
            f"description = {toml_string(text.strip())}\n" if plain and isinstance(text, str) else None
        )
    readme = given.get("long_description")
    if readme is not None:
        fields["readme"] = _readme(_sure(readme), given.get("long_description_content_type"), folder)
    if "license" in given:
        _sure(given["license"])
        fields["license"] = None
    for field, keyword in (("authors", "author"), ("maintainers", "maintainer")):
        people = [found for found in (given.get(keyword), given.get(f"{keyword}_email")) if found is not None]
        if people:
            fields[field] = _people(field, given.get(keyword), given.get(f"{keyword}_email"))
    for field in ("keywords", "classifiers"):
        if field in given:
            fields[field] = _texts(field, _sure(given[field]))
    urls = _urls(given)
    dynamic = [field for field, line in fields.items() if line is None]
    dynamic += ["urls"] if urls is None else []
    path = readme.value.path if readme is not None and isinstance(readme.value, FileText) else None
    return Loose(tuple(line for line in fields.values() if line), urls or {}, tuple(dynamic), path)


def _sure(found: Given) -> object:
    """The value; None where it is a text that is not known. Raises RefusedError where it may be nothing."""
    if isinstance(found.value, Unknown) and found.value.text:
        return None
    return known(found)


def _readme(value: object, content_type: Given | None, folder: PurePosixPath) -> str | None:
    if not isinstance(value, FileText) or not value.path.is_relative_to(folder):
        return None
    name = str(value.path.relative_to(folder))
    guessed = _TYPES.get(value.path.suffix.lower())
    given = None if content_type is None else _sure(content_type)
    if content_type is not None and not isinstance(given, str):
        return None
    kind = given if isinstance(given, str) else guessed
    if kind is None or kind.partition(";")[0].strip() not in (*_TYPES.values(), "text/plain"):
        return None
    if kind == guessed:
        return f"readme = {toml_string(name)}\n"
    return f"readme = {toml_inline({'file': name, 'content-type': kind})}\n"


def _people(field: str, name: Given | None, email: Given | None) -> str | None:
    """One person; several in one text stay as setup.py has them."""
    person = {}
    for key, found in (("name", name), ("email", email)):
        value = None if found is None else _sure(found)
        if found is not None and not isinstance(value, str):
            return None
        if isinstance(value, str):
            person[key] = value.strip()
    if "email" in person and not _EMAIL.fullmatch(person["email"]):
        return None
    several = "email" in person and re.search("[,;]", person.get("name", ""))
    if several or not all(text.isprintable() for text in person.values()):
        return None
    return f"{field} = [{toml_inline(person)}]\n"


def _texts(field: str, value: object) -> str | None:
    if isinstance(value, str) and field == "keywords":
        value = [word.strip() for word in value.split(",") if word.strip()]
    if not isinstance(value, list | tuple) or not all(isinstance(text, str) for text in value):
        return None
    return toml_array(field, [toml_string(text.strip()) for text in value])


def _urls(given: Mapping[str, Given]) -> dict[str, str] | None:
    """``[project.urls]``; None where setup.py's own must stay. Its ``url`` is kept in any case."""
    found = given.get("project_urls")
    urls: dict[str, str] = {}
    if found is not None:
        value = found.value
        if not isinstance(value, dict):
            raise _refused(found, "it is no table of addresses", "invalid-setup")
        for label, address in value.items():
            if (
                not isinstance(label, str)
                or not isinstance(address, str)
                or not _WEB.fullmatch(address.strip())
            ):
                return None
            urls[label] = address.strip()
    taken = {label.lower() for label in urls}
    extra = {}
    for label, keyword in (("Homepage", "url"), ("Download", "download_url")):
        value = given[keyword].value if keyword in given else None
        if isinstance(value, str) and _WEB.fullmatch(value.strip()) and label.lower() not in taken:
            extra[label] = value.strip()
    return {**extra, **urls}
