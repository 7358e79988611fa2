"""Build backends that write into the sources: what they write there would miss in the runtime stage.

An editable install of such a project leaves compiled modules, or a file with the version, beside its sources
(setuptools, "Development Mode"; setuptools-scm, ``version_file``; maturin and scikit-build-core, "Editable").
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from uvmigrate.codemod import Pyproject, is_set, read_pyproject

if TYPE_CHECKING:
    from pathlib import PurePosixPath

    from uvmigrate.codemod import Repo, UvInstall

#: Backends that only pack what is there, and the settings by which each of them may do more.
_PACKING = {
    "hatchling.build": ("hatch",),
    "uv_build": (),
    "flit_core.buildapi": (),
    "flit.buildapi": (),
    "poetry.core.masonry.api": (),
    "setuptools.build_meta": ("setuptools_scm", "setuptools-git-versioning"),
}
#: What a setup.py or pyproject.toml for setuptools says where it does more than pack.
_COMPILING = (b"ext_modules", b"ext-modules", b"cythonize", b"cffi_modules", b"use_scm_version", b"cmdclass")


def writes_into_sources(install: UvInstall, *, everything: bool) -> bool:
    """Whether building what an install takes from sources may write files there."""
    context = install.call.stage.context
    manifests = [install.project.path] if install.project is not None else []
    if everything or not manifests:
        manifests = [context.folder / path for path in context.named("pyproject.toml")]
    return any(_does_more(context.repo, path) for path in manifests)


def is_editable(install: UvInstall) -> bool:
    """Whether an install leaves a link to the sources."""
    if install.uv.verb == "sync":
        return not (install.uv.has("--no-editable") or is_set(install.call, "UV_NO_EDITABLE"))
    return install.uv.has("--editable")


def _does_more(repo: Repo, path: PurePosixPath) -> bool:
    project = read_pyproject(repo, path)
    if not isinstance(project, Pyproject):
        return True
    system = project.data.get("build-system")
    backend = system.get("build-backend") if isinstance(system, dict) else None
    name = backend if isinstance(backend, str) else "setuptools.build_meta"
    settings = _PACKING.get(name)
    if settings is None:
        return project.is_packaged
    if name == "setuptools.build_meta":
        setup = path.parent / "setup.py"
        if any(word in repo.get(file, b"") for word in _COMPILING for file in (path, setup)):
            return True
    return any(key in project.tool and _hooks(project.tool[key], key) for key in settings) or "build" in (
        project.tool.get("poetry", {})
    )


def _hooks(table: Any, key: str) -> bool:
    """Whether a backend's settings ask for more than packing: hatch does so by its build hooks."""
    return key != "hatch" or "hooks" in repr(table)
