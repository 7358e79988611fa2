"""A call of pip is said in uv by as few edits as it takes; the real uv understands every one of them."""

from __future__ import annotations

import importlib.util
import re
import shlex
import subprocess
import sys

import pytest
from uv import find_uv_bin

from commands.reading import in_uv, pip
from uvmigrate.commands import dropped_options, python_option, unmappable
from uvmigrate.commands.pip import GRAMMAR, OPTIONS


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("pip install six", "uv pip install six"),
        ("pip3 install -r requirements.txt", "uv pip install -r requirements.txt"),
        ("python -m pip install .", "uv pip install ."),
        ("/opt/venv/bin/pip install six", "uv pip install six"),
        ('"$V/bin/pip" install six', "uv pip install six"),
        ("PIP_X=1 pip install six", "PIP_X=1 uv pip install six"),
        ("pip install --no-cache-dir six", "uv pip install six"),
        ("pip --no-cache-dir install six", "uv pip install six"),
        ("pip -q install six", "uv pip install -q six"),
        ("pip install six --no-cache-dir", "uv pip install six"),
        ("pip install --cache-dir /c six", "uv pip install six"),
        ("pip install --user --no-warn-script-location six", "uv pip install six"),
        ("pip install --root-user-action=ignore -U six", "uv pip install -U six"),
        ("pip install --progress-bar off six", "uv pip install --no-progress six"),
        ("pip install --progress-bar=on six", "uv pip install six"),
        ("pip install --timeout 60 --retries 5 six", "uv pip install six"),
        ("pip install --no-dependencies six", "uv pip install --no-deps six"),
        ("pip install --uploaded-prior-to=2025-01-01 six", "uv pip install --exclude-newer 2025-01-01 six"),
        ("pip install --constr a.txt", "uv pip install --constraint a.txt"),
        ("pip install --constr=a.txt", "uv pip install --constraint=a.txt"),
        ("pip install --force six", "uv pip install --force-reinstall six"),
        ("pip install -Ur a.txt", "uv pip install -Ur a.txt"),
        ("pip install -UIr a.txt", "uv pip install --upgrade --requirement a.txt"),
        ("pip install -IUra.txt", "uv pip install --upgrade --requirement=a.txt"),
        ("pip install -qIU six", "uv pip install --quiet --upgrade six"),
        ('pip install -IUr"$F"', 'uv pip install --upgrade --requirement="$F"'),
        ("pip install   'a b'  \"$X\"  # why", "uv pip install   'a b'  \"$X\"  # why"),
        ("pip install \\\n  --no-cache-dir \\\n  six \\\n  flask", "uv pip install \\\n  six \\\n  flask"),
        ("pip install \\\n  six \\\n  --no-cache-dir", "uv pip install \\\n  six"),
        ("pip install six > /dev/null", "uv pip install six > /dev/null"),
        ("pip wheel --no-deps -w /wheels -r a.txt", "uv pip install -r a.txt"),
    ],
)  # fmt: skip
def test_it_is_said_in_uv(before: str, after: str) -> None:
    assert in_uv(before) == after


def test_extra_words_follow_the_verb() -> None:
    assert in_uv("pip -q install -U six", "--require-hashes") == "uv pip install --require-hashes -q -U six"


def test_what_is_said_in_uv_is_no_call_of_pip_any_more() -> None:
    with pytest.raises(AssertionError):
        pip(in_uv("pip install -U six"))


def test_what_a_new_environment_has_no_use_for_the_image_s_own_python_has() -> None:
    text = "pip3.11 install --break-system-packages -I six"
    assert in_uv(text) == "uv pip install six"
    assert in_uv(text, "--python x", system=True) == (
        "uv pip install --python x --break-system-packages --reinstall six"
    )


def test_an_upgrade_of_some_packages_is_none_of_all_that_an_image_holds() -> None:
    extra = "--upgrade-package six"
    assert in_uv("pip install -qU six", extra, system=True) == f"uv pip install {extra} --quiet six"
    text = "pip install --upgrade --upgrade-strategy eager six"
    assert in_uv(text, system=True) == "uv pip install --upgrade six"


