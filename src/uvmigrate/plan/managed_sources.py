"""Whether a project that poetry installs finds what it is built of."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from uvmigrate.build.managed import manager_cwd
from uvmigrate.commands import requirement_name
from uvmigrate.project import read_toml
from uvmigrate.source import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from uvmigrate.build import Call, StageFacts
    from uvmigrate.build.installs import Install
    from uvmigrate.project import Converted, Selection

#: Variants of the official image that hold no git.
_WITHOUT_GIT = lazy_pattern(r"slim|alpine")


def has_folders(converted: Converted) -> bool:
    """Whether the project depends on folders of the repository."""
    sources = read_toml(converted.manifest).get("tool", {}).get("uv", {}).get("sources", {})
    return any("path" in source for source in sources.values() if isinstance(source, dict))


def unread_file(install: Install, converted: Converted) -> str | None:
    """A README that the metadata names and that is not there where an install builds the project, or None.

    Before poetry 2, an install only warned of it; poetry-core stops there.
    """
    tool, call = install.managed, install.call
    folder = manager_cwd(call, tool) if tool is not None else None
    if folder is None or any(copied.origin is not None for copied in call.state.copies):
        return None
    data = read_toml(converted.manifest)
    readme = data.get("project", {}).get("readme") or data.get("tool", {}).get("poetry", {}).get("readme")
    readme = readme.get("file") if isinstance(readme, dict) else readme
    for name in [readme] if isinstance(readme, str) else readme or []:
        made = any(other.command.span.start < call.command.span.start for other in _mentions(install, name))
        if call.locate(str(folder / name)) is None and not made:
            return str(name)
    return None


def _mentions(install: Install, name: str) -> Iterator[Call]:
    """The commands in front that may make a file of that name (``touch README.md``)."""
    for facts in install.stage.lineage:
        yield from facts.calls(name.encode(errors="surrogateescape"))


def sees_sources(install: Install, converted: Converted) -> bool:
    """Whether an install of a packaged project finds its sources.

    Before poetry 2, an install passed over a project whose package was not copied yet.
    """
    tool = install.managed
    folder = manager_cwd(install.call, tool) if tool is not None else None
    if folder is None:
        return True
    data = read_toml(converted.manifest)
    name = str(data.get("project", {}).get("name", "")).replace("-", "_").replace(".", "_")
    listed = data.get("tool", {}).get("poetry", {}).get("packages", [])
    places = [f"{one.get('from', '.')}/{one.get('include', '')}" for one in listed if isinstance(one, dict)]
    places = [place.partition("*")[0] for place in places] or [
        name,
        f"src/{name}",
        f"{name}.py",
        f"src/{name}.py",
    ]
    return any(install.call.locate(str(folder / place)) is not None for place in places)


def cloned_without_git(install: Install, converted: Converted, chosen: Selection) -> str | None:
    """A dependency from a git repository in an image that is known to hold no git, or None.

    poetry clones by a library of its own since 1.2 (its setting ``system-git-client``); uv calls git.
    """
    if install.managed is None or install.managed.tool != "poetry" or not _has_no_git(install):
        return None
    data = read_toml(converted.manifest)
    sources = data.get("tool", {}).get("uv", {}).get("sources", {})
    cloned = {requirement_name(name) for name, source in sources.items() if "git" in str(source)}
    return next((name for name in _named(data, chosen) if name in cloned), None)


def _named(data: Mapping[str, Any], chosen: Selection) -> Iterator[str]:
    """The packages that an install asks for by name."""
    project, groups = data.get("project", {}), data.get("dependency-groups", {})
    texts = list(project.get("dependencies", ())) if chosen.dependencies else []
    for extra in chosen.extras:
        texts += project.get("optional-dependencies", {}).get(extra, ())
    waiting, seen = list(chosen.groups), set()
    while waiting:
        group = waiting.pop()
        if group not in seen:
            seen.add(group)
            entries = groups.get(group, ())
            texts += [entry for entry in entries if isinstance(entry, str)]
            waiting += [str(entry.get("include-group")) for entry in entries if isinstance(entry, dict)]
    yield from map(requirement_name, texts)


def _has_no_git(install: Install) -> bool:
    """Whether the base is known to hold no git, and nothing above the install mentions one."""
    base, at = install.stage.base, install.call.command.span.start
    bare = base is not None and (
        base.kind == "distribution"
        or (base.kind == "python" and _WITHOUT_GIT.search(base.tag or "") is not None)
    )
    return bare and not any(_mentions_git(facts, at) for facts in install.stage.lineage)


def _mentions_git(facts: StageFacts, before: int) -> bool:
    return any(
        re.search(r"\bgit\b", instruction.arguments)
        for instruction in facts.instructions
        if instruction.span.start < before
    )
