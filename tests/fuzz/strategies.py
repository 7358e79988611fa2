"""Dockerfiles, shell texts, compose files and requirement files as nobody should write them.

Each strategy makes bytes of two kinds: files of a grammar, in which every construct may stand where it is
allowed, and soups of its pieces. `compose.generated` and `plan.shapes` make files and repositories as people
write them.
"""

from __future__ import annotations

from hypothesis import strategies as st

from compose.generated import compose_files as sound_compose_files


def _soup(pieces: list[str], most: int) -> st.SearchStrategy[bytes]:
    return st.lists(st.sampled_from(pieces), max_size=most).map(
        lambda parts: "".join(parts).encode(errors="surrogateescape")
    )


_DOCKERFILE_PIECES = [
    *"\n \t\f\v\\`\"'$#<>-=[]{},:/&|;!@\0",
    *("\r\n", "\\\n", "\\\r\n", "\\ \n", "`\n", "\n\n", "\n# c\n", "# escape=`\n", "# syntax=a\n", "\ufeff"),
    *("FROM x", "RUN ", "run ", "COPY ", "ADD ", "ENV ", "ARG ", "CMD ", "ENTRYPOINT ", "HEALTHCHECK "),
    *(
        "ONBUILD ",
        "USER ",
        "WORKDIR ",
        "LABEL ",
        "EXPOSE ",
        "SHELL ",
        "VOLUME ",
        "AS ",
        "NONE",
        "MAINTAINER ",
    ),
    *("<<EOF", "<<-EOF", "<<'EOF'", '3<<"A B"', "EOF\n", "\tEOF\n", "<<", "<<<", "#!/bin/sh\n", "<<A <<B\n"),
    *("--mount=type=cache,target=/x ", "--from=b ", "--link ", '--a="b c" ', "-- "),
    *("a", "b=c", 'k="v w"', "$X", "${X:-d}", "${X#*}", "${X//a/b}", "${", '["a", "b"]', '["\\ud800"]'),
    *("é", "\xa0", "\x85", "\u2028", "\udcff", "{{ x }}", "{% if a %}", "{{.State}}", "&& \\\n  # c\n  b"),
]
_WORDS = st.sampled_from(
    [
        "a",
        "b=c",
        "'d e'",
        '"f g"',
        "$X",
        "${X:-y}",
        "${X%%.*}",
        "h\\ i",
        "/j/k",
        "é",
        "pip",
        "\udcff",
        "#l",
        "--",
    ]
)
_GAPS = st.sampled_from(
    [" ", " ", " ", "  ", "\t", " {e}{n}  ", " {e}{n}# why{n}  ", " {e} {n}{n}  ", "{e}{n} "]
)
_HEREDOCS = ["<<EOF", "<<-EOF", "<<'EOF'", '<<"E F"', "3<<EOF", "<< EOF", "<<E\\OF"]
_FLAGS = ["--mount=type=cache,target=/c", "--from=one", "--chown=a:b", "--link", "--platform=$P", '--a="b c"']
_JSON = ['["a", "b c"]', '[ "a" , "\\u00e9" ]', "[]", '["a",]', "['a']", '["a"']
_KEYWORDS = [
    *("RUN", "COPY", "ADD", "ENV", "ARG", "CMD", "ENTRYPOINT", "HEALTHCHECK", "LABEL", "EXPOSE", "SHELL"),
    *(
        "USER",
        "WORKDIR",
        "VOLUME",
        "STOPSIGNAL",
        "MAINTAINER",
        "ONBUILD RUN",
        "ONBUILD COPY",
        "HEALTHCHECK CMD",
    ),
]
_BETWEEN = ["", "", "# why{n}", "  # indented{n}", "{n}", "\t{n}", "\xa0{n}", "FOO bar{n}", "\f{n}"]
_HEADS = [
    "",
    "",
    "\ufeff",
    "# syntax=a:1{n}",
    "# escape=`{n}",
    "# syntax=a{n}# Escape = `{n}",
]


@st.composite
def _instructions(draw: st.DrawFn) -> str:
    keyword = draw(st.sampled_from(_KEYWORDS))
    keyword = keyword.lower() if draw(st.booleans()) else keyword
    flags = [flag + draw(_GAPS) for flag in draw(st.lists(st.sampled_from(_FLAGS), max_size=2))]
    if draw(st.integers(0, 4)) == 0:
        return f"{keyword} {''.join(flags)}{draw(st.sampled_from(_JSON))}{{n}}"
    words = "".join(word + draw(_GAPS) for word in draw(st.lists(_WORDS, max_size=4)))
    line = f"{keyword} {''.join(flags)}{words}"
    if draw(st.integers(0, 4)) == 0:
        opening = draw(st.sampled_from(_HEREDOCS))
        name = "E F" if "E F" in opening else "EOF"
        body = draw(st.sampled_from(["", "a{n}", "\ta{n}{n}# b{n}", "FROM c{n}", "d {e}{n}e{n}", "EOF f{n}"]))
        return f"{line}{opening}{{n}}{body}{draw(st.sampled_from(['', '', chr(9)]))}{name}{{n}}"
    return line + draw(st.sampled_from(["z{n}", "z{n}", "{n}", "z {e}{n}"]))


