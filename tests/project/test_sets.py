from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import pytest

from uvmigrate.project import NotAProject, ProjectSet, combine
from uvmigrate.source import Repo

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def path(text: str) -> PurePosixPath:
    return PurePosixPath(text)


def attempt(
    files: Mapping[str, str],
    *installs: str,
    extra: Mapping[PurePosixPath | str | None, Sequence[str]] | None = None,
) -> ProjectSet | NotAProject:
    """Each install names its files, separated by blanks."""
    repo = Repo.of({name: text.encode() for name, text in files.items()})
    return combine(repo, [frozenset(map(path, install.split())) for install in installs], extra)


def project(
    files: Mapping[str, str],
    *installs: str,
    extra: Mapping[PurePosixPath | str | None, Sequence[str]] | None = None,
) -> ProjectSet:
    found = attempt(files, *installs, extra=extra)
    assert isinstance(found, ProjectSet), found
    return found


def shape(found: ProjectSet) -> tuple[list[str], dict[str, list[str]]]:
    dependencies = [entry.text for entry in found.dependencies]
    return dependencies, {name: [entry.text for entry in group] for name, group in found.groups.items()}


THREE = {
    "requirements/base.txt": "six==1.16.0\n",
    "requirements/prod.txt": "-r base.txt\ngunicorn==21.2.0\n",
    "requirements/dev.txt": "-r base.txt\n-r test.txt\nipdb\n",
    "requirements/test.txt": "pytest\n",
}


def test_one_file_becomes_the_dependencies_in_its_order() -> None:
    found = project({"api/requirements.txt": "six==1.16.0\nidna\nsix==1.16.0\n"}, "api/requirements.txt")
    assert found.folder == path("api")
    assert shape(found) == (["six==1.16.0", "idna"], {})
    assert found.pins == {"six": ("1.16.0",)}
    assert (found.dependencies[1].path, found.dependencies[1].line) == (path("api/requirements.txt"), 2)


def test_what_all_images_share_becomes_the_dependencies_and_the_rest_groups() -> None:
    found = project(THREE, "requirements/prod.txt", "requirements/dev.txt")
    assert found.folder == path(".")
    assert shape(found) == (
        ["six==1.16.0"],
        {"dev": ["ipdb"], "test": ["pytest"], "prod": ["gunicorn==21.2.0"]},
    )
    assert found.includes == {"dev": ("test",)}
    assert found.file_groups[path("requirements/base.txt")] is None


def test_a_selection_says_how_to_install_what_an_image_installed() -> None:
    found = project(THREE, "requirements/prod.txt", "requirements/dev.txt")
    production = found.selection([path("requirements/prod.txt")])
    assert (production.dependencies, production.groups) == (True, ("prod",))
    development = found.selection([path("requirements/dev.txt")])
    assert (development.dependencies, development.groups) == (True, ("dev", "test"))


def test_images_that_share_nothing_have_requirements_txt_as_dependencies() -> None:
    files = {
        "requirements.txt": "-r base.txt\nflask\n",
        "base.txt": "six\n",
        "worker-requirements.txt": "celery\n",
    }
    found = project(files, "worker-requirements.txt", "requirements.txt")
    assert shape(found) == (["flask", "six"], {"worker": ["celery"]})
    worker = found.selection([path("worker-requirements.txt")])
    assert (worker.dependencies, worker.groups) == (False, ("worker",))


def test_without_a_requirements_txt_the_file_installed_most_often_counts() -> None:
    files = {"a-reqs.txt": "six\n", "b-reqs.txt": "idna\n"}
    assert shape(project(files, "a-reqs.txt", "b-reqs.txt", "b-reqs.txt")) == (["idna"], {"a": ["six"]})


def test_files_that_include_each_other_become_groups_that_do_not() -> None:
    files = {
        "requirements.txt": "six\n",
        "a-reqs.txt": "-r requirements.txt\n-r b-reqs.txt\nidna\n",
        "b-reqs.txt": "-r a-reqs.txt\nipdb\n",
    }
    found = project(files, "requirements.txt", "a-reqs.txt", "b-reqs.txt")
    assert found.includes == {"a": ("b",)}
    assert found.selection([path("b-reqs.txt")]).groups == ("b", "a")


def test_a_sibling_that_includes_the_dependencies_becomes_a_group_and_others_are_left_out() -> None:
    files = {
        "requirements.txt": "six==1.16.0\n",
        "requirements-dev.txt": "-r requirements.txt\npytest\n",
        "requirements-docs.txt": "sphinx\n",
        "requirements-old.txt": "-r requirements.txt\nsix==1.15.0\n",
        "requirements-gpu.txt": "-r requirements.txt\n--extra-index-url https://example.org/gpu\ntorch\n",
        "constraints.txt": "idna<4\n",
        "other/requirements-dev.txt": "-r ../requirements.txt\n",
    }
    found = project(files, "requirements.txt")
    assert shape(found) == (["six==1.16.0"], {"dev": ["pytest"]})
    assert [str(left) for left in found.left_out] == [
        "requirements-docs.txt",
        "requirements-gpu.txt",
        "requirements-old.txt",
    ]


