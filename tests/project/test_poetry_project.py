"""What kind of project it is: packaged or not, built by what, in the words of poetry 1 or 2."""

from __future__ import annotations

import tomllib
from pathlib import PurePosixPath
from typing import Any

import pytest
import tomlkit

from project.test_poetry import BUILD, HEAD, PYTHON, WHOLE, converted, manifest, read, refused
from uvmigrate.project import Converted, NotAProject, read_poetry
from uvmigrate.source import Repo

NO_PACKAGE = "[tool.poetry]\npackage-mode = false  # an app\n\n"


def built_with(requires: str, backend: str) -> dict[str, Any]:
    text = HEAD + PYTHON + f'[build-system]\nrequires = {requires}\nbuild-backend = "{backend}"\n'
    found: dict[str, Any] = manifest(text)["build-system"]
    return found


@pytest.mark.parametrize(
    ("requires", "backend"),
    [
        ('["poetry>=0.12"]', "poetry.masonry.api"),
        ('["poetry-core"]', "poetry.core.masonry.api"),
        ('["poetry-core>=1.0,<2"]', "poetry.core.masonry.api"),
        ('["poetry_core==1.0.4"]', "poetry.core.masonry.api"),
    ],
)
def test_the_backend_is_poetry_core_of_a_release_that_reads_project(requires: str, backend: str) -> None:
    assert built_with(requires, backend) == {
        "requires": ["poetry-core>=2.0.0,<3.0.0"],
        "build-backend": "poetry.core.masonry.api",
    }


def test_other_build_requirements_stay() -> None:
    requires = '["poetry-core>=2.1", "setuptools", "cython<3"]'
    assert (
        built_with(requires, "poetry.core.masonry.api")["requires"] == tomllib.loads(f"a = {requires}")["a"]
    )


def test_a_package_without_a_build_system_gets_the_one_that_poetry_used() -> None:
    assert manifest(HEAD + PYTHON)["build-system"] == {
        "requires": ["poetry-core>=2.0.0,<3.0.0"],
        "build-backend": "poetry.core.masonry.api",
    }


def test_a_backend_that_does_not_read_poetrys_tables_is_refused() -> None:
    text = HEAD + PYTHON + '[build-system]\nrequires = ["flit"]\nbuild-backend = "flit.api"\n'
    assert refused(text) == NotAProject(
        "other-backend",
        "the build backend flit.api does not read [tool.poetry]",
        PurePosixPath("pyproject.toml"),
        9,
    )


def test_another_backend_of_a_project_of_the_standard_stays() -> None:
    text = STANDARD + '[build-system]\nrequires = ["flit_core"]\nbuild-backend = "flit_core.buildapi"\n'
    found = converted(text)
    assert (found.manifest.decode(), found.packaged) == (text, True)


def test_a_project_that_is_no_package_stays_none_and_is_named() -> None:
    text = NO_PACKAGE + PYTHON + 'a = "1"\n'
    found = converted(text)
    assert found.manifest.decode() == (
        '[project]\nname = "app"\nversion = "0.1.0"\nrequires-python = ">=3.11,<4.0"\n'
        'dependencies = [\n    "a==1",\n]\n\n[tool.uv]\npackage = false  # an app\n'
    )
    assert not found.packaged


def test_a_package_of_which_nothing_is_there_is_none() -> None:
    found = converted(HEAD.replace("shop", "other-shop") + PYTHON + BUILD)
    assert not found.packaged
    assert tomllib.loads(found.manifest.decode())["tool"] == {"uv": {"package": False}}
    assert "the project is no package: there is no other_shop that poetry could install" in found.notes


@pytest.mark.parametrize("path", ["other_shop.py", "src/other_shop/__init__.py", "src/other_shop.py"])
def test_a_package_is_looked_for_where_poetry_does(path: str) -> None:
    assert converted(HEAD.replace("shop", "Other.shop") + PYTHON + BUILD, {path: ""}).packaged


