"""Whether a project is built from what its ``[build-system]`` requires, and from nothing else (PEP 517, 518).

Only setuptools is followed. What runs or imports something that is not certain, or compiles against other
packages than tools, counts as a need of more: in a build of its own those would be other versions.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from uvmigrate import source
from uvmigrate.project.contents import NotAProject
from uvmigrate.project.lines import Unreadable, within
from uvmigrate.project.pep508 import InvalidSpecifierError, normalise, read_specifier
from uvmigrate.project.pyproject import Pyproject, read_pyproject
from uvmigrate.project.setup_cfg import first_literal, read_cfg
from uvmigrate.project.static import INSTALLED, CannotReadError, parse, unknown_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import PurePosixPath

    from uvmigrate.source import Repo

#: What installers take where there is no ``[build-system]`` (PEP 517).
_DEFAULT = ("setuptools", "wheel")
_BACKENDS = frozenset({"setuptools.build_meta", "setuptools.build_meta:__legacy__"})
#: Tools of which nothing is needed any more when what they build is used.
_TOOLS = frozenset("setuptools wheel setuptools-scm setuptools-rust cython pybind11 cffi packaging".split())
#: Modules by which a setup.py could reach any package; setuptools 82 has no pkg_resources.
_OPEN = frozenset("subprocess importlib runpy imp pkgutil pkg_resources site sysconfig".split())
_CALLS = frozenset({"exec", "eval", "__import__", "system", "popen", "get_python_lib"})
#: What only a plugin of setuptools reads, by the plugin's name.
_PLUGINS = {
    "use_scm_version": "setuptools-scm",
    "setuptools_scm": "setuptools-scm",
    "rust_extensions": "setuptools-rust",
    "setuptools-rust": "setuptools-rust",
    "cffi_modules": "cffi",
    "pbr": "pbr",
}


def build_requires(repo: Repo, folder: PurePosixPath) -> tuple[str, ...]:
    """The requirements of ``[build-system]`` as they are written, or those that stand for a missing one."""
    found = read_pyproject(repo, folder / "pyproject.toml")
    system = found.data.get("build-system") if isinstance(found, Pyproject) else None
    listed = system.get("requires") if isinstance(system, dict) else None
    return tuple(map(str, listed)) if isinstance(listed, list) else _DEFAULT


def needs_more(repo: Repo, folder: PurePosixPath) -> str | None:
    """What a build of the project in *folder* may need beside that, as one clause; None for nothing."""
    found = read_pyproject(repo, folder / "pyproject.toml")
    if isinstance(found, Unreadable):
        return f"pyproject.toml {found.why}"
    data: Mapping[str, Any] = found.data if found is not None else {}
    system = data.get("build-system", {})
    backend = (
        system.get("build-backend", "setuptools.build_meta:__legacy__") if isinstance(system, dict) else ""
    )
    if backend not in _BACKENDS or "backend-path" in system:
        return "it has another build backend than setuptools"
    try:
        names = {read_specifier(text).name for text in build_requires(repo, folder)}
    except InvalidSpecifierError as error:
        return str(error)
    other = min(names - _TOOLS, default=None)
    if other is not None:
        return f"it is built against {other}"
    if "setuptools" not in names:
        return "[build-system] does not require setuptools"
    reasons = (
        *_of_tables(repo, folder, found, names),
        *_of_cfg(repo, folder),
        *_of_setup(repo, folder, names),
    )
    return next(iter(reasons), None)


def _of_tables(
    repo: Repo, folder: PurePosixPath, project: Pyproject | None, names: set[str]
) -> Iterator[str]:
    """What pyproject.toml lets setuptools look up or run."""
    if project is None:
        return
    yield from _without_plugin(project.tool, names)
    own = project.tool.get("setuptools", {})
    if not isinstance(own, dict) or "cmdclass" in own:
        yield "[tool.setuptools] names commands of its own"
        return
    table = own.get("dynamic", {})
    dynamic = table if isinstance(table, dict) else {}
    for field, said in dynamic.items():
        name = said.get("attr") if isinstance(said, dict) else None
        if name is not None and not _is_literal(repo, folder, own, str(name)):
            yield f"{field} is {name}, which is no literal: setuptools would import it"
    said = "version" in dynamic or any(folder / name in repo for name in ("setup.py", "setup.cfg"))
    if "version" in project.dynamic and not said and "setuptools-scm" not in names:
        yield "what says its version is not known"


def _is_literal(repo: Repo, folder: PurePosixPath, own: Mapping[str, Any], name: str) -> bool:
    """Whether setuptools reads the attribute *name* without importing its module."""
    module, _, attribute = name.rpartition(".")
    folders = own.get("package-dir", {})
    found = own.get("packages", {})
    where = found.get("find", {}).get("where", []) if isinstance(found, dict) else []
    roots = ["", "src", *(folders.values() if isinstance(folders, dict) else ()), *where]
    stems = {within(folder, f"{root}/{module.replace('.', '/')}".lstrip("/")) for root in map(str, roots)}
    files = {
        file
        for stem in stems
        if stem is not None and module
        for file in (stem / "__init__.py", stem.with_name(f"{stem.name}.py"))
        if file in repo
    }
    return len(files) == 1 and first_literal(repo, files, attribute) is not None


def _of_cfg(repo: Repo, folder: PurePosixPath) -> Iterator[str]:
    given = read_cfg(repo, folder)
    if isinstance(given, NotAProject):
        yield f"setup.cfg: {given.why}"
        return
    unfit = next((key for key in ("setup_requires", "cmdclass") if key in given), None)
    if unfit is not None:
        yield f"setup.cfg has {unfit}"
    elif "version" in given and unknown_in(given["version"].value):
        yield "setup.cfg takes the version from a module that setuptools would import"


def _of_setup(repo: Repo, folder: PurePosixPath, names: set[str]) -> Iterator[str]:
    """What setup.py imports, calls or asks for, wherever in it that stands."""
    path = folder / "setup.py"
    if path not in repo:
        return
    try:
        tree = parse(repo[path], path)
    except (CannotReadError, source.Unreadable) as error:
        yield f"setup.py {error.why}"
        return
    words: list[str] = []
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=aliases):
                yield from _unfit((alias.name for alias in aliases), repo, folder, names)
            case ast.ImportFrom(module=module, level=0):
                yield from _unfit((str(module),), repo, folder, names)
            case ast.ImportFrom():
                yield "setup.py imports from its own folder"
            case ast.Call(func=ast.Name(id=called) | ast.Attribute(attr=called)) if called in _CALLS:
                yield f"setup.py calls {called}"
            case ast.keyword(arg=str(word)) | ast.Constant(value=str(word)):
                words.append(word)
            case _:
                pass
    if "setup_requires" in words:
        yield "setup.py has setup_requires"
    yield from _without_plugin(words, names)


def _unfit(modules: Iterable[str], repo: Repo, folder: PurePosixPath, names: set[str]) -> Iterator[str]:
    for module in modules:
        first = module.partition(".")[0]
        own = folder / f"{first}.py" in repo or folder / first / "__init__.py" in repo
        known = first in INSTALLED or normalise(first) in names
        if first in _OPEN or own or not known:
            yield f"setup.py imports {first}"


def _without_plugin(words: Iterable[str], names: set[str]) -> Iterator[str]:
    for word in words:
        plugin = _PLUGINS.get(word)
        if plugin is not None and plugin not in names:
            yield f"{word} is for {plugin}, which [build-system] does not require"
