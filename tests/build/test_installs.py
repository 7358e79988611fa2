"""What each call of pip puts into the image, by the files and folders of the repository."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from build.reading import build_in
from uvmigrate.build import Install, installs, uv_calls

FILES = dict.fromkeys(
    ("requirements.txt", "requirements/dev.txt", "constraints.txt", "pyproject.toml", "lib/setup.py"), ""
)


def found(run: str) -> tuple[Install, ...]:
    text = f"FROM python:3.12\nENV NAME=requirements\nWORKDIR /app\nCOPY . .\nRUN {run}\n"
    return installs(build_in(FILES | {"Dockerfile": text}))


def paths(*names: str | None) -> tuple[PurePosixPath | None, ...]:
    return tuple(PurePosixPath(name) if name is not None else None for name in names)


def test_files_and_constraints_are_those_of_the_repository() -> None:
    [install] = found("pip install -r requirements.txt -r ./requirements/dev.txt -c /app/constraints.txt")
    assert install.files == paths("requirements.txt", "requirements/dev.txt")
    assert install.constraints == paths("constraints.txt")


def test_a_file_that_is_not_in_the_repository_is_none() -> None:
    [install] = found('pip install -r made-here.txt -r "$NAME.txt" -r /etc/requirements.txt')
    assert install.files == paths(None, None, None)


def test_packages_are_named_requirements() -> None:
    [install] = found("pip install 'six==1.16.0' flask[async]  'lib @ git+https://example.org/lib@v1'")
    assert install.packages == ("six==1.16.0", "flask[async]", "lib @ git+https://example.org/lib@v1")
    assert (install.files, install.projects, install.others) == ((), (), ())


def test_projects_are_folders_with_their_extras() -> None:
    [install] = found("pip install .[web,db] -e ./lib")
    assert [(p.text, p.folder, p.extras, p.editable) for p in install.projects] == [
        ("./lib", PurePosixPath("lib"), (), True),
        (".[web,db]", PurePosixPath(), ("web", "db"), False),
    ]


@pytest.mark.parametrize(
    "operand",
    ["git+https://example.org/a.git@v1", "https://example.org/a.whl", "./dist/a.whl", "dist/*.whl", "$APP"],
)
def test_what_is_no_name_and_no_folder_is_something_else(operand: str) -> None:
    [install] = found(f"pip install {operand}")
    assert (install.packages, install.projects, install.others) == ((), (), (operand,))


@pytest.mark.parametrize(
    "run",
    [
        "pip install --upgrade pip",
        "python -m pip install -U pip setuptools wheel",
        "pip install 'pip<24' setuptools==70.0.0",
        "pip install poetry==1.8.3",
        "pip install uv pip",
        "pip install pip-tools==$VERSION",
        "pip list",
        "pip --version",
        "pip uninstall -y six",
        "echo pip install six",
        "apt-get install python3-pip",
    ],
)
def test_installing_tools_only_is_no_install(run: str) -> None:
    assert found(run) == ()


@pytest.mark.parametrize(
    "run",
    [
        "pip install -U pip -r requirements.txt",
        "pip install --upgrade pip -e .",
        "pip install poetry -r requirements.txt",
        "pip install uv .",
        "pip install pip six",
        "pip install -U pip $PACKAGES",
        "pip install setuptools --group dev",
        "pip wheel -r requirements.txt -w /wheels",
    ],
)
def test_anything_beside_the_tools_makes_it_one(run: str) -> None:
    assert len(found(run)) == 1


def test_installs_are_found_wherever_they_stand_in_a_script() -> None:
    run = 'if [ "$X" ]; then pip install a; fi; (pip install b); pip install c || true; x=$(pip install d)'
    assert [(install.packages, install.call.nested is None) for install in found(run)] == [
        (("a",), False),
        (("b",), False),
        (("c",), True),
        (("d",), False),
    ]


def test_installs_of_heredocs_and_of_several_stages_come_in_order() -> None:
    text = "FROM python:3.12\nRUN <<EOF\npip install a\npip install b\nEOF\n"
    text += "FROM python:3.12\nRUN pip install c\n"
    everything = installs(build_in({"Dockerfile": text}))
    assert [(install.packages, install.stage.index) for install in everything] == [
        (("a",), 0),
        (("b",), 0),
        (("c",), 1),
    ]


def test_a_folder_is_seen_from_where_the_command_runs() -> None:
    [install] = found("cd requirements && pip install -r dev.txt -e ../lib")
    assert install.files == paths("requirements/dev.txt")
    assert [project.folder for project in install.projects] == [PurePosixPath("lib")]


def test_calls_of_uv_are_no_installs_by_pip() -> None:
    text = "FROM python:3.12\nRUN uv pip install six && uv sync\n"
    build = build_in({"Dockerfile": text})
    assert installs(build) == ()
    assert [uv.verb for _, uv in uv_calls(build)] == ["pip install", "sync"]


@pytest.mark.parametrize(
    ("run", "found"),
    [
        ('bash -c "pip install six"', ["six"]),
        ("cd /x && sh -ec 'pip install six && pip install idna'", ["six", "idna"]),
        ('bash -c "if [ $X == 1 ]; then pip install six; fi" && pip install idna', ["six", "idna"]),
        ("bash -lc 'pip install six'", []),
        ("bash -c \"sh -c 'pip install six'\"", []),
        ("sudo bash -c 'pip install six'", []),
        ('bash -c "pip install \\"six\\""', []),
    ],
)
def test_the_text_that_a_shell_is_given_is_read_where_it_stands(run: str, found: list[str]) -> None:
    build = build_in({"Dockerfile": f"FROM python:3.12\nRUN {run}\n"})
    inside = [install for install in installs(build) if install.call.outer is not None]
    plain = [install for install in installs(build) if install.call.outer is None]
    assert [name for install in (*inside, *plain) for name in install.packages] == found
    for install in inside:
        call = install.call
        assert call.command.span.of(build.dockerfile.data).startswith(b"pip install")
        assert "is given" in (call.nested or "")
