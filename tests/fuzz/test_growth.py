"""Four times the input takes at most five times the time, whatever it is made of, or is refused at once."""

from __future__ import annotations

from itertools import count
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import pytest

from growth import keeps_pace
from uvmigrate.build.ignorefile import IgnoreFile
from uvmigrate.codemod import Settings
from uvmigrate.compose import AddItems, Problem, SetKey, edit_services, find, load, services_of, stray
from uvmigrate.dockerfile import expand, parse
from uvmigrate.plan import load_catalogue, plan
from uvmigrate.project import Unreadable, read_requirements
from uvmigrate.project.tangled import is_tangled
from uvmigrate.shell import parse as parse_shell
from uvmigrate.source import Repo, apply_edits

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from uvmigrate.compose import Wish
    from uvmigrate.plan import Migration

CATALOGUE = load_catalogue()
#: What is read has never been read before: nothing comes from a cache.
SALT = count()

DOCKERFILES: dict[str, tuple[Callable[[int], bytes], int]] = {
    "instructions": (lambda n: b"FROM a\n" + b"RUN echo a && pip install b\n" * n, 1000),
    "arithmetic that looks like a heredoc": (lambda n: b"FROM a\n" + b"RUN echo $(( 1 << 2 ))\n" * n, 500),
    "heredocs": (lambda n: b"FROM a\n" + b"RUN <<EOF\necho a\nEOF\n" * n, 500),
    "heredocs without an end": (lambda n: b"FROM a\n" + b"RUN <<EOF\n" * n, 8000),
    "heredocs of one line": (lambda n: b"FROM a\nRUN " + b"<<A " * n + b"\n" + b"A\n" * n, 2000),
    "lines of a heredoc": (lambda n: b"FROM a\nRUN <<E\n" + b"echo a\n" * n + b"E\n", 40_000),
    "lines of a RUN": (lambda n: b"FROM a\nRUN a" + b" \\\n && b" * n + b"\n", 4000),
    "lines of an ENV": (lambda n: b"FROM a\nENV A=b" + b" \\\n A=b" * n + b"\n", 2000),
    "lines of a COPY": (lambda n: b"FROM a\nCOPY a" + b" \\\n a" * n + b"\n", 2000),
    "lines of flags": (lambda n: b"FROM a\nRUN" + b" --a=b \\\n" * n + b" a\n", 3000),
    "lines of a JSON array": (lambda n: b'FROM a\nCMD ["a"' + b', \\\n "a"' * n + b"]\n", 2000),
    "comments in a continuation": (lambda n: b"FROM a\nRUN a \\\n" + b"# b\n" * n + b" c\n", 8000),
    "comments": (lambda n: b"FROM a\n" + b"# b\n" * n, 8000),
    "blanks": (lambda n: b"FROM a\nRUN a" + b" " * n + b"\n", 30_000),
    "stages": (lambda n: b"".join(b"FROM a AS s%d\nRUN b\n" % i for i in range(n)), 1000),
    "words of ENV": (lambda n: b"FROM a\nENV " + b" ".join(b"A%d=b" % i for i in range(n)), 4000),
}
#: Part, number, and what is made of so many of them.
SHELLS: dict[str, tuple[bytes, int, str | None]] = {
    "lists": (b"echo abc && ", 600, "syntax error"),
    "lines": (b"echo abc\n", 800, None),
    "variables": (b"echo $a ${b:-c}\n", 500, None),
    "substitutions": (b"a $(b)\n", 500, None),
    "control flow": (b"if a; then b; fi\n", 400, "control flow: if"),
    # So few that the memory for them stays with the process: to get it again takes as long as to read them.
    "open parentheses": (b"(", 2500, "syntax error"),
    "quotes": (b"'a' ", 2000, None),
    "open arrays": (b"a=(", 3000, "too complex"),
    "open heredocs": (b"<<E\n", 3000, "too complex"),
    "closing parentheses": (b"a)", 4000, "too complex"),
    "conditions without an end": (b"[[ a ]] ", 2000, "too complex"),
    "pipes": (b"a|", 2000, "too complex"),
    "pipes with blanks": (b"a | ", 2000, "too complex"),
}


def _read(data: bytes) -> None:
    parse.cache_clear()
    parsed = parse(data)
    for found in parsed.instructions:
        assert found.words is not None
        parsed.line(found.span.start)


@pytest.mark.parametrize(("make", "size"), DOCKERFILES.values(), ids=DOCKERFILES)
def test_a_dockerfile(make: Callable[[int], bytes], size: int) -> None:
    assert keeps_pace(lambda number: _read(make(number)), size)


def test_one_line_of_up_to_ten_million_bytes() -> None:
    assert keeps_pace(lambda number: _read(b"FROM a\nRUN " + b"a" * number + b"\n"), 160_000, factor=64)


@pytest.mark.parametrize(("part", "size", "why"), SHELLS.values(), ids=SHELLS)
def test_a_shell_text(part: bytes, size: int, why: str | None) -> None:
    def read(number: int) -> None:
        script = parse_shell(part * number, next(SALT))
        assert {statement.why for statement in script.opaque} == ({why} if why else set())

    assert keeps_pace(read, size)


@pytest.mark.parametrize(
    ("line", "size"),
    [
        (b"six==1.17.0\n", 2000),
        (b"six==1.17.0 --hash=sha256:aa\n", 1000),
        (b"-r other.txt\n", 2000),
        (b"a\r", 4000),
    ],
)
def test_a_requirements_file(line: bytes, size: int) -> None:
    path = PurePosixPath("requirements.txt")

    def read(number: int) -> None:
        read_requirements(Repo.of({str(path): line * number + b"# %d\n" % next(SALT)}), path)

    assert keeps_pace(read, size)


