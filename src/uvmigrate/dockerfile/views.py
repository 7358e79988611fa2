"""Typed views of instructions. Each is None for another keyword, and where BuildKit would refuse it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.dockerfile.heredoc import read_opening
from uvmigrate.dockerfile.lines import BLANKS
from uvmigrate.dockerfile.words import Word, health_parts, quoted_ranges, resolved
from uvmigrate.source import NamedTuple, Span, lazy_pattern, once_a_view

if TYPE_CHECKING:
    from uvmigrate.dockerfile.lines import Logical
    from uvmigrate.dockerfile.nodes import Flag, Heredoc, Instruction

_STAGE_NAME = lazy_pattern(r"[a-z][a-z0-9-_.]*")
_SHELL_SHEBANG = lazy_pattern(rb"#![ \t]*(?:\S*/env[ \t]+(?:-S[ \t]+)?)?(?:\S*/)?(?:ba|da|a|k|z)?sh(?!\S)")


class From(NamedTuple):
    """``FROM [--platform=P] IMAGE [AS NAME]``; ``name`` is in lower case."""

    image: str
    image_span: Span
    platform: str | None
    name: str | None
    name_span: Span | None


class Copy(NamedTuple):
    """COPY or ADD. ``sources`` are paths (or URLs); inline files are ``heredocs``, in order."""

    sources: tuple[Word, ...]
    dest: Word
    from_: str | None
    chown: str | None
    chmod: str | None
    link: bool
    parents: bool
    exclude: tuple[str, ...]
    heredocs: tuple[Heredoc, ...]


class Pair(NamedTuple):
    """A name and its value, quotes and escapes resolved and variables in place (see `Word`).

    ``value`` and ``value_span`` are None only for an ARG without a default. ``legacy`` says that it is
    written ``ENV KEY VALUE``.
    """

    key: str
    value: str | None
    span: Span
    key_span: Span
    value_span: Span | None
    legacy: bool = False


class Mount(NamedTuple):
    """A ``--mount`` of RUN. ``options`` by name in lower case, an option without a value is ``true``."""

    options: dict[str, str]
    flag: Flag

    @property
    def type(self) -> str:
        """The type in lower case; bind where none is given."""
        return self.options.get("type", "bind").lower()

    @property
    def target(self) -> str | None:
        """The path in the image, by any of the option's names."""
        return self._any("target", "dst", "destination")

    @property
    def source(self) -> str | None:
        """The path in the context or the other image, by any of the option's names."""
        return self._any("source", "src")

    @property
    def id(self) -> str | None:
        """The name of a cache or secret."""
        return self.options.get("id")

    def _any(self, *names: str) -> str | None:
        return next((self.options[name] for name in names if name in self.options), None)


class ScriptText(NamedTuple):
    """Text that something runs; ``offset`` plus an offset in ``data`` is an offset in the file.

    ``is_shell`` is False for a heredoc whose first line names another interpreter.
    """

    data: bytes
    offset: int
    is_shell: bool


class Run(NamedTuple):
    """RUN. ``scripts`` is what a shell runs, empty for exec form: the arguments, or a heredoc's body."""

    mounts: tuple[Mount, ...]
    exec_form: tuple[str, ...] | None
    scripts: tuple[ScriptText, ...]


class Command(NamedTuple):
    """CMD, ENTRYPOINT or HEALTHCHECK: ``exec_form``, or ``script`` (at ``shell_span``), or ``none``."""

    exec_form: tuple[str, ...] | None
    exec_words: tuple[Word, ...]
    shell_span: Span | None
    script: ScriptText | None
    none: bool
    flags: tuple[Flag, ...]


@once_a_view
def as_from(instruction: Instruction) -> From | None:
    """The view of a FROM: one word, or three with AS, and a name that Docker allows."""
    words = instruction.words
    if instruction.keyword != "FROM" or len(words) not in (1, 3):
        return None
    name = words[2].raw.lower() if len(words) == 3 else None
    if name is not None and (words[1].raw.lower() != "as" or not _STAGE_NAME.fullmatch(name)):
        return None
    name_span = words[2].span if name else None
    return From(words[0].text, words[0].span, _flag(instruction, "platform"), name, name_span)


@once_a_view
def as_copy(instruction: Instruction) -> Copy | None:
    """The view of a COPY or ADD: at least one source and a destination that is no heredoc."""
    words = instruction.words
    if instruction.keyword not in ("COPY", "ADD") or len(words) < 2 or _opens(words[-1]):
        return None
    return Copy(
        sources=tuple(word for word in words[:-1] if not _opens(word)),
        dest=words[-1],
        from_=_flag(instruction, "from"),
        chown=_flag(instruction, "chown"),
        chmod=_flag(instruction, "chmod"),
        link=_is_set(instruction, "link"),
        parents=_is_set(instruction, "parents"),
        exclude=tuple(flag.value or "" for flag in instruction.flags if flag.name == "exclude"),
        heredocs=instruction.heredocs,
    )


@once_a_view
def as_env(instruction: Instruction) -> tuple[Pair, ...] | None:
    """The pairs of an ENV; in the legacy form ``ENV KEY VALUE`` there is one."""
    return pairs(instruction) if instruction.keyword == "ENV" else None


@once_a_view
def as_arg(instruction: Instruction) -> tuple[Pair, ...] | None:
    """The names that an ARG declares, with their defaults."""
    return pairs(instruction) if instruction.keyword == "ARG" else None


