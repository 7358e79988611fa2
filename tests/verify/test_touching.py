"""Which files are changed before an image is built again, and how."""

from __future__ import annotations

import ast
import json
import tomllib

import pytest

from uvmigrate.verify.touching import imported_in, manifests, source_file, touched, with_own_caches
from verify.touching import side_of

ALL = "FROM python:3.11-slim\nWORKDIR /app\nCOPY . .\n"
INSTALL = "RUN pip install -r requirements.txt\n"


def source(text: str, *names: str, after: str | None = None, **contents: str) -> str | None:
    """The source file that is changed for these Dockerfiles, in a repository with files of these names."""
    files = dict.fromkeys(names, "") | {"requirements.txt": "bottle\n"} | contents
    before = side_of({"Dockerfile": text, **files})
    found = source_file(before, side_of({"Dockerfile": after or text, **files}))
    return None if found is None else str(found)


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ('["uvicorn", "shop.web:app"]', "src/shop/web.py"),
        ('["gunicorn", "shop.web:make(debug=False)"]', "src/shop/web.py"),
        ('["python", "-m", "shop"]', "src/shop/__main__.py"),
        ('["python", "-m", "shop.web"]', "src/shop/web.py"),
        ('["python", "-m", "shop.tools"]', "src/shop/tools/__main__.py"),
        ('["python", "./run/manage.py", "serve"]', "run/manage.py"),
        ('["python", "/app/run/manage.py"]', "run/manage.py"),
        ('["python", "app.py"]', "app.py"),
        ("exec uvicorn --port 8000 shop.web:app", "src/shop/web.py"),
        ('["uvicorn", "shop:app"]', "src/shop/__init__.py"),
        ('["shop-server"]', "app.py"),
    ],
)
def test_the_module_that_starts_is_the_source_file(command: str, expected: str) -> None:
    names = "app.py run/manage.py src/shop/__init__.py src/shop/__main__.py src/shop/web.py".split()
    names += ["src/shop/tools/__init__.py", "src/shop/tools/__main__.py"]
    files = dict.fromkeys(names, "")
    side = side_of({"Dockerfile": f"{ALL}CMD {command}\n", **files})
    assert str(source_file(side, side)) == expected


def test_a_script_of_an_absolute_path_outside_of_the_sources_leads_to_no_file_of_theirs() -> None:
    assert source(ALL + 'CMD ["python", "/opt/tool/start.py"]\n', "web.py") == "web.py"


def test_neither_manifests_nor_tests_are_sources() -> None:
    assert source(ALL, "setup.py", "conftest.py", "test_a.py", "a_test.py", "tests/a.py") is None
    assert source(ALL, "setup.py", "shop/__init__.py", "shop/deep/er.py") == "shop/deep/er.py"


def test_a_program_that_is_called_like_its_package_is_not_that_packages_first_file() -> None:
    assert source(ALL + 'CMD ["shop"]\n', "shop/__init__.py", "shop/cli.py") == "shop/cli.py"


def test_a_source_file_must_reach_both_images() -> None:
    files = ("a.py", "shop/b.py", "left/c.py")
    some = "FROM python:3.11-slim\nCOPY shop /shop/\nCOPY left /left/\n"
    assert source(ALL, *files, after=some) == "left/c.py"
    assert source(ALL, *files, after=some.replace("left", "shop")) == "shop/b.py"
    assert source("FROM python:3.11-slim\nCOPY requirements.txt .\n", *files) is None


def test_what_the_builder_is_not_sent_is_no_source() -> None:
    ignoring = {"Dockerfile": ALL, "a.py": "", "shop/b.py": "", ".dockerignore": "a.py\n"}
    side = side_of(ignoring)
    assert str(source_file(side, side)) == "shop/b.py"


def test_sources_of_a_stage_that_the_image_takes_files_of_count() -> None:
    staged = (
        "FROM python:3.11-slim AS unused\nCOPY other /other/\n"
        "FROM python:3.11-slim AS build\nCOPY shop /shop/\nRUN pip install /shop\n"
        "FROM python:3.11-slim\nCOPY --from=build /usr/local /usr/local\n"
    )
    assert source(staged, "other/a.py", "shop/deep/b.py") == "shop/deep/b.py"


def test_mounted_sources_count() -> None:
    mounted = "FROM python:3.11-slim\nRUN --mount=type=bind,source=shop,target=/shop pip install /shop\n"
    assert source(mounted, "shop/b.py") == "shop/b.py"


