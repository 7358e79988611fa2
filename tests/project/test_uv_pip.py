from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from uvmigrate.project import pinned_python, uv_pip_flags, uv_pip_problem
from uvmigrate.source import Repo

FILE = PurePosixPath("requirements.txt")


def repo(text: str, **others: str) -> Repo:
    named = {f"{name}.txt": content.encode() for name, content in others.items()}
    return Repo.of({"requirements.txt": text.encode(), **named})


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("-e git+https://example.com/a.git#egg=a", "is editable, and uv knows no editable checkouts"),
        ("a==1 --config-settings=x=y", "a is built with --config-settings=x=y"),
        ("a=1", "Expected semicolon"),
        ("a==1 --no-binary=a", "--no-binary on a line of its own, and not behind a"),
        ("a==1 --hash=sha256:00 --pre", "--pre on a line of its own"),
        ("a==1 -i https://example.com", "-i on a line of its own"),
        ("--only-binary a,b", "one name a line"),
    ],
)
def test_lines_that_stop_uv_pip_are_found_with_their_place(line: str, why: str) -> None:
    found = uv_pip_problem(repo("-r more.txt\n", more=f"six==1.17.0\n{line}\n"), [FILE])
    assert found is not None
    path, number, clause = found
    assert (path, number) == (PurePosixPath("more.txt"), 2)
    assert why in clause


@pytest.mark.parametrize(
    "text",
    [
        "six\n-e ./lib\n",
        "--pre\n--prefer-binary\nsix\n",
        "-c pins.txt\nhttps://example.com/a.whl\n",
        "--no-binary :all:\n--only-binary a\nsix==1 --hash=sha256:00  # not --pre\n",
        "",
    ],
)
def test_what_uv_pip_takes_is_no_problem(text: str) -> None:
    assert uv_pip_problem(repo(text), [FILE]) is None


@pytest.mark.parametrize(
    ("text", "given", "flags"),
    [
        ("six\n", [], ()),
        ("six --hash=sha256:00\n", [], ("--require-hashes",)),
        ("six --hash=sha256:00\n", ["--require-hashes"], ()),
        ("--extra-index-url https://example.com\nsix\n", [], ("--index-strategy unsafe-best-match",)),
        ("six\n", ["--extra-index-url"], ("--index-strategy unsafe-best-match",)),
        ("--pre\n--trusted-host a\nsix\n", [], ("--pre", "--trusted-host a")),
    ],
)
def test_flags_make_uv_pip_do_what_pip_does(text: str, given: list[str], flags: tuple[str, ...]) -> None:
    assert uv_pip_flags(repo(text), [FILE], given) == flags


@pytest.mark.parametrize(
    ("data", "version"),
    [
        (b"3.11\n", (3, 11)),
        (b"# of the team\n3.11.4\n3.10\n", (3, 11, 4)),
        (b"cpython-3.12.1", (3, 12, 1)),
        (b"shop-env\n", None),
        (b"3\n", None),
        (b"\xff\xfe", None),
        (b"", None),
    ],
)
def test_a_python_version_file_names_a_version_or_is_passed_over(
    data: bytes, version: tuple[int, ...] | None
) -> None:
    assert pinned_python(data) == version
