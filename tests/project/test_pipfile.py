from __future__ import annotations

import json
import tomllib
from pathlib import PurePosixPath
from typing import Any

import pytest
import tomlkit
from hypothesis import given
from hypothesis import strategies as st

from uvmigrate.project import Converted, NotAProject, read_pipfile
from uvmigrate.source import Repo

HERE = PurePosixPath()
#: The host that uv asks without being told, in pieces, so that no file names it.
WELL_KNOWN = "https://" + ".".join(("pypi", "org")) + "/simple"
SOURCE = f'[[source]]\nname = "main"\nurl = "{WELL_KNOWN}"\nverify_ssl = true\n\n'
REQUIRES = '\n[requires]\npython_version = "3.11"\n'


def read(
    pipfile: str,
    lock: dict[str, Any] | None = None,
    files: dict[str, str] | None = None,
    python: tuple[int, int] | None = (3, 12),
) -> Converted | NotAProject:
    found = {"Pipfile": pipfile, **(files or {})}
    if lock is not None:
        found["Pipfile.lock"] = json.dumps(lock, indent=4)
    repo = Repo.of({name: text.encode() for name, text in found.items()})
    return read_pipfile(repo, HERE, name="shop", python=python)


def converted(
    pipfile: str,
    lock: dict[str, Any] | None = None,
    files: dict[str, str] | None = None,
    python: tuple[int, int] | None = (3, 12),
) -> Converted:
    result = read(pipfile, lock, files, python)
    assert isinstance(result, Converted), result
    return result


def manifest(pipfile: str, lock: dict[str, Any] | None = None, files: dict[str, str] | None = None) -> Any:
    return tomllib.loads(converted(pipfile, lock, files).manifest.decode())


def packages(*lines: str) -> str:
    return SOURCE + "[packages]\n" + "".join(line + "\n" for line in lines)


FULL = f"""\
{SOURCE}[packages]
flask = "*"
"redis[hiredis]" = "~=5.0"
colorama = {{version = ">=0.4", sys_platform = "== 'win32'"}}

[dev-packages]
pytest = "==8.3.4"

[Docs_Site]
sphinx = {{version = "*", extras = ["docs"]}}

[empty]

[scripts]
serve = "flask run"
{REQUIRES}"""


def test_a_pipfile_becomes_a_project_that_is_no_package() -> None:
    result = converted(FULL)
    assert (
        result.manifest.decode()
        == """\
[project]
name = "shop"
version = "0.1.0"
requires-python = "==3.11.*"
dependencies = [
    "flask",
    "redis[hiredis]~=5.0",
    "colorama>=0.4 ; sys_platform == 'win32'",
]

[dependency-groups]
dev = [
    "pytest==8.3.4",
]
docs-site = [
    "sphinx[docs]",
]

[tool.uv]
package = false
"""
    )
    assert result.groups == {"dev-packages": "dev", "Docs_Site": "docs-site"}
    assert result.optional == {"dev-packages", "Docs_Site"}
    assert (result.packaged, result.extras) == (False, ())
    assert (result.pins, result.hashes, result.constraints) == ({}, {}, ())
    assert result.notes == (
        "there is no Pipfile.lock: the versions are those of the day uv locks",
        "uv has no scripts of that kind: serve are to be run by their commands",
    )


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        ('six = ""', "six"),
        ('six = "==*"', "six"),
        ('six = "1.16.0"', "six==1.16.0"),
        ('six = "==1.16.*"', "six==1.16.*"),
        ('six = ">=1.10, <2"', "six>=1.10,<2"),
        ('six = {version = "*"}', "six"),
        ("six = {markers = \"os_name == 'nt'\"}", "six ; os_name == 'nt'"),
        (
            "six = {markers = \"os_name == 'nt' or os_name == 'java'\", python_version = \"< '3.12'\"}",
            """six ; python_version < "3.12" and (os_name == "nt" or os_name == "java")""",
        ),
        ('"six[a]" = {version = "==1.0", extras = ["b", "a"]}', "six[a,b]==1.0"),
        ('"discord.py" = "*"', "discord.py"),
    ],
)
def test_an_entry_is_a_requirement(entry: str, text: str) -> None:
    assert manifest(packages(entry))["project"]["dependencies"] == [text]


