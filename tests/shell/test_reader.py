"""How shell texts are read: which commands there are, and how they hang together."""

from __future__ import annotations

import pytest

from uvmigrate.shell import Command, Opaque, parse
from uvmigrate.source import Span


def shown(text: str) -> list[str]:
    """Each statement as one line: its words (`?` for computed ones), its flags, and the joiner after it."""
    lines = []
    for statement in parse(text.encode(errors="surrogateescape")).statements:
        joiner = (statement.after.text if statement.after else "").replace("\n", "newline")
        if isinstance(statement, Opaque):
            lines.append(f"<{statement.why}> {joiner}".strip())
            continue
        words = [
            f"{found.name}={found.value if found.value is not None else '?'}"
            for found in statement.assignments
        ]
        words += [word if word is not None else "?" for word in statement.argv]
        flags = [flag for flag in ("guarded", "piped", "background", "negated") if getattr(statement, flag)]
        lines.append(" ".join([*words, *(f"[{flag}]" for flag in flags), joiner]).strip())
    return lines


BODIES = [
    ("apt-get update", ["apt-get update"]),
    ("a && b && c", ["a &&", "b &&", "c"]),
    ("a ; b", ["a ;", "b"]),
    ("a;", ["a ;"]),
    ("set -ex; \\\n  a; \\\n  b", ["set -ex ;", "a ;", "b"]),
    ("a && \\\n    b \\\n    c", ["a &&", "b c"]),
    ("a \\\n  && b", ["a &&", "b"]),
    ("a &&\nb", ["a &&", "b"]),
    ("a || b", ["a [guarded] ||", "b [guarded]"]),
    ("a && b || c", ["a [guarded] &&", "b [guarded] ||", "c [guarded]"]),
    ("a || b && c", ["a [guarded] ||", "b [guarded] &&", "c [guarded]"]),
    ("a || b; c && d", ["a [guarded] ||", "b [guarded] ;", "c &&", "d"]),
    ("a | b", ["a [piped] |", "b [piped]"]),
    ("a |& b", ["a [piped] |&", "b [piped]"]),
    ("a && b | c && d", ["a &&", "b [piped] |", "c [piped] &&", "d"]),
    ("a | b || c", ["a [guarded] [piped] |", "b [guarded] [piped] ||", "c [guarded]"]),
    ("a & b", ["a [background] &", "b"]),
    ("a && b &", ["a [background] &&", "b [background] &"]),
    ("! a && b", ["a [negated] &&", "b"]),
    ("! a | b", ["a [piped] [negated] |", "b [piped]"]),
    ("a\nb\n\nc\n", ["a newline", "b newline", "c newline"]),
    ("# first\na # why\n# last\nb", ["a newline", "b"]),
    ("a;\nb", ["a ;", "b"]),
    ("A=1 B='2 3' run x", ["A=1 B=2 3 run x"]),
    ("A=1", ["A=1"]),
    ("A=1 B=2", ["A=1 B=2"]),
    ("A=$B run", ["A=? run"]),
    ("A=(1 2)", ["A=?"]),
    ("A+=x", ["A=?"]),
    ("export A=b C", ["export A=b C"]),
    ("unset A", ["unset A"]),
    ("env A=b run", ["env A=b run"]),
    ("pip install 'x>=1' \"y[z]\" .[dev]", ["pip install x>=1 y[z] .[dev]"]),
    ("echo a\"b c\"'d'\\ e", ["echo ab cd e"]),
    ("echo 'a'\\''b'", ["echo a'b"]),
    ('echo "a\\"b\\n\\$"', ['echo a"b\\n$']),
    ("echo $A ${B:-c} $(d) `e` \"$F\" $'g'", ["echo ? ? ? ? ? ?"]),
    ("echo *.txt ~/x {a,b}", ["echo *.txt ~/x {a,b}"]),
    ("$PIP install x", ["? install x"]),
    ("pi\\\np inst\\\nall", ["pip install"]),
    ("[ -f x ] && [[ $a == b ]]", ["[ -f x ] &&", "[[ ? == b ]]"]),
    ("find . -name x -exec rm {} \\;", ["find . -name x -exec rm {} ;"]),
    ("if a; then b; fi", ["<control flow: if>"]),
    ("a && if b; then c; fi && d", ["a &&", "<control flow: if> &&", "d"]),
    ("for x in a b; do c; done; d", ["<control flow: for> ;", "d"]),
    ("while a; do b; done < f", ["<control flow: while>"]),
    ("until a; do b; done", ["<control flow: until>"]),
    ("case x in a) b;; esac", ["<control flow: case>"]),
    ("(a; b) && { c; } 2>&1", ["<subshell> &&", "<brace group>"]),
    ("(( a++ )); b", ["<arithmetic> ;", "b"]),
    ("f() { a; }\nf", ["<function definition> newline", "f"]),
    ("a | (b) || c", ["a [guarded] [piped] |", "<subshell> ||", "c [guarded]"]),
    ("a; b && echo 'c", ["a ;", "<syntax error>"]),
    ("a && ", ["<syntax error>"]),
    ("&& a", ["<syntax error>"]),
    ("a ;; b", ["<syntax error>"]),
    ("if a", ["<syntax error>"]),
    ("cat <<A <<B\nx\nA\ny\nB\npip install z", ["<unreadable heredoc>"]),
    ("cat <<A &&\npip install x\nA\nb", ["<unreadable heredoc>"]),
    ("<<A bash\npip install x\nA\n", ["<unreadable heredoc>"]),
    ("a <<<x\n! b", ["a newline", "b [negated]"]),
    ("a && }", ["<syntax error>"]),
    ("a\n\\rm b", ["a newline", "rm b"]),
    ("a { } b", ["a { } b"]),
    ("a \\\n# b\nc", ["a newline", "c"]),
    ("a\\\n# b\nc", ["<syntax error>"]),
    ("a }x$$", ["a ?"]),
    ("", []),
    ("  \n# nothing\n", []),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), BODIES)