@pytest.mark.parametrize(
    ("text", "files", "expected"),
    [
        (INSTALL, {"requirements.txt": "-r more.txt\n", "more.txt": "a\n"}, ["requirements.txt"]),
        ("RUN pip install .\n", {"setup.py": "", "pyproject.toml": ""}, ["setup.py"]),
        ("RUN pip install -e .\n", {"pyproject.toml": ""}, ["pyproject.toml"]),
        ("RUN poetry install\n", {"pyproject.toml": "", "poetry.lock": ""}, ["poetry.lock"]),
        ("RUN poetry install\n", {"pyproject.toml": ""}, ["pyproject.toml"]),
        ("RUN pipenv sync\n", {"Pipfile": "", "Pipfile.lock": "{}"}, ["Pipfile.lock"]),
        (
            "RUN poetry export -o /r.txt && pip install -r /r.txt\n",
            {"pyproject.toml": "", "poetry.lock": ""},
            ["poetry.lock"],
        ),
        ("RUN uv pip install -r requirements.txt\n", {"requirements.txt": "a\n"}, ["requirements.txt"]),
        ("RUN uv pip install .\n", {"pyproject.toml": "[project]\nname = 'a'\n"}, ["pyproject.toml"]),
        ("RUN pip install bottle\n", {"requirements.txt": ""}, []),
    ],
)
def test_the_manifest_is_what_an_install_reads(text: str, files: dict[str, str], expected: list[str]) -> None:
    assert [str(path) for path in manifests(side_of({"Dockerfile": ALL + text, **files}))] == expected


def test_a_sync_reads_the_lock_also_where_it_is_made_later() -> None:
    project = '[project]\nname = "a"\nversion = "1"\ndependencies = []\n'
    mounts = "--mount=type=bind,source=uv.lock,target=/app/uv.lock"
    mounts += " --mount=type=bind,source=pyproject.toml,target=/app/pyproject.toml"
    text = f"FROM python:3.11-slim\nWORKDIR /app\nRUN {mounts} uv sync --locked\n"
    side = side_of({"Dockerfile": text, "pyproject.toml": project})
    assert [str(path) for path in manifests(side)] == ["uv.lock"]


def test_manifests_are_those_of_the_stage_that_the_image_is_made_of() -> None:
    text = (
        "FROM python:3.11-slim AS app\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\n"
        "FROM app AS tests\nCOPY dev.txt .\nRUN pip install -r dev.txt\n"
    )
    files = {"Dockerfile": text, "requirements.txt": "", "dev.txt": ""}
    assert [str(path) for path in manifests(side_of(files, target="app"))] == ["requirements.txt"]


def test_a_touched_file_says_the_same() -> None:
    assert touched("poetry.lock", b'a = "b"', "s") == b'a = "b"\n# uvmigrate s\n'
    for text in ('a = "b"', 'a = "b"\n', ""):
        data = touched("uv.lock", text.encode(), "s")
        assert data is not None
        assert tomllib.loads(data.decode()) == tomllib.loads(text)
    python = touched("web.py", b'"""It."""\r\nprint(1)', "s")
    assert python is not None
    assert ast.dump(ast.parse(python)) == ast.dump(ast.parse('"""It."""\nprint(1)'))


def test_a_json_lock_is_touched_by_blanks_that_differ_from_stamp_to_stamp() -> None:
    first, second = (touched("Pipfile.lock", b'{"default": {}}', stamp) for stamp in ("1", "2"))
    assert first is not None
    assert second is not None
    assert json.loads(first) == json.loads(second) == {"default": {}}
    assert first != second


def test_utf_16_is_not_touched() -> None:
    assert touched("requirements.txt", "bottle\n".encode("utf-16"), "s") is None


@pytest.mark.parametrize(
    ("flag", "expected"),
    [
        ("type=cache,target=/root/.cache/uv", "type=cache,target=/root/.cache/uv,id=/root/.cache/uv-s"),
        ("type=cache,id=uv,target=/c,sharing=locked", "type=cache,id=uv-s,target=/c,sharing=locked"),
        ("ID=$NAME,type=cache,dst=/c", "ID=$NAME-s,type=cache,dst=/c"),
        ('"type=cache,target=/c"', '"type=cache,target=/c",id=/c-s'),
        ('"id=a,type=cache,target=/c"', '"id=a-s,type=cache,target=/c"'),
        ("type=bind,target=/c", "type=bind,target=/c"),
        ("type=secret,id=a", "type=secret,id=a"),
    ],
)
def test_each_cache_mount_gets_a_name_of_its_own(flag: str, expected: str) -> None:
    text = "# a\r\nFROM a\r\nRUN --mount={} \\\r\n  # b\r\n  id=c cmd"
    assert with_own_caches(text.format(flag).encode(), "s") == text.format(expected).encode()


def test_what_sources_import_is_found_and_what_tests_import_is_not() -> None:
    found = imported_in(
        side_of(
            {
                "Dockerfile": ALL,
                "shop/web.py": "import requests.auth\nif x:\n    from yaml import load\nfrom . import y\n",
                "tests/test_web.py": "import pytest\n",
            }
        ).build
    )
    assert {name: str(path) for name, path in found.items()} == {
        "requests": "shop/web.py",
        "yaml": "shop/web.py",
    }
