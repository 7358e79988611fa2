"""Programs and packages called by the absolute path that they have in the image's own Python.

In an environment they lie elsewhere. The official images keep Python below /usr/local; ``pip install --user``
puts programs into ``~/.local/bin``. A distribution has its Python in /usr/bin; pip puts packages there on
Alpine, and below /usr/local, into ``dist-packages``, on Debian.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from uvmigrate.build.managed import managed_calls, manager_root
from uvmigrate.commands import requirement_name
from uvmigrate.dockerfile import as_run
from uvmigrate.source import NamedTuple, lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from uvmigrate.build.installs import Install
    from uvmigrate.build.model import Build
    from uvmigrate.build.state import Copied

_PLACES = lazy_pattern(
    rb"(?<![\w./-])(?:(?P<bin>/usr/local/bin|/root/\.local/bin|/home/[\w-]+/\.local/bin)/(?P<program>[\w.-]+)"
    rb"|(?P<library>/usr/local/lib/python3\.\d+)/site-packages(?![\w.-]))",
    words=(b"/usr/local/", b"/.local/bin/"),
)
_DISTRIBUTION_PLACES = lazy_pattern(
    rb"(?<![\w./-])(?:(?P<bin>/usr/bin|/usr/local/bin|/root/\.local/bin|/home/[\w-]+/\.local/bin)"
    rb"/(?P<program>[\w.-]+)"
    rb"|(?:/usr(?:/local)?)(?P<library>/lib/python3\.\d+)/(?:site|dist)-packages(?![\w.-]))",
    words=(b"/usr/", b"/.local/bin/"),
)
_PYTHON = lazy_pattern(rb"(python|pydoc)[0-9.]*")
#: What the official images have in /usr/local/bin beside Python itself, and what stays there.
_STAYS = lazy_pattern(rb"pip[0-9.]*|pipx|pipenv|poetry|idle[0-9.]*|2to3.*|easy_install.*|uv|uvx|wheel")
_LOCKS = {
    "poetry.lock": lazy_pattern(rb'(?m)^name = "([\w.-]+)"'),
    "Pipfile.lock": lazy_pattern(rb'(?m)^\s+"([\w.-]+)": \{'),
}
_FOLDER = PurePosixPath("/usr/local/bin")
_NAME = lazy_pattern(rb"(?m)^\s*([A-Za-z0-9][\w.-]*)")


class OldPath(NamedTuple):
    """A path in a text (byte offsets ``start:end``), and ``tail``: the same below an environment's folder."""

    start: int
    end: int
    text: str
    tail: str
    python: bool


class Programs(NamedTuple):
    """Which programs move into the environment: those of the packages that are asked for (``named``), and
    all that nothing else (``brought``) puts into the old folder. With ``distribution`` the old Python is a
    distribution's."""

    named: frozenset[bytes]
    brought: frozenset[bytes]
    distribution: bool = False

    def find(self, text: bytes, start: int = 0, end: int | None = None) -> Iterator[OldPath]:
        """The old paths in ``text[start:end]`` whose programs or packages move."""
        places = _DISTRIBUTION_PLACES if self.distribution else _PLACES
        for match in places.finditer(text, start, len(text) if end is None else end):
            if match["library"]:
                tail = f"{match['library'].removeprefix(b'/usr/local').decode()}/site-packages"
                yield OldPath(match.start(), match.end(), match[0].decode(), tail, python=False)
                continue
            program = match["program"].rstrip(b".")
            python = _PYTHON.fullmatch(program) is not None
            if python or self._moves(program, match["bin"]):
                last = match.start("program") + len(program)
                tail = f"/bin/{program.decode()}"
                yield OldPath(match.start(), last, text[match.start() : last].decode(), tail, python)

    def _moves(self, program: bytes, folder: bytes) -> bool:
        if program.lower() in self.named:
            return True
        stays = _STAYS.fullmatch(program) or program in self.brought or b"*" in self.brought
        return folder == b"/usr/local/bin" and not stays


def programs(build: Build, installs: Iterable[Install]) -> Programs:
    """What is known about the programs of a build, by the names of the packages that its installs ask for."""
    found = tuple(installs)
    context = build.context
    named = {
        requirement_name(package).encode(errors="surrogateescape")
        for install in found
        for package in install.packages
    }
    for path in {path for install in found for path in install.files if path is not None}:
        text = context.repo.get(context.folder / path, b"").removeprefix(b"\xef\xbb\xbf")
        named |= {name.lower() for name in _NAME.findall(text)}
    named |= set(_locked(build))
    bases = [install.stage.base for install in found]
    distribution = any(base is not None and base.kind == "distribution" for base in bases)
    return Programs(frozenset(named), frozenset(_brought(build, found)), distribution)


def _locked(build: Build) -> Iterator[bytes]:
    """The names of the packages in the locks of poetry's and pipenv's projects."""
    for managed in managed_calls(build):
        root = manager_root(managed.call, managed.tool)
        for name, pattern in _LOCKS.items() if root is not None else ():
            text = build.context.repo.get(build.context.folder / (root or "") / name, b"")
            yield from (found.lower() for found in pattern.findall(text))


def _brought(build: Build, installs: tuple[Install, ...]) -> Iterator[bytes]:
    """The names of what else is put into /usr/local/bin, by instructions and by mounts of services.

    ``*`` where that could be anything.
    """
    installing = {install.call.instruction.span for install in installs}
    installing_stages = {install.stage for install in installs}
    for facts in build.stages:
        for instruction in facts.instructions:
            if instruction.keyword in ("COPY", "ADD"):
                copied = facts.copied(instruction)
                origin = facts.find(copied.origin) if copied and copied.origin else None
                if copied is None or (origin is not None and installing_stages & set(origin.lineage)):
                    continue
                if str(copied.dest.parent) == "/usr/local/bin":
                    yield copied.dest.name.encode(errors="surrogateescape")
                elif str(copied.dest) in ("/usr/local/bin", "/usr/local", "/"):
                    names = (name for source in copied.sources for name in _names(build, copied, source))
                    yield from (name.encode(errors="surrogateescape") for name in names)
            elif as_run(instruction) and instruction.span not in installing:
                text = instruction.text_span.of(build.dockerfile.data)
                yield from re.findall(rb"/usr/local/bin/([\w.-]+)", text)
                if re.search(rb"/usr/local(/bin)?/?(?![\w./-])|\bmake\b.*\binstall\b|\bnpm\b|\bsh\b", text):
                    yield b"*"
    for _, service in build.services:
        for mount in service.volumes:
            target = PurePosixPath(mount.target)
            if target.parent == _FOLDER:
                yield target.name.encode(errors="surrogateescape")
            elif _FOLDER.is_relative_to(target):
                yield b"*"


def _names(build: Build, copied: Copied, source: str) -> Iterator[str]:
    """The names of the files that one source of a COPY brings; ``*`` where a folder could bring any."""
    if copied.origin is not None:
        name = source.rpartition("/")[2]
        yield "*" if name in ("", "bin", "local") or "*" in name else name
        return
    matches = build.context.matches(source)
    if not matches:
        yield source.rstrip("/").rpartition("/")[2]
    for match in matches:
        yield from (found.name for found in build.context.below(match))