@pytest.mark.parametrize(
    ("part", "size"),
    [(b" ", 100_000), (b"[", 20_000), (b",>=1", 4000), (b";(", 50_000), (b" \\\n --hash=sha256:aa", 2000)],
)
def test_a_requirement(part: bytes, size: int) -> None:
    path = PurePosixPath("requirements.txt")

    def read(number: int) -> None:
        text = b"six==1.17.0" + part * number + b"x%d" % next(SALT)
        read_requirements(Repo.of({str(path): text}), path)

    assert keeps_pace(read, size)


COMPOSE_FILES: dict[str, tuple[Callable[[int], bytes], int]] = {
    "services": (lambda n: b"services:\n" + b"".join(b"  s%d: {build: .}\n" % i for i in range(n)), 150),
    "items": (lambda n: b"services:\n  s:\n    command:\n" + b"      - b\n" * n, 500),
    "lines of a text": (lambda n: b"services:\n  s:\n    command: |\n" + b"      a b\n" * n, 2000),
    "aliases": (lambda n: b"x: &a b\nservices:\n  s:\n    command: [" + b"*a , " * n + b"]\n", 300),
    "documents": (lambda n: b"".join(b"---\nservices: {a%d: {image: b}}\n" % i for i in range(n)), 100),
    "no YAML": (lambda n: b"services:\n" + b"  a: b\n" * n + b" @", 300),
}
COMPOSE = PurePosixPath("compose.yaml")


@pytest.mark.parametrize(("make", "size"), COMPOSE_FILES.values(), ids=COMPOSE_FILES)
def test_a_compose_file(make: Callable[[int], bytes], size: int) -> None:
    assert keeps_pace(lambda number: load(Repo.of({"compose.yaml": make(number)}), COMPOSE), size)


#: A service, and what others are like.
SERVICES: dict[str, bytes] = {
    "written alone": b"  s%d:\n    build: .\n    tmpfs:\n      - /a\n",
    "extending": b"  s%d:\n    extends: s\n",
    "with an anchor": b"  s%d:\n    <<: *s\n    build: .\n",
}


@pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES)
def test_edits_of_many_services(service: bytes) -> None:
    wishes: Sequence[Wish] = [SetKey("read_only", True), AddItems("tmpfs", ("/tmp",))]
    head = b"services:\n  s: &s\n    image: a\n"
    files = {
        number: load(Repo.of({"compose.yaml": head + b"".join(service % i for i in range(number))}), COMPOSE)
        for number in (100, 400)
    }

    def edited(number: int) -> None:
        before = files[number]
        found = edit_services(before, dict.fromkeys(before.tables, wishes))
        assert isinstance(found, tuple)
        after = load(Repo.of({"compose.yaml": apply_edits(before.data, found)}), COMPOSE)
        assert stray([before], [after], {COMPOSE: found}) is None

    assert keeps_pace(edited, 100)


@pytest.mark.parametrize("name", ["compose.%d.yaml", "compose.override.%d.yaml", "folder%d/compose.yaml"])
@pytest.mark.parametrize("service", [b"{build: .}", b"{image: a}", b"{build: {target: a}}"])
def test_many_compose_files(name: str, service: bytes) -> None:
    def read(number: int) -> None:
        others = {name % i: b"services: {web%d: %b}\n" % (i, service) for i in range(number)}
        repo = Repo.of({"Dockerfile": b"", "compose.yaml": b"services: {web1: {build: .}}\n", **others})
        files = [load(repo, path) for path in find(repo)]
        assert services_of(files, PurePosixPath("Dockerfile"))
        assert stray(files, files, {}) is None

    assert keeps_pace(read, 60)


def _plan(files: dict[str, bytes]) -> Migration:
    return plan(Repo.of(files), PurePosixPath(), Settings(), CATALOGUE)


#: A line, what is made of a file of so many of them, and what is said of it.
TOO_LARGE: dict[str, tuple[bytes, Callable[[bytes], object], object]] = {
    "dockerfile": (
        b"RUN b\n",
        lambda data: [found.code for found in _plan({"Dockerfile": data}).refusals],
        ["too-large"],
    ),
    "shell": (
        b"echo a\n",
        lambda data: parse_shell(data, next(SALT)).opaque[0].why,
        "too complex",
    ),
    "compose": (
        b"a: b\n",
        lambda data: load(Repo.of({"compose.yaml": data}), COMPOSE).problem,
        Problem(1, "is larger than 256 KiB"),
    ),
    "requirements": (
        b"a==1.0\n",
        lambda data: read_requirements(Repo.of({"a.txt": data}), PurePosixPath("a.txt")).lines,
        (Unreadable(0, "", "is larger than 2 MiB", "unreadable-file"),),
    ),
}


@pytest.mark.parametrize(("line", "read", "said"), TOO_LARGE.values(), ids=TOO_LARGE)
def test_ten_million_bytes_are_refused_at_once(
    line: bytes, read: Callable[[bytes], object], said: object
) -> None:
    least, most = (line * (number // len(line)) for number in (2_500_000, 10_000_000))
    assert read(least) == read(most) == said
    # Many times, because each takes so little.
    data = {1: least, 4: most}
    assert keeps_pace(lambda size: [read(data[size]) for _ in range(20)], 1)


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
        files = {**NEEDED, **make(number)}
        _plan({name: data + b"# %d\n" % next(SALT) for name, data in files.items()})

    planned(1)
    assert keeps_pace(planned, size)