def test_packages_named_on_a_command_line_go_where_the_caller_says() -> None:
    files = {"requirements.txt": "six\n", "requirements-dev.txt": "-r requirements.txt\npytest\n"}
    extra = {None: ["gunicorn==21.2.0"], path("requirements-dev.txt"): ["ipdb"], "worker": ["celery"]}
    found = project(files, "requirements.txt", extra=extra)
    assert shape(found) == (
        ["six", "gunicorn==21.2.0"],
        {"dev": ["pytest", "ipdb"], "worker": ["celery"]},
    )
    assert found.dependencies[1].path is None


def test_packages_alone_make_a_project_in_the_folder_that_is_given() -> None:
    found = combine(Repo.of({}), [], {None: ["flask==3.0.0"]}, folder=path("api"))
    assert isinstance(found, ProjectSet)
    assert (found.folder, shape(found)) == (path("api"), (["flask==3.0.0"], {}))


def test_constraints_indexes_options_and_hashes_are_collected_from_all_files() -> None:
    files = {
        "requirements.txt": "-r web.txt\n-c limits.txt\n-i https://example.org/all\nsix --hash=sha256:aa\n",
        "web.txt": "--extra-index-url https://example.org/extra\n--no-binary idna\nidna --hash=sha256:bb\n",
        "limits.txt": "idna<4\n",
    }
    found = project(files, "requirements.txt")
    assert found.constraints == ("idna<4",)
    assert [(index.kind, index.url) for index in found.indexes] == [
        ("default", "https://example.org/all"),
        ("extra", "https://example.org/extra"),
    ]
    assert [option.text for option in found.options] == ["--no-binary=idna"]
    assert found.hashed == {"six": ("sha256:aa",), "idna": ("sha256:bb",)}


def test_a_constraints_file_of_the_command_line_counts_too() -> None:
    repo = Repo.of({"requirements.txt": b"six\n", "limits.txt": b"six<2\n"})
    found = combine(repo, [frozenset({path("requirements.txt")})], constrained_by=[path("limits.txt")])
    assert isinstance(found, ProjectSet)
    assert found.constraints == ("six<2",)


def test_a_named_url_becomes_a_direct_reference() -> None:
    text = "git+https://example.org/demo@v1#egg=demo[x]&subdirectory=lib ; os_name == 'posix'\n"
    found = project({"requirements.txt": text}, "requirements.txt")
    expected = 'demo[x] @ git+https://example.org/demo@v1#subdirectory=lib ; os_name == "posix"'
    assert shape(found) == ([expected], {})


def test_an_editable_checkout_is_installed_without_its_working_copy_and_says_so() -> None:
    found = project({"requirements.txt": "-e git+https://example.org/demo#egg=demo\n"}, "requirements.txt")
    assert shape(found) == (["demo @ git+https://example.org/demo"], {})
    assert "working copy" in found.notes[0]


def test_the_project_itself_is_reported_and_is_no_entry() -> None:
    files = {"requirements.txt": "six\n", "requirements-dev.txt": "-r requirements.txt\n-e .[dev]\n"}
    found = project(files, "requirements.txt", "requirements-dev.txt")
    assert found.names == {"six"}
    assert found.installs_project == "editable"
    assert found.selection([path("requirements.txt")]).project is None
    development = found.selection([path("requirements-dev.txt")])
    assert (development.project, development.extras) == ("editable", ("dev",))


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("six\nsix>=1.16.*\n", "invalid-requirement", 2),
        ("six==${SIX}\n", "variable", 1),
        ("-r ${WHICH}.txt\n", "variable", 1),
        ("-i https://${HOST}/simple\n", "variable", 1),
        ("./lib\n", "local-path", 1),
        ("-e ./lib\n", "local-path", 1),
        ("demo @ file:///srv/demo\n", "local-path", 1),
        ("git+https://example.org/demo\n", "unnamed-url", 1),
        ("-e git+https://example.org/demo\n", "unnamed-url", 1),
        ("svn+https://example.org/demo#egg=demo\n", "unsupported-url", 1),
        ("git+https://user:secret@example.org/demo#egg=demo\n", "url-credentials", 1),
        ("-i https://user:secret@example.org/simple\n", "index-credentials", 1),
        ("--extra-index-url https://${TOKEN}@example.org/simple\n", "index-credentials", 1),
        ("-f ./wheels\n", "local-find-links", 1),
        ("--trusted-host example.org\nsix\n", "unsupported-option", 1),
        ("uwsgi --config-settings=a=b\n", "unsupported-option", 1),
        ("-r ../shared.txt\n", "outside-include", 1),
        ("-c https://example.org/limits.txt\n", "outside-include", 1),
        ("-r missing.txt\n", "missing-file", 0),
        ("# nothing\n", "empty-set", 0),
    ],
)
def test_what_no_uv_project_can_say_makes_it_none_with_a_code_and_the_line(
    text: str, code: str, line: int
) -> None:
    found = attempt({"requirements.txt": text}, "requirements.txt")
    assert isinstance(found, NotAProject)
    assert (found.code, found.line) == (code, line)
    assert found.why
    assert "secret" not in found.why