@pytest.mark.parametrize(
    ("entry", "text", "source"),
    [
        (
            'six = {git = "https://git.example/six.git", ref = "1.16.0"}',
            "six",
            {"git": "https://git.example/six.git", "rev": "1.16.0"},
        ),
        (
            'six = {git = "git+https://git.example/six.git@dev#egg=six", subdirectory = "a", extras = ["x"]}',
            "six[x]",
            {"git": "https://git.example/six.git", "rev": "dev", "subdirectory": "a"},
        ),
        ('six = "git+https://git.example/six"', "six", {"git": "https://git.example/six"}),
        (
            'six = {git = "git@git.example:acme/six.git", markers = "os_name == \'nt\'"}',
            "six ; os_name == 'nt'",
            {"git": "ssh://git@git.example/acme/six.git"},
        ),
        (
            'six = {file = "https://wheels.example/six-1.16.0.tar.gz"}',
            "six",
            {"url": "https://wheels.example/six-1.16.0.tar.gz"},
        ),
        (
            'e1839a8 = {path = "https://wheels.example/six-1.16.0-py2.py3-none-any.whl"}',
            "six",
            {"url": "https://wheels.example/six-1.16.0-py2.py3-none-any.whl"},
        ),
        (
            'e1839a8 = {path = "vendor/six-1.16.0-py2.py3-none-any.whl"}',
            "six",
            {"path": "vendor/six-1.16.0-py2.py3-none-any.whl"},
        ),
        (
            'e1839a8 = {path = "./lib", editable = true}',
            "Lib",
            {"path": "./lib", "editable": True, "package": True},
        ),
        ('other = {path = "built"}', "built", {"path": "built"}),
    ],
)
def test_what_comes_from_elsewhere_has_a_source(entry: str, text: str, source: dict[str, Any]) -> None:
    files = {
        "vendor/six-1.16.0-py2.py3-none-any.whl": "",
        "lib/pyproject.toml": '[project]\nname = "Lib"\nversion = "1"\n',
        "built/pyproject.toml": '[project]\nname = "built"\nversion = "1"\n[build-system]\nrequires = []\n',
    }
    read = manifest(packages(entry), files=files)
    assert read["project"]["dependencies"] == [text]
    assert read["tool"]["uv"]["sources"] == {text.partition("[")[0].partition(" ")[0].lower(): source}


def test_the_commit_of_the_lock_stands_for_the_branch() -> None:
    pipfile = packages('Six = {git = "https://git.example/six.git", ref = "main", editable = true}')
    result = converted(pipfile, {"default": {"six": {"git": "https://git.example/six.git", "ref": "0a1b2c"}}})
    assert b'six = { git = "https://git.example/six.git", rev = "0a1b2c" }' in result.manifest
    assert result.pins == {}
    assert any("without a working copy" in note for note in result.notes)


OTHER = '[[source]]\nname = "acme"\nurl = "https://packages.acme.example/simple"\n\n'


def test_a_further_source_is_asked_only_for_what_names_it() -> None:
    pipfile = SOURCE + OTHER + '[packages]\nsix = "*"\ntill = {version = "*", index = "acme"}\n'
    uv = manifest(pipfile)["tool"]["uv"]
    assert uv["index"] == [
        {"name": "acme", "url": "https://packages.acme.example/simple", "explicit": True},
    ]
    assert uv["sources"] == {"till": {"index": "acme"}}


def test_the_first_source_is_the_default_index() -> None:
    pipfile = OTHER + SOURCE + '[packages]\nsix = {version = "*", index = "main"}\ntill = {index = "acme"}\n'
    uv = manifest(pipfile)["tool"]["uv"]
    assert uv["index"] == [
        {"name": "acme", "url": "https://packages.acme.example/simple", "default": True},
        {"name": "main", "url": WELL_KNOWN, "explicit": True},
    ]
    assert uv["sources"] == {"six": {"index": "main"}}


def test_the_lock_says_from_which_source_a_package_came() -> None:
    pipfile = SOURCE + OTHER + '[packages]\nsix = "*"\ntill = "*"\n'
    lock = {
        "default": {
            "six": {"version": "==1.16.0", "index": "main"},
            "till": {"version": "==1.0", "index": "acme"},
        }
    }
    assert manifest(pipfile, lock)["tool"]["uv"]["sources"] == {"till": {"index": "acme"}}


