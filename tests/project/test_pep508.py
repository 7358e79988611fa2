from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.requirements import InvalidRequirement, Requirement

from uvmigrate.project import pep508
from uvmigrate.project.pep508 import InvalidSpecifierError, read_specifier

VERSIONS = (
    "1",
    "1.0",
    "2.0.1",
    "1.0rc1",
    "1.0a2",
    "1.0.post1",
    "1.0.dev3",
    "1.*",
    "1.0+cpu",
    "1.0.*",
    "v1",
    "",
)
MARKERS = (
    "",
    ";python_version<'3.9'",
    ' ; python_version >= "3.8" and python_version < "4.0"',
    "; sys_platform == 'win32' or os_name=='nt'",
    "; platform_machine not in 'arm64'",
    "; (os_name == 'nt')",
    "; os_name",
)
clauses = st.builds(
    "{}{}{}".format,
    st.sampled_from(("==", ">=", "<=", "~=", "!=", "<", ">", "===", "=")),
    st.sampled_from(("", " ")),
    st.sampled_from(VERSIONS),
)
specifiers = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(("six", "Zope.interface", "a_b-c", "6ix", "-six", "six-", "six.")),
    st.sampled_from(("", " ", "[x]", "[x, y]", "[]", "[x,]")),
    st.lists(clauses, max_size=3).map(", ".join),
    st.sampled_from(MARKERS),
)


@given(specifiers)
def test_the_plain_pattern_agrees_with_packaging(text: str) -> None:
    try:
        expected = Requirement(text)
    except InvalidRequirement:
        with pytest.raises(InvalidSpecifierError):
            read_specifier(text)
        return
    read = read_specifier(text)
    assert Requirement(read.text) == expected
    assert (read.name, set(read.extras)) == (pep508.normalise(expected.name), expected.extras)
    assert read.marker is None or str(Requirement(f"six; {read.marker}").marker) == str(expected.marker)


@pytest.mark.parametrize(
    "text",
    ["six", "six==1.16.0", "a[b]>=1,<2", "six~=1.4", "t==1.0+cpu", "six==1 ; python_version < '3'"],
)
def test_plain_specifiers_need_no_packaging(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pep508, "_from_packaging", None)
    assert read_specifier(text).name == pep508.normalise(text[:1] if text[0] in "at" else "six")


@pytest.mark.parametrize("depth", [1000, 100_000])
def test_a_marker_that_is_nested_too_deeply_is_no_specifier(depth: int) -> None:
    nested = "(" * depth + "os_name == 'nt'" + ")" * depth
    with pytest.raises(InvalidSpecifierError, match="nested too deeply"):
        read_specifier(f"six; {nested}")
