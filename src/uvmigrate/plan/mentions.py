"""What else calls or names the tools that the migrated builds used: told to people, never edited.

Looked for in files that start things beside containers (workflows, devcontainers, makefiles) or say who
keeps the dependencies up to date, and in compose files, whose services of pulled images are left. Files are
known by their names and read line by line, nothing is parsed: a line too many costs a glance, since no line
is changed for it. Where nothing is migrated, none is read.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from uvmigrate.build import installs, managed_calls
from uvmigrate.source import NamedTuple, lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from pathlib import PurePosixPath
    from typing import Literal

    from uvmigrate.build import Build
    from uvmigrate.plan.migration import BuildResult
    from uvmigrate.source import Repo

    Tool = Literal["pip", "pipenv", "poetry"]

#: A file of more bytes is not one that a person wrote.
_MAX_BYTES = 1024 * 1024
#: One of these stands in every mention; most lines have neither, and need no closer look.
_WORD = lazy_pattern(r"pip|poetry", re.IGNORECASE)
#: How the files that are read are named at least, whatever folder they are in.
_TELLING = lazy_pattern(
    r".+\.(ya?ml|json5?|sh|mk|just)|((GNU)?[Mm]ake|Proc|Jenkins)file.*|\.?[Jj]ustfile|tox\.ini|noxfile\.py|\.renovaterc"
)
#: The files that call programs: those of hosts at the root of the repository, the others in any folder.
_CALLERS = lazy_pattern(
    r"""(?x)
    \.github/(workflows|actions)/.*\.ya?ml | \.gitlab/.*\.ya?ml | \.gitlab-ci[^/]*\.ya?ml
    | \.circleci/.*\.ya?ml | \.travis\.yml | azure-pipelines[^/]*\.ya?ml | bitbucket-pipelines\.yml
    | (.*/)?(
        \.devcontainer/.*\.(json|sh) | \.?devcontainer\.json
        | (GNU)?[Mm]akefile([.-][^/]*)? | [^/]+\.mk | \.?[Jj]ustfile | [^/]+\.just
        | [Tt]askfile(\.dist)?\.ya?ml | Procfile(\.[^/]*)? | Jenkinsfile(\.[^/]*)?
        | tox\.ini | noxfile\.py | \.pre-commit-config\.ya?ml | \.?readthedocs\.ya?ml
    )"""
)
#: Compose files: what their services call is followed, but for those of images that are pulled.
_COMPOSE = lazy_pattern(r"(.*/)?((docker-)?compose([._-][^/]*)?|[^/]+[._-]compose)\.ya?ml")
_DEPENDABOT = lazy_pattern(r"\.github/dependabot\.ya?ml")
#: Where Renovate looks for its settings (Renovate docs, "Configuration Options").
_RENOVATE = lazy_pattern(r"(\.github/|\.gitlab/)?renovate\.json5?|\.renovaterc(\.json5?)?")
#: Files whose lines without indent head a rule: its name is nobody's call.
_RULES = lazy_pattern(r"(.*/)?((GNU)?[Mm]akefile([.-][^/]*)?|[^/]+\.mk|\.?[Jj]ustfile|[^/]+\.just)")

#: A string (which stays), or a comment, of JSON as people write it.
_JSON = lazy_pattern(r"""("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')|//[^\n]*|/\*.*?\*/""", re.DOTALL)
_COMMENT = lazy_pattern(r"(^|\s)#.*|^\s*(;|//).*")
#: What only people read, or what a file calls a part of itself.
_LABEL = lazy_pattern(
    r"""\s*(-\s+)?["']?(name|desc|description|title|service)["']?\s*:|\s*["']?[\w.-]+["']?:\s*$"""
)
_RULE = lazy_pattern(r"[^\s:=;][^:=;]*::?(?!=)[^;]*$")


def _named(name: str) -> str:
    """The pattern of a manager's name where it stands for the manager.

    Not in the name of another file (``Dockerfile.poetry``), between hyphens (``cached-poetry-packages``), as
    a part of something that a file defines itself (``steps.poetry``), nor as the build backend.
    """
    own = rf"(?<!\w\.){name}(?![A-Za-z0-9_])(?!(?<=-{name})-)(?![-_.]core)(?!\.(?!lock|toml|org)\w)"
    variable = rf"{name.upper()}(?:_[A-Z_]+)?(?![A-Za-z0-9_])"
    return rf"(?<![A-Za-z0-9])(?:tool\.{name}\b|{own})|(?<![A-Za-z0-9_]){variable}"


