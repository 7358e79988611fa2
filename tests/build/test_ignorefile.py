"""A .dockerignore is read as the builder reads it; a real build is the judge."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import pytest

from engine.docker_cli import docker
from uvmigrate.build import read_ignorefile
from uvmigrate.source import Repo

if TYPE_CHECKING:
    from engine.docker_cli import Engine

FILES = (
    "README.md a.md a.txt app.py docs/a.md docs/keep.md docs/deep/b.md src/app.pyc src/__pycache__/x.pyc "
    "uv.lock poetry.lock .env .venv/bin/python src/.venv/bin/python build/out.txt xbuild build.txt foo xfoo "
    "src/foo src/xfoo [a] #hash b1 b2 ü.txt"
).split()

#: An ignore file, and what of the files above is left for the builder.
CASES: dict[str, tuple[str, str]] = {
    "a file name counts at the root only": ("a.md\nfoo\n", "-a.md -foo"),
    "a star stops at slashes": ("*.md\n", "-README.md -a.md"),
    "two stars are any number of folders": (
        "**/*.md\n",
        "-README.md -a.md -docs/a.md -docs/keep.md -docs/deep/b.md",
    ),
    "a folder is left out with all that it holds": (
        "docs\nbuild/\n",
        "-docs/a.md -docs/keep.md -docs/deep/b.md -build/out.txt",
    ),
    "two stars before a folder": ("**/.venv\n", "-.venv/bin/python -src/.venv/bin/python"),
    "two stars behind a folder": ("docs/**\n", "-docs/a.md -docs/keep.md -docs/deep/b.md"),
    "two stars in between": ("docs/**/b.md\ndocs/**/a.md\n", "-docs/deep/b.md -docs/a.md"),
    "two stars before a plain ending": ("**foo\n", "-foo -xfoo -src/foo -src/xfoo"),
    "two stars before a name with a star": ("**fo*\n", "-foo -src/foo"),
    "an exception takes a file back": ("*.md\n!README.md\n", "-a.md"),
    "an exception takes a file out of a folder": ("docs\n!docs/keep.md\n", "-docs/a.md -docs/deep/b.md"),
    "the last pattern decides": ("!a.md\n*.md\n", "-README.md -a.md"),
    "an exception of an exception": ("*.md\n!README.md\nREADME*\n", "-README.md -a.md"),
    "everything but": (
        "*\n!src\n!uv.lock\n",
        "+src/app.pyc +src/__pycache__/x.pyc +src/.venv/bin/python +src/foo +src/xfoo +uv.lock",
    ),
    "everything but, below": ("**\n!src/*.pyc\n", "+src/app.pyc"),
    "a leading slash means nothing": ("/a.md\n!/README.md\n/*.lock\n", "-a.md -uv.lock -poetry.lock"),
    "dots are resolved": ("./a.md\ndocs/../a.txt\nsrc/./foo\n", "-a.md -a.txt -src/foo"),
    "a comment stands in the first column only": ("# a.md\n #hash\na.md # no comment\n", "-#hash"),
    "blanks around are no part": ("  a.md\t\n ! a.md\n\n   \na.txt \n", "-a.txt"),
    "lines may end with CRLF": ("a.md\r\na.txt\r\n", "-a.md -a.txt"),
    "a byte order mark is no part": ("\ufeffa.md\n", "-a.md"),
    "one character": ("b?\n?.txt\n", "-b1 -b2 -a.txt -ü.txt"),
    "a set of characters": ("b[12]\n[a-c].txt\n", "-b1 -b2 -a.txt"),
    "an escaped character": ("\\[a\\]\na\\.md\n", "-[a] -a.md"),
    "a dot is a dot": ("a.tx.\nbuild.\n", ""),
    "what leads out of the context names nothing": ("../a.md\n..\n", ""),
    "nothing that says anything": ("/\n.\n\n", ""),
}


def expected(changes: str) -> set[str]:
    """``-a -b`` is all but these files, ``+a +b`` is these alone."""
    words = changes.split()
    if words and words[0].startswith("+"):
        return {word.removeprefix("+") for word in words}
    return set(FILES) - {word.removeprefix("-") for word in words}


def left(ignorefile: str) -> set[str]:
    repo = Repo.of({".dockerignore": ignorefile.encode(), "Dockerfile": b""})
    ignore = read_ignorefile(repo, PurePosixPath("Dockerfile"), PurePosixPath())
    return {path for path in FILES if not ignore.ignores(PurePosixPath(path))}


@pytest.mark.parametrize("name", CASES)
def test_it_leaves_out_what_it_names(name: str) -> None:
    ignorefile, changes = CASES[name]
    assert left(ignorefile) == expected(changes)


@pytest.mark.engine
def test_a_real_build_gets_the_same_files(engine: Engine, tmp_path: Path) -> None:
    context = tmp_path / "context"
    for path in FILES:
        (context / path).parent.mkdir(parents=True, exist_ok=True)
        (context / path).write_text("")
    for number, (name, (ignorefile, changes)) in enumerate(CASES.items()):
        dockerfile = tmp_path / f"{number}.Dockerfile"
        dockerfile.write_text("FROM scratch\nCOPY . /\n")
        dockerfile.with_name(dockerfile.name + ".dockerignore").write_bytes(ignorefile.encode())
        out = tmp_path / f"out{number}"
        docker("build", f"--file={dockerfile}", f"--output=type=local,dest={out}", str(context))
        found = {str(path.relative_to(out)) for path in out.rglob("*") if path.is_file()}
        assert found == expected(changes), name


def test_the_dockerfile_s_own_ignore_file_wins() -> None:
    files = {"web/Dockerfile": b"", "web/Dockerfile.dockerignore": b"a\n", ".dockerignore": b"b\n"}
    found = read_ignorefile(Repo.of(files), PurePosixPath("web/Dockerfile"), PurePosixPath())
    assert found.path == PurePosixPath("web/Dockerfile.dockerignore")
    assert found.patterns == ("a",)


def test_the_context_s_file_counts_wherever_the_dockerfile_lies() -> None:
    files = {"web/Dockerfile": b"", "web/.dockerignore": b"a\n", ".dockerignore": b"b\n"}
    repo, dockerfile = Repo.of(files), PurePosixPath("web/Dockerfile")
    assert read_ignorefile(repo, dockerfile, PurePosixPath()).patterns == ("b",)
    assert read_ignorefile(repo, dockerfile, PurePosixPath("web")).patterns == ("a",)


def test_without_one_nothing_is_left_out() -> None:
    found = read_ignorefile(Repo.of({"Dockerfile": b""}), PurePosixPath("Dockerfile"), PurePosixPath())
    assert found.path is None
    assert not found.ignores(PurePosixPath(".env"))


def test_one_that_cannot_be_read_is_none(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("")
    (tmp_path / ".dockerignore").symlink_to("/etc/hostname")
    found = read_ignorefile(Repo.open(tmp_path), PurePosixPath("Dockerfile"), PurePosixPath())
    assert found.path is None
