"""A requirements file that was compiled from a pyproject.toml: what a lock says, in pip's words.

pip-compile (pip-tools) and ``uv pip compile`` write the command that made the file on top of it. Where that
names pyproject.toml and nothing else, the file holds the project's dependencies, theirs, and no more.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from uvmigrate import source
from uvmigrate.project.conflicts import contradiction
from uvmigrate.project.lines import Line, Requirement, read_line, within
from uvmigrate.project.requirements import read_requirements
from uvmigrate.source import NamedTuple, lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import PurePosixPath

    from uvmigrate.project.pyproject import Pyproject
    from uvmigrate.source import Repo

_COMMAND = lazy_pattern(
    r"#\s+(?:pip-compile|uv pip compile)(?:\s+(?P<rest>\S.*))?", words=("pip-compile", "uv pip compile")
)
#: Options that change how the file looks, or when it is made, but not which packages are in it.
_HARMLESS = frozenset(
    """--allow-unsafe --no-allow-unsafe --strip-extras --no-strip-extras --generate-hashes --annotate
    --no-annotate --header --no-header --emit-index-url --no-emit-index-url --emit-trusted-host
    --no-emit-trusted-host --emit-find-links --no-emit-find-links --emit-options --no-emit-options
    --upgrade -U --quiet -q --verbose -v --universal --rebuild --no-rebuild --reuse-hashes --no-reuse-hashes
    --build-isolation --no-build-isolation --no-config --no-cache --no-strip-markers
    --emit-index-annotation""".split()
)
_VALUED = frozenset(
    """--annotation-style --resolver --output-file -o --python-version -p --python --config --cache-dir
    --upgrade-package -P --max-rounds --newline --cert --client-cert --custom-compile-command
    --exclude-newer""".split()
)
#: Options that say more about what is in the file, and have a value.
_SAYING_MORE = frozenset(
    """--index-url -i --extra-index-url --index --default-index --index-strategy --find-links -f
    --trusted-host --extra --python-platform --prerelease""".split()
)
_CONSTRAINTS = frozenset({"--constraint", "--constraints", "-c"})


class Command(NamedTuple):
    """The command that made a file: its words for the ``inputs``, the ``output`` and the ``constraints``.

    ``others`` are its options that decide what is in the file, or may.
    """

    inputs: tuple[str, ...]
    output: str | None
    constraints: tuple[str, ...]
    others: tuple[str, ...]


class Compiled(NamedTuple):
    """What a compiled file says: versions and accepted hashes by name, and the versions as constraints.

    There are no constraints where the file holds the project's own dependencies, and nothing else.
    """

    path: PurePosixPath
    pins: Mapping[str, tuple[str, ...]]
    hashes: Mapping[str, tuple[str, ...]]
    constraints: tuple[str, ...]


def read_compiled(repo: Repo, path: PurePosixPath, project: Pyproject) -> Compiled | str:
    """The requirements file at *path* as the pins of *project*, or why it may hold something else."""
    asked = [
        line
        for text in project.dependencies
        for line in read_line(text, path=project.path)
        if isinstance(line, Requirement)
    ]
    try:
        made = _made_from(repo[path], path, project)
    except (KeyError, source.Unreadable):
        made = False
    if not made:
        lines = read_requirements(repo, path).lines
        if _says_the_same(lines, asked):
            hashes = {one.name: one.hashes for one in lines if isinstance(one, Requirement) and one.hashes}
            return Compiled(path, {}, hashes, ())
        return f"{path} does not say that it was compiled from {project.path} alone"
    pinned: dict[str, Requirement] = {}
    for line in read_requirements(repo, path).lines:
        if not isinstance(line, Requirement) or line.pinned is None or line.options:
            return f"{path}:{line.line}: {line.raw} is no version of a package"
        if pinned.setdefault(line.name, line).text != line.text:
            return f"{path}:{line.line}: {line.name} has several versions"
    missing = next((line for line in asked if line.name not in pinned and line.marker is None), None)
    if missing is not None or len(asked) < len(project.dependencies):
        name = missing.text if missing is not None else "a dependency"
        return f"{project.path} asks for {name}, which {path} does not hold"
    pair = contradiction([*asked, *pinned.values()])
    if pair is not None:
        return f"{project.path} asks for {pair[0].text}, and {path} has {pair[1].text}"
    return Compiled(
        path,
        {name: (line.pinned,) for name, line in pinned.items() if line.pinned is not None},
        {name: line.hashes for name, line in pinned.items() if line.hashes},
        tuple(
            f"{name}=={line.pinned}{f' ; {line.marker}' if line.marker else ''}"
            for name, line in pinned.items()
        ),
    )


def _says_the_same(lines: Sequence[Line], asked: Sequence[Requirement]) -> bool:
    """Whether the lines of a file are the requirements of a project, one for one."""

    def key(one: Requirement) -> tuple[object, ...]:
        parts = frozenset(part.strip() for part in one.specifier.split(","))
        return one.name, frozenset(one.extras), parts, one.marker, one.url

    found = [line for line in lines if isinstance(line, Requirement) and not line.options]
    return len(found) == len(lines) and {key(one) for one in found} == {key(one) for one in asked}


def read_command(data: bytes) -> Command | None:
    """The command of pip-compile's or uv's that the comment on top of a file names; None without just one."""
    commands = [found["rest"] or "" for line in comment_on_top(data) if (found := _COMMAND.fullmatch(line))]
    try:
        words = shlex.split(commands[0]) if len(commands) == 1 else None
    except ValueError:
        words = None
    if words is None:
        return None
    inputs, constraints, others = [], [], []
    output = None
    rest = iter(words)
    for word in rest:
        name, equals, value = word.partition("=")
        if not word.startswith("-"):
            inputs.append(word)
        elif name in _VALUED or name in _CONSTRAINTS:
            value = value if equals else next(rest, "")
            output = value if name in ("--output-file", "-o") else output
            constraints += [value] if name in _CONSTRAINTS else []
        elif name not in _HARMLESS and value != "None":
            # pip-compile writes options that nobody gave, too.
            others.append(name)
            if name in _SAYING_MORE and not equals:
                next(rest, None)
    return Command(tuple(inputs), output, tuple(constraints), tuple(others))


def comment_on_top(data: bytes) -> list[str]:
    """The comment lines before the first requirement, without the blanks around them."""
    head = []
    for line in data.decode(errors="replace").splitlines():
        if line.strip() and not line.startswith("#"):
            break
        head.append(line.strip())
    return head


def _made_from(data: bytes, path: PurePosixPath, project: Pyproject) -> bool:
    """Whether the comment on top names a command that read the project and nothing else, in its folder."""
    command = read_command(data)
    if command is None or command.constraints or command.others:
        return False
    folder = project.path.parent
    same = command.output is None or within(folder, command.output) == path
    manifests = [[project.path], [folder / "setup.py"], [folder / "setup.cfg"]]
    return same and [within(folder, text) for text in command.inputs] in manifests