def test_credentials_are_copied_nowhere() -> None:
    pipfile = (
        '[[source]]\nname = "acme eu"\nurl = "https://${ACME_USER}:$ACME_PASSWORD@packages.acme.example/simple"\n'
        '[[source]]\nname = "old"\nurl = "https://me:hunter2@old.acme.example/simple"\nverify_ssl = false\n'
        '[packages]\nsix = {index = "old"}\n'
    )
    result = converted(pipfile)
    read = tomllib.loads(result.manifest.decode())
    assert [index["url"] for index in read["tool"]["uv"]["index"]] == [
        "https://packages.acme.example/simple",
        "https://old.acme.example/simple",
    ]
    assert result.notes[:3] == (
        "the credentials of acme-eu are not copied: set UV_INDEX_ACME_EU_USERNAME and "
        "UV_INDEX_ACME_EU_PASSWORD where uv locks and syncs",
        "the credentials of old are not copied: set UV_INDEX_OLD_USERNAME and UV_INDEX_OLD_PASSWORD "
        "where uv locks and syncs",
        "old was read without checking its certificate: UV_INSECURE_HOST=old.acme.example does that for uv",
    )
    assert "hunter2" not in str(result)


LOCK = {
    "_meta": {"hash": {"sha256": "0"}, "pipfile-spec": 6},
    "develop": {
        "six": {"version": "==1.16.0", "hashes": ["sha256:bb", "sha256:cc"]},
        "idna": {"version": "==2.0", "hashes": ["sha256:dd"]},
    },
    "default": {
        "six": {"version": "==1.16.0", "hashes": ["sha256:aa", "sha256:bb"], "markers": "os_name == 'nt'"},
        "Foo_Bar": {
            "version": "==1.0+local",
            "sys_platform": "== 'linux'",
            "markers": "python_version > '3'",
        },
        "fakeredis": {"version": "==2.0", "markers": "extra == 'fake' and python_version > '3'"},
        "idna": {"version": "==3.10"},
        "till": {"path": "./till"},
    },
}


def test_the_lock_holds_versions_and_hashes() -> None:
    result = converted(packages('six = "*"'), LOCK)
    assert result.pins == {
        "six": ("1.16.0",),
        "foo-bar": ("1.0+local",),
        "fakeredis": ("2.0",),
        "idna": ("3.10",),
    }
    assert result.hashes == {"six": ("sha256:aa", "sha256:bb", "sha256:cc")}
    assert result.constraints == (
        "six==1.16.0 ; os_name == 'nt'",
        """foo-bar==1.0+local ; sys_platform == "linux" and python_version > "3\"""",
        "fakeredis==2.0",
        "idna==3.10",
        "six==1.16.0",
    )
    assert result.notes == (
        "Pipfile.lock also holds idna 2.0 in develop: uv locks one version for all",
        "Pipfile.lock was made from another Pipfile than this one: uv keeps its versions",
    )


def test_a_lock_that_was_made_from_the_pipfile_is_known_by_its_digest() -> None:
    # As pipenv 2026.10.3 writes it for this Pipfile.
    pipfile = '[[source]]\nname = "acme"\nurl = "https://packages.acme.example/simple"\nverify_ssl = true\n\n'
    pipfile += '[packages]\nsix = "*"\n\n[dev-packages]\n\n[docs]\nidna = {version = "*"}\n'
    digest = "eedea66b5e373a7df86b4c9f54da8b946a6cfb9a9721231e8ef1db0a4ddff2fd"
    lock = {"_meta": {"hash": {"sha256": digest}}, "default": {"six": {"version": "==1.16.0"}}}
    assert converted(pipfile, lock).notes == ()
    assert converted(pipfile.replace('six = "*"', 'six = ">1"'), lock).notes == (
        "Pipfile.lock was made from another Pipfile than this one: uv keeps its versions",
    )


@pytest.mark.parametrize(
    ("requires", "python", "expected"),
    [
        ('python_version = "3.9"', (3, 12), "==3.9.*"),
        ('python_full_version = "3.9.7"\npython_version = "3.9"', (3, 12), "==3.9.*"),
        ('python_version = "3"', (3, 12), "==3.12.*"),
        ('python_version = "*"', (3, 12), "==3.12.*"),
        ("", (3, 12), "==3.12.*"),
    ],
)
def test_requires_python_is_what_the_pipfile_asks_for_or_the_images(
    requires: str, python: tuple[int, int], expected: str
) -> None:
    result = converted(packages('six = "*"') + f"[requires]\n{requires}\n", python=python)
    assert tomllib.loads(result.manifest.decode())["project"]["requires-python"] == expected
    assert ("python_full_version 3.9.7: any 3.9 will do for uv" in result.notes) == ("full" in requires)


