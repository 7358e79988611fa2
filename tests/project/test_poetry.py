from __future__ import annotations

import re
import tomllib
from pathlib import PurePosixPath
from typing import Any

import pytest

from uvmigrate.project import Converted, NotAProject, read_poetry
from uvmigrate.source import Repo

HEAD = '[tool.poetry]\nname = "shop"\nversion = "1.2"\ndescription = ""\nauthors = []\n\n'
PYTHON = '[tool.poetry.dependencies]\npython = "^3.11"\n'
BUILD = '\n[build-system]\nrequires = ["poetry-core>=2.0"]\nbuild-backend = "poetry.core.masonry.api"\n'


def read(
    text: str, files: dict[str, str] | None = None, *, python: tuple[int, int] | None = (3, 11)
) -> Converted | NotAProject:
    """What the project is converted to; a module ``shop`` is there."""
    given = {"pyproject.toml": text, "shop/__init__.py": "", **(files or {})}
    repo = Repo.of({path: data.encode() for path, data in given.items()})
    return read_poetry(repo, PurePosixPath(), name="app", python=python)


def converted(text: str, files: dict[str, str] | None = None, **options: Any) -> Converted:
    found = read(text, files, **options)
    assert isinstance(found, Converted), found
    return found


def refused(text: str, files: dict[str, str] | None = None, **options: Any) -> NotAProject:
    found = read(text, files, **options)
    assert isinstance(found, NotAProject), found
    return found


def manifest(text: str, files: dict[str, str] | None = None, **options: Any) -> dict[str, Any]:
    return tomllib.loads(converted(text, files, **options).manifest.decode())


WHOLE = """\
# What the shop needs.
[tool.poetry]
name = "shop"  # as in the sign over the door
version = "1.2"
description = "A shop"
authors = ["Ada <ada@acme.example>", "Bo"]
license = "MIT"
readme = "README.md"
homepage = "https://acme.example"
# What is packed:
packages = [{ include = "shop" }]

[tool.poetry.urls]
"Bug Tracker" = "https://acme.example/bugs"

[tool.black]
line-length = 99  # wide

[tool.poetry.dependencies]
python = "^3.11"
# The template engine
jinja2 = "^3.1"
requests = { version = "~2.31", extras = ["socks"] }  # proxies
# redis = "*"

[tool.poetry.group.dev.dependencies]
pytest = ">=8"

# Says how it is built.
[build-system]
requires = ["poetry-core>=1.0.0"]
build-backend = "poetry.core.masonry.api"

[tool.poetry.scripts]
shop = 'shop.cli:main'
"""


def test_tables_of_the_standard_take_the_place_of_poetrys_and_comments_come_along() -> None:
    assert (
        converted(WHOLE).manifest.decode()
        == """\
# What the shop needs.
[project]
name = "shop"  # as in the sign over the door
version = "1.2"
description = "A shop"
readme = "README.md"
license = "MIT"
authors = [
    { name = "Ada", email = "ada@acme.example" },
    { name = "Bo" },
]
requires-python = ">=3.11,<4.0"
dependencies = [
    # The template engine
    "jinja2>=3.1,<4.0",
    "requests[socks]>=2.31,<2.32",  # proxies
    # redis = "*"
]

[project.urls]
Homepage = "https://acme.example"
"Bug Tracker" = "https://acme.example/bugs"

[project.scripts]
shop = 'shop.cli:main'

[dependency-groups]
dev = [
    "pytest>=8",
]

[tool.poetry]
# What is packed:
packages = [{ include = "shop" }]

[tool.black]
line-length = 99  # wide

# Says how it is built.
[build-system]
requires = ["poetry-core>=2.0.0,<3.0.0"]
build-backend = "poetry.core.masonry.api"
"""
    )


def test_line_ends_stay_as_they_are() -> None:
    unix = converted(WHOLE).manifest
    assert converted(WHOLE.replace("\n", "\r\n")).manifest == unix.replace(b"\n", b"\r\n")