@pytest.mark.parametrize(
    ("text", "option"),
    [
        ("pip install six", '--python "$(command -v python3)"'),
        ("pip3 install six", '--python "$(command -v python3)"'),
        ("pip3.11 install six", '--python "$(command -v python3.11)"'),
        ("python -m pip install six", '--python "$(command -v python)"'),
        ("python3.9 -I -m pip install six", '--python "$(command -v python3.9)"'),
        ("/opt/app/bin/pip install six", "--python /opt/app/bin/python3"),
        ("/opt/app/bin/python -m pip install six", "--python /opt/app/bin/python"),
        ('"$APP/bin/pip3.12" install six', '--python "$APP/bin/python3.12"'),
    ],
)
def test_an_image_s_own_python_is_the_one_that_pip_belongs_to(text: str, option: str) -> None:
    assert python_option(pip(text)) == option


def test_people_are_told_of_options_that_meant_something() -> None:
    assert dropped_options(pip("pip install --prefer-binary --no-cache-dir --user --no-input six")) == (
        "--prefer-binary goes: uv has no such preference; pinned versions are not affected",
        "--user goes: the virtual environment takes its place",
    )
    assert dropped_options(pip("pip install six")) == ()


def uv_takes(*words: str) -> bool:
    """Whether the real uv can read these words: it parses them before it prints its help."""
    done = subprocess.run([find_uv_bin(), *words, "--help"], capture_output=True, text=True)
    unknown = "unexpected argument" in done.stderr
    assert unknown is (done.returncode == 2), done.stderr
    return not unknown


#: A value that each option with one takes.
VALUES = {
    "--config-settings": "a=b",
    "--config-setting": "a=b",
    "--python-version": "3.12",
    "--keyring-provider": "subprocess",
    "--index-url": "https://example.org/simple",
    "--extra-index-url": "https://example.org/simple",
    "--uploaded-prior-to": "2025-01-01",
    "--progress-bar": "off",
    "--no-binary": ":all:",
    "--only-binary": ":all:",
}


@pytest.mark.parametrize("option", [name for name, meaning in OPTIONS.items() if meaning.action != "refuse"])
def test_the_real_uv_takes_what_becomes_of_each_option(option: str) -> None:
    value = [VALUES.get(option, "1")] if option in GRAMMAR.valued else []
    verb = "wheel" if option == "--wheel-dir" else "install"
    text = shlex.join(["pip", verb, option, *value, "six"])
    assert unmappable(pip(text)) is None
    for system in (False, True):
        assert uv_takes(*shlex.split(in_uv(text, system=system))[1:])


def test_uv_s_help_names_no_option_that_is_dropped_or_refused_but_these() -> None:
    command = [find_uv_bin(), "pip", "install", "--help"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", shown))
    assert "--requirements" in named
    gone = {option for option, meaning in OPTIONS.items() if meaning.action in ("drop", "refuse")}
    assert gone & named == {
        "--break-system-packages",  # there is an environment of its own
        "--cache-dir",  # another cache
        "--user",  # uv knows it to say that it has no such thing
        "--python",  # that names an environment, in pip the interpreter to run itself with
    }


@pytest.mark.skipif(
    importlib.util.find_spec("pip") is None, reason="this environment has no pip to compare with"
)
@pytest.mark.parametrize("verb", ["install", "wheel"])
def test_every_option_of_the_real_pip_is_known(verb: str) -> None:
    command = [sys.executable, "-m", "pip", verb, "--help"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True, env={"COLUMNS": "200"}).stdout
    listed = re.findall(r"^ +(?:-\w, )?(--[a-z0-9-]+)", shown, flags=re.MULTILINE)
    assert "--requirement" in listed
    assert sorted(set(listed) - OPTIONS.keys() - {"--help", "--version"}) == []