def test_a_text_is_read_as_the_shell_reads_it(text: str, expected: list[str]) -> None:
    assert shown(text) == expected


@pytest.mark.parametrize(("text", "expected"), BODIES)
def test_line_ends_of_either_kind_read_the_same(text: str, expected: list[str]) -> None:
    assert shown(text.replace("\n", "\r\n")) == expected


@pytest.mark.parametrize("text", [text for text, _ in BODIES])
def test_every_span_covers_the_text_it_stands_for(text: str) -> None:
    offset = 1000
    script = parse(text.encode(), offset)
    for command in script.everything:
        assert script.span.contains(command.span)
        for word in command.words:
            assert script.of(word.span).decode() == word.raw
        for assignment in command.assignments:
            assert script.of(assignment.span).startswith(assignment.name.encode())
    for statement in script.statements:
        for joiner in (statement.before, statement.after):
            assert joiner is None or script.of(joiner.span).decode() == joiner.text


def only(text: str) -> Command:
    (command,) = parse(text.encode()).commands
    return command


def test_a_version_that_nobody_quoted_is_seen_as_the_redirection_it_is() -> None:
    command = only("pip install x>=1.0 y")
    assert command.argv == ("pip", "install", "x", "y")
    (redirect,) = command.redirects
    assert (redirect.operator, redirect.target and redirect.target.text) == (">", "=1.0")


def test_redirections_belong_to_the_command_before_them_and_not_to_the_list() -> None:
    first, second = parse(b"a && b 2>/dev/null >&2").commands
    assert first.redirects == ()
    assert [redirect.operator for redirect in second.redirects] == [">", ">&"]
    assert second.span.of(b"a && b 2>/dev/null >&2") == b"b 2>/dev/null >&2"


def test_words_after_a_redirection_are_words() -> None:
    assert only(">log run x 2>&1 y").argv == ("run", "x", "y")