def test_a_file_without_a_last_line_end_is_converted_alike() -> None:
    assert tomllib.loads(converted(WHOLE.rstrip("\n")).manifest.decode()) == manifest(WHOLE)


@pytest.mark.parametrize(
    ("said", "requires"),
    [
        ("^3.9", ">=3.9,<4.0"),
        ("~3.10", ">=3.10,<3.11"),
        ("3.12.*", "==3.12.*"),
        ("3.12", ">=3.12,<3.13"),
        ("3.11.4", "==3.11.4"),
        (">=3.8,<3.12", ">=3.8,<3.12"),
        (">=3.9,<3.9.7 || >3.9.7,<4.0", ">=3.9,<4.0,!=3.9.7"),
        ("*", "==3.11.*"),
    ],
)
def test_the_pythons_are_those_that_poetry_means(said: str, requires: str) -> None:
    text = HEAD + f'[tool.poetry.dependencies]\npython = "{said}"\n' + BUILD
    assert manifest(text)["project"]["requires-python"] == requires


def test_without_a_python_the_images_is_taken() -> None:
    assert manifest(HEAD + BUILD)["project"]["requires-python"] == "==3.11.*"
    assert refused(HEAD + BUILD, python=None).code == "no-python"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ('a = "*"', ["a"]),
        ('a = "1.2"', ["a==1.2"]),
        ('a = "^0.3.1"', ["a>=0.3.1,<0.4.0"]),
        ('a = "~1"', ["a>=1,<2"]),
        ('a = "1.*"', ["a==1.*"]),
        ('a = "^0.0.1-alpha.2"', ["a>=0.0.1a2,<0.0.2"]),
        ('a = "!=1.5"', ["a!=1.5"]),
        ('a = ">=1,<2 || >2,<3"', ["a>=1,<3,!=2"]),
        ('a = "^1 || ^2"', ["a>=1,<3"]),
        ('"Zope.a" = "==1.0+cpu"', ["Zope.a==1.0+cpu"]),
        ('a = { version = "^1", extras = ["y", "x"] }', ["a[x,y]>=1,<2"]),
        ('a = { version = "*", python = ">=3.12" }', ['a ; python_version >= "3.12"']),
        ('a = { version = "*", platform = "linux" }', ['a ; sys_platform == "linux"']),
        (
            'a = { version = "1", markers = "os_name == \'nt\'", python = "<3.12" }',
            ['a==1 ; os_name == "nt" and python_version < "3.12"'],
        ),
        (
            'a = [{ version = "1", python = "<3.12" }, { version = "2", python = ">=3.12" }]',
            ['a==1 ; python_version < "3.12"', 'a==2 ; python_version >= "3.12"'],
        ),
        ('a.version = "1"\na.extras = ["x"]', ["a[x]==1"]),
    ],
)
def test_a_dependency_says_what_poetry_meant(said: str, expected: list[str]) -> None:
    assert manifest(HEAD + PYTHON + said + BUILD)["project"]["dependencies"] == expected


@pytest.mark.parametrize(
    ("said", "code", "why"),
    [
        (
            'a = "1 || 2"',
            "version-union",
            "a 1 || 2: a choice of versions that no single requirement can say",
        ),
        ('a = "one"', "unreadable-dependency", "a: Could not parse version constraint: one"),
        (
            'a = { git = "https://me:secret@acme.example/a" }',
            "url-credentials",
            "a: the URL carries credentials",
        ),
        ('a = { version = "1", source = "acme" }', "unknown-source", "a: there is no source acme"),
        (
            "a = { version = \"1\", markers = \"os_name == 'a' and os_name == 'b'\" }",
            "unreadable-dependency",
            "a: its markers never hold together",
        ),
    ],
)
def test_what_no_requirement_can_say_is_refused_with_its_line(said: str, code: str, why: str) -> None:
    found = refused(HEAD + PYTHON + said + BUILD)
    assert found == NotAProject(code, why, PurePosixPath("pyproject.toml"), 9)


