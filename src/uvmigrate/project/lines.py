"""What one line of a pip requirements file says.

The rules are pip's (its documentation, "Requirements File Format", and ``req_file.py``): a line is a
requirement with options of its own, or it is made of options; what begins with ``-`` starts the options.
"""

from __future__ import annotations

import re
import shlex
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Literal

from uvmigrate.project.pep508 import InvalidSpecifierError, normalise, read_specifier
from uvmigrate.source import NamedTuple, lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Iterator

IndexKind = Literal["default", "extra", "find-links", "no-index"]

#: pip replaces nothing else (its ENV_VAR_RE): capitals in braces only.
VARIABLE = lazy_pattern(r"\$\{[A-Z0-9_]+\}", words=("${",))
#: Folders that hold nothing but requirement files: the project is what they lie in.
REQUIREMENT_FOLDERS = frozenset({"requirements", "reqs", "requires"})

_VALUED = (
    *("--index-url", "--pypi-url", "--extra-index-url", "--find-links", "--trusted-host"),
    *("--requirement", "--constraint", "--editable"),
    *("--no-binary", "--only-binary", "--use-feature"),
    *("--hash", "--config-settings", "--global-option"),
)
_KINDS = ("--no-binary", "--only-binary")
_FLAGS = ("--no-index", "--prefer-binary", "--require-hashes", "--pre")
_SHORT = {
    "-i": "--index-url",
    "-r": "--requirement",
    "-c": "--constraint",
    "-e": "--editable",
    "-f": "--find-links",
    "-C": "--config-settings",
}
_INDEXES: dict[str, IndexKind] = {
    "--index-url": "default",
    "--pypi-url": "default",
    "--extra-index-url": "extra",
    "--find-links": "find-links",
    "--no-index": "no-index",
}
_REPOSITORY = lazy_pattern(r"(?:git|hg|svn|bzr)\+|(?:git|ssh)://", re.IGNORECASE)
_URL = lazy_pattern(r"(?:(?:git|hg|svn|bzr)\+[a-z]+|https?|ftp|git|ssh)://\S+", re.IGNORECASE)
_DIRECT = lazy_pattern(r"[A-Za-z0-9._-]+\s*(?:\[[^\]]*\])?\s*@")
_EXTRAS = lazy_pattern(r"(?P<target>.*?\S)\s*+\[(?P<extras>[^\[\]]*)\]")
_EGG = lazy_pattern(r"[#&]egg=(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)(?:\[(?P<extras>[^\]]*)\])?")
_WHEEL = lazy_pattern(r"/(?P<name>[A-Za-z0-9._]+)-[^/-]+(?:-[^/-]+)?-[^/-]+-[^/-]+-[^/-]+\.whl(?:[#?]|$)")
_QUOTING = lazy_pattern(r"['\"\\]")
_ARCHIVES = (".whl", ".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz", ".tar.xz", ".txz")


class Option(NamedTuple):
    """An option that selects no file and no index; ``value`` is None for a flag."""

    line: int
    raw: str
    name: str
    value: str | None

    @property
    def text(self) -> str:
        """The option as one writes it."""
        return self.name if self.value is None else f"{self.name}={self.value}"


class Requirement(NamedTuple):
    """A PEP 508 dependency specifier, with the options that the line gives it.

    ``name`` is normalised (PEP 503); ``text`` is the specifier without hashes and comments, its blanks
    tidied; ``pinned`` is the version where the specifier is one ``==`` without a wildcard.
    """

    line: int
    raw: str
    name: str
    text: str
    specifier: str
    pinned: str | None
    extras: tuple[str, ...]
    marker: str | None
    url: str | None
    hashes: tuple[str, ...]
    options: tuple[Option, ...]


class Include(NamedTuple):
    """``-r`` or ``-c``; ``path`` is None for a URL, a variable and what lies outside the repository."""

    line: int
    raw: str
    target: str
    path: PurePosixPath | None
    constraint: bool


class Editable(NamedTuple):
    """``-e``: a folder (``path``, None outside the repository) or a checkout (``vcs``)."""

    line: int
    raw: str
    target: str
    name: str | None
    vcs: bool
    path: PurePosixPath | None
    extras: tuple[str, ...]