CORE_1 = '[build-system]\nrequires = ["{}"]\nbuild-backend = "{}"\n'
PACKAGE = """\
# The shop.

# As poetry knows it:
[tool.poetry]
name = "shop"  # as in the sign over the door
version = "1.2"
description = ""
authors = ["Ada <ada@acme.example>"]
packages = [{ include = "shop" }]

[tool.poetry.dependencies]
python = ">=3.7,<4.0"
# for the till
click = "^8.0"
attrs = { version = "*", optional = true }

[tool.poetry.extras]
web = ["attrs"]

# Tests.
[tool.poetry.dev-dependencies]
pytest = "*"  # any

[tool.poetry.scripts]
shop = "shop:main"

"""


def test_a_python_without_poetry_core_2_keeps_poetrys_tables_beside_the_standards() -> None:
    text = PACKAGE + CORE_1.format("poetry-core>=1.0.0", "poetry.core.masonry.api")
    found = converted(text, python=(3, 8))
    dev = '# Tests.\n[tool.poetry.dev-dependencies]\npytest = "*"  # any\n\n'
    above, _, below = text.replace(dev, "").partition("# As poetry knows it:\n")
    assert found.manifest.decode() == (
        above + '[project]\nname = "shop"\nversion = "1.2"\ndescription = ""\nauthors = [\n'
        '    { name = "Ada", email = "ada@acme.example" },\n]\nrequires-python = ">=3.7,<4.0"\n'
        'dependencies = [\n    "click>=8.0,<9.0",\n]\n\n'
        '[project.scripts]\nshop = "shop:main"\n\n'
        '[project.optional-dependencies]\nweb = [\n    "attrs",\n]\n\n'
        '[dependency-groups]\n# Tests.\ndev = [\n    "pytest",  # any\n]\n\n'
        "# As poetry knows it:\n" + below
    )
    assert found.packaged
    assert found.notes[0] == (
        "the image's Python has no poetry-core that reads more than [tool.poetry]: it stays beside "
        "[project], and the two have to say the same"
    )


@pytest.mark.parametrize(
    ("requires", "python", "expected"),
    [
        ("poetry-core", (3, 7), "poetry-core"),
        ("poetry_core>=1.0.0,<3", (3, 8), "poetry_core>=1.0.0,<3"),
        ("poetry-core~=1.9", (3, 8), "poetry-core~=1.9"),
        ("poetry-core~=1.9", (3, 7), "poetry-core>=1.0.8,<2.0.0"),
        ("poetry-core==1.0.4", (3, 8), "poetry-core>=1.0.8,<2.0.0"),
        ("poetry>=0.12", (3, 6), "poetry-core>=1.0.8,<2.0.0"),
    ],
)
def test_a_python_without_poetry_core_2_gets_its_newest(
    requires: str, python: tuple[int, int], expected: str
) -> None:
    for backend in ("poetry.core.masonry.api", "poetry.masonry.api"):
        found = converted(PACKAGE + CORE_1.format(requires, backend), python=python)
        assert tomllib.loads(found.manifest.decode())["build-system"] == {
            "requires": [expected],
            "build-backend": "poetry.core.masonry.api",
        }
    bare = tomllib.loads(converted(PACKAGE, python=python).manifest.decode())
    assert bare["build-system"]["requires"] == ["poetry-core>=1.0.8,<2.0.0"]


def test_what_poetry_core_1_cannot_build_is_refused() -> None:
    old = (3, 8)
    assert "the build system asks for one" in refused(HEAD + PYTHON + BUILD, python=old).why
    assert "a [project] already" in refused(TWO, python=old).why
    assert "is dynamic" in refused(HEAD + PYTHON + DYNAMIC.format("true"), python=old).why
    found = refused(HEAD.replace('description = ""\n', "") + PYTHON, python=old)
    assert (found.code, found.line) == ("python-too-old", 1)
    assert "has no description" in found.why
    assert isinstance(read(NO_PACKAGE + PYTHON, python=old), Converted)
    assert isinstance(read(HEAD.replace("shop", "other") + PYTHON + BUILD, python=old), Converted)


