"""Prints what is installed where this Python looks.

The files are those of the packaging specifications "Core metadata", "Recording installed projects", "Entry
points" and "Direct URL", and the older ones of setuptools' egg-info. They are read by hand, for the standard
library has a reader only since Python 3.8.
"""

import configparser
import csv
import email.parser
import importlib.machinery
import json
import keyword
import os
import platform
import re
import shutil
import site
import sys
import sysconfig
from urllib.parse import unquote, urlsplit

SUFFIXES = sorted([".py", *importlib.machinery.EXTENSION_SUFFIXES], key=len, reverse=True)


def unique(folders: "list[str]") -> "list[str]":
    """The folders by their full names, each once, in their order."""
    found = []  # type: list[str]
    for folder in map(os.path.abspath, folders):
        if folder not in found:
            found.append(folder)
    return found


def text_of(*parts: str) -> str:
    """The text of a file; empty where it is not there, or not for us to read."""
    try:
        with open(os.path.join(*parts), encoding="utf-8", errors="replace", newline="") as file:
            return file.read()
    except OSError:
        return ""


def search_path() -> "list[str]":
    """Where this Python looks, without the folder that it was started in."""
    found = sys.path[1:] if sys.path[:1] == [""] else list(sys.path)
    # Lambda's runtime looks there first, and is not what runs here.
    found.insert(0, os.environ.get("LAMBDA_TASK_ROOT", ""))
    return unique([folder for folder in found if os.path.isdir(folder)])


def listed(folder: str) -> "list[str]":
    """The names in a folder, in a fixed order."""
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def is_site(folder: str) -> bool:
    """Whether a folder on the search path is one that packages are installed to."""
    named = os.path.basename(folder) in ("site-packages", "dist-packages")
    return named or any(name.endswith(".dist-info") for name in listed(folder))


def metadata_places(folder: str) -> "list[tuple[str, str]]":
    """The metadata in a folder on the search path: its folder, or its only file, and the metadata's text."""
    found = []
    if folder.endswith(".egg"):
        found.append((os.path.join(folder, "EGG-INFO"), "PKG-INFO"))
    for name in listed(folder):
        if name.endswith(".dist-info"):
            found.append((os.path.join(folder, name), "METADATA"))
        elif name.endswith(".egg-info"):
            found.append((os.path.join(folder, name), "PKG-INFO"))
    read = [
        (place, text_of(place, name) if os.path.isdir(place) else text_of(place)) for place, name in found
    ]
    return [(place, text) for place, text in read if text]


def egg_requires(text: str) -> "list[str]":
    """The lines of setuptools' requires.txt as requirements; its headings are ``[extra:marker]``."""
    found, condition = [], ""
    for line in (line.strip() for line in text.splitlines()):
        if line.startswith("["):
            extra, _, marker = line.strip("[]").partition(":")
            parts = ["(" + marker + ")"] * bool(marker) + ['extra == "' + extra + '"'] * bool(extra)
            condition = " ; " + " and ".join(parts)
        elif line and not line.startswith("#"):
            found.append(line + condition)
    return found


def recorded(place: str) -> "list[str]":
    """The files of a distribution as they are recorded, relative to the folder that its metadata lies in."""
    folder = os.path.dirname(place)
    rows = csv.reader(text_of(place, "RECORD").splitlines())
    found = [row[0] for row in rows if row]
    lines = text_of(place, "installed-files.txt").splitlines()
    found += [os.path.join(place, line) for line in lines if line]
    # poetry records the files of an editable install by their full names.
    names = [os.path.relpath(os.path.join(folder, name), folder) for name in found if name]
    return [name for name in names if not name.endswith((".pyc", ".pyo"))]


def modules(names: "list[str]") -> "list[str]":
    """The modules that can be imported without their parents, of all files of a distribution.

    Of a namespace package, which has no ``__init__``, those are the first below it that have one.
    """
    stems = []
    for name in names:
        suffix = next((suffix for suffix in SUFFIXES if name.endswith(suffix)), None)
        if suffix is not None:
            stems.append(name[: -len(suffix)].split("/"))
    packages = {tuple(stem[:-1]) for stem in stems if stem[-1] == "__init__"}
    found = set()
    for stem in stems:
        ends = (end for end in range(1, len(stem)) if tuple(stem[:end]) in packages)
        end = next(ends, 1 if len(stem) == 1 else 0)
        parts = stem[:end]
        named = bool(parts) and all(part.isidentifier() and not keyword.iskeyword(part) for part in parts)
        # Hooks of editable installs are for Python's start, and not for others to import.
        if named and not parts[0].startswith("__"):
            found.add(".".join(parts))
    return sorted(found)