class LocalPath(NamedTuple):
    """A folder or an archive by its path; ``path`` is None outside the repository."""

    line: int
    raw: str
    target: str
    path: PurePosixPath | None
    extras: tuple[str, ...]


class Url(NamedTuple):
    """A URL without a name before it; ``name`` comes from ``#egg=`` or a wheel's file name."""

    line: int
    raw: str
    url: str
    name: str | None
    extras: tuple[str, ...]
    marker: str | None
    hashes: tuple[str, ...]


class Index(NamedTuple):
    """Where packages come from; variables stay as they are written; ``url`` is empty for ``--no-index``."""

    line: int
    raw: str
    kind: IndexKind
    url: str

    @property
    def has_credentials(self) -> bool:
        """Whether the URL carries a user or a password, or a variable in their place."""
        return has_credentials(self.url)


class Unreadable(NamedTuple):
    """A line (at line 0, a file) that says nothing certain; ``code`` is kebab-case, ``why`` one clause."""

    line: int
    raw: str
    why: str
    code: str = "invalid-requirement"


#: One thing that a logical line says: ``line`` counts from 1, ``raw`` has its continuations joined.
Line = Option | Requirement | Include | Editable | LocalPath | Url | Index | Unreadable


def has_credentials(url: str) -> bool:
    """Whether *url* names a user; ssh's ``git@`` names nobody."""
    scheme, _, rest = url.partition("://")
    user, at, _ = rest.split("/", 1)[0].rpartition("@")
    return bool(at) and (":" in user or not scheme.endswith("ssh"))


def project_folder(path: PurePosixPath) -> PurePosixPath:
    """The folder whose requirements the file *path* holds; pip is run there, by custom."""
    folder = path.parent
    return folder.parent if folder.name.lower() in REQUIREMENT_FOLDERS else folder


def within(folder: PurePosixPath, target: str) -> PurePosixPath | None:
    """The repository path of *target* as seen from *folder*; None where it leaves the repository."""
    if target.startswith("/"):
        return None
    parts: list[str] = list(folder.parts)
    for part in PurePosixPath(target).parts:
        if part != "..":
            parts.append(part)
        elif parts:
            parts.pop()
        else:
            return None
    return PurePosixPath(*parts)


def read_line(text: str, *, path: PurePosixPath, number: int = 0, raw: str | None = None) -> tuple[Line, ...]:
    """What the logical line *text* of the file *path* says; comments are off already. Never raises.

    ``-r`` and ``-c`` are relative to the file, other paths to where pip is run (pip's documentation).
    """
    raw = text if raw is None else raw
    argument, options_text = _split(text)
    try:
        options = list(_options(options_text))
    except ValueError as error:
        return (Unreadable(number, raw, str(error)),)
    if argument:
        # pip takes these from any line, and for all packages that they name.
        kinds = (Option(number, raw, name, value) for name, value in options if name in _KINDS)
        return (_argument(argument, options, path, number, raw), *kinds)
    # pip obeys one of these a line, the first of its kind, and passes over everything else there.
    for name in ("--editable", "--requirement", "--constraint"):
        for option, value in options:
            if option == name and value is not None:
                return (_include_or_editable(name, value, path, number, raw),)
    return tuple(
        Index(number, raw, _INDEXES[name], value or "")
        if name in _INDEXES
        else Option(number, raw, name, value)
        for name, value in options
        if name != "--hash"
    )


def _split(text: str) -> tuple[str, str]:
    """pip's ``break_args_options``: the options begin at the first word that begins with ``-``."""
    words = text.split(" ")
    first = next((at for at, word in enumerate(words) if word.startswith("-")), len(words))
    return " ".join(words[:first]).strip(), " ".join(words[first:])