@st.composite
def _sound_dockerfiles(draw: st.DrawFn) -> bytes:
    head = draw(st.sampled_from(_HEADS))
    stages = draw(st.lists(st.lists(_instructions(), max_size=5), min_size=1, max_size=3))
    text = head
    for number, stage in enumerate(stages):
        text += f"FROM a{number} AS s{number}{{n}}"
        text += "".join(draw(st.sampled_from(_BETWEEN)) + one for one in stage)
    escape = "`" if "escape" in head.lower() else "\\"
    text = text.replace("{e}", escape).replace("{n}", draw(st.sampled_from(["\n", "\n", "\r\n"])))
    text = text[:-1] if draw(st.integers(0, 3)) == 0 else text
    return text.encode(errors="surrogateescape")


sound_dockerfiles = _sound_dockerfiles()
#: Any Dockerfile.
dockerfiles = st.one_of(_sound_dockerfiles(), _soup(_DOCKERFILE_PIECES, 40), st.binary(max_size=200))

_SHELL_PIECES = [
    *"a pip if then fi for in do done case esac [[ ]] A=b =( 2>&1 = # ! f()".split(),
    *"\\ ' \" ` $ $( ${ ( ) { } (( ))".split(),
    *"&& & || | |& ; ;; < > <<E <<- <<< sh -c".split(),
    *(" ", " ", " ", "\t", "\n", "\r\n", "\\\n", "\nE\n", "\x00", "\udce9", "\xa0", "\x0c"),
]
#: Any shell text.
shell_texts = st.one_of(_soup(_SHELL_PIECES, 24), _soup(_SHELL_PIECES, 24), st.binary(max_size=80))

_COMPOSE_PIECES = [
    *"-:?,[]{}#&*!|>'\"%@` \n\t\r\ufeff\u2028",
    *(
        "services:",
        "web:",
        "build:",
        "context: .",
        "command:",
        "volumes:",
        "extends:",
        "include:",
        "<<: ",
        "&a",
        "*a",
    ),
    *(
        "!reset",
        "!override",
        "\n  ",
        "\n    ",
        "\n      - ",
        "---\n",
        "...\n",
        "${A:-b}",
        "$$",
        "{{ x }}",
        "é",
        "~",
    ),
    *(
        "|\n      a\n",
        ">-\n      a\n",
        "file: stack.yml",
        "web: {image: a}",
        "\r\n  ",
        "!!binary a",
        "? ",
        "$$",
        "include:",
    ),
]
_COMPOSE_SOUP = _soup(_COMPOSE_PIECES, 30)
#: Any compose file.
compose_files = st.one_of(
    sound_compose_files().map(lambda made: made[0]),
    _COMPOSE_SOUP,
    _COMPOSE_SOUP.map(lambda data: b"services:\n  web:\n    " + data),
    st.binary(max_size=80),
)

_REQUIREMENT_LINES = [
    *(
        "six==1.17.0",
        "idna>=3,<4",
        "a[b,c]~=1.0",
        "d ; python_version < '3.9'",
        "e @ https://acme.example/e.zip",
    ),
    *("-r other.txt", "-rrequirements.txt", "-c limits.txt", "--constraint=limits.txt", "-e .", "-e ./f[g]"),
    *(
        "--index-url https://acme.example/simple",
        "-i x",
        "--hash=sha256:aa",
        "--no-binary :all:",
        "./wheel.whl",
    ),
    *(
        "git+ssh://git@acme.example/h.git@v1#egg=h",
        "file:///i",
        "${J}==1",
        "k==",
        "=l",
        "-",
        "--",
        "# why",
        "",
    ),
    *(
        "m \\",
        "n==1 \\",
        "    --hash=sha256:bb \\",
        "o # why \\",
        "p#q",
        "-r https://acme.example/r.txt",
        "s==*",
    ),
]
_ENCODINGS = ["utf-8", "utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-32", "latin-1"]


@st.composite
def _requirement_files(draw: st.DrawFn) -> bytes:
    newline = draw(st.sampled_from(["\n", "\n", "\r\n", "\r", "\x0c", "\u2028"]))
    head = draw(st.sampled_from(["", "", "", "# -*- coding: latin-1 -*-\n", "# coding: x\n"]))
    text = head + newline.join(draw(st.lists(st.sampled_from(_REQUIREMENT_LINES), max_size=8)))
    return text.encode(draw(st.sampled_from(_ENCODINGS)), errors="replace")


_REQUIREMENT_SOUP = _soup([*"six=<>!~.,;[]@:/-rce'\"#\\ \n${}A1\t\r\0é"], 60)
#: Any requirements file.
requirement_files = st.one_of(_requirement_files(), _REQUIREMENT_SOUP, st.binary(max_size=200))
