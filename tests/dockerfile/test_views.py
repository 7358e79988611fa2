"""Typed views: FROM, COPY, ENV, ARG, USER, WORKDIR, RUN, CMD, ENTRYPOINT, HEALTHCHECK."""

from __future__ import annotations

import pytest

from uvmigrate.dockerfile import (
    Instruction,
    Pair,
    as_arg,
    as_cmd,
    as_copy,
    as_entrypoint,
    as_env,
    as_from,
    as_healthcheck,
    as_run,
    as_user,
    as_workdir,
    expand,
    parse,
)


def only(data: bytes) -> Instruction:
    """The one instruction of a file."""
    (found,) = parse(data).instructions
    return found


def values(pairs: tuple[Pair, ...] | None) -> dict[str, str | None]:
    """Names and values."""
    assert pairs is not None
    return {pair.key: pair.value for pair in pairs}


def test_from_has_image_platform_and_a_name_in_lower_case() -> None:
    data = b"FROM --platform=$BUILDPLATFORM host:5000/python:3.12@sha256:ab as Build\n"
    found = as_from(only(data))
    assert found is not None
    assert found.image == "host:5000/python:3.12@sha256:ab"
    assert (found.platform, found.name) == ("$BUILDPLATFORM", "build")
    assert found.name_span is not None
    assert found.name_span.of(data) == b"Build"


@pytest.mark.parametrize(
    "line", [b"FROM", b"FROM a b", b"FROM a as", b"FROM a as 1b", b"FROM a is b", b"RUN a"]
)
def test_what_is_no_from_is_none(line: bytes) -> None:
    assert as_from(only(line)) is None


def test_copy_has_sources_destination_and_flags() -> None:
    found = as_copy(
        only(b'COPY --from=b --chown=1:1 --chmod=755 --link --exclude=*.a --exclude=c "d" e /f/\n')
    )
    assert found is not None
    assert ([word.text for word in found.sources], found.dest.text) == (["d", "e"], "/f/")
    assert (found.from_, found.chown, found.chmod, found.link) == ("b", "1:1", "755", True)
    assert (found.exclude, found.parents) == (("*.a", "c"), False)


def test_copy_may_be_json() -> None:
    data = b'ADD ["a b", \\\n "/c/"]\n'
    found = as_copy(only(data))
    assert found is not None
    assert ([word.text for word in found.sources], found.dest.text) == (["a b"], "/c/")
    assert found.dest.span.of(data) == b'"/c/"'


@pytest.mark.parametrize(
    ("flags", "link"), [(b"--link", True), (b"--link=TRUE", True), (b"--link=false", False)]
)
def test_a_boolean_flag_may_have_a_value(flags: bytes, link: bool) -> None:
    found = as_copy(only(b"COPY " + flags + b" a b\n"))
    assert found is not None
    assert found.link is link


@pytest.mark.parametrize("line", [b"COPY a", b"COPY", b"COPY a <<EOF", b"RUN a b"])
def test_what_is_no_copy_is_none(line: bytes) -> None:
    assert as_copy(only(line)) is None


def test_env_values_are_without_quotes_and_escapes() -> None:
    pairs = as_env(only(b'ENV A="b $C" D=\'e f\' G=h\\ i J="k\\"l" M= N=a=b\n'))
    assert values(pairs) == {"A": "b $C", "D": "e f", "G": "h i", "J": 'k"l', "M": "", "N": "a=b"}


def test_env_spans_reach_around_the_quotes() -> None:
    data = b'ENV A=1 \\\n    # why\n    B="c d" \\\n    C=\n'
    pairs = as_env(only(data))
    assert pairs is not None
    assert [pair.span.of(data) for pair in pairs] == [b"A=1", b'B="c d"', b"C="]
    assert [pair.value_span.of(data) for pair in pairs if pair.value_span] == [b"1", b'"c d"']
    assert pairs[2].value_span is not None
    assert pairs[2].value_span.start == data.index(b"C=") + 2


def test_the_legacy_form_of_env_is_one_pair() -> None:
    data = b'ENV PATH  /a b:"$PATH"\n'
    pairs = as_env(only(data))
    assert values(pairs) == {"PATH": "/a b:$PATH"}
    assert pairs is not None
    assert pairs[0].legacy
    assert pairs[0].value_span is not None
    assert pairs[0].value_span.of(data) == b'/a b:"$PATH"'


@pytest.mark.parametrize("line", [b"ENV", b"ENV A", b"ENV A=b # c", b"ENV =b", b"ARG A=b"])
def test_what_is_no_env_is_none(line: bytes) -> None:
    assert as_env(only(line)) is None


def test_arg_may_have_no_default() -> None:
    assert values(as_arg(only(b"ARG A B=c D='e f' G=\n"))) == {"A": None, "B": "c", "D": "e f", "G": ""}
    assert as_arg(only(b"ARG\n")) is None