def _options(text: str) -> Iterator[tuple[str, str | None]]:
    """The options by their long names. Raises ValueError for open quotes and options that pip rejects."""
    # shlex reads a character at a time, which takes a second where every line has twenty hashes.
    words = iter(shlex.split(text) if _QUOTING.search(text) else text.split())
    for word in words:
        if not word.startswith("-"):
            # optparse takes it as an argument, and pip never looks at it.
            continue
        if word.startswith("--"):
            name, equals, value = word.partition("=")
            name = _long(name)
        else:
            name, value = _SHORT.get(word[:2], ""), word[2:]
            equals = value
        if name in _FLAGS:
            yield name, None
        elif name in _VALUED:
            given = value if equals else next(words, None)
            if given is None:
                raise ValueError(f"{word} has no value")
            yield name, given
        else:
            raise ValueError(f"pip knows no option {word} in a requirements file")


def _long(name: str) -> str:
    """The option that *name* stands for: optparse takes every beginning that is clear."""
    if name in _VALUED or name in _FLAGS:
        return name
    meant = [option for option in (*_VALUED, *_FLAGS) if option.startswith(name)]
    return meant[0] if len(meant) == 1 else name


def _include_or_editable(name: str, value: str, path: PurePosixPath, number: int, raw: str) -> Line:
    if name == "--editable":
        return _editable(value, path, number, raw)
    known = not VARIABLE.search(value) and "://" not in value
    file = within(path.parent, value) if known else None
    return Include(number, raw, value, file, constraint=name == "--constraint")


def _editable(target: str, path: PurePosixPath, number: int, raw: str) -> Line:
    variable = VARIABLE.search(target)
    if variable:
        return Unreadable(number, raw, f"it depends on {variable[0]}", "variable")
    if _REPOSITORY.match(target):
        name, extras = _egg(target)
        return Editable(number, raw, target, name, vcs=True, path=None, extras=extras)
    folder, extras = _folder(target)
    return Editable(number, raw, folder, None, vcs=False, path=_local(path, folder), extras=extras)


def _argument(
    text: str, options: list[tuple[str, str | None]], path: PurePosixPath, number: int, raw: str
) -> Line:
    variable = VARIABLE.search(text)
    if variable:
        return Unreadable(number, raw, f"it depends on {variable[0]}", "variable")
    hashes = tuple(value for name, value in options if name == "--hash" and value)
    own = tuple(
        Option(number, raw, name, value)
        for name, value in options
        if name in ("--config-settings", "--global-option")
    )
    # A URL may hold a semicolon of its own, so a marker is set off by a blank there (pip's constructors.py).
    url, _, marker = text.partition("; ")
    if "://" in url and _URL.fullmatch(url.strip()):
        name, extras = _egg(url)
        return Url(number, raw, url.strip(), name, extras, marker.strip() or None, hashes)
    before_marker = text.partition(";")[0].strip()
    if _is_path(before_marker) and not _DIRECT.match(text):
        folder, extras = _folder(before_marker)
        return LocalPath(number, raw, folder, _local(path, folder), extras)
    try:
        read = read_specifier(text)
    except InvalidSpecifierError as error:
        return Unreadable(number, raw, str(error))
    return Requirement(
        number,
        raw,
        name=read.name,
        text=read.text,
        specifier=read.specifier,
        pinned=read.pinned,
        extras=read.extras,
        marker=read.marker,
        url=read.url,
        hashes=hashes,
        options=own,
    )


def _is_path(text: str) -> bool:
    target = _folder(text)[0]
    is_local = target.startswith((".", "file:")) or "/" in target or target.lower().endswith(_ARCHIVES)
    return is_local and not _REPOSITORY.match(text)


def _local(path: PurePosixPath, target: str) -> PurePosixPath | None:
    return None if target.startswith("file:") else within(project_folder(path), target)


def _folder(text: str) -> tuple[str, tuple[str, ...]]:
    found = _EXTRAS.fullmatch(text) if text.endswith("]") else None
    return (found["target"], _names(found["extras"])) if found else (text, ())


def _egg(url: str) -> tuple[str | None, tuple[str, ...]]:
    egg = _EGG.search(url)
    if egg:
        return normalise(egg["name"]), _names(egg["extras"] or "")
    wheel = _WHEEL.search(url)
    return (normalise(wheel["name"]) if wheel else None), ()


def _names(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())
