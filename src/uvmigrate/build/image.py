"""What a base image's name tells: which Python it brings, where, and whose packages are in it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from uvmigrate.source import NamedTuple, lazy_pattern

if TYPE_CHECKING:
    from pathlib import PurePosixPath

Kind = Literal["python", "distribution", "lambda", "preinstalled", "scratch", "unknown"]

#: The newest CPython that a bare or `3` tag of the official image would mean is not known: it moves.
_VERSION = lazy_pattern(r"(?P<major>\d+)\.(?P<minor>\d+)")
#: The official image by its own name, or under its name in a mirror. Others called python are not it.
_PYTHON_NAMES = lazy_pattern(r"((docker\.io|index\.docker\.io)/)?python|(.+/)?library/python")
_UV_NAMES = lazy_pattern(r"(^|.*/)astral-sh/uv$", words=("astral-sh/uv",))
_DISTRIBUTIONS = frozenset(
    {"debian", "ubuntu", "alpine", "fedora", "centos", "rockylinux", "amazonlinux", "ubi"}
)
#: Folders of a registry that hold the distributions' own images; an image of that name elsewhere is custom.
_DISTRIBUTORS = frozenset(
    """library docker amd64 arm32v5 arm32v6 arm32v7 arm64v8 i386 ppc64le riscv64 s390x rockylinux amazonlinux
    ubi7 ubi8 ubi9 ubi10""".split()
)
_PREINSTALLED = lazy_pattern(
    r"nvidia|cuda|pytorch|tensorflow|conda|mamba|jupyter|rapids|nvcr\.io|rocm|huggingface|vllm|paddle"
)


class Made(NamedTuple):
    """What the repository's own Dockerfiles tell of an image that they make.

    ``by`` are those, ``user`` is who they end as: ``root``, or literally what USER says; None where they
    differ or do not tell. ``why`` says so, or where the image is built. ``at_home`` are the Dockerfiles, of
    it and of the images below, whose pip fills a user's home folder; ``exported`` the variables that its ENVs
    set; ``python`` (major, minor) and ``workdir`` are None where they differ or do not tell; ``pip`` is what
    may be set for pip there: variables, a file, an image below that is not public.
    """

    by: tuple[PurePosixPath, ...]
    user: str | None
    why: str
    at_home: frozenset[PurePosixPath] = frozenset()
    exported: frozenset[str] = frozenset()
    python: tuple[int, int] | None = None
    pip: tuple[str, ...] = ()
    workdir: PurePosixPath | None = None


class BaseImage(NamedTuple):
    """An image reference. ``python`` is (major, minor) where the name says it, else None.

    ``kind``: *python* the official image (its CPython in /usr/local, nothing else installed) or uv's own
    derived ones; *distribution* a bare system; *lambda* AWS's; *preinstalled* one whose Python packages must
    stay (CUDA, torch, conda, Jupyter); *unknown* all others. A name may hold variables that nobody gives a
    value: they stand in ``reference`` as they are written. ``made`` is what the repository tells of an image
    of its own, which no name does.
    """

    reference: str
    name: str
    tag: str | None
    kind: Kind
    python: tuple[int, int] | None
    alpine: bool = False
    windows: bool = False
    made: Made | None = None


def read_image(reference: str) -> BaseImage:
    """The base image that ``FROM`` names, after its ARGs are filled in (Docker's reference grammar)."""
    without_digest = reference.partition("@")[0]
    head, colon, last = without_digest.rpartition(":")
    # A colon before the last slash is a registry's port.
    name, tag = (head, last) if colon and "/" not in last else (without_digest, None)
    lowered, variant = name.lower(), (tag or "").lower()
    python: tuple[int, int] | None = None
    kind: Kind = "unknown"
    if "$" in name:
        kind = "unknown"
    elif name == "scratch":
        kind = "scratch"
    elif lowered == "python" or _PYTHON_NAMES.fullmatch(lowered):
        kind, python = "python", _version(variant)
    elif _UV_NAMES.match(lowered):
        found = re.search(r"python(\d+)\.(\d+)", variant)
        python = (int(found[1]), int(found[2])) if found else None
        kind = "python" if found else "unknown"
    elif re.search(r"lambda[/-]python$", lowered):
        kind, python = "lambda", _version(variant)
    elif _PREINSTALLED.search(lowered):
        kind = "preinstalled"
    elif _is_distribution(lowered):
        kind = "distribution"
    elif tagged := re.search(r"(?:^|-)(?:python|py)(3\.\d+|2(?:\.\d+)?)(?![\d.$])", variant):
        python = _version(f"{tagged[1]}.0")
    windows = "windowsservercore" in variant or "nanoserver" in variant
    return BaseImage(reference, name, tag, kind, python, "alpine" in variant or "alpine" in lowered, windows)


def registry_of(name: str) -> str:
    """The registry that an image's name begins with; Docker Hub where it names none."""
    first, slash, _ = name.partition("/")
    return first if slash and (re.search(r"[.:]", first) or first == "localhost") else "docker.io"


def _is_distribution(name: str) -> bool:
    *folders, last = name.removeprefix(registry_of(name) + "/").split("/")
    return last in _DISTRIBUTIONS and {*folders} <= _DISTRIBUTORS


def _version(tag: str) -> tuple[int, int] | None:
    # What a variable adds may be another digit.
    found = None if re.match(r"[\d.]*\$", tag) else _VERSION.match(tag)
    return (int(found["major"]), int(found["minor"])) if found else None