_PIP_VERBS = "install|uninstall|download|wheel|freeze|list|show|check|config|cache|index|inspect|hash|debug"
#: How each tool is called or named. pip's name stands in too many words: it counts with a verb behind it, or
#: as what a cache or a host of documentation is to use; its settings where a build or command gets them.
_CALLS: dict[Tool, re.Pattern[str]] = {
    "poetry": lazy_pattern(rf"{_named('poetry')}|(?<![A-Za-z0-9])pypoetry\b"),
    "pipenv": lazy_pattern(rf"{_named('pipenv')}|(?<![\w.-])Pipfile(\.lock)?(?![\w.-])"),
    "pip": lazy_pattern(
        rf"(?<![\w.-])(?<!uv\s)(pip(3(\.\d+)?)?|\$[({{]?PIP[)}}]?)[\"']?,?\s+[\"']?(-\S+\s+)*({_PIP_VERBS})\b"
        r"|(?<![\w.-])pip-(compile|sync)\b|\bpiptools\b|(?<![A-Za-z0-9_])PIP_[A-Z_]+="
        r"|\b(cache|method)[\"']?\s*:\s*[\"']?pip(?![\w-])"
    ),
}
#: How a service calls a manager, as a text or as the items of a list in one line.
_RUNS: dict[Tool, re.Pattern[str]] = {
    name: lazy_pattern(rf"(?<![\w.-]){name}[\"']?,?\s+[\"']?(run|install|sync|shell)\b")
    for name in ("poetry", "pipenv")
}
#: The managers of Renovate that read a tool's manifests (Renovate docs, "Managers").
_MANAGERS: dict[Tool, re.Pattern[str]] = {
    "poetry": lazy_pattern(r"\bpoetry\b"),
    "pipenv": lazy_pattern(r"\bpipenv\b"),
    "pip": lazy_pattern(r"\bpip_requirements\b|\bpip_setup\b|\bpip-compile\b"),
}
#: To Dependabot ``pip`` means poetry and pipenv as well; uv has a value of its own, ``uv`` (GitHub docs,
#: "Dependabot options reference", package-ecosystem).
_ECOSYSTEM = lazy_pattern(r"""\bpackage-ecosystem["']?\s*:\s*["']?(pip|pipenv|poetry)\b""")


class Mention(NamedTuple):
    """A line that calls or names a tool: ``line`` counts from 1, ``text`` is all of it without its indent.

    What is shown of the text goes through the mask of credentials first.
    """

    path: PurePosixPath
    line: int
    tool: Tool
    text: str


class _Left(NamedTuple):
    """A tool that an image of a build context has left; ``synced`` where a lock took its manifests' place."""

    tool: Tool
    context: PurePosixPath
    synced: bool


def find_mentions(repo: Repo, builds: Iterable[Build], results: Iterable[BuildResult]) -> tuple[Mention, ...]:
    """Every line beside the containers' own files that calls or names what a migrated build used, by path.

    *builds* are those before the series, *results* what came out for them. A file that lies neither above
    nor below a build's context is not about that build. One mention a line.
    """
    moved = {result.path: result for result in results if result.status in ("migrated", "partial")}
    left = {
        _Left(tool, build.context.folder, moved[build.path].strategy == "sync")
        for build in builds
        if build.path in moved
        for tool in _tools(build)
    }
    paths = repo.matching(_TELLING) if left else ()
    return tuple(mention for path in paths for mention in _mentions(repo, path, left))


def _tools(build: Build) -> set[Tool]:
    """What installs in a build, and what hands it the requirements (``poetry export``)."""
    tools: set[Tool] = {call.tool.tool for call in managed_calls(build)}
    return tools | {"pip" for install in installs(build) if install.pip is not None}


def _mentions(repo: Repo, path: PurePosixPath, left: Collection[_Left]) -> Iterator[Mention]:
    name = str(path)
    if _CALLERS.fullmatch(name):
        near = {one.tool for one in left if _is_near(path, one.context)}
        patterns = {tool: pattern for tool, pattern in _CALLS.items() if tool in near}
    elif _COMPOSE.fullmatch(name):
        near = {one.tool for one in left if _is_near(path, one.context)}
        patterns = {tool: pattern for tool, pattern in _RUNS.items() if tool in near}
    elif _RENOVATE.fullmatch(name):
        # Where uv installs from the old manifests, they are still what is to be kept up to date.
        patterns = {one.tool: _MANAGERS[one.tool] for one in left if one.synced}
    elif _DEPENDABOT.fullmatch(name):
        patterns = {one.tool: _ECOSYSTEM for one in left if one.synced}
    else:
        return
    for number, line in _lines(repo, path) if patterns else ():
        tool = next((tool for tool in _CALLS if tool in patterns and patterns[tool].search(line.told)), None)
        if tool is not None:
            yield Mention(path, number, tool, line.text.strip())


def _is_near(path: PurePosixPath, context: PurePosixPath) -> bool:
    """Whether a file is about a build context: it lies below it, or in a folder above.

    What lies in ``.github`` and the like is about the folder that holds it.
    """
    folder = path.parent
    for up in path.parents:
        folder = up.parent if up.name.startswith(".") else folder
    return folder in (context, *context.parents) or context in folder.parents


class _Line(NamedTuple):
    """A line as it stands in its file, and what of it is told to a program."""

    text: str
    told: str


def _lines(repo: Repo, path: PurePosixPath) -> Iterator[tuple[int, _Line]]:
    """The lines of a file by their numbers, without those that no program reads."""
    data = repo.get(path, b"")
    if len(data) > _MAX_BYTES or b"\0" in data:
        return
    text = data.decode(errors="replace")
    braced = path.suffix in (".json", ".json5") or path.name == ".renovaterc"
    # A blanked comment keeps its line breaks, so that the numbers stay right.
    read = _JSON.sub(lambda found: found[1] or "\n" * found[0].count("\n"), text) if braced else text
    rules = _RULES.fullmatch(str(path)) is not None
    for number, (line, told) in enumerate(zip(text.split("\n"), read.split("\n"), strict=True), 1):
        if not _WORD.search(line):
            continue
        said = told if braced else _COMMENT.sub("", told)
        if not _LABEL.match(said) and not (rules and _RULE.match(said)):
            yield number, _Line(line, said)