DYNAMIC = '[tool.poetry-dynamic-versioning]\nenable = {}\n[build-system]\nrequires = ["poetry-core>=1", '
DYNAMIC += '"poetry-dynamic-versioning>=1,<2"]\nbuild-backend = "poetry_dynamic_versioning.backend"\n'


def test_a_version_of_the_backends_own_stays_dynamic() -> None:
    found = converted(HEAD + PYTHON + DYNAMIC.format("true"))
    read = tomllib.loads(found.manifest.decode())
    assert read["project"]["dynamic"] == ["version"]
    assert "version" not in read["project"]
    assert read["tool"]["poetry"] == {"version": "1.2"}
    assert read["build-system"]["requires"] == [
        "poetry-core>=2.0.0,<3.0.0",
        "poetry-dynamic-versioning>=1.8.2,<2.0.0",
    ]
    assert found.notes[0] == "the version is dynamic: uv runs the build backend to make a lock"


def test_a_version_is_static_where_the_plugin_does_nothing() -> None:
    assert manifest(HEAD + PYTHON + DYNAMIC.format("false"))["project"]["version"] == "1.2"
    plugin = "[tool.poetry-dynamic-versioning]\nenable = true\n"
    found = converted(HEAD + PYTHON + plugin + BUILD)
    assert (
        "poetry-dynamic-versioning is no build backend here: the version is what the file says" in found.notes
    )


TWO = """\
[project]
name = "shop"
dynamic = ["version", "dependencies", "classifiers"]  # poetry has them
requires-python = ">=3.11"

# The people
authors = [{ name = "Ada" }]

[project.urls]
a = "https://acme.example"

[tool.poetry]
name = "ignored"
version = "1.2"  # not 1.3
classifiers = ["Private :: No"]
packages = [{ include = "shop" }]
requires-poetry = ">=2.0"

[tool.poetry.dependencies]
python = ">=3.11,<4"
a = "^1"

[tool.poetry.group.docs]
optional = true

[tool.poetry.group.docs.dependencies]
b = { path = "b" }

[dependency-groups]
docs = ["b"]
more = ["c (>=1,<2)"]

[build-system]
requires = ["poetry-core>=2.0"]
build-backend = "poetry.core.masonry.api"
"""


def test_what_poetry_2_left_to_its_own_tables_joins_the_others() -> None:
    found = converted(TWO)
    assert (
        found.manifest.decode()
        == """\
[project]
name = "shop"
dynamic = []  # poetry has them
requires-python = ">=3.11"

# The people
authors = [{ name = "Ada" }]
version = "1.2"  # not 1.3
classifiers = ["Private :: No"]
dependencies = [
    "a>=1,<2",
]

[project.urls]
a = "https://acme.example"

[tool.poetry]
packages = [{ include = "shop" }]

[tool.uv]
default-groups = ["more"]

[tool.uv.sources]
b = { path = "b" }

[dependency-groups]
docs = ["b"]
more = ["c (>=1,<2)"]

[build-system]
requires = ["poetry-core>=2.0"]
build-backend = "poetry.core.masonry.api"
"""
    )
    assert (dict(found.groups), found.optional) == ({"docs": "docs", "more": "more"}, frozenset({"docs"}))


STANDARD = """\
[project]
name = "shop"
version = "1"
requires-python = ">=3.11"
dependencies = ["a>=1", "shop[x]"]
optional-dependencies = { x = ["b"] }
"""


def test_a_project_without_poetrys_tables_only_gets_what_uv_must_know() -> None:
    found = converted(STANDARD + BUILD)
    assert found.manifest.decode() == STANDARD + BUILD
    assert found.extras == ("x",)
    groups = '[dependency-groups]\nlint = ["c"]\n'
    assert manifest(STANDARD + groups + BUILD)["tool"] == {"uv": {"default-groups": ["lint"]}}


def test_poetrys_own_dependencies_only_say_where_those_of_the_standard_come_from() -> None:
    text = STANDARD + '[tool.poetry.dependencies]\na = { path = "a", develop = true }\n' + BUILD
    read = manifest(text)
    assert read["project"] == tomllib.loads(STANDARD)["project"]
    assert read["tool"] == {"uv": {"sources": {"a": {"path": "a", "editable": True}}}}


