"""What holds of any bytes that a parser is given: hypothesis asks it in the tests, atheris in long runs.

Each function of TARGETS takes the bytes of one file, and raises where something does not hold.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from uvmigrate.compose import find, load, services_of
from uvmigrate.dockerfile import (
    Instruction,
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
    delete_instruction,
    edit_pairs,
    expand,
    parse,
    second_reader_disagrees,
    template_line,
)
from uvmigrate.project import closure, constraints
from uvmigrate.shell import drop, droppable, every_command
from uvmigrate.shell import parse as parse_shell
from uvmigrate.source import Repo, apply_edits

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from uvmigrate.source import Edit, Span

VIEWS = (
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
)
COMPOSE, REQUIREMENTS = PurePosixPath("compose.yaml"), PurePosixPath("requirements.txt")


def every(data: bytes) -> list[Instruction]:
    """All instructions of a Dockerfile, triggers of ONBUILD included."""
    parsed = parse(data)
    found = parsed.instructions
    assert found == sum(((s.from_, *s.instructions) for s in parsed.stages), parsed.preamble)
    return [*found, *(item.inner for item in found if item.inner)]


def tiles(data: bytes) -> None:
    """The items of a Dockerfile lie side by side, none is empty, and together they are the file."""
    spans = [item.span for item in parse(data).items]
    assert b"".join(span.of(data) for span in spans) == data
    assert all(before.end == after.start for before, after in pairwise(spans))
    assert all(span for span in spans)


def nests(data: bytes) -> None:
    """The spans of an instruction of a Dockerfile lie within each other."""
    for found in every(data):
        assert found.span.contains(found.text_span)
        assert found.text_span.contains(found.keyword_span)
        assert found.text_span.contains(found.args_span)
        inside = [flag.span for flag in found.flags] + [word.span for word in found.words]
        assert all(found.text_span.contains(span) for span in inside)
        for heredoc in found.heredocs:
            assert found.span.contains(heredoc.body)
            assert heredoc.body.end == heredoc.end.start


def masks(data: bytes) -> None:
    """The text that a shell sees of an instruction is as long as its arguments, and says the same."""
    for found in every(data):
        text, start = found.masked()
        assert (start, len(text)) == (found.args_span.start, len(found.args_span))
        joined = text.replace(b"\\\n", b"")
        assert joined.replace(b" ", b"") == found.line.text.replace(b" ", b"")


def views(data: bytes) -> None:
    """Nothing that is asked of a Dockerfile raises."""
    template_line(data)
    second_reader_disagrees(data)
    for found in every(data):
        for view in VIEWS:
            view(found)
        for word in found.words:
            expand(word.text, {"X": "a/b"})


def _stays_inside(data: bytes, edits: Sequence[Edit], span: Span) -> bytes:
    """What *edits* make of *data*, where they lie in a span and change nothing around it."""
    assert all(span.contains(edit.span) for edit in edits)
    after = apply_edits(data, edits)
    assert after.startswith(data[: span.start])
    assert after.endswith(data[span.end :])
    assert len(after) == len(data) + sum(len(edit.new) - len(edit.span) for edit in edits)
    return after


def edits(data: bytes) -> None:
    """An instruction of a Dockerfile goes, or its pairs come and go, and nothing around it changes."""
    parsed = parse(data)
    for found in parsed.instructions:
        after = _stays_inside(data, delete_instruction(parsed, found, "why"), found.span)
        assert len(after) < len(data)
        names = [pair.key for pair in as_env(found) or as_arg(found) or ()]
        if len(set(names)) > 1:
            _stays_inside(data, edit_pairs(parsed, found, remove={names[0]}, because="why"), found.span)
        if names and not (as_env(found) or as_arg(found) or ())[0].legacy:
            after = _stays_inside(data, edit_pairs(parsed, found, add={"NEW": "new"}), found.span)
            assert after.count(b"NEW=new") > data.count(b"NEW=new")


def drops(data: bytes, offset: int = 0) -> None:
    """A command of a shell text goes that nothing depends on, and nothing around the text changes."""
    script, source = parse_shell(data, offset), b"#" * offset + data + b"\n# behind\n"
    for command in filter(droppable, script.commands):
        after = _stays_inside(source, drop(script, [command], "why", source), script.span)
        assert len(after) < len(source)


def dockerfile(data: bytes) -> None:
    """All that holds of a Dockerfile."""
    for holds in (tiles, nests, masks, views, edits):
        holds(data)


def shell(data: bytes, offset: int = 0) -> None:
    """All that holds of a shell text: spans lie inside, in order, and words are the bytes that they cover."""
    script = parse_shell(data, offset)
    assert all(script.span.contains(statement.span) for statement in script.statements)
    assert all(before.span.end <= after.span.start for before, after in pairwise(script.statements))
    assert all(script.span.contains(comment) for comment in script.comments)
    for command in script.everything:
        assert script.span.contains(command.span)
        for word in command.words:
            assert command.span.contains(word.span)
            assert script.of(word.span).decode(errors="surrogateescape") == word.raw
    # What is handed to another shell is read, too.
    assert sum(located for _, located in every_command(script)) >= len(script.everything)


def compose(data: bytes) -> None:
    """All that holds of a compose file: it has services or a problem, and what is found lies in the file."""
    repo = Repo.of({"compose.yaml": data, "stack.yml": data, "Dockerfile": b""})
    services_of([load(repo, found) for found in find(repo)], PurePosixPath("Dockerfile"))
    file = load(repo, COMPOSE)
    assert not (file.problem and file.services)
    lines = data.count(b"\n") + 1
    if file.problem:
        assert 1 <= file.problem.line <= lines
    for service in file.services:
        assert 1 <= service.line <= lines
        for words in (service.command, service.entrypoint, service.healthcheck):
            assert words is None or 0 <= words.span.start <= words.span.end <= len(data)


def requirements(data: bytes) -> None:
    """All that holds of a requirements file: each line is said to stand where there is one."""
    repo = Repo.of({"requirements.txt": data})
    for file in (*closure(repo, REQUIREMENTS), *constraints(repo, REQUIREMENTS)):
        if file.path == REQUIREMENTS:
            assert all(0 <= line.line <= len(data) + 1 for line in file.lines)


#: What can be fuzzed, by its name on the command line.
def _shell(data: bytes) -> None:
    shell(data)
    drops(data)


TARGETS: Mapping[str, Callable[[bytes], None]] = {
    "dockerfile": dockerfile,
    "shell": _shell,
    "compose": compose,
    "requirements": requirements,
}
