"""A command line of pip is read as pip's own optparse reads it."""

from __future__ import annotations

import pytest

from commands.reading import pip
from uvmigrate.commands import install_variables, read_pip, requirement_name, unmappable, uv_pip_edits
from uvmigrate.shell import parse
from uvmigrate.source import apply_edits


@pytest.mark.parametrize(
    ("text", "folder", "version"),
    [
        ("pip install six", None, ""),
        ("pip3 install six", None, "3"),
        ("pip3.12 install six", None, "3.12"),
        ("/opt/venv/bin/pip install six", "/opt/venv/bin/", ""),
        ("venv/bin/pip3 install six", "venv/bin/", "3"),
        ('"$VENV/bin/pip" install six', "$VENV/bin/", ""),
        ("${VENV}/bin/python3 -m pip install six", "${VENV}/bin/", "3"),
        ("python -m pip install six", None, ""),
        ("python3.11 -mpip install six", None, "3.11"),
        ("python -u -I -m pip install six", None, ""),
        ("'pip' install six", None, ""),
        ("PIP_NO_CACHE_DIR=1 pip install six", None, ""),
        ("pip --quiet install six", None, ""),
        ("pip --cache-dir /c install six", None, ""),
    ],
)
def test_pip_is_known_by_whatever_name_it_is_called(text: str, folder: str | None, version: str) -> None:
    found = pip(text)
    assert (found.folder, found.version, found.verb) == (folder, version, "install")
    assert found.values(None) == ("six",)


@pytest.mark.parametrize(
    "text",
    [
        "pipx install six",
        "echo pip install",
        "python setup.py build install",
        "python setup.py install --user",
        "python -m pipenv install",
        "python -c 'import pip'",
        "pip-compile",
        "$PIP install six",
        "uv pip install six",
        "sudo pip install six",
        "A=1",
    ],
)
def test_what_is_not_pip_is_none(text: str) -> None:
    [command] = parse(text.encode()).commands
    assert read_pip(command) is None


@pytest.mark.parametrize(
    ("text", "option", "switched"),
    [
        ("python setup.py install", None, "uv pip install -q ."),
        ("/opt/venv/bin/python3 setup.py develop", "--editable", "uv pip install -q -e ."),
    ],
)
def test_setup_py_installs_its_own_folder(text: str, option: str | None, switched: str) -> None:
    found = pip(text)
    assert (found.verb, found.values(option)) == ("install", (".",))
    assert apply_edits(text.encode(), uv_pip_edits(found, text.encode(), "-q")).decode() == switched


@pytest.mark.parametrize(
    ("options", "read"),
    [
        ("-r a.txt", [("--requirement", "a.txt")]),
        ("-ra.txt", [("--requirement", "a.txt")]),
        ("--requirement a.txt", [("--requirement", "a.txt")]),
        ("--requirement=a.txt", [("--requirement", "a.txt")]),
        ("--constr a.txt", [("--constraint", "a.txt")]),
        ("--constr=a.txt", [("--constraint", "a.txt")]),
        ("-Ur a.txt", [("--upgrade", None), ("--requirement", "a.txt")]),
        ("-qUra.txt", [("--quiet", None), ("--upgrade", None), ("--requirement", "a.txt")]),
        ("-qq", [("--quiet", None), ("--quiet", None)]),
        ("--no-deps -e .", [("--no-deps", None), ("--editable", ".")]),
        ("--extra-index https://x.org", [("--extra-index-url", "https://x.org")]),
        ("--pre", [("--pre", None)]),
        ("--no-cache", [("--no-cache-dir", None)]),
        ("-i 'https://x.org/a b'", [("--index-url", "https://x.org/a b")]),
        ("six -r a.txt flask", [(None, "six"), ("--requirement", "a.txt"), (None, "flask")]),
        ("-- -r", [(None, "-r")]),
        ("-r", [("--requirement", None)]),
    ],
)
def test_options_are_read_in_every_form_that_pip_takes(
    options: str, read: list[tuple[str | None, str | None]]
) -> None:
    found = pip(f"pip install {options}")
    assert [(argument.option, argument.value) for argument in found.arguments] == read
    assert found.dynamic == ()