@pytest.mark.parametrize(
    ("said", "source"),
    [
        (
            '{ git = "https://acme.example/a.git", tag = "v1" }',
            {"git": "https://acme.example/a.git", "tag": "v1"},
        ),
        (
            '{ git = "git@acme.example:team/a.git", rev = "0a1b2c3" }',
            {"git": "ssh://git@acme.example/team/a.git", "rev": "0a1b2c3"},
        ),
        (
            '{ git = "https://acme.example/a", branch = "next", subdirectory = "lib" }',
            {"git": "https://acme.example/a", "branch": "next", "subdirectory": "lib"},
        ),
        ('{ path = "../a", develop = true }', {"path": "../a", "editable": True}),
        ('{ path = "../a" }', {"path": "../a"}),
        ('{ file = "a-1.whl" }', {"path": "a-1.whl"}),
        ('{ url = "https://acme.example/a-1.whl" }', {"url": "https://acme.example/a-1.whl"}),
    ],
)
def test_what_is_no_version_becomes_a_source(said: str, source: dict[str, object]) -> None:
    read = manifest(HEAD + PYTHON + f"a = {said}" + BUILD)
    assert read["project"]["dependencies"] == ["a"]
    assert read["tool"]["uv"]["sources"] == {"a": source}


def test_sources_are_parted_by_markers() -> None:
    said = (
        'a = [{ path = "a.whl", markers = "sys_platform == \'linux\'" },'
        ' { version = "1", markers = "sys_platform != \'linux\'" }]'
    )
    assert manifest(HEAD + PYTHON + said + BUILD)["tool"]["uv"]["sources"] == {
        "a": {"path": "a.whl", "marker": 'sys_platform == "linux"'}
    }


GROUPS = """
[tool.poetry.dev-dependencies]
old = "1"
[tool.poetry.group.dev.dependencies]
new = "1"
[tool.poetry.group.docs]
optional = true
[tool.poetry.group.docs.dependencies]
sphinx = "^7"
[tool.poetry.group.all]
include-groups = ["dev"]
"""


def test_groups_become_dependency_groups_and_those_that_poetry_installs_the_default_ones() -> None:
    text = HEAD + PYTHON + GROUPS + BUILD
    found, read = converted(text), manifest(text)
    assert read["dependency-groups"] == {
        "dev": ["new==1", "old==1"],
        "docs": ["sphinx>=7,<8"],
        "all": [{"include-group": "dev"}],
    }
    assert read["tool"] == {"uv": {"default-groups": ["dev", "all"]}}
    assert (dict(found.groups), found.optional) == (
        {"dev": "dev", "docs": "docs", "all": "all"},
        frozenset({"docs"}),
    )


def test_the_group_dev_alone_is_uvs_own_default() -> None:
    text = HEAD + PYTHON + '[tool.poetry.dev-dependencies]\nold = "1"\n' + BUILD
    assert "tool" not in manifest(text)


def test_an_optional_group_dev_is_no_default() -> None:
    text = HEAD + PYTHON + "[tool.poetry.group.dev]\noptional = true\n" + BUILD
    assert manifest(text)["tool"] == {"uv": {"default-groups": []}}


def test_extras_hold_the_optional_dependencies_that_they_name() -> None:
    said = 'a = "1"\nb = { version = "2", optional = true }\nc = { version = "3", optional = true }\n'
    text = HEAD + PYTHON + said + '[tool.poetry.extras]\nmore = ["b", "a"]\nnone = ["d"]\n' + BUILD
    found, read = converted(text), manifest(text)
    assert read["project"]["dependencies"] == ["a==1"]
    assert read["project"]["optional-dependencies"] == {"more": ["b==2", "a==1"], "none": []}
    assert found.extras == ("more", "none")
    assert "c is optional and in no extra: nothing installs it, and it is left out" in found.notes


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ('"shop:main"', "shop:main"),
        ('{ callable = "shop:main" }', "shop:main"),
        ('{ reference = "shop:main", type = "console" }', "shop:main"),
    ],
)
def test_console_scripts_are_kept(said: str, expected: str) -> None:
    text = HEAD + PYTHON + f"[tool.poetry.scripts]\nrun = {said}\n" + BUILD
    assert manifest(text)["project"]["scripts"] == {"run": expected}