@once_a_view
def pairs(instruction: Instruction) -> tuple[Pair, ...] | None:
    """The pairs of ENV, LABEL or ARG (``parseNameVal``, ``parseNameOrNameVal``); None if there are none."""
    line, found = instruction.line, []
    ranges = quoted_ranges(line.text, line.escape[0])
    if not ranges:
        return None
    if instruction.keyword != "ARG" and b"=" not in line.text[slice(*ranges[0])]:
        blank = BLANKS.search(line.text)
        if blank is None:
            return None
        return (_pair(line, 0, blank.start(), blank.end(), len(line.text), legacy=True),)
    for start, end in ranges:
        equals = line.text.find(b"=", start, end)
        if equals == start or (equals < 0 and instruction.keyword != "ARG"):
            return None
        if equals < 0:
            found.append(_pair(line, start, end, None, end))
        else:
            found.append(_pair(line, start, equals, equals + 1, end))
    return tuple(found)


def _pair(
    line: Logical, start: int, key_end: int, value_start: int | None, end: int, *, legacy: bool = False
) -> Pair:
    escape, span, key_span = line.escape[0], line.span(start, end), line.span(start, key_end)
    key = resolved(line.text[start:key_end], escape)
    if value_start is None:
        return Pair(key, None, span, key_span, None)
    value_span = line.span(value_start, end) if value_start < end else Span(span.end, span.end)
    return Pair(key, resolved(line.text[value_start:end], escape), span, key_span, value_span, legacy)


@once_a_view
def as_user(instruction: Instruction) -> Word | None:
    """The one argument of USER."""
    return _single(instruction, "USER")


@once_a_view
def as_workdir(instruction: Instruction) -> Word | None:
    """The one argument of WORKDIR."""
    return _single(instruction, "WORKDIR")


@once_a_view
def as_run(instruction: Instruction) -> Run | None:
    """The view of a RUN (BuildKit's ``dispatchRun`` says which text is the script)."""
    if instruction.keyword != "RUN":
        return None
    mounts = tuple(_mount(flag) for flag in instruction.flags if flag.name == "mount")
    exec_form = instruction.exec_form
    return Run(mounts, exec_form, _scripts(instruction) if exec_form is None else ())


def _mount(flag: Flag) -> Mount:
    parts = (field.partition("=") for field in (flag.value or "").split(",") if field)
    return Mount({name.strip().lower(): value if equals else "true" for name, equals, value in parts}, flag)


def _scripts(instruction: Instruction) -> tuple[ScriptText, ...]:
    text, start = instruction.masked()
    if not text:
        return ()
    if not instruction.heredocs:
        return (ScriptText(text, start, is_shell=True),)
    data = instruction.line.data
    first, last = instruction.heredocs[0], instruction.heredocs[-1]
    if read_opening(instruction.line.text):
        body = first.body.of(data)
        shebang = body.lstrip(b"\t") if first.strip_tabs else body
        is_shell = not shebang.startswith(b"#!") or _SHELL_SHEBANG.match(shebang) is not None
        return (ScriptText(body, first.body.start, is_shell),)
    # The shell reads the heredocs itself: Docker hands it the line, the bodies and the terminators.
    gap = max(first.body.start - start - len(text), 0)
    bodies = data[first.body.start : last.end.end].rstrip(b"\r\n")
    return (ScriptText(text + (b" " * (gap - 1) + b"\n" if gap else b"") + bodies, start, is_shell=True),)


@once_a_view
def as_cmd(instruction: Instruction) -> Command | None:
    """The view of a CMD."""
    return _command(instruction) if instruction.keyword == "CMD" else None


@once_a_view
def as_entrypoint(instruction: Instruction) -> Command | None:
    """The view of an ENTRYPOINT."""
    return _command(instruction) if instruction.keyword == "ENTRYPOINT" else None


@once_a_view
def as_healthcheck(instruction: Instruction) -> Command | None:
    """The view of a HEALTHCHECK: its CMD, or NONE."""
    if instruction.keyword != "HEALTHCHECK":
        return None
    head, rest = health_parts(instruction.line)
    kind = instruction.line.text[:head].upper()
    if kind == b"NONE" and not rest.text:
        return Command(None, (), None, None, none=True, flags=instruction.flags)
    return _command(instruction, rest) if kind == b"CMD" and rest.text else None


def _command(instruction: Instruction, line: Logical | None = None) -> Command:
    line = line or instruction.line
    words = instruction.exec_words
    exec_form = instruction.exec_form
    if exec_form is not None:
        return Command(exec_form, words, None, None, none=False, flags=instruction.flags)
    span = line.whole
    script = ScriptText(line.masked(), span.start, is_shell=True)
    return Command(None, (), span, script, none=False, flags=instruction.flags)


def _single(instruction: Instruction, keyword: str) -> Word | None:
    words = instruction.words
    return words[0] if instruction.keyword == keyword and words else None


def _flag(instruction: Instruction, name: str) -> str | None:
    return next((flag.value for flag in instruction.flags if flag.name == name), None)


def _is_set(instruction: Instruction, name: str) -> bool:
    values = [flag.value for flag in instruction.flags if flag.name == name]
    return bool(values) and (values[0] is None or values[0].lower() == "true")


def _opens(word: Word) -> bool:
    return read_opening(word.raw.encode(errors="surrogateescape")) is not None