def imports_of(place: str, name: str, files: "list[str]") -> "list[str]":
    """What a distribution is imported as."""
    found = modules(files)
    if found:
        return found
    told = text_of(place, "top_level.txt").split()
    if told:
        return sorted(told)
    for folder in pth_folders(os.path.dirname(place), files):
        for guess in (name, name.replace("-", "_"), name.replace("-", "_").lower()):
            here = os.path.join(folder, guess)
            if os.path.isfile(here + ".py") or os.path.isfile(os.path.join(here, "__init__.py")):
                return [guess]
    return []


def pth_folders(folder: str, files: "list[str]") -> "list[str]":
    """The folders that a distribution's .pth files put on the search path."""
    texts = [text_of(folder, name) for name in files if name.endswith(".pth") and "/" not in name]
    lines = [line.strip() for text in texts for line in text.splitlines()]
    return [line for line in lines if line and os.path.isdir(line)]


def editable_in(place: str, files: "list[str]", sites: "list[str]") -> str:
    """The folder of the sources that a distribution is installed from in editable mode, else empty."""
    try:
        told = json.loads(text_of(place, "direct_url.json") or "{}")
    except ValueError:
        told = {}
    if isinstance(told, dict) and (told.get("dir_info") or {}).get("editable"):
        return unquote(urlsplit(str(told.get("url", ""))).path)
    folder = os.path.dirname(place)
    if place.endswith(".egg-info") and folder not in sites:
        return folder
    if not modules(files):
        # What poetry wrote before it wrote a direct_url.json.
        return next(iter(pth_folders(folder, files)), "")
    return ""


def script_folders() -> "list[str]":
    """Where programs of packages are put."""
    found = [sysconfig.get_path("scripts"), os.path.dirname(sys.executable), os.path.join(sys.prefix, "bin")]
    if site.ENABLE_USER_SITE and site.USER_BASE:
        found.append(os.path.join(site.USER_BASE, "bin"))
    return unique(found)


def entry_points(place: str) -> "list[str]":
    """The names of the programs that a distribution's entry points ask for."""
    parser = configparser.RawConfigParser(delimiters=("=",), strict=False, allow_no_value=True)
    # Names keep their case; the documented way, which the stubs take for an override.
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    try:
        parser.read_string(text_of(place, "entry_points.txt"))
    except configparser.Error:
        return []
    sections = [name for name in ("console_scripts", "gui_scripts") if parser.has_section(name)]
    return [name for section in sections for name in parser.options(section)]


def interpreter_of(path: str) -> str:
    """What a program's first lines say it is run by; empty where the system runs it by itself."""
    try:
        with open(path, "rb") as file:
            lines = file.read(4096).decode("utf-8", "replace").splitlines()
    except OSError:
        return ""
    if not lines or not lines[0].startswith("#!"):
        return ""
    # Installers write this where a path is too long for a first line, or shall be relative.
    handed = re.match(r"'''exec' (.+) \"\$0\" ", lines[1]) if len(lines) > 1 else None
    if handed is not None:
        named = handed.group(1).strip("'\"")
        beside = os.path.join(os.path.dirname(os.path.realpath(path)), os.path.basename(named).strip("'"))
        return beside if "$(" in named else named
    words = lines[0][2:].split()
    if words and os.path.basename(words[0]) == "env":
        words = [word for word in words[1:] if not word.startswith("-") and "=" not in word]
    return words[0] if words else ""