def test_dependencies_that_are_declared_twice_are_refused() -> None:
    text = STANDARD + 'dynamic = ["dependencies"]\n[tool.poetry.dependencies]\na = "1"\n' + BUILD
    assert refused(text).code == "mixed-dependencies"


def test_uvs_settings_join_those_that_are_there() -> None:
    text = NO_PACKAGE + PYTHON + "[tool.uv]\nmanaged = true  # yes\n[tool.uv.pip]\nno-deps = true\n"
    assert (
        converted(text)
        .manifest.decode()
        .endswith(
            "[tool.uv]\nmanaged = true  # yes\npackage = false  # an app\n[tool.uv.pip]\nno-deps = true\n"
        )
    )
    again = refused(NO_PACKAGE + PYTHON + "[tool.uv]\npackage = true\n")
    assert (again.code, again.why, again.line) == ("uv-settings", "[tool.uv] says package already", 7)


@pytest.mark.parametrize(
    "text",
    [
        '[tool]\npoetry.name = "shop"\npoetry.version = "1"\n',
        '[tool]\npoetry = { name = "shop", version = "1" }\n',
        'tool.poetry = { name = "shop", version = "1", dependencies = { python = "^3.11" } }\n',
    ],
)
def test_a_layout_that_cannot_be_edited_is_refused(text: str) -> None:
    assert refused(text).code == "layout"


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("[tool.poetry\n", "invalid-toml", 1),
        ('[tool.poetry]\nname = "shop"\nversion = "one"\n', "invalid-version", 3),
        (
            '[tool.poetry]\nname = "my shop"\nversion = "1"\npackages = [{ include = "shop" }]\n',
            "invalid-name",
            2,
        ),
        ('[tool.poetry]\nname = "shop"\nversion = "1"\ndependencies = 3\n', "invalid-metadata", 0),
        ('# none\n[tool.poetry]\nversion = "1"\n', "invalid-metadata", 2),
        (HEAD + PYTHON + 'Shop = "1"\n', "own-name", 2),
        (HEAD + '[tool.poetry.dependencies]\npython = "three"\n', "unreadable-dependency", 8),
        (
            HEAD + PYTHON + '[tool.poetry.scripts]\nrun = { callable = "a:b", extras = ["x"] }\n',
            "script-extras",
            10,
        ),
    ],
)
def test_a_broken_file_is_refused_with_its_line(text: str, code: str, line: int) -> None:
    found = refused(text)
    assert (found.code, found.line) == (code, line)


def test_without_a_pyproject_there_is_nothing_to_convert() -> None:
    found = read_poetry(Repo.of({}), PurePosixPath("api"), name="app", python=None)
    assert found == NotAProject(
        "no-pyproject", "there is no pyproject.toml", PurePosixPath("api/pyproject.toml"), 0
    )


ODD: tuple[object, ...] = (3, "", "x", [], ["x"], [3], [{}], {}, {"x": 3}, {"x": {}}, {"x": ["y"]}, True)
FULL = (
    WHOLE
    + '[tool.poetry.extras]\nx = ["requests"]\n[[tool.poetry.source]]\nname = "acme"\nurl = "https://a.b"\n'
)
FULL += '[tool.poetry.group.docs]\noptional = true\ninclude-groups = ["dev"]\n'


def paths(table: dict[str, Any], path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    inner = [
        found
        for key, value in table.items()
        if isinstance(value, dict)
        for found in paths(value, (*path, key))
    ]
    return [*((*path, key) for key in table), *inner]


@pytest.mark.parametrize("path", paths(tomllib.loads(FULL)), ids=".".join)
@pytest.mark.parametrize("value", ODD, ids=repr)
def test_values_of_another_kind_are_no_exceptions(path: tuple[str, ...], value: object) -> None:
    data: Any = tomllib.loads(FULL)
    place = data
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = value
    found = read(tomlkit.dumps(data))
    assert isinstance(found, NotAProject) or tomllib.loads(found.manifest.decode())["project"]["version"]