def test_prereleases_are_allowed_where_they_were() -> None:
    text = packages('six = "*"') + "[pipenv]\nallow_prereleases = true\nsort_pipfile = true\nodd = 1\n"
    result = converted(text)
    assert b'package = false\nprerelease = "allow"\n' in result.manifest
    assert "[pipenv] odd has no counterpart" in result.notes


def test_a_name_that_a_dependency_has_is_not_the_projects() -> None:
    assert manifest(packages('Shop = "*"'))["project"]["name"] == "shop-app"


TOOLS = '# Ours.\r\n\r\n[tool.ruff]\r\nline-length = 100 # wide\r\n\r\n[tool.uv]\r\nlink-mode = "copy"\r\n'


def test_a_pyproject_that_holds_settings_keeps_every_byte_of_them() -> None:
    result = converted(packages('six = {git = "https://git.example/six"}'), files={"pyproject.toml": TOOLS})
    text = result.manifest.decode()
    assert text.startswith("# Ours.\r\n\r\n[project]\r\n")
    assert (
        "[tool.ruff]\r\nline-length = 100 # wide\r\n\r\n[tool.uv]\r\npackage = false\r\nlink-mode = " in text
    )
    assert text.endswith('\r\n[tool.uv.sources]\r\nsix = { git = "https://git.example/six" }\r\n')
    assert text.count("\n") == text.count("\r\n")


PACKAGE = """\
[project]
name = "till"
version = "1.0"
requires-python = ">=3.11"
dependencies = ["six >= 1"]
"""
ITSELF = packages('till = {path = ".", editable = true}', 'six = ">=1"')


def test_a_project_that_the_pipfile_installs_is_packaged_and_keeps_its_metadata() -> None:
    pipfile = ITSELF + '[dev-packages]\ntill = {path = ".", editable = true, extras = ["dev"]}\nidna = "*"\n'
    result = converted(pipfile, files={"pyproject.toml": PACKAGE})
    assert result.packaged
    assert result.manifest.decode() == PACKAGE + (
        '\n[dependency-groups]\ndev = [\n    "till[dev]",\n    "idna",\n]\n\n[tool.uv]\npackage = true\n'
    )
    built = PACKAGE + '\n[build-system]\nrequires = ["hatchling"]\n'
    assert converted(ITSELF, files={"pyproject.toml": built}).manifest.decode() == built


def test_a_project_that_says_the_same_is_the_same() -> None:
    assert converted(packages('six = ">=1"'), files={"pyproject.toml": PACKAGE}).manifest.decode() == PACKAGE


@pytest.mark.parametrize(
    ("pipfile", "pyproject", "why"),
    [
        (packages('six = ">=2"'), PACKAGE, "its [project] has other dependencies than the Pipfile"),
        (
            ITSELF + 'idna = "*"\n',
            PACKAGE,
            "the Pipfile installs idna beside the project, whose own it is not",
        ),
        (
            packages('six = ">=1"'),
            PACKAGE + "[build-system]\nrequires = []\n",
            "its [project] is a package, which the Pipfile does not install",
        ),
        (ITSELF, PACKAGE.replace("requires-python", "#"), "its [project] has no requires-python"),
        (
            ITSELF,
            PACKAGE + "[tool.uv]\npackage = false\n",
            "it says that the project is no package, and the Pipfile installs it",
        ),
        (
            ITSELF,
            "[tool.ruff]\n",
            "the Pipfile installs the project itself, and no [project] says what that is",
        ),
        (packages('six = "*"'), "[tool.poetry]\n", "poetry declares the project beside the Pipfile"),
        (packages('six = "*"'), "[tool", "it is no TOML"),
        (
            packages('six = {git = "https://git.example/six"}'),
            "[tool.uv.sources]\n",
            "nothing can be added to it",
        ),
    ],
)
def test_a_pyproject_that_says_something_else_is_in_the_way(pipfile: str, pyproject: str, why: str) -> None:
    refused = read(pipfile, files={"pyproject.toml": pyproject})
    assert isinstance(refused, NotAProject)
    assert (refused.code, refused.path) == ("other-project", PurePosixPath("pyproject.toml"))
    assert refused.why.partition(":")[0] == why