def fault_of(path: str, location: str) -> str:
    """Why a program cannot be started, or empty."""
    if not os.path.isfile(path):
        return "it is not there"
    if not os.access(path, os.X_OK):
        return "it may not be executed"
    named = interpreter_of(path)
    if not named:
        return ""
    found = shutil.which(named)
    if found is None:
        return "its interpreter " + named + " is not there"
    prefix = os.path.realpath(sys.prefix)
    of = os.path.realpath(os.path.dirname(os.path.dirname(found)))
    ours = sys.prefix != sys.base_prefix and os.path.realpath(location).startswith(prefix + "/")
    if ours and os.path.basename(found).startswith("python") and of != prefix:
        return "its interpreter " + found + " is not the environment's"
    return ""


def scripts_of(place: str, files: "list[str]", folders: "list[str]") -> "list[dict[str, object]]":
    """The programs of a distribution: those of its entry points, and those that it has in such a folder."""
    location = os.path.dirname(place)
    paths = [os.path.normpath(os.path.join(location, name)) for name in files]
    found = {os.path.basename(path): path for path in paths if os.path.dirname(path) in folders}
    for name in entry_points(place):
        places = [os.path.join(folder, name) for folder in folders]
        there = [path for path in places if os.path.isfile(path)] + [shutil.which(name) or places[0]]
        found.setdefault(name, there[0])
    return [
        {"name": name, "path": path, "fault": fault_of(path, location), "on_path": is_on_path(name, path)}
        for name, path in sorted(found.items())
    ]


def is_on_path(name: str, path: str) -> bool:
    """Whether a program is found by its name."""
    found = shutil.which(name)
    return found is not None and os.path.realpath(found) == os.path.realpath(path)


def is_requested(place: str) -> bool:
    """Whether a distribution is there for its own sake, as far as its installer wrote that down.

    poetry does not, but it installs what projects need, and was itself installed by another tool.
    """
    by_poetry = text_of(place, "INSTALLER").lower().startswith("poetry")
    return by_poetry or os.path.isfile(os.path.join(place, "REQUESTED"))


def distribution(place: str, text: str, sites: "list[str]", folders: "list[str]") -> "dict[str, object]":
    """All that is known of the distribution whose metadata lie at *place*."""
    headers = email.parser.HeaderParser().parsestr(text)
    guess = os.path.basename(place).rpartition(".")[0].split("-")
    name = str(headers.get("Name") or guess[0]).strip()
    files = recorded(place)
    requires = [" ".join(str(one).split()) for one in headers.get_all("Requires-Dist") or []]
    location = os.path.dirname(place)
    return {
        "name": re.sub(r"[-_.]+", "-", name).lower(),
        "version": str(headers.get("Version") or "").strip(),
        "requires": requires or egg_requires(text_of(place, "requires.txt")),
        "imports": imports_of(place, name, files),
        "files": sorted({os.path.normpath(os.path.join(location, one)) for one in files}),
        "scripts": scripts_of(place, files, folders),
        "location": location,
        "editable": editable_in(place, files, sites),
        "requested": is_requested(place),
    }


def markers() -> "dict[str, str]":
    """What environment markers are about ("Dependency specifiers")."""
    info = sys.implementation.version
    version = "{0.major}.{0.minor}.{0.micro}".format(info)
    if info.releaselevel != "final":
        version += info.releaselevel[0] + str(info.serial)
    return {
        "implementation_name": sys.implementation.name,
        "implementation_version": version,
        "os_name": os.name,
        "platform_machine": platform.machine(),
        "platform_python_implementation": platform.python_implementation(),
        "platform_release": platform.release(),
        "platform_system": platform.system(),
        "platform_version": platform.version(),
        "python_full_version": platform.python_version(),
        "python_version": ".".join(platform.python_version_tuple()[:2]),
        "sys_platform": sys.platform,
    }


def main() -> None:
    """Print the environment; of what is there twice, the first on the search path counts."""
    path, folders = search_path(), script_folders()
    sites = [folder for folder in path if is_site(folder)]
    found = {}  # type: dict[object, dict[str, object]]
    for folder in path:
        for place, text in metadata_places(folder):
            one = distribution(place, text, sites, folders)
            found.setdefault(one["name"], one)
    document = {
        "version": platform.python_version(),
        "prefix": sys.prefix,
        "base_prefix": sys.base_prefix,
        "sites": sites,
        "scripts": folders,
        "markers": markers(),
        "distributions": list(found.values()),
    }
    print(json.dumps(document))


if __name__ == "__main__":
    main()