def test_the_body_of_a_heredoc_is_no_command() -> None:
    text = b"cat <<EOF >f && b\npip install x\nEOF\nc\n"
    script = parse(text)
    assert [command.name for command in script.commands] == ["cat", "b", "c"]
    body = script.commands[0].redirects[0].body
    assert body is not None
    assert body.of(text) == b"pip install x\nEOF"
    assert script.commands[0].span.of(text) == b"cat <<EOF >f"


def test_a_heredoc_with_tabs_and_a_quoted_word() -> None:
    text = b"cat <<-'END' | b\n\t$x\n\tEND\nc"
    script = parse(text)
    assert [command.name for command in script.commands] == ["cat", "b", "c"]
    redirect = script.commands[0].redirects[0]
    assert redirect.target is not None
    assert redirect.target.text == "END"
    assert redirect.body is not None
    assert redirect.body.of(text) == b"\t$x\n\tEND"


def test_a_here_string_is_a_redirection() -> None:
    (redirect,) = only("a <<< 'b c'").redirects
    assert redirect.target is not None
    assert (redirect.operator, redirect.target.text) == ("<<<", "b c")


def test_variables_of_a_word_are_named() -> None:
    assert only('pip install "x==$V" ${W:-$U}').words[2].variables == ("V",)
    assert only("exec $@ ${W:-$U}").words[2].variables == ("W", "U")


def test_commands_are_found_inside_everything() -> None:
    text = b"if a || b; then c; fi; d $(e `f`); g() { h; }; for x in $(i); do j; done; k > $(l)"
    names = [command.name for command in parse(text).everything]
    assert names == list("abcdefhijkl")


def test_what_is_found_inside_is_marked_as_nested() -> None:
    script = parse(b"a $(b) && (c || d)")
    assert [command.nested for command in script.everything] == [False, True, True, True]
    assert [command.guarded for command in script.everything] == [False, False, True, True]


def test_commands_around_a_syntax_error_can_still_be_found() -> None:
    script = parse(b"a; pip install 'x")
    assert [command.name for command in script.everything] == ["a", "pip"]
    assert script.opaque[0].why == "syntax error"


def test_blanks_in_place_of_a_comment_do_not_end_a_command() -> None:
    masked = b"a x \\\n" + b" " * len("# comment\n") + b"    y && b"
    assert [command.argv for command in parse(masked).commands] == [("a", "x", "y"), ("b",)]


def test_bytes_that_are_not_utf8_come_through() -> None:
    raw = b"echo caf\xe9 \xc2\xa0x \x0by"
    script = parse(raw)
    assert script.commands[0].argv == ("echo", "caf\udce9", "\xa0x", "\x0by")


def test_nesting_deeper_than_the_stack_is_read() -> None:
    assert parse(b"(" * 5000).opaque
    assert len(parse(b" && ".join([b"a"] * 5000)).commands) == 5000
    assert len(parse(b"a $(" * 300 + b"b" + b")" * 300).everything) == 301


@pytest.mark.parametrize(
    "text",
    [
        b"a|" * 1001,
        b"a=(" * 2000,
        b"<<E\n" * 2000,
        b"a)" * 2000 + b"'",
        b"x" * (256 * 1024 + 1),
        b"a " * 10_001,
    ],
    ids=["pipes", "arrays", "heredocs", "an open quote", "bytes", "words"],
)
def test_what_the_grammar_is_slow_with_is_too_complex_as_a_whole(text: bytes) -> None:
    (found,) = parse(text, 7).statements
    assert isinstance(found, Opaque)
    assert (found.why, found.span, found.commands) == ("too complex", Span(7, 7 + len(text)), ())


def test_a_long_script_is_read_in_full() -> None:
    text = b"".join(b"if [ -f a%d ]; then b 'c d' | e \"$(f)\"; fi\ncat <<E\ng\nE\n" % n for n in range(300))
    script = parse(text)
    assert len(script.commands) == 300
    assert {found.why for found in script.opaque} == {"control flow: if"}
    assert sum(command.name == "f" for command in script.everything) == 300
