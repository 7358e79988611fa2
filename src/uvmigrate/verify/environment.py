"""What is installed in an image's environment, whether it imports, and whether its libraries are there.

All of it is asked of the Python that the image's own start would take, in containers without a network.
"""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING

from uvmigrate.source import NamedTuple
from uvmigrate.source.mask import mask
from uvmigrate.verify.engine import Launch, TimedOut
from uvmigrate.verify.inside import read

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from uvmigrate.verify.engine import Engine

#: Seconds that one Python has to say what is there: a large environment on a slow disk takes many.
_LOOKING = 120
#: Seconds that all imports together may take, and all questions to ``ldd``.
_TRYING = 1800


class Script(NamedTuple):
    """A program that a distribution brings. ``fault`` is why it cannot be started, empty where it can.

    ``path`` is where it lies, or would; ``on_path`` says whether it is the one that its name finds.
    """

    name: str
    path: str
    fault: str = ""
    on_path: bool = True


class Distribution(NamedTuple):
    """An installed distribution; ``name`` is normalised, ``requires`` as its metadata say.

    ``imports`` are the modules that can be imported without their parents, ``files`` absolute paths without
    bytecode, none where nobody recorded them. ``location`` is the folder that its metadata lie in,
    ``editable`` that of its sources where it is installed in editable mode. ``requested`` says that somebody
    asked for it by name, or poetry installed it for a project, where the installer wrote that down.
    """

    name: str
    version: str
    requires: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    scripts: tuple[Script, ...] = ()
    location: str = ""
    editable: str = ""
    requested: bool = False


class Environment(NamedTuple):
    """What a Python finds. ``python`` is what starts it, ``version`` as in ``3.11.7``.

    ``sites`` are the folders on its search path that packages are installed to, ``scripts`` those of their
    programs, ``markers`` the values of environment markers, and ``distributions`` are by name. A ``prefix``
    that is not the ``base_prefix`` is a virtual environment's; sources may lie below it as well.
    """

    python: tuple[str, ...]
    version: str
    prefix: str
    base_prefix: str
    sites: tuple[str, ...]
    scripts: tuple[str, ...]
    markers: Mapping[str, str]
    distributions: Mapping[str, Distribution]

    @property
    def is_virtual(self) -> bool:
        """Whether it is a virtual environment."""
        return self.prefix != self.base_prefix

    @property
    def modules(self) -> tuple[str, ...]:
        """All that its distributions are imported as, sorted."""
        return tuple(sorted({name for one in self.distributions.values() for name in one.imports}))

    def relative(self, path: str) -> str:
        """A path without the folder of the environment that holds it, so that two images can be compared."""
        for folder in (*self.sites, self.prefix):
            if path.startswith(f"{folder}/"):
                return path[len(folder) + 1 :]
        return path


class Seen(NamedTuple):
    """What was seen inside an image: its environment, why modules fail to import, and what libraries miss.

    ``failing`` and ``missing`` are None where that could not be told.
    """

    environment: Environment
    failing: Mapping[str, str] | None
    missing: frozenset[tuple[str, str]] | None


def look(
    engine: Engine,
    image: str,
    candidates: Iterable[tuple[str, ...]],
    modules: Collection[str] | None = None,
) -> Seen | None:
    """All that can be seen of an image's environment; None where none of the *candidates* starts a Python.

    *modules* are imported: those of the environment that it is compared with, by default its own.
    """
    found = read_environment(engine, image, candidates)
    if found is None:
        return None
    names = found.modules if modules is None else modules
    return Seen(found, failing_imports(engine, image, found, names), missing_libraries(engine, image, found))


def read_environment(engine: Engine, image: str, candidates: Iterable[tuple[str, ...]]) -> Environment | None:
    """What the first of the *candidates* finds that is there and is a Python 3.5 or later; None without one.

    Each is the beginning of a command, such as ``("uv", "run", "--no-sync", "python")``.
    """
    for python in candidates:
        found = _answer(engine, image, python, "environment", "", _LOOKING)
        # What else starts there may be no Python, and say anything.
        with contextlib.suppress(KeyError, TypeError):
            return _environment(python, found)
    return None


def failing_imports(
    engine: Engine, image: str, environment: Environment, modules: Collection[str]
) -> Mapping[str, str] | None:
    """Those of the *modules* that fail to import, and why, masked and on one line. None: it took too long.

    Each has a process of its own, so that one that crashes, exits or hangs is one that fails.
    """
    given = json.dumps(sorted(modules))
    found = _answer(engine, image, environment.python, "imports", given, _TRYING)
    try:
        return {name: mask(_text(why)) for name, why in _table(found).items()}
    except TypeError:
        return None


def missing_libraries(
    engine: Engine, image: str, environment: Environment
) -> frozenset[tuple[str, str]] | None:
    """Each library that is missing, behind the file that needs it, relative to its environment.

    The files are all of the environment, and what its distributions put elsewhere. None where there is no
    ``ldd`` to say it, or where it took too long.
    """
    folders = [*environment.sites, *([environment.prefix] if environment.is_virtual else [])]
    recorded = (path for one in environment.distributions.values() for path in one.files)
    elsewhere = sorted(path for path in recorded if not _is_below(path, folders))
    given = json.dumps({"files": elsewhere, "folders": folders})
    found = _answer(engine, image, environment.python, "libraries", given, _TRYING)
    try:
        return frozenset((environment.relative(path), library) for path, library in map(_texts, _list(found)))
    except (TypeError, ValueError):
        return None


def _is_below(path: str, folders: Iterable[str]) -> bool:
    return any(path.startswith(f"{folder}/") for folder in folders)


def _answer(
    engine: Engine, image: str, python: tuple[str, ...], program: str, given: str, seconds: float
) -> object:
    """The JSON document that one of the programs of `inside` prints; None where it prints none.

    What starts Python, or Python's own start, may print other lines before.
    """
    launch = Launch(entrypoint=(*python, "-c", read(program)), network="none", given=given)
    try:
        ended = engine.output(image, launch, seconds)
    except TimedOut:
        return None
    lines = ended.out.splitlines()
    if ended.code or not lines:
        return None
    try:
        return json.loads(lines[-1])
    except (ValueError, RecursionError):
        return None


def _environment(python: tuple[str, ...], said: object) -> Environment:
    """What `inside/environment.py` printed. Raises KeyError and TypeError for anything else."""
    found = _table(said)
    distributions = [_distribution(_table(one)) for one in _list(found["distributions"])]
    return Environment(
        python,
        _text(found["version"]),
        _text(found["prefix"]),
        _text(found["base_prefix"]),
        _texts(found["sites"]),
        _texts(found["scripts"]),
        {name: _text(value) for name, value in _table(found["markers"]).items()},
        {one.name: one for one in distributions},
    )


def _distribution(found: dict[str, object]) -> Distribution:
    return Distribution(
        _text(found["name"]),
        _text(found["version"]),
        _texts(found["requires"]),
        _texts(found["imports"]),
        _texts(found["files"]),
        tuple(_script(_table(one)) for one in _list(found["scripts"])),
        _text(found["location"]),
        _text(found["editable"]),
        found["requested"] is True,
    )


def _script(found: dict[str, object]) -> Script:
    name, path, fault = (_text(found[key]) for key in ("name", "path", "fault"))
    return Script(name, path, fault, found["on_path"] is True)


def _table(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise TypeError("a table is wanted")
    return value


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise TypeError("a list is wanted")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("a text is wanted")
    return value


def _texts(value: object) -> tuple[str, ...]:
    return tuple(map(_text, _list(value)))
