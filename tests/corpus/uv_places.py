"""How uv comes into the stages of a build: from its image, by another manager, by its installer."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from corpus.reading import base, calls, found_in
from uvmigrate.build import ROOT, join
from uvmigrate.dockerfile import as_copy, as_run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from corpus.reading import Found
    from uvmigrate.build import Build, Call, StageFacts

_IMAGE = re.compile(r"(.*/)?astral(-sh)?/uv(?![\w-])(?P<rest>.*)")
_PINNED = re.compile(r"(:[\w.-]+)?@sha256:[0-9a-f]+|:\d+\.\d+\.\d+(-[\w.-]+)?")
_VERSION = re.compile(r"uv(\[[^]]*\])?(==|=)v?\d+\.\d+\.\d+")
_INSTALLERS = frozenset("apk apt apt-get dnf microdnf yum brew conda mamba micromamba pipx cargo".split())
#: Where its installer puts it.
_LOCAL = PurePosixPath("/root/.local/bin/uv")


class Way(NamedTuple):
    """One way by which uv comes into a stage; ``place`` is where it lies, None where only a RUN mounts it."""

    stage: StageFacts
    place: PurePosixPath | None
    pinned: bool


def is_pinned(build: Build) -> bool:
    """Whether uv is called or there, and every way that it comes in is pinned."""
    found = list(ways(build))
    return bool(found) and all(way.pinned for way in found)


def has_uv(build: Build) -> bool:
    """Whether the image of the last stage holds uv."""
    if not build.stages:
        return False
    last = build.stages[-1]
    if places(build, last):
        return True
    # A base image may bring it unseen.
    called = (hit.call for hit in found_in(build) if hit.tool == "uv" and hit.call.stage in last.lineage)
    return any(not _mounted(call) for call in called)


def ways(build: Build) -> Iterator[Way]:
    """Every way by which uv comes in; a COPY from a stage of the build is none of its own."""
    for facts in build.stages:
        reference = facts.base.reference if facts.base else ""
        if facts.parent is None and _IMAGE.fullmatch(reference):
            yield Way(facts, PurePosixPath("/uv"), _pins(reference))
        for instruction in facts.instructions:
            copy, run = as_copy(instruction), as_run(instruction)
            if copy is not None and copy.from_ and _IMAGE.fullmatch(copy.from_):
                dest = facts.state(instruction).absolute(copy.dest.text)
                into = copy.dest.text.endswith("/") or len(copy.sources) > 1
                place = dest / "uv" if dest and (into or dest.name == "bin") else dest
                yield Way(facts, place or PurePosixPath("/uv"), _pins(copy.from_))
            for word in copy.sources if copy else ():
                # A script that ADD loads is run later.
                yield from _loaded(facts, word.text)
            for mount in run.mounts if run else ():
                if _IMAGE.fullmatch(mount.options.get("from", "")):
                    yield Way(facts, None, _pins(mount.options["from"]))
    for hit in found_in(build):
        if hit.tool == "pip" and hit.verb == "install":
            named = [one for one in hit.texts(None) if re.match(r"uv(\W|$)", one)]
            if named:
                yield Way(hit.call.stage, _by_pip(hit), all(map(_VERSION.fullmatch, named)))
    for call in calls(build):
        yield from _installer(call)


def _pins(reference: str) -> bool:
    found = _IMAGE.fullmatch(reference)
    return found is not None and _PINNED.fullmatch(found["rest"]) is not None


def _installer(call: Call) -> Iterator[Way]:
    words = [word.raw.strip("\"'") for word in call.command.words]
    name = base(call.command.words[0]) if words else ""
    for word in words:
        yield from _loaded(call.stage, word)
    named = [word for word in words[1:] if re.fullmatch(r"uv(\[[^]]*\])?([=<>~!].*)?", word)]
    if name in _INSTALLERS and named and ({"install", "add"} & set(words)):
        place = _LOCAL if name in ("pipx", "cargo") else PurePosixPath("/usr/bin/uv")
        yield Way(call.stage, place, all(map(_VERSION.fullmatch, named)))


def _loaded(facts: StageFacts, address: str) -> Iterator[Way]:
    if re.search(r"astral\.sh/uv\b|astral-sh/uv/releases", address):
        pinned = re.search(r"/uv/(releases/download/)?\d+\.\d+\.\d+/", address)
        yield Way(facts, _LOCAL, pinned is not None)


def _by_pip(hit: Found) -> PurePosixPath:
    program = hit.words[0].raw.strip("\"'")
    folder = program.rpartition("/")[0] if "/bin/" in program and "$" not in program else ""
    active = hit.value("VIRTUAL_ENV")
    return PurePosixPath(folder or (f"{active}/bin" if active else "/usr/local/bin")) / "uv"


def places(build: Build, facts: StageFacts) -> frozenset[PurePosixPath]:
    """Where uv lies in the image of a stage, as far as its instructions tell."""
    found = {way.place for way in ways(build) if way.stage in facts.lineage and way.place is not None}
    for copied in facts.final.copies:
        other = facts.find(copied.origin) if copied.origin else None
        if other is None:
            continue
        there = places(build, other)
        for source in copied.sources:
            at = join(ROOT, source.lstrip("/") or ".")
            for place in there:
                if place == at:
                    found.add(copied.dest / place.name if copied.into_folder else copied.dest)
                elif place.is_relative_to(at):
                    found.add(copied.dest / place.relative_to(at))
    return frozenset(found)


def _mounted(call: Call) -> bool:
    run = as_run(call.instruction)
    return any("from" in mount.options for mount in run.mounts) if run else False
