"""Four times the input takes about four times the time, whatever it is made of; its square took sixteen."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import pytest

from growth import growth
from uvmigrate.build.ignorefile import IgnoreFile
from uvmigrate.codemod import Settings
from uvmigrate.dockerfile import expand, parse
from uvmigrate.plan import load_catalogue, plan
from uvmigrate.project import read_requirements
from uvmigrate.project.tangled import is_tangled
from uvmigrate.shell import parse as parse_shell
from uvmigrate.source import Repo

if TYPE_CHECKING:
    from collections.abc import Callable

#: Five times the time, and half as much again for what else the machine does meanwhile.
MOST = 7.5
_TRIES = 3


def keeps_pace(work: Callable[[int], object], size: int) -> bool:
    """Whether four times the *work* takes no more than MOST times as long, asked again where it seems to.

    A busy machine can only make it look longer; what grows as its square is too long each time.
    """
    return any(growth(work, size) < MOST for _ in range(_TRIES))


DOCKERFILES: dict[str, tuple[Callable[[int], bytes], int]] = {
    "instructions": (lambda n: b"FROM a\n" + b"RUN echo a && pip install b\n" * n, 800),
    "arithmetic that looks like a heredoc": (lambda n: b"FROM a\n" + b"RUN echo $(( 1 << 2 ))\n" * n, 500),
    "heredocs": (lambda n: b"FROM a\n" + b"RUN <<EOF\necho a\nEOF\n" * n, 500),
    "heredocs without an end": (lambda n: b"FROM a\n" + b"RUN <<EOF\n" * n, 8000),
    "continuations": (lambda n: b"FROM a\nRUN a" + b" \\\n && b" * n + b"\n", 4000),
    "comments in a continuation": (lambda n: b"FROM a\nRUN a \\\n" + b"# b\n" * n + b" c\n", 8_000),
    "one long line": (lambda n: b"FROM a\nRUN " + b"a" * n + b"\n", 1_000_000),
    "blanks": (lambda n: b"FROM a\nRUN a" + b" " * n + b"\n", 15_000),
    "stages": (lambda n: b"".join(b"FROM a AS s%d\nRUN b\n" % i for i in range(n)), 400),
    "words of ENV": (lambda n: b"FROM a\nENV " + b" ".join(b"A%d=b" % i for i in range(n)), 4000),
}
SHELLS: dict[str, tuple[bytes, int]] = {
    "lists": (b"echo abc && ", 400),
    "lines": (b"echo abc\n", 400),
    "open arrays": (b"a=(", 700),
    "open heredocs": (b"<<E\n", 500),
    "open parentheses": (b"(", 2000),
}


@pytest.mark.parametrize(("make", "size"), DOCKERFILES.values(), ids=DOCKERFILES)
def test_a_dockerfile(make: Callable[[int], bytes], size: int) -> None:
    def read(number: int) -> None:
        parse.cache_clear()
        parsed = parse(make(number))
        for found in parsed.instructions:
            assert found.words is not None
            parsed.line(found.span.start)

    assert keeps_pace(read, size)


@pytest.mark.parametrize(("part", "size"), SHELLS.values(), ids=SHELLS)
def test_a_shell_text_beyond_what_is_given_up(part: bytes, size: int) -> None:
    """The shortest texts are read whatever they cost; from there on the time is bounded."""
    offset = iter(range(1000))
    assert keeps_pace(lambda number: parse_shell(part * number, next(offset)), 4 * size)


@pytest.mark.parametrize(
    ("line", "size"),
    [(b"six==1.17.0\n", 2000), (b"six==1.17.0 --hash=sha256:aa\n", 1000), (b"-r other.txt\n", 2000)],
)
def test_a_requirements_file(line: bytes, size: int) -> None:
    path = PurePosixPath("requirements.txt")
    salt = iter(range(1000))

    def read(number: int) -> None:
        read_requirements(Repo.of({str(path): line * number + b"# %d\n" % next(salt)}), path)

    assert keeps_pace(read, size)


def test_a_requirement_with_blanks() -> None:
    path = PurePosixPath("requirements.txt")
    salt = iter(range(1000))

    def read(number: int) -> None:
        text = b"six==1.17.0" + b" " * number + b"x%d" % next(salt)
        read_requirements(Repo.of({str(path): text}), path)

    assert keeps_pace(read, 100_000)


def test_variables_that_double_each_other_are_unknown_before_they_fill_the_memory() -> None:
    known = {"A": "x" * 100}
    for _ in range(60):
        found = expand("$A$A", known)
        if found is None:
            break
        known["A"] = found
    assert found is None
    assert len(known["A"]) <= 4096


@pytest.mark.parametrize("modifier", ["#", "##", "%", "%%", "/", "//"])
def test_a_pattern_of_many_wildcards(modifier: str) -> None:
    pattern = "*a" * 50 + "*b" + ("/c" if "/" in modifier else "")
    assert expand(f"${{A{modifier}{pattern}}}", {"A": "a" * 1000}) == "a" * 1000


def test_an_ignore_pattern_of_many_wildcards() -> None:
    path = PurePosixPath(*["a"] * 100, "c")
    assert not IgnoreFile(None, ("**/a*/" * 30 + "b",)).ignores(path)
    assert IgnoreFile(None, ("**/a*/" * 30 + "c",)).ignores(path)


def test_a_marker_whose_alternatives_nobody_could_write_out() -> None:
    assert is_tangled(" or ".join(f"(a == '{n}' and b == '{n}')" for n in range(40)))
    assert not is_tangled("a == 'b' and (" + " or ".join(f"a == '{n}'" for n in range(100)) + ")")


CATALOGUE = load_catalogue()
INSTALL = b"FROM python:3.11-slim\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\n"
NEEDED = {"requirements.txt": b"six==1.17.0\n"}
REPOSITORIES: dict[str, tuple[Callable[[int], dict[str, bytes]], int]] = {
    "commands": (lambda n: {"Dockerfile": INSTALL + b"RUN echo a\n" * n}, 60),
    "copies": (lambda n: {"Dockerfile": INSTALL + b"COPY a b\n" * n}, 60),
    "variables": (lambda n: {"Dockerfile": INSTALL + b"ENV A=b\n" * n}, 60),
    "comments": (lambda n: {"Dockerfile": INSTALL + b"# a\n" * n}, 400),
    "requirements": (
        lambda n: {"Dockerfile": INSTALL, "requirements.txt": b"".join(b"a%d==1\n" % i for i in range(n))},
        400,
    ),
}


@pytest.mark.parametrize(("make", "size"), REPOSITORIES.values(), ids=REPOSITORIES)
def test_a_plan(make: Callable[[int], dict[str, bytes]], size: int) -> None:
    def planned(number: int) -> None:
        plan(Repo.of({**NEEDED, **make(number)}), PurePosixPath(), Settings(), CATALOGUE)

    planned(1)
    assert keeps_pace(planned, size)