LIBRARY = (
    "[build-system]\nrequires = ['hatchling']\n"
    "[project]\nname = 'Acme_Money'\nversion = '1'\noptional-dependencies.yaml = ['pyyaml']\n"
)


def test_a_folder_with_a_project_is_a_dependency_with_a_source() -> None:
    files = {"api/requirements.txt": "six\n-e ../lib[yaml]  # ours\nidna\n", "lib/pyproject.toml": LIBRARY}
    found = project(files, "api/requirements.txt")
    assert shape(found) == (["six", "acme-money[yaml]", "idna"], {})
    assert found.sources == (("acme-money", path("lib"), True),)


@pytest.mark.parametrize(
    ("line", "library"),
    [
        ("./lib ; python_version < '3.9'", LIBRARY),
        ("-e ./lib ; python_version < '3.9'", LIBRARY),
        ("./lib --config-settings=a=b", LIBRARY),
        ("./lib", LIBRARY.replace("version = '1'", "dynamic = ['version']")),
        ("./lib", LIBRARY.partition("\n")[2].partition("\n")[2]),
        ("./lib", f"{LIBRARY}[tool.uv.sources]\npyyaml = {{ path = '../yaml' }}\n"),
        ("./lib", "[tool.poetry]\nname = 'lib'\n"),
        ("./lib", "[project"),
    ],
)
def test_a_folder_that_uv_could_not_take_as_it_is_makes_no_project(line: str, library: str) -> None:
    found = attempt({"requirements.txt": f"six\n{line}\n", "lib/pyproject.toml": library}, "requirements.txt")
    assert isinstance(found, NotAProject)
    assert (found.code, found.line) == ("local-path", 2)


@pytest.mark.parametrize(
    "files",
    [
        {"a.txt": "./lib\n", "b.txt": "-e ./lib\n"},
        {"a.txt": "six\n-c limits.txt\n", "b.txt": "six\n", "limits.txt": "./lib\n"},
    ],
)
def test_a_folder_in_two_ways_or_as_a_constraint_makes_no_project(files: dict[str, str]) -> None:
    found = attempt({**files, "lib/pyproject.toml": LIBRARY}, "a.txt", "b.txt")
    assert isinstance(found, NotAProject)
    assert found.code == "local-path"


def test_ssh_names_its_user_and_that_is_no_credential() -> None:
    text = "git+ssh://git@example.org/demo.git#egg=demo\n"
    assert project({"requirements.txt": text}, "requirements.txt").names == {"demo"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("six==1.15.0", "six==1.16.0"),
        ("six==1.15.0", "Six>=1.16"),
        ("six==1.15.0 ; os_name == 'posix'", "six==1.16.0"),
        ("six==1.15.0 ; os_name == 'posix'", "six==1.16.0 ; python_version > '3.8'"),
        ("demo @ https://example.org/a.zip", "demo==1"),
    ],
)
def test_files_that_contradict_each_other_are_no_project(one: str, other: str) -> None:
    found = attempt({"a.txt": f"{one}\n", "b.txt": f"\n{other}\n"}, "a.txt", "b.txt")
    assert isinstance(found, NotAProject)
    assert found.code == "contradicting-pins"
    assert (str(found.path), found.line) == ("b.txt", 2)
    assert "a.txt:1" in found.why


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("six==1.16", "six==1.16.0"),
        ("six==1.16.0", "six>=1.15"),
        ("six==1.16.0+local", "six==1.16.0"),
        ("six==1.15.0 ; python_version < '3.9'", "six==1.16.0 ; python_version >= '3.9'"),
        ("six==1.15.0 ; sys_platform == 'win32'", "six==1.16.0 ; platform_system != 'Windows'"),
        ("six>=1.16", "six<1.15"),  # no pin: whether they meet is for the lock to find out
    ],
)
def test_pins_that_one_version_or_no_environment_joins_do_not_contradict(one: str, other: str) -> None:
    assert isinstance(attempt({"a.txt": one, "b.txt": other}, "a.txt", "b.txt"), ProjectSet)


def test_two_default_indexes_are_no_project() -> None:
    files = {"a.txt": "-i https://example.org/a\nsix\n", "b.txt": "-i https://example.org/b\nsix\n"}
    found = attempt(files, "a.txt", "b.txt")
    assert isinstance(found, NotAProject)
    assert found.code == "contradicting-indexes"


def test_a_package_pinned_by_marker_is_among_no_pins() -> None:
    text = "six==1.15.0 ; python_version < '3.9'\nsix==1.16.0 ; python_version >= '3.9'\nidna==3.4\n"
    assert project({"requirements.txt": text}, "requirements.txt").pins == {"idna": ("3.4",)}