def test_a_script_that_is_a_file_stays_with_poetry() -> None:
    text = HEAD + PYTHON + '[tool.poetry.scripts]\nrun = { reference = "bin/run", type = "file" }\n' + BUILD
    read = manifest(text)
    assert "scripts" not in read["project"]
    assert read["tool"]["poetry"] == {"scripts": {"run": {"reference": "bin/run", "type": "file"}}}


def test_plugins_become_entry_points() -> None:
    text = HEAD + PYTHON + '[tool.poetry.plugins."acme.tills"]\nfront = "shop.till:Till"\n' + BUILD
    assert manifest(text)["project"]["entry-points"] == {"acme.tills": {"front": "shop.till:Till"}}


def test_several_readmes_stay_with_poetry() -> None:
    head = HEAD.replace("authors", 'readme = ["A.md", "B.md"]\nauthors')
    read = manifest(head + PYTHON + BUILD)
    assert read["project"]["dynamic"] == ["readme"]
    assert read["tool"]["poetry"] == {"readme": ["A.md", "B.md"]}


@pytest.mark.parametrize(
    ("said", "classifiers", "expected"),
    [
        ("MIT", "[]", "MIT"),
        ("mit", "[]", "MIT"),
        ("BSD 3-Clause", "[]", {"text": "BSD 3-Clause"}),
        ("MIT", '["License :: OSI Approved :: MIT License"]', {"text": "MIT"}),
    ],
)
def test_a_license_is_an_expression_where_it_is_one(said: str, classifiers: str, expected: object) -> None:
    head = HEAD.replace("authors", f'license = "{said}"\nclassifiers = {classifiers}\nauthors')
    assert manifest(head + PYTHON + BUILD)["project"]["license"] == expected


EVERYWHERE = """\
# c1

# c2
[tool.poetry] # c3
name = "shop"
# c4
version = "1.2" # c5
authors = [ # c6
    "Ada", # c7
    # c8
] # c9
keywords = [
    "a", # c10
]
package-mode = true # c11
# c12

# c13
[tool.poetry.dependencies] # c14
python = "^3.11" # c15
a = [ # c16
    { version = "1", python = "<3.12" }, # c17
    { version = "2", python = ">=3.12" }, # c18
] # c19
o = { version = "1", optional = true } # c20
q = { version = "1", optional = true } # c21
# c22

# c23
[tool.poetry.dependencies.sub] # c24
# c25
version = "1" # c26
extras = ["x"] # c27
# c28

[tool.poetry.extras] # c29
# c30
more = [ # c31
    "o", # c32
] # c33
# c34
none = [] # c35
# c36

[tool.poetry.group.docs] # c37
optional = true # c38

[tool.poetry.group.docs.dependencies] # c39
d = "1" # c40
# c41

[tool.poetry.scripts] # c42
# c43
run = "shop:run" # c44
# c45
file = { reference = "bin/file", type = "file" } # c46
# c47

[[tool.poetry.source]] # c48
# c49
name = "acme" # c50
url = "https://acme.example/simple" # c51
priority = "explicit" # c52
# c53

[tool.poetry.requires-plugins] # c54
poetry-plugin-export = "*" # c55

# c56

[build-system] # c57
requires = ["poetry-core"] # c58
build-backend = "poetry.core.masonry.api" # c59
# c60"""


def test_comments_of_a_source_stand_at_its_index() -> None:
    assert (
        "# c48\n[[tool.uv.index]]\n# c49\n"
        'name = "acme"  # c50\nurl = "https://acme.example/simple"  # c51\nexplicit = true  # c52\n# c53\n'
    ) in converted(EVERYWHERE).manifest.decode()


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_no_comment_is_lost_wherever_it_stands(newline: str) -> None:
    found = converted(EVERYWHERE.replace("\n", newline)).manifest.decode()
    assert sorted(re.findall(r"# c\d+\b", found)) == sorted(f"# c{number}" for number in range(1, 61))
    assert not {"\r", "\n"} & set(found.replace(newline, ""))