SETUP_CFG = "[metadata]\nname = shop\n"


@pytest.mark.parametrize("files", [{"setup.py": "setup()"}, {"setup.cfg": SETUP_CFG}])
def test_what_setup_py_declares_stays_its_own(files: dict[str, str]) -> None:
    found = converted(
        packages('six = "*"') + '\n[dev-packages]\nidna = "*"\n\n[main]\ntoolz = "*"\n', None, files
    )
    data = tomllib.loads(found.manifest.decode())
    assert data == {
        "dependency-groups": {"main": ["six"], "dev": ["idna"], "main-2": ["toolz"]},
        "tool": {
            "uv": {
                "default-groups": ["main", "dev"],
                "environments": ["python_full_version == '3.12.*'"],
            }
        },
    }
    assert (found.main_group, found.python, found.packaged) == ("main", (3, 12), False)
    assert any(note.startswith("pyproject.toml is new beside setup.py") for note in found.notes)


def test_beside_setup_py_an_existing_pyproject_keeps_what_it_says() -> None:
    there = "[tool.black]\nline-length = 120\n"
    found = converted(packages('six = "*"'), None, {"setup.py": "setup()", "pyproject.toml": there})
    assert found.manifest.decode().startswith(there + "\n[dependency-groups]\n")
    assert not any("is new" in note for note in found.notes)


def test_a_setup_cfg_of_linters_declares_nothing() -> None:
    found = converted(packages('six = "*"'), None, {"setup.cfg": "[flake8]\n"})
    assert found.main_group is None
    assert "project" in tomllib.loads(found.manifest.decode())


def test_a_project_of_setup_py_that_the_pipfile_installs_is_in_the_way() -> None:
    pipfile = packages('shop = {path = ".", editable = true}')
    refused = read(pipfile, files={"setup.py": "setup()"})
    assert isinstance(refused, NotAProject)
    assert refused.why == "the Pipfile installs the project itself, and no [project] says what that is"


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ('[packages]\nsix = "^1.0"', "invalid-requirement", 2),
        ("[packages]\nsix = 1", "invalid-requirement", 2),
        ("[packages]\nsix = {version = 1}", "invalid-requirement", 2),
        ('[packages]\nsix = {extras = "a"}', "invalid-requirement", 2),
        ("[packages]\nsix = {markers = \"extra == 'x'\"}", "invalid-requirement", 2),
        ('[packages]\n\n"[six]" = "*"', "invalid-requirement", 3),
        ('[packages]\nidna = "*"\n\n[packages.six]\ncommit = "a1"', "unsupported-option", 4),
        ('[packages]\nsix = {hg = "https://hg.example/six"}', "unsupported-url", 2),
        ('[packages]\nsix = {git = "../six"}', "unsupported-url", 2),
        ('[packages]\nsix = {git = "https://me:secret@git.example/six"}', "url-credentials", 2),
        ('[packages]\nsix = {git = "https://${TOKEN}@git.example/six"}', "variable", 2),
        ('[packages]\nsix = {file = "https://me:secret@git.example/six.zip"}', "url-credentials", 2),
        ('[packages]\ne1839a8 = {file = "https://git.example/archive.zip"}', "unnamed-url", 2),
        ('[packages]\nsix = {path = "../six"}', "local-path", 2),
        ('[packages]\nsix = {path = "lib"}', "local-path", 2),
        ('[packages]\nsix = {file = "file:///six"}', "local-path", 2),
        ('[packages]\nsix = {index = "acme"}', "invalid-index", 2),
        ('[packages]\nsix = {path = ".", extras = ["x"]}', "local-path", 2),
        ('[dev-packages]\nsix = {path = "."}', "local-path", 2),
        ('[packages]\nsix = "==1"\n[dev-packages]\nsix = "==2"', "contradicting-pins", 2),
        (
            '[packages]\nsix = "*"\n[dev-packages]\nsix = {git = "https://git.example/six"}',
            "contradicting-indexes",
            4,
        ),
        ('[packages]\nsix = "*"\n[docs]\nx = ["y"]', "invalid-requirement", 4),
        ('docs = "x"', "invalid-requirement", 1),
        ("pipenv = 1", "unsupported-option", 1),
        ("[[source]]\nname = 'x'", "invalid-index", 1),
        ("[source]\nname = 'x'", "invalid-index", 1),
        ("[[source]]\nurl = 'https://$HOST/simple'", "variable", 1),
        ("[[source]]\nurl = 'https://acme.example/simple?token=x'", "index-credentials", 1),
        ("[[source]]\nurl = './wheels'", "local-find-links", 1),
        (f"{OTHER}{OTHER}", "invalid-index", 1),
        (f"{SOURCE}{OTHER}[pipenv]\ninstall_search_all_sources = true", "contradicting-indexes", 11),
        ('[requires]\npython_version = ">=3.9"', "requires-python", 2),
        ("requires = 1", "requires-python", 1),
        ("[packages\n", "unreadable-file", 1),
    ],
)
def test_what_uv_cannot_say_is_refused_with_its_line(text: str, code: str, line: int) -> None:
    files = {"lib/setup.py": "setup()"}
    refused = read(text + "\n", files=files)
    assert isinstance(refused, NotAProject), refused
    assert (refused.code, refused.line, refused.path) == (code, line, PurePosixPath("Pipfile"))
    assert "secret" not in refused.why


