"""The names that an environment can be asked to import, as far as they are certain. Nothing is executed.

A distribution's name does not say what it is imported as. That is certain where the project's own sources
import a module of the same name, and for the project itself where its build backend finds the module by its
name (uv's documentation, "Build backend"; hatchling's, "Build configuration"; setuptools', "Package
discovery"; those of poetry-core and flit).
"""

from __future__ import annotations

import ast
import re
import warnings
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from uvmigrate.codemod import lazy_pattern, requirement_name

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from uvmigrate.codemod import BuildContext, Pyproject, UvInstall

_PACKAGE = "__init__.py"
_TESTS = frozenset({"test", "tests", "testing", "conftest.py"})
#: The tables below ``[tool]``, and their keys, that tell a backend which modules to take.
_CHOOSING = {
    "hatchling.build": ("hatch", {"build"}),
    "setuptools.build_meta": ("setuptools", {"packages", "py-modules", "package-dir"}),
    "poetry.core.masonry.api": ("poetry", {"packages", "include", "exclude", "package-mode"}),
    "flit_core.buildapi": ("flit", {"module"}),
}
#: Folders that setuptools takes for no package where no ``src`` holds them all.
_RESERVED = frozenset(
    """ci bin debian doc docs documentation manpages news newsfragments changelog test tests example examples
    scripts tools util utils python build benchmark benchmarks exercise exercises htmlcov tasks""".split()
)
_DJANGO = lazy_pattern(rb"^(?:from|import) django\b", re.MULTILINE)
#: A text that is a module's name: an entry of INSTALLED_APPS, MIDDLEWARE …
_QUOTED = lazy_pattern(rb"[\"'](\w+)(?:\.[\w.]+)?[\"']")
#: Keys of a source that only say where a package comes from.
_PLACES = {"index", "git", "url", "tag", "rev", "branch"}


def own_module(context: BuildContext, project: Pyproject) -> PurePosixPath | None:
    """The file, relative to the project's folder, of the one module that the project installs."""
    found = (path for path in _modules(context, project) if module_name(path).isidentifier())
    return next((path for path in found if project.path.parent / path in context.repo), None)


def module_name(path: PurePosixPath) -> str:
    """What the module in a file is imported as."""
    return path.parent.name if path.name == _PACKAGE else path.stem


def _modules(context: BuildContext, project: Pyproject) -> Iterator[PurePosixPath]:
    """Where the backend looks for the project's module, as far as nothing tells it to look elsewhere."""
    name, system = re.sub(r"[-_.]+", "_", project.name or "").lower(), project.data.get("build-system")
    backend = str(system.get("build-backend")) if isinstance(system, dict) else ""
    if backend == "uv_build":
        table = project.uv.get("build-backend", {})
        root, module = table.get("module-root", "src"), table.get("module-name", name)
        if isinstance(root, str) and isinstance(module, str) and not table.get("namespace"):
            yield PurePosixPath(root) / module / _PACKAGE
    if backend not in _CHOOSING:
        return
    tool, keys = _CHOOSING[backend]
    if keys & project.tool.get(tool, {}).keys():
        return
    beside = context.repo.children(project.path.parent)
    if tool != "setuptools":
        yield from (PurePosixPath(root) / name / _PACKAGE for root in ("src", "."))
        yield PurePosixPath(f"{name}.py")
    elif not {"setup.py", "setup.cfg"} & beside:
        if "src" in beside:
            yield PurePosixPath("src") / name / _PACKAGE
        elif name not in _RESERVED:
            yield PurePosixPath(name) / _PACKAGE


def dependencies(install: UvInstall) -> tuple[str, ...]:
    """The modules of declared dependencies that the project's own sources import, in alphabetical order."""
    context, project = install.call.stage.context, install.project
    if project is None:
        return ()
    folder = project.path.parent
    sources = {path: context.repo.get(path, b"") for path in _sources(context, folder)}
    wanted = _installed(install, project) - _own_names(sources, folder)
    wanted -= _django_apps(wanted, sources.values())
    found: set[str] = set()
    for data in sources.values():
        if any(name.encode() in data for name in wanted - found):
            found |= _imported(data) & wanted
    return tuple(sorted(found))


def _django_apps(names: set[str], sources: Collection[bytes]) -> set[str]:
    """The modules that Django loads by its settings: without these, some of them cannot be imported."""
    if not any(_DJANGO.search(data) for data in sources):
        return set()
    quoted = {found[1].decode() for data in sources for found in _QUOTED.finditer(data)}
    return {name for name in names if name != "django" and (name in quoted or "django" in name)}


def _own_names(sources: Collection[PurePosixPath], folder: PurePosixPath) -> set[str]:
    """The names that the sources may have among the modules at the top, wherever they are started from."""
    known, names = frozenset(sources), set[str]()
    for path in known:
        for up in path.parents:
            if up.is_relative_to(folder) and up / _PACKAGE not in known:
                names.add(path.relative_to(up).parts[0].removesuffix(".py"))
    return names


def _installed(install: UvInstall, project: Pyproject) -> set[str]:
    """The names that the dependencies' modules would have, of those that are installed on every platform."""
    left_out = set(install.uv.values("--no-install-package"))
    for key in ("override-dependencies", "exclude-dependencies"):
        entries = project.uv.get(key, [])
        left_out |= {requirement_name(str(one)) for one in entries} if isinstance(entries, list) else set()
    for name, source in project.sources.items():
        if not (isinstance(source, dict) and source.keys() <= _PLACES):
            left_out.add(requirement_name(name))
    names = {requirement_name(text) for text in project.dependencies if ";" not in text}
    names -= {requirement_name(name) for name in left_out}
    modules = (name.replace("-", "_") for name in names)
    return {module for module in modules if module.isidentifier()}


def _sources(context: BuildContext, folder: PurePosixPath) -> Iterator[PurePosixPath]:
    """The project's modules that reach the builder, but those that test it."""
    for path in context.repo:
        if path.suffix != ".py" or not path.is_relative_to(folder):
            continue
        test = _TESTS & set(path.relative_to(folder).parts) or path.name.startswith("test_")
        seen = path.is_relative_to(context.folder)
        if seen and not test and not context.ignore.ignores(path.relative_to(context.folder)):
            yield path


def _imported(data: bytes) -> set[str]:
    """The top-level names of the modules that a module imports whenever it is imported itself."""
    try:
        with warnings.catch_warnings():
            # What is odd in somebody else's module is nobody's business here.
            warnings.simplefilter("ignore")
            body = ast.parse(data).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    found = {alias.name for node in body if isinstance(node, ast.Import) for alias in node.names}
    absolute = (node for node in body if isinstance(node, ast.ImportFrom) and not node.level)
    found |= {node.module or "" for node in absolute}
    return {name.partition(".")[0] for name in found}
