"""Variable substitution, by the rules of Docker's own lexer."""

from __future__ import annotations

import pytest

from uvmigrate.dockerfile import expand

KNOWN = {"A": "/a/b.tar.gz", "E": "", "S": "$A \\"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("x", "x"),
        ("$A", "/a/b.tar.gz"),
        ("${A}/c", "/a/b.tar.gz/c"),
        ("$A-$E.", "/a/b.tar.gz-."),
        ("$S", "$A \\"),
        ("\\$A \\\\$E \\n", "$A \\ \\n"),
        ("a$ b", "a$ b"),
        ("${A:-d}${E:-d}${U:-d}", "/a/b.tar.gzdd"),
        ("${A-d}${E-d}${U-d}", "/a/b.tar.gzd"),
        ("${A:+d}${E:+d}|${E+d}", "d|d"),
        ("${A:?why}${E?why}", "/a/b.tar.gz"),
        ("${U:-${V:-$A}}", "/a/b.tar.gz"),
        ("${U:-\\}}", "}"),
        ("${A#*/}", "a/b.tar.gz"),
        ("${A##*/}", "b.tar.gz"),
        ("${A%.*}", "/a/b.tar"),
        ("${A%%.*}", "/a/b"),
        ("${A#x}${A#?}", "/a/b.tar.gza/b.tar.gz"),
        ("${A/./-}", "/a/b-tar.gz"),
        ("${A//./-}", "/a/b-tar-gz"),
        ("${A//\\//_}", "_a_b.tar.gz"),
    ],
)
def test_variables_are_filled_in(text: str, value: str) -> None:
    assert expand(text, KNOWN) == value


@pytest.mark.parametrize(
    "text", ["$U", "a${U}", "${U:+d}", "${U?why}", "${E:?why}", "${U#x}", "${U/a/b}", "${E:-$U}", "${U:-$V}"]
)
def test_what_is_not_known_makes_the_whole_unknown(text: str) -> None:
    assert expand(text, KNOWN) is None


def test_an_unknown_variable_that_does_not_matter_is_no_harm() -> None:
    assert expand("${A:-$U}", KNOWN) == "/a/b.tar.gz"
    assert expand("${E:+$U}", KNOWN) == ""


@pytest.mark.parametrize(
    "text", ["${", "${A", "${}", "${A^^}", "${A:x}", "${A:-", "${A/b", "${A#$U}", "${:A}"]
)
def test_what_docker_cannot_read_is_unknown(text: str) -> None:
    assert expand(text, KNOWN) is None
