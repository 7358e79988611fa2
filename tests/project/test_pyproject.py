from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from uvmigrate.project import Pyproject, Unreadable, read_pyproject
from uvmigrate.source import Repo

FILE = PurePosixPath("pyproject.toml")


def read(text: str) -> Pyproject:
    found = read_pyproject(Repo.of({"pyproject.toml": text.encode()}), FILE)
    assert isinstance(found, Pyproject)
    return found


def test_the_project_table_is_read() -> None:
    project = read("""
        [project]
        name = "Shop"
        version = "1.0"
        requires-python = ">=3.11"
        dynamic = ["readme"]
        dependencies = ["flask"]
        readme = { file = "README.rst" }
        license = { file = "COPYING" }
        license-files = ["LICEN[CS]E*"]
        optional-dependencies.pg = ["psycopg"]
        scripts.shop = "shop:main"

        [dependency-groups]
        dev = ["pytest", { include-group = "lint" }]
    """)
    assert project.has_project
    assert (project.name, project.version, project.requires_python) == ("Shop", "1.0", ">=3.11")
    assert (project.dynamic, project.dependencies) == (("readme",), ("flask",))
    assert project.optional == {"pg": ("psycopg",)}
    assert project.scripts == {"shop": "shop:main"}
    assert project.groups == {"dev": ["pytest", {"include-group": "lint"}]}


@pytest.mark.parametrize(
    ("text", "packaged"),
    [
        ("[project]\nname = 'a'\n", False),
        ("[build-system]\nbuild-backend = 'hatchling.build'\n", True),
        ("[build-system]\nrequires = []\n[tool.uv]\npackage = false\n", False),
        ("[tool.uv]\npackage = true\n", True),
    ],
)
def test_a_project_is_packaged_by_its_build_system_unless_uv_is_told_otherwise(
    text: str, packaged: bool
) -> None:
    assert read(text).is_packaged is packaged


def test_tool_tables_alone_are_no_project() -> None:
    project = read("[tool.poetry]\nname = 'a'\n[tool.uv]\ndefault-groups = 'all'\nworkspace = {}\n")
    assert not project.has_project
    assert project.poetry
    assert project.workspace
    assert project.default_groups == "all"


def test_values_of_a_wrong_type_are_passed_over() -> None:
    project = read("project = 3\ntool = 'x'\n[build-system]\nbuild-backend = 1\n")
    assert (project.has_project, project.name, project.uv) == (False, None, {})


def test_a_missing_file_is_none_and_a_broken_one_names_its_line() -> None:
    assert read_pyproject(Repo.of({}), FILE) is None
    broken = read_pyproject(Repo.of({"pyproject.toml": b"[project]\nname =\n"}), FILE)
    assert isinstance(broken, Unreadable)
    assert (broken.line, broken.code) == (2, "invalid-toml")
