"""BuildKit's own parser reads small Dockerfiles, each with one trap in it, as we do."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

import pytest

from corpus.judge import compare, dockerfiles, main
from uvmigrate.dockerfile import parse

if TYPE_CHECKING:
    from pathlib import Path

# The package is not imported here: its Go runtime does not survive the forks of other tests.
pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("dockerfile") is None,
    reason="the package dockerfile has wheels for Linux x86-64 only",
)

EDGE_CASES: dict[str, bytes] = {
    "plain": b"FROM python:3.12-slim AS build\nRUN pip install -r requirements.txt\n",
    "lower case": b"from python:3.12 as Build\nrun echo a\ncopy a b\nonbuild run x\n",
    "leading blanks": b"  FROM a\n\t RUN b\n\xc2\xa0\xe2\x80\x83RUN c\n",
    "byte order mark": b"\xef\xbb\xbf# escape=`\nFROM a\nRUN b `\n c\n",
    "crlf": b"FROM a\r\nRUN b \\\r\n  # c\r\n\r\n  d\r\n\r\nCOPY a \\ \r\n b\r\n",
    "no final newline": b"FROM a\nRUN b",
    "ends in a continuation": b"FROM a\nRUN b \\",
    "ends in a continuation and blank lines": b"FROM a\nRUN b \\\n\n# c\n\n",
    "a continuation alone": b"\\\n\nFROM a\n\\\n# c\nRUN b\nRUN \\\n\\\n c\n",
    "lone carriage returns": b"FROM a\nRUN b\rc\r\r\nRUN d \\\r\r\n e\n",
    "other line ends": b"FROM a\nRUN b\x0bc\x0cd\xc2\x85e\xe2\x80\xa8f\n",
    "split keyword": b"FR\\\nOM a\nRU\\\n# c\nN b\nENV\\\n A=b\n",
    "comment in continuation": b"FROM a\nRUN b && \\\n# one\n  # two\n  c # no comment\n",
    "blank lines in continuation": b"FROM a\nRUN b && \\\n\n   \n\t\n  c\n",
    "escaped escape": b"FROM a\nRUN echo b \\\\\nRUN echo c \\\\\\\nRUN echo \\\\ \nRUN d\n",
    "blanks behind the escape": b"FROM a\nRUN b \\ \t\n c \\\t\n d\n",
    "backslash is text in a backtick file": b"# escape=`\nFROM a\nRUN C:\\\nRUN b `\n c\nRUN d ``\nRUN e\n",
    "backtick is text in a backslash file": b"FROM a\nRUN echo `\nRUN b\n",
    "directives": b"# Syntax = docker/dockerfile:1 \n#escape=`\n  # check=skip=all\nFROM a `\n AS b\n",
    "a comment ends the directives": b"# hello\n# escape=`\nFROM a\nRUN b \\\n c\n",
    "a blank line ends the directives": b"\n# escape=`\nFROM a\nRUN b \\\n c\n",
    "an unknown directive ends them": b"# foo=bar\n# escape=`\nFROM a\nRUN b \\\n c\n",
    "an instruction ends them": b"FROM a\n# escape=`\nRUN b \\\n c\n",
    "heredoc": b"FROM a\nRUN <<EOF\necho b\n# c\n\nFROM fake\nEOF\nRUN d\n",
    "heredoc at the file's end": b"FROM a\nRUN <<EOF\nb\nEOF",
    "heredoc for an interpreter": b"FROM a\nRUN <<EOF python3\nb\nEOF\nRUN python3 - <<'PY' > c\nd\nPY\n",
    "heredoc crlf": b"FROM a\r\nRUN <<EOF\r\nb\r\nEOF\r\nRUN c\r\n",
    "heredoc on a continued line": b"FROM a\nRUN cat \\\n# c\n  <<EOF \\\n > d\ne\nEOF\nRUN f\n",
    "heredoc with a descriptor": b"FROM a\nRUN cat 3<<EOF <&3\nb\nEOF\nRUN c\n",
    "heredoc quoted": b"FROM a\nRUN cat <<\"it's\" <<'a b' <<E\\OF\nx\nit's\ny\na b\nz\nEOF\nRUN c\n",
    "heredoc stripping tabs": b"FROM a\nRUN <<-EOF\n\tb\n  EOF\n\t\tEOF\nRUN <<EOF\n\tEOF\nEOF\nRUN c\n",
    "several heredocs": b"FROM a\nCOPY <<one <<two /b/\n1\none\n2\ntwo\nRUN c\n",
    "heredoc of add": b"FROM a\nADD <<EOF /b\n1\nEOF\n",
    "heredoc of onbuild": b"FROM a\nONBUILD RUN <<EOF\nb\nEOF\nONBUILD COPY <<EOF /c\nd\nEOF\nRUN e\n",
    "heredoc behind a flag": b"FROM a\nRUN --mount=type=cache,target=/b <<EOF\nc\nEOF\nRUN d\n",
    "heredoc in a backtick file": b"# escape=`\nFROM a\nRUN cat <<E\\OF `\n b\nc\nEOF\nRUN d\n",
    "no heredoc in a word": b"FROM a\nRUN b<<EOF\nRUN c\n",
    "no heredoc in a here-string": b"FROM a\nRUN cat <<<EOF\nRUN cat <<< EOF\nRUN b\n",
    "no heredoc in quotes": b"FROM a\nRUN echo '<<EOF' \"<<EOF\"\nRUN b\n",
    "no heredoc in json": b'FROM a\nRUN ["cat", "<<EOF"]\nCOPY ["<<EOF", "/b"]\nRUN c\n',
    "no heredoc elsewhere": b"FROM a\nCMD cat <<EOF\nENV A=<<EOF\nRUN b\n",
    "no heredoc behind an odd quote": b"FROM a\nRUN echo it's <<EOF\nRUN b\n",
    "arithmetic is no heredoc": b"FROM a\nRUN echo $((1<<2)) $(( 1 << 2 ))\nRUN b\n",
    "json": b'FROM a\nCMD ["b", "c d" , "\\u00e9\\n"]\nRUN [ ]\nSHELL ["/bin/bash", "-c"]\nVOLUME ["/d"]\n',
    "json continued": b'FROM a\nCMD ["b", \\\n# c\n  "d"]\nENTRYPOINT [\\\n"e"]\n',
    "json that is none": b'FROM a\nCMD [\'b\']\nCMD ["b",]\nCMD [b]\nRUN [ -f c ]\nCMD ["b"\nCMD "b"\n',
    "json copy": b'FROM a\nCOPY --chown=b:c ["d e", "/f"]\nADD ["g", "/h/"]\n',
    "env": b'FROM a\nENV A=b C="d e" F=\'g h\' I=j\\ k L=\nENV M n  o\nENV P "q r"\nENV S="a=b" T==\n',
    "env over lines": b"FROM a\nENV A=b \\\n    # c\n    D='e f' \\\n\n    G=h\n",
    "env with an open quote": b'FROM a\nENV A="b c\nENV D=\'e\\\' F="g\\" h"\nENV G=h\\\\\n',
    "label": b'FROM a\nLABEL "com.b c"="d" e=f\nLABEL g h i\n',
    "arg": b'ARG A\nARG B=c D="e f"\nFROM a:${B:-x}\nARG A\n',
    "healthcheck": b"FROM a\nHEALTHCHECK --interval=5s --timeout=3s CMD curl b || exit 1\nHEALTHCHECK NONE\n"
    b'HEALTHCHECK CMD ["b", "c"]\nhealthcheck cmd \\\n  d\n',
    "flags": b"FROM --platform=linux/amd64 a\nCOPY --from=b --link --chown='c d':e f\\ g h\n"
    b'RUN --mount=type=bind,"source=i j",target=/k --network=none l\nRUN -- --m\nRUN --n\nRUN --\n',
    "flags over lines": b"FROM a\nRUN --mount=type=cache,target=/b \\\n# c\n --network=none \\\n d\n",
    "words": b"FROM a\nCOPY a\tb  c /d/\nEXPOSE 80 443\nVOLUME /e /f\nUSER g h\nWORKDIR /i j\nSTOPSIGNAL k\n",
    "unknown instruction": b"FROM a\nRUNN b\n{% if c %}\nRUN d\n",
    "keywords without arguments": b"FROM\nRUN\nENV\nCOPY\nONBUILD\nHEALTHCHECK\n",
    "onbuild": b'FROM a\nONBUILD RUN b \\\n # c\n d\nonbuild copy a b\nONBUILD CMD ["e"]\nONBUILD FOO g\n',
    "maintainer": b"FROM a\nMAINTAINER b <c@d.e>\n",
    "utf-8": 'FROM a\nLABEL b="é"\nRUN echo „c“ — d\n# ü\n'.encode(),
}

#: What the package reads as BuildKit 0.12 did; BuildKit has changed since, and we read what it reads now.
CHANGED_SINCE: dict[str, bytes] = {
    "blanks between << and its word": b"FROM a\nRUN cat << EOF\nb\nEOF\n",
    "blanks between << and": b"FROM a\nRUN echo $(( 1 << 2 ))\n2\n",
    "text behind a JSON array": b'FROM a\nCMD ["b"] c\n',
    "a line with <<": b"FROM a\nRUN cat <<EOF > ${B%/*}\nc\nEOF\n",
    "a backslash in a flag": b"# escape=`\nFROM a\nRUN --mount=type=bind,target=C:\\b c\n",
    "letters beyond ASCII in flags": "FROM a\nCOPY --chown=é b c\n".encode(),
}

#: What BuildKit refuses to read. We read on, and what comes out is well-formed all the same.
REFUSED: dict[str, bytes] = {
    "unterminated heredoc": b"FROM a\nRUN <<EOF\nb\n",
    "repeated directive": b"# escape=`\n# escape=\\\nFROM a\n",
    "wrong escape": b"# escape=x\nFROM a\n",
    "json of numbers": b"FROM a\nCMD [1]\n",
    "env without =": b"FROM a\nENV A=b # c\n",
    "nothing": b"# c\n",
}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Every case as a file."""
    folder = tmp_path_factory.mktemp("cases")
    found = {}
    for number, (name, data) in enumerate({**EDGE_CASES, **CHANGED_SINCE, **REFUSED}.items()):
        found[name] = folder / f"Dockerfile.{number}"
        found[name].write_bytes(data)
    return found


