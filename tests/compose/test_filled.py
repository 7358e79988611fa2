"""Services as Compose starts them: variables filled in, files of variables read."""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath

import pytest

from compose.reading import read
from engine.docker_cli import docker
from uvmigrate.compose import HostSecret, MissingVariable, filled_service, host_secrets, read_env_file
from uvmigrate.compose.variables import filled

VALUES = {"A": "1", "EMPTY": ""}


@pytest.mark.parametrize(
    ("written", "becomes"),
    [
        ("$A ${A} $$A $B.", "1 1 $A ."),
        ("${B:-x} ${EMPTY:-x} ${EMPTY-x} ${B-x}", "x x  x"),
        ("${B:-${C:-${A}}} ${B:-a${C}b}c", "1 abc"),
        ("${A:+x} ${B:+x} ${EMPTY:+x} ${EMPTY+x} ${B+x}", "x   x "),
        ("${A:?why} ${EMPTY?why}", "1 "),
        ("a $ b ${ c ${A", "a $ b ${ c ${A"),
    ],
)
def test_a_variable_becomes_its_value_its_default_or_nothing(written: str, becomes: str) -> None:
    assert filled(written, VALUES) == becomes


@pytest.mark.parametrize("written", ["${B:?why}", "${EMPTY:?}", "${B?why}", "${C:-${B?}}"])
def test_a_variable_that_must_be_set_is_missed(written: str) -> None:
    with pytest.raises(MissingVariable) as missing:
        filled(written, VALUES)
    assert missing.value.name in ("B", "EMPTY")


ENV_FILE = r"""
# a comment
A=1
export B=two words # a comment
C='single $A # kept' # not kept
D="double $A ${A}x \n\t\"q\" \$A \x" # not kept
E=
F
G: yaml
H=a#b
I="several
lines"
J=$A-${ZZ:-default}-${ZZ}
K=it's
L= spaced
M=a\nb
N=#x
O=a	#x
P='it\'s \n \\ x'
Q="a\$b \\$A"
R=$$A
S.T-U=1
V='x'y
export W
"""

SERVICE = """
    services:
      web:
        image: web
        env_file: of.env
        command: sh -c "echo $$HOME $A ${B:-b}"
        environment: [F, "Z=${ZZ:-a${ZY:-b}c}", "Y=$${A} $A1"]
      other:
        image: other
        environment: {A: True, B: FALSE, C: "True", D: yes, E: 3.10, F: 1.0, G: "3.10", H: 8000}
"""


@pytest.mark.engine
def test_variables_are_what_compose_makes_of_them(tmp_path: Path) -> None:
    (tmp_path / "of.env").write_text(ENV_FILE, "utf-8")
    (tmp_path / "compose.yaml").write_text(SERVICE, "utf-8")
    printed = docker("compose", f"--file={tmp_path / 'compose.yaml'}", "config", "--format=json").stdout
    theirs = json.loads(printed)["services"]["web"]
    web = filled_service("web", read(SERVICE).tables["web"], {})
    ours = read_env_file(ENV_FILE, {}) | {
        name: text for name, text in web.environment.items() if text is not None
    }
    expected = {name: text for name, text in theirs["environment"].items() if text is not None}
    assert ours == {name: text.replace("$$", "$") for name, text in expected.items()}
    assert web.command is not None
    assert web.command.text == 'sh -c "echo $HOME  b"'
    assert [word.replace("$$", "$") for word in theirs["command"]] == ["sh", "-c", "echo $HOME  b"]
    other = filled_service("other", read(SERVICE).tables["other"], {})
    assert other.environment == json.loads(printed)["services"]["other"]["environment"]


def test_a_name_without_a_value_is_what_is_set_already() -> None:
    assert read_env_file("A\nB\nexport A\n", {"A": "set"}) == {"A": "set"}


def test_raw_values_stand_for_themselves() -> None:
    assert read_env_file("A='$B' # c\r\n# no\r\nC\r\n", {}, raw=True) == {"A": "'$B' # c"}


@pytest.mark.parametrize("text", ["A B=1", "A='x", 'A="x', "=1", "A$=1", "words alone"])
def test_what_compose_cannot_read_is_said(text: str) -> None:
    with pytest.raises(ValueError, match=r"assignment|quote"):
        read_env_file(f"X=1\n{text}\n", {})


def test_secrets_are_files_or_variables() -> None:
    file = read(
        """
        services: {web: {image: a}}
        secrets:
          one: {file: "./${NAME:-one}.txt"}
          two: {environment: TWO}
          three: {external: true}
        """
    )
    assert host_secrets(file, {"NAME": "other"}) == {
        "one": HostSecret("./other.txt", None, PurePosixPath()),
        "two": HostSecret(None, "TWO", PurePosixPath()),
        "three": HostSecret(None, None, PurePosixPath()),
    }
