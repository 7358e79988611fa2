"""The files of what is installed in two environments: package data that is lost, code that is another."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from uvmigrate.source import NamedTuple, lazy_pattern
from uvmigrate.verify.compare.files import made_anew
from uvmigrate.verify.compare.rows import Difference, folded
from uvmigrate.verify.meaning import alike, counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvmigrate.verify.compare.files import Image
    from uvmigrate.verify.environment import Environment
    from uvmigrate.verify.listing import File, Listing
    from uvmigrate.verify.meaning import Meaning
    from uvmigrate.verify.verdict import Row

_KIND = "distribution-file"
#: What installers write beside a distribution's own files: metadata, hooks of editable installs and of
#: environments. Python itself puts a README into its folder.
_INSTALLERS = lazy_pattern(
    r"""(?:.*/)?[^/]+\.(?:dist-info|egg-info|egg-link|pth|virtualenv)(?:/.*)?
    |(?:.*/)?__editable__[^/]*
    |_virtualenv\.py | README(?:\.txt)? | easy-install\.pth | \.(?:gitignore|lock)""",
    re.VERBOSE,
)

#: Hooks of installers that are in no record.
_HOOKS = lazy_pattern(r"(?:_virtualenv|easy-install|distutils-precedence|__editable__.*|.*-nspkg)\.pth")
#: What is compiled or packed where it is built may be other bytes each time; so may a program without suffix.
_MADE = lazy_pattern(r".*\.(?:so(?:\..+)?|[ao]|pyd|dll|dylib|exe|lib|gz|zip|whl|jar|mo)|(?:.*/)?[^/.]+")

#: What stands before the path of a file that lies in the environment's folder and in no site folder.
_PREFIX = "{prefix}/"


class _Owned(NamedTuple):
    """A file by the path that it has in any environment, and whose it is; empty where it is nobody's."""

    path: str
    relative: str
    distribution: str


def compare_distribution_files(
    before: tuple[Image, Environment], after: tuple[Image, Environment], meaning: Meaning
) -> Iterator[Row]:
    """A row for each file of a distribution, or folder of them, that is lost or whose code is another.

    Looked at are distributions that both images have in one version, and files in the site folders that are
    no distribution's and no system package's.
    """
    image, old = before
    files = image.listing.files
    found: list[Difference] = []
    same = 0
    for owned in _owned(image, old, after[1]):
        was, now = files[owned.path], _there(*after, owned.relative)
        name = f"{owned.distribution}: {owned.relative}" if owned.distribution else owned.relative
        by = meaning.by(_KIND, owned.relative)
        if now is None:
            whose = f"a file of {owned.distribution}" if owned.distribution else "put there by hand"
            because = f"{whose}, and not in the environment any more"
            found.append(Difference(name, name, "lost", _bytes(was), "", by, because))
        elif was.digest != now.digest and not _MADE.fullmatch(owned.relative):
            what = "code" if owned.relative.endswith(".py") else "data"
            because = f"other {what} in the same version" if owned.distribution else "other contents"
            found.append(Difference(name, name, "content", _bytes(was), _bytes(now), by, because))
        else:
            same += 1
    found += _added(before, after, meaning)
    yield from folded(_KIND, found)
    if same:
        yield alike(_KIND, counted(same, "file"))


def _added(
    before: tuple[Image, Environment], after: tuple[Image, Environment], meaning: Meaning
) -> Iterator[Difference]:
    """Code that no distribution has brought, and that Python finds from now on."""
    image, new = after
    for relative, path in _unowned(image, new):
        if relative.endswith((".py", ".pth")) and _there(*before, relative) is None:
            shown = _bytes(image.listing.files[path])
            by = meaning.by(_KIND, relative)
            because = "no distribution has brought it, and it was not there"
            yield Difference(relative, relative, "added", "", shown, by, because)


def _owned(image: Image, old: Environment, new: Environment) -> Iterator[_Owned]:
    """The files to look for. Caches, metadata and programs are not: programs are rows of their own."""
    listing = image.listing
    sites = tuple(listing.real(site) or site for site in old.sites)
    scripts = tuple(listing.real(folder) or folder for folder in old.scripts)
    prefix = listing.real(old.prefix) or old.prefix
    for name, one in old.distributions.items():
        other = new.distributions.get(name)
        compared = other is not None and one.version == other.version
        for path in filter(None, map(listing.real, one.files)):
            if compared and not _below(path, scripts):
                relative = _below(path, sites)
                place = relative or f"{_PREFIX}{_below(path, (prefix,))}"
                if place != _PREFIX and _counts(listing, path, relative):
                    yield _Owned(path, place, name)
    for relative, path in _unowned(image, old):
        yield _Owned(path, relative, "")


def _unowned(image: Image, environment: Environment) -> Iterator[tuple[str, str]]:
    """The files in the folders for packages that are nobody's: below such a folder, and as a whole."""
    listing = image.listing
    packaged = {path for package in image.packages.packages.values() for path in package.files}
    sites = tuple(listing.real(site) or site for site in environment.sites)
    distributions = environment.distributions
    theirs = {listing.real(path) for one in distributions.values() for path in one.files}
    unlisted = {name for name, one in distributions.items() if not one.files}
    for path in listing.files:
        relative = _below(path, sites)
        mine = relative and path not in theirs and path not in packaged
        # One that does not say which files are its has them in a folder of its name, mostly.
        if not mine or _plain(relative.partition("/")[0]) in unlisted:
            continue
        if _counts(listing, path, relative) or (_is_hook(relative) and _is_made(listing, path)):
            yield relative, path


def _counts(listing: Listing, path: str, relative: str) -> bool:
    return _is_made(listing, path) and not _INSTALLERS.fullmatch(relative)


def _is_made(listing: Listing, path: str) -> bool:
    """Whether somebody has put a file there, and no cache."""
    return listing.files[path].kind != "folder" and not made_anew(listing, path)


def _is_hook(relative: str) -> bool:
    """Whether Python's start reads it, and no installer has written it by itself."""
    return relative.endswith(".pth") and "/" not in relative and not _HOOKS.fullmatch(relative)


def _below(path: str, folders: tuple[str, ...]) -> str:
    """The path relative to the folder among those given that it lies in; empty where it lies in none."""
    for folder in folders:
        if path.startswith(f"{folder}/"):
            return path[len(folder) + 1 :]
    return ""


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name.removesuffix(".py")).lower()


def _there(image: Image, new: Environment, place: str) -> File | None:
    """The file at the same place of another environment."""
    listing = image.listing
    relative = place.removeprefix(_PREFIX)
    for folder in (new.prefix,) if relative != place else new.sites:
        path = f"{listing.real(folder) or folder}/{relative}"
        if path in listing.files:
            return listing.files[path]
    return None


def _bytes(file: File) -> str:
    return counted(file.size, "byte") if file.kind == "file" else file.kind