def test_an_abbreviation_that_two_options_have_is_not_guessed() -> None:
    found = pip("pip install --req x")
    assert [argument.option for argument in found.arguments] == ["--req", None]
    assert unmappable(found) is not None


@pytest.mark.parametrize("text", ["-r $F", "--requirement=$F", '-r"$F"', "-Ur${F}", "$F", '"six==$F"'])
def test_a_value_that_only_the_shell_knows_is_dynamic(text: str) -> None:
    found = pip(f"pip install {text}")
    assert [argument.value for argument in found.dynamic] == [None]


@pytest.mark.parametrize(
    ("text", "tools"),
    [
        ("pip install -U pip", True),
        ("pip install --upgrade pip setuptools wheel", True),
        ("pip install 'pip<24' Wheel==0.40", True),
        ("pip install pip six", False),
        ("pip install -U pip -r a.txt", False),
        ("pip install -U pip -e .", False),
        ("pip install -U pip $X", False),
        ("pip install -U", False),
        ("pip uninstall pip", False),
    ],
)
def test_an_upgrade_of_the_installing_tools_is_told_from_an_install(text: str, tools: bool) -> None:
    assert pip(text).upgrades_installers is tools


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("six", "six"),
        ("Flask_SQLAlchemy[async]>=3", "flask-sqlalchemy"),
        ("zope.interface ~= 6.0", "zope-interface"),
        (" lib @ git+https://example.org/lib", "lib"),
        ("./lib", ""),
        ("", ""),
    ],
)
def test_a_requirement_is_known_by_its_normalised_name(text: str, name: str) -> None:
    assert requirement_name(text) == name


def test_settings_that_uv_takes_from_its_environment_become_variables() -> None:
    found = pip(
        "pip install --timeout 99.6 --retries=5 --proxy http://p.example.org:3128 --client-cert /c.pem six"
    )
    assert install_variables(found) == {
        "UV_HTTP_TIMEOUT": "100",
        "UV_HTTP_RETRIES": "5",
        "ALL_PROXY": "http://p.example.org:3128",
        "SSL_CLIENT_CERT": "/c.pem",
    }
    assert install_variables(pip("pip --default-timeout=0.2 install six")) == {"UV_HTTP_TIMEOUT": "1"}
    assert install_variables(pip("pip install --timeout 1.2.3 six")) == {"UV_HTTP_TIMEOUT": "1.2.3"}


@pytest.mark.parametrize(
    ("options", "option", "why"),
    [
        ("--root /x", "--root", "uv pip cannot install under another root"),
        ("--platform manylinux1_x86_64", "--platform", "uv names platforms differently (--python-platform)"),
        ("--global-option=build_ext", "--global-option", "uv passes no options to setup.py"),
        ("--python /usr/bin/python3", "--python", "pip installs into another interpreter's environment"),
        ("--frobnicate", "--frobnicate", "an option that uvmigrate does not know"),
        ("-z", "-z", "an option that uvmigrate does not know"),
        ("--timeout $T", "--timeout", "its value is only known to the shell"),
        ("--uploaded-prior-to $D", "--uploaded-prior-to", "its value is only known to the shell"),
    ],
)
def test_what_uv_cannot_honour_is_named_with_the_reason(options: str, option: str, why: str) -> None:
    refused = unmappable(pip(f"pip install {options} six"))
    assert refused is not None
    assert (refused[0].option, refused[1]) == (option, why)


def test_what_uv_honours_is_no_obstacle() -> None:
    assert unmappable(pip("pip install --no-cache-dir -U -r a.txt --proxy http://p --user six $X")) is None
