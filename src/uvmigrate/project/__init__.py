"""What the Python project is, read from its files; nothing of it is executed."""

from typing import TYPE_CHECKING

from uvmigrate.project.compiled import Compiled, read_compiled
from uvmigrate.project.contents import Entry, InstallMode, NotAProject, is_requirements_name
from uvmigrate.project.converted import Converted
from uvmigrate.project.decompiled import combine_compiled
from uvmigrate.project.lines import (
    Editable,
    Include,
    Index,
    Line,
    LocalPath,
    Option,
    Requirement,
    Unreadable,
    Url,
    has_credentials,
    project_folder,
    read_line,
)
from uvmigrate.project.managers import Manager, Tool, managers
from uvmigrate.project.manifest import CannotExtendError, extend_pyproject, new_pyproject
from uvmigrate.project.names import group_name, pinned_python, project_name, requires_python
from uvmigrate.project.pep508 import normalise
from uvmigrate.project.pip_tools import compiled_from
from uvmigrate.project.pyproject import Pyproject, read_pyproject, read_toml
from uvmigrate.project.requirements import (
    RequirementFile,
    closure,
    constraint_closure,
    constraints,
    read_requirements,
)
from uvmigrate.project.sets import ProjectSet, Selection, combine
from uvmigrate.project.toml import add_group
from uvmigrate.project.uv_pip import unpinned, uv_pip_flags, uv_pip_problem
from uvmigrate.source import later

if TYPE_CHECKING:
    from uvmigrate.project.lock import LockedPackage, read_lock
    from uvmigrate.project.pipfile import read_pipfile
    from uvmigrate.project.poetry import read_poetry
    from uvmigrate.project.replaced import Lack, lack
    from uvmigrate.project.self_built import build_requires, needs_more
    from uvmigrate.project.setup_py import read_setup

__getattr__ = later(
    __name__,
    {
        "Lack": "uvmigrate.project.replaced",
        "LockedPackage": "uvmigrate.project.lock",
        "build_requires": "uvmigrate.project.self_built",
        "lack": "uvmigrate.project.replaced",
        "needs_more": "uvmigrate.project.self_built",
        "read_lock": "uvmigrate.project.lock",
        "read_pipfile": "uvmigrate.project.pipfile",
        "read_poetry": "uvmigrate.project.poetry",
        "read_setup": "uvmigrate.project.setup_py",
    },
)

__all__ = [
    "CannotExtendError",
    "Compiled",
    "Converted",
    "Editable",
    "Entry",
    "Include",
    "Index",
    "InstallMode",
    "Lack",
    "Line",
    "LocalPath",
    "LockedPackage",
    "Manager",
    "NotAProject",
    "Option",
    "ProjectSet",
    "Pyproject",
    "Requirement",
    "RequirementFile",
    "Selection",
    "Tool",
    "Unreadable",
    "Url",
    "add_group",
    "build_requires",
    "closure",
    "combine",
    "combine_compiled",
    "compiled_from",
    "constraint_closure",
    "constraints",
    "extend_pyproject",
    "group_name",
    "has_credentials",
    "is_requirements_name",
    "lack",
    "managers",
    "needs_more",
    "new_pyproject",
    "normalise",
    "pinned_python",
    "project_folder",
    "project_name",
    "read_compiled",
    "read_line",
    "read_lock",
    "read_pipfile",
    "read_poetry",
    "read_pyproject",
    "read_requirements",
    "read_setup",
    "read_toml",
    "requires_python",
    "unpinned",
    "uv_pip_flags",
    "uv_pip_problem",
]