def test_a_literal_dollar_stays_literal_through_expand() -> None:
    pairs = as_env(only(b"ENV A='$X' B=\\$X C=\"\\$X\" D=\"'$X'\" E=C:\\\\$X F='\\\\a' G=\"a\\b\"\n"))
    assert pairs is not None
    filled = [expand(pair.value or "", {"X": "x"}) for pair in pairs]
    assert filled == ["$X", "$X", "$X", "'x'", "C:\\x", "\\\\a", "a\\b"]


def test_quotes_in_a_default_are_resolved() -> None:
    pairs = as_env(only(b'ENV A=${X:-"b c"} D="${X:-\'}\'}"\n'))
    assert pairs is not None
    assert [expand(pair.value or "", {}) for pair in pairs] == ["b c", "}"]


def test_user_and_workdir_are_one_word() -> None:
    user, workdir = as_user(only(b"USER app:app\n")), as_workdir(only(b'WORKDIR "/a b"\n'))
    assert user is not None
    assert workdir is not None
    assert (user.text, workdir.text) == ("app:app", "/a b")
    assert as_user(only(b"USER\n")) is None
    assert as_user(only(b"WORKDIR /a\n")) is None


def test_run_has_mounts() -> None:
    data = b"RUN --mount=type=cache,id=pip,dst=/root/.cache,sharing=locked --mount=src=a,target=b,RO c\n"
    run = as_run(only(data))
    assert run is not None
    cache, bind = run.mounts
    assert (cache.type, cache.id, cache.target, cache.options["sharing"]) == (
        "cache",
        "pip",
        "/root/.cache",
        "locked",
    )
    assert (bind.type, bind.source, bind.target, bind.options["ro"], bind.id) == (
        "bind",
        "a",
        "b",
        "true",
        None,
    )
    assert bind.flag.span.of(data) == b"--mount=src=a,target=b,RO"


def test_run_without_arguments_has_no_script() -> None:
    run = as_run(only(b"RUN\n"))
    assert run is not None
    assert run.scripts == ()


def test_cmd_in_exec_form_has_words_with_spans() -> None:
    data = b'CMD ["a", \\\n# why\n "b\\u00e9\\n"]\n'
    found = as_cmd(only(data))
    assert found is not None
    assert found.exec_form == ("a", "b\u00e9\n")
    assert [word.span.of(data) for word in found.exec_words] == [b'"a"', b'"b\\u00e9\\n"']
    assert found.shell_span is None
    assert found.script is None


@pytest.mark.parametrize("text", [b"a b", b"['a']", b'["a",]', b'["a"] b', b"[a]", b"[1]", b'["a\tb"]'])
def test_what_is_no_array_of_strings_is_shell_form(text: bytes) -> None:
    data = b"ENTRYPOINT " + text + b"\n"
    found = as_entrypoint(only(data))
    assert found is not None
    assert found.exec_form is None
    assert found.shell_span is not None
    assert found.shell_span.of(data) == text
    assert found.script is not None
    assert (found.script.data, found.script.offset) == (text, 11)


def test_an_empty_array_is_exec_form() -> None:
    found = as_entrypoint(only(b"ENTRYPOINT [ ]\n"))
    assert found is not None
    assert found.exec_form == ()


def test_half_a_surrogate_pair_becomes_a_replacement_character() -> None:
    found = as_cmd(only(b'CMD ["\\ud800", "\\ud83d\\ude00"]\n'))
    assert found is not None
    assert found.exec_form == ("\ufffd", "\U0001f600")


def test_healthcheck_in_its_three_forms() -> None:
    data = b"HEALTHCHECK --interval=5s cmd curl a \\\n || exit 1\n"
    shell = as_healthcheck(only(data))
    assert shell is not None
    assert shell.script is not None
    assert shell.script.data == b"curl a \\\n || exit 1"
    assert data[shell.script.offset :].startswith(b"curl")
    assert [flag.name for flag in shell.flags] == ["interval"]
    json_form = as_healthcheck(only(b'HEALTHCHECK CMD ["curl", "a"]\n'))
    assert json_form is not None
    assert json_form.exec_form == ("curl", "a")
    none = as_healthcheck(only(b"HEALTHCHECK none\n"))
    assert none is not None
    assert none.none


@pytest.mark.parametrize(
    "line", [b"HEALTHCHECK", b"HEALTHCHECK CMD", b"HEALTHCHECK NONE a", b"HEALTHCHECK a"]
)
def test_what_is_no_healthcheck_is_none(line: bytes) -> None:
    assert as_healthcheck(only(line)) is None


def test_a_view_of_another_keyword_is_none() -> None:
    found = only(b"EXPOSE 80\n")
    views = (as_arg, as_cmd, as_copy, as_entrypoint, as_env, as_from, as_healthcheck, as_run, as_workdir)
    assert [view(found) for view in views] == [None] * len(views)
    assert [word.text for word in found.words] == ["80"]


def test_a_blank_of_several_bytes_parts_pairs_as_a_whole() -> None:
    assert values(as_env(only(b"ENV A=1\xc2\x85B=2\xe2\x80\x83C=3\n"))) == {"A": "1", "B": "2", "C": "3"}
    # The last byte of one alone is a byte like another.
    assert values(as_env(only(b"ENV A=1\x85B=2\n"))) == {"A": "1\udc85B=2"}