def test_every_edge_case_is_read_as_buildkit_reads_it(files: dict[str, Path]) -> None:
    verdicts = compare([files[name] for name in EDGE_CASES])
    different = {name: v for name, v in zip(EDGE_CASES, verdicts, strict=True) if v.difference or v.excuse}
    assert different == {}


def test_what_buildkit_changed_since_is_excused_by_name(files: dict[str, Path]) -> None:
    verdicts = compare([files[name] for name in CHANGED_SINCE])
    for name, verdict in zip(CHANGED_SINCE, verdicts, strict=True):
        assert verdict.difference
        assert verdict.excuse.startswith(name)


def test_what_buildkit_refuses_is_named(files: dict[str, Path]) -> None:
    verdicts = compare([files[name] for name in REFUSED])
    assert {verdict.excuse for verdict in verdicts} == {"BuildKit refuses it"}


def test_the_command_fails_where_a_file_is_read_otherwise(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "Dockerfile").write_bytes(b"FROM a\nRUN b\n")
    (tmp_path / "Dockerfile.j2").write_bytes(b"FROM {{ a }}\n")
    assert dockerfiles(tmp_path) == [tmp_path / "Dockerfile"]
    assert main([str(tmp_path)]) == 0
    assert capsys.readouterr().out == "1 files, 1 equal\n"
    monkeypatch.setattr("corpus.judge.parse", lambda data: parse(data.replace(b"RUN b", b"RUN c")))
    assert main([str(tmp_path)]) == 1
    assert "UNEQUAL" in capsys.readouterr().out
