"""A project that setup.py or setup.cfg declares, in uv's words; neither is run.

``[project]`` overrides what setup.py says, and what setup.py says and ``[project]`` does not is dropped, its
console scripts included (setuptools' docs, "Configuring setuptools using pyproject.toml files"). So
``[project]`` says all that it can, the rest is ``dynamic``, and setup.py stays: packages, extensions and
commands still come from it.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from uvmigrate.project.contents import NotAProject
from uvmigrate.project.converted import Converted
from uvmigrate.project.lines import Unreadable
from uvmigrate.project.names import requires_python
from uvmigrate.project.pep508 import InvalidSpecifierError, normalise, read_specifier
from uvmigrate.project.pyproject import Pyproject, read_pyproject
from uvmigrate.project.setup_cfg import read_cfg
from uvmigrate.project.setup_metadata import (
    DEPENDENCIES,
    LOOSE,
    Loose,
    RefusedError,
    extras,
    known,
    known_text,
    loose_fields,
    requirements,
    safe_name,
    scripts,
)
from uvmigrate.project.static import INSTALLED, CannotReadError, Given, Modules, unknown_in
from uvmigrate.project.toml import CannotExtendError, Tables, extend, toml_array, toml_key, toml_string
from uvmigrate.source import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import PurePosixPath

    from uvmigrate.source import Repo

#: The first setuptools that makes editable installs the way uv asks for them (PEP 660), and the first Python
#: for it. It reads ``[project]`` since 61, with errors.
_FIRST, _FIRST_PYTHON = "setuptools>=64", (3, 7)
_BACKEND, _LEGACY = "setuptools.build_meta", "setuptools.build_meta:__legacy__"
#: Versions to try a bound on; setuptools 81 is the last one with pkg_resources.
_TRIED = ("64.0", "65.5.0", "69.0", "75.3.0", "80.9.0", "84.0", "99.0")
#: What only setuptools needs, and goes on taking from setup.py.
_KEPT = frozenset(
    "packages package_dir py_modules package_data exclude_package_data include_package_data zip_safe scripts"
    " ext_modules ext_package cmdclass setup_requires dependency_links data_files eager_resources"
    " namespace_packages test_suite tests_require test_loader test_runner platforms provides requires"
    " obsoletes license_file license_files libraries headers include_dirs rust_extensions"
    " cffi_modules".split()
)
#: Keywords that stand for metadata which nothing else says.
_BY_PLUGIN = {
    "use_scm_version": "setuptools_scm works the version out from git when it is built",
    "pbr": "pbr makes the metadata when it is built",
}


class _Setup(NamedTuple):
    """What is declared, by the keywords of ``setup()``; ``imports`` are the modules that setup.py needs."""

    given: Mapping[str, Given]
    imports: Mapping[str, int]
    own_modules: bool
    read: tuple[PurePosixPath, ...]
    files: tuple[PurePosixPath, ...]


def read_setup(
    repo: Repo, folder: PurePosixPath, *, name: str, python: tuple[int, int] | None
) -> Converted | NotAProject:
    """The project that setup.py, setup.cfg or both declare in *folder*, or the line that is not certain.

    *name* is used where they give none; *python*, the image's version, where they do not bound it.
    """
    try:
        setup = _read(repo, folder)
        return _converted(repo, folder, setup, name, python)
    except RefusedError as error:
        return error.refusal
    except CannotReadError as error:
        return NotAProject("setup-code", error.why, error.path, error.line)


def _read(repo: Repo, folder: PurePosixPath) -> _Setup:
    configured = read_cfg(repo, folder)
    if isinstance(configured, NotAProject):
        raise RefusedError(configured)
    path = folder / "setup.py"
    if path not in repo:
        if not configured:
            raise RefusedError(NotAProject("missing-file", "there is no setup.py", path, 0))
        return _Setup(configured, MappingProxyType({}), False, (), (folder / "setup.cfg",))
    machine = Modules(repo, folder)
    machine.run(path)
    # setuptools takes from setup.cfg what setup.py does not give, or gives as nothing.
    given = {**configured, **{key: found for key, found in (machine.keywords or {}).items() if _says(found)}}
    files = (path, *((folder / "setup.cfg",) if configured else ()))
    return _Setup(given, machine.imported, bool(machine.own_modules), tuple(machine.read), files)


def _says(found: Given) -> bool:
    value = found.value
    return value is not None and (not isinstance(value, str | list | tuple | dict) or bool(value))


def _converted(
    repo: Repo, folder: PurePosixPath, setup: _Setup, name: str, python: tuple[int, int] | None
) -> Converted:
    path = folder / "pyproject.toml"
    existing = _existing(repo, path)
    given = setup.given
    if python is not None and python < _FIRST_PYTHON:
        why = f"setuptools for Python {python[0]}.{python[1]} does not read [project]"
        raise RefusedError(NotAProject("python-too-old", why, None, 0))
    _check_extensions(given)
    own_name = safe_name(given["name"]) if "name" in given else name
    main, optional = requirements(given.get("install_requires")), extras(given.get("extras_require"))
    dependencies = [*main, *optional.pop("", [])]
    for entry in dependencies:
        if entry.name == normalise(own_name):
            raise RefusedError(
                NotAProject("invalid-requirement", "it depends on itself", entry.path, entry.line)
            )
    system = _build_system(existing, path, setup)
    _check_keywords(given, system.others)
    loose = loose_fields(given, folder)
    project = [
        "[project]\n",
        f"name = {toml_string(own_name)}\n",
        f"version = {toml_string(_version(setup, system.others))}\n",
        *loose.lines,
        f"requires-python = {toml_string(_requires_python(given.get('python_requires'), python, setup))}\n",
        toml_array("dependencies", [toml_string(entry.text) for entry in dependencies]),
        toml_array("dynamic", [toml_string(field) for field in loose.dynamic]) if loose.dynamic else "",
    ]
    tables = [
        "".join(project),
        _arrays(
            "project.optional-dependencies",
            {key: [one.text for one in found] for key, found in optional.items()},
        ),
        *_named_tables(given, loose),
    ]
    text = "\n".join(table for table in (system.text, *tables) if table)
    own = [] if _decides_on_data(given, existing) else ["[tool.setuptools]\ninclude-package-data = false\n"]
    settings = _environments(given, python) if existing is None or "environments" not in existing.uv else {}
    whole = Tables(text, "", settings, own)
    try:
        manifest = whole.text.encode() if existing is None else extend(repo[path], whole)
    except CannotExtendError as error:
        raise RefusedError(NotAProject("cannot-extend", str(error), path, 0)) from None
    packaged = existing is None or existing.uv_package is not False
    return Converted(
        manifest,
        MappingProxyType({}),
        frozenset(),
        tuple(optional),
        packaged,
        notes=(*_notes(setup, loose), *_python_notes(given, settings)),
        reads=setup.read,
    )


def _check_extensions(given: Mapping[str, Given]) -> None:
    if not (given.keys() & {"packages", "py_modules"}):
        for key in ("ext_modules", "rust_extensions", "cffi_modules"):
            if key in given:
                why = "without packages, setuptools would look for some beside the extensions"
                raise RefusedError(NotAProject("setup-code", why, given[key].path, given[key].line))


def _check_keywords(given: Mapping[str, Given], others: tuple[str, ...]) -> None:
    """Raises RefusedError for keywords that may change the metadata.

    setuptools passes over those that neither it nor a plugin knows.
    """
    for key, found in given.items():
        why = _BY_PLUGIN.get(key)
        if why is None and others and key not in _KEPT | DEPENDENCIES | LOOSE:
            why = f"what {key} means to {', '.join(others)} is not known"
        if key in ("options", "command_options"):
            commands = found.value if isinstance(found.value, dict) else {"egg_info": found.value}
            certain = "egg_info" not in commands and all(isinstance(name, str) for name in commands)
            why = None if certain else "it may change the version"
        if why is not None:
            raise RefusedError(NotAProject("setup-code", why, found.path, found.line))


def _named_tables(given: Mapping[str, Given], loose: Loose) -> list[str]:
    """The entry points and the addresses, as tables of TOML."""
    found = given.get("entry_points")
    groups = scripts(found)
    # Of one text setuptools cannot tell which groups [project] leaves out, and fails: it leaves out none.
    all_of_them = found is not None and isinstance(found.value, str)
    main, windowed = groups.pop("console_scripts", {}), groups.pop("gui_scripts", {})
    tables = [
        _table("project.scripts", main, even_empty=all_of_them),
        _table("project.gui-scripts", windowed, even_empty=all_of_them),
        *(_table(f"project.entry-points.{toml_key(group)}", entries) for group, entries in groups.items()),
    ]
    if all_of_them and not any(groups.values()):
        tables.append("[project.entry-points]\n")
    return [*tables, _table("project.urls", loose.urls)]


def _existing(repo: Repo, path: PurePosixPath) -> Pyproject | None:
    found = read_pyproject(repo, path)
    if isinstance(found, Unreadable):
        raise RefusedError(NotAProject(found.code, found.why, path, found.line))
    if found is not None and found.has_project:
        raise RefusedError(NotAProject("cannot-extend", "it has [project] already", path, 0))
    return found


class _System(NamedTuple):
    """``[build-system]`` to add (empty where there is one); ``others`` are needed beside setuptools."""

    text: str
    others: tuple[str, ...]


def _build_system(existing: Pyproject | None, path: PurePosixPath, setup: _Setup) -> _System:
    """How the project is built: as it was, or, where nothing says it, as pip did (PEP 517)."""
    asked = requirements(setup.given.get("setup_requires"), optional=True)
    table = existing.data.get("build-system") if existing is not None else None
    if table is None:
        # pkg_resources left setuptools with version 82.
        first = f"{_FIRST},<82" if "pkg_resources" in setup.imports else _FIRST
        requires = [first, *(entry.text for entry in asked)]
        backend = _LEGACY if setup.own_modules else _BACKEND
        lines = toml_array("requires", [toml_string(text) for text in requires])
        text = f"[build-system]\n{lines}build-backend = {toml_string(backend)}\n"
    else:
        requires, text = _required(table, path), ""
    names = []
    for requirement in requires:
        try:
            read = read_specifier(requirement)
        except InvalidSpecifierError as error:
            raise RefusedError(NotAProject("invalid-requirement", str(error), path, 0)) from None
        names.append(read.name)
        if read.name == "setuptools" and not _admits(read.specifier):
            why = f"{requirement} is too old for [project] and editable installs"
            raise RefusedError(NotAProject("build-backend", why, path, 0))
    if "setuptools" not in names:
        raise RefusedError(
            NotAProject("build-backend", "[build-system] does not require setuptools", path, 0)
        )
    for module, line in setup.imports.items():
        if module not in INSTALLED and normalise(module) not in names:
            why = f"it imports {module}, which is not there when uv builds"
            raise RefusedError(NotAProject("setup-code", why, setup.files[0], line))
    found = setup.given.get("setup_requires")
    named = [*names, *(entry.name for entry in asked)]
    named += ["setup_requires"] if found is not None and unknown_in(found.value) else []
    return _System(text, tuple(name for name in dict.fromkeys(named) if name not in ("setuptools", "wheel")))


def _required(table: object, path: PurePosixPath) -> list[str]:
    backend = table.get("build-backend", _LEGACY) if isinstance(table, dict) else None
    if not isinstance(table, dict) or backend not in (_BACKEND, _LEGACY) or "backend-path" in table:
        raise RefusedError(
            NotAProject("build-backend", "another build backend than setuptools is named", path, 0)
        )
    requires = table.get("requires")
    return [text for text in requires if isinstance(text, str)] if isinstance(requires, list) else []


def _admits(specifier: str) -> bool:
    from packaging.specifiers import SpecifierSet

    return any(SpecifierSet(specifier).contains(version) for version in _TRIED)


def _version(setup: _Setup, others: tuple[str, ...]) -> str:
    from packaging.version import InvalidVersion, Version

    found = setup.given.get("version")
    if found is None:
        if others:
            why = f"the version is left to {', '.join(others)}"
            raise RefusedError(NotAProject("setup-code", why, setup.files[0], 0))
        # What setuptools takes.
        return "0.0.0"
    text = known_text(found)
    try:
        Version(text)
    except InvalidVersion:
        raise RefusedError(
            NotAProject("invalid-setup", f"{text!r} is no version (PEP 440)", found.path, found.line)
        ) from None
    return text.strip()


def _requires_python(found: Given | None, python: tuple[int, int] | None, setup: _Setup) -> str:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    if found is None:
        if python is None:
            why = "it does not say which Python it needs, and no image does"
            raise RefusedError(NotAProject("python-unknown", why, setup.files[0], 0))
        return requires_python([python])
    text = known_text(found)
    try:
        SpecifierSet(text)
    except InvalidSpecifier:
        raise RefusedError(
            NotAProject(
                "invalid-setup", f"{text!r} is no version specifier (PEP 440)", found.path, found.line
            )
        ) from None
    return text.strip()


def _environments(given: Mapping[str, Given], python: tuple[int, int] | None) -> dict[str, str]:
    """A setting against older Pythons than the image's, which ``python_requires`` may allow for others.

    uv finds versions for all that ``requires-python`` allows, and often there are none for a Python that
    nobody runs; ``environments`` leaves it out (uv docs, "Resolution", "Limited resolution environments").
    """
    from packaging.specifiers import SpecifierSet

    if python is None or "python_requires" not in given:
        return {}
    allowed = SpecifierSet(known_text(given["python_requires"]))
    older = ["2.7.18", *(f"3.{minor}.{patch}" for minor in range(python[1]) for patch in (0, 99))]
    if not any(allowed.contains(version) for version in older):
        return {}
    marker = f"python_version >= '{python[0]}.{python[1]}'"
    return {"environments": toml_array("environments", [toml_string(marker)])}


def _decides_on_data(given: Mapping[str, Given], existing: Pyproject | None) -> bool:
    """Whether something says if MANIFEST.in adds package data; with ``[project]`` it would by default."""
    if existing is not None and "setuptools" in existing.tool:
        return True
    return "include_package_data" in given and known(given["include_package_data"]) is not None


def _notes(setup: _Setup, loose: Loose) -> tuple[str, ...]:
    files = " and ".join(path.name for path in setup.files)
    verb = "stay: setuptools takes" if len(setup.files) > 1 else "stays: setuptools takes"
    notes = [
        f"{files} {verb} packages and extensions from there; for all else pyproject.toml has the last word"
    ]
    read = [str(path) for path in setup.read if path != loose.readme and path not in setup.files]
    if read:
        notes.append(f"what setup.py reads from {', '.join(read)} stands in pyproject.toml now, too")
    return tuple(notes)


def _python_notes(given: Mapping[str, Given], settings: Mapping[str, str]) -> Iterator[str]:
    if "python_requires" not in given:
        yield "setup.py names no Python: requires-python is the image's, say there what others may have"
    if settings:
        yield "uv.lock is for the image's Python and newer ones, for older ones nothing is resolved"


def _arrays(table: str, entries: Mapping[str, list[str]]) -> str:
    lines = [
        toml_array(toml_key(key), [toml_string(text) for text in texts]) for key, texts in entries.items()
    ]
    return f"[{table}]\n{''.join(lines)}" if lines else ""


def _table(table: str, entries: Mapping[str, str], *, even_empty: bool = False) -> str:
    lines = [f"{toml_key(key)} = {toml_string(text)}\n" for key, text in entries.items()]
    return f"[{table}]\n{''.join(lines)}" if lines or even_empty else ""