@pytest.mark.parametrize(
    ("lock", "code", "path", "line"),
    [
        ("{", "unreadable-file", "Pipfile.lock", 1),
        ("[]", "unreadable-file", "Pipfile.lock", 0),
        ('{"default": []}', "unreadable-file", "Pipfile.lock", 0),
        ('{\n"default": {\n"six": "x"\n}}', "unreadable-file", "Pipfile.lock", 0),
        (
            '{\n"default": {\n"six": {"version": "==1", "markers": "odd"\n}}}',
            "unreadable-file",
            "Pipfile.lock",
            3,
        ),
        ('{"default": {"six": {"version": "==1"}}}', "contradicting-pins", "Pipfile", 2),
        ('{"default": {"idna": {"version": "==1", "index": "acme"}}}', "contradicting-indexes", "Pipfile", 0),
        ('{"default": {"six": {"version": "==2", "index": "gone"}}}', "invalid-index", "Pipfile", 0),
    ],
)
def test_a_lock_that_does_not_fit_is_refused(lock: str, code: str, path: str, line: int) -> None:
    text = f'[packages]\nsix = "==2"\n{SOURCE}{OTHER}'
    refused = read(text, files={"Pipfile.lock": lock})
    assert isinstance(refused, NotAProject), refused
    assert (refused.code, refused.path, refused.line) == (code, PurePosixPath(path), line)


def test_files_that_are_not_there_or_no_text_are_refused() -> None:
    nothing = read_pipfile(Repo.of({}), HERE, name="shop", python=None)
    assert nothing == NotAProject("missing-file", "there is no such file", PurePosixPath("Pipfile"), 0)
    binary = read_pipfile(Repo.of({"Pipfile": b"\xff"}), HERE, name="shop", python=None)
    assert binary == NotAProject("unreadable-file", "it is not UTF-8", PurePosixPath("Pipfile"), 0)
    anything = read(packages('six = "*"'), python=None)
    assert isinstance(anything, NotAProject)
    assert anything.code == "requires-python"


WORDS = st.sampled_from(
    """ * six ==1 >=1,<2 1 . ./lib git+https://git.example/six main acme $X a[b]
    https://acme.example/simple os_name=='nt' python_version~='x' extra=='y' \n""".split(" ")
)
KEYS = st.sampled_from(
    """version extras markers index git ref path file editable os_name hashes name url verify_ssl
    python_version allow_prereleases six idna a[b] sha256""".split()
)
VALUES = st.recursive(
    st.booleans() | st.integers() | WORDS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=6,
)
SECTIONS = st.sampled_from(
    "source packages dev-packages docs requires pipenv scripts default develop _meta".split()
)


@given(
    st.dictionaries(SECTIONS, st.dictionaries(KEYS, VALUES, max_size=3) | VALUES, max_size=5),
    st.dictionaries(SECTIONS, st.dictionaries(KEYS, VALUES, max_size=3) | VALUES, max_size=3),
)
def test_whatever_the_files_hold_they_are_converted_or_refused(
    pipfile: dict[str, Any], lock: dict[str, Any]
) -> None:
    result = read(tomlkit.dumps(pipfile), lock)
    if isinstance(result, Converted):
        assert tomllib.loads(result.manifest.decode())["project"]["name"].startswith("shop")
    else:
        assert result.why
        assert result.line >= 0
