"""Which programs the runtime stage calls: a package that brings one of them has to stay there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.codemod import NamedTuple, Search, as_run, lazy_pattern, parse_shell, starts, unwrap

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from uvmigrate.codemod import Build, Command, StageFacts
    from uvmigrate_codemods._stages.candidates import Candidate
    from uvmigrate_codemods._stages.statements import Statement

#: Programs that call a compiler, or may.
_COMPILING = lazy_pattern(
    r"g?make|cmake|ninja|meson|cargo|rustc|go|npm|npx|yarn|pnpm|node-gyp|gem|bundle|pip[0-9.]*|pipx|poetry"
    r"|configure|bootstrap\.sh|autogen\.sh|autoreconf"
)


_BUILDING = lazy_pattern(r"setup\.py$|\bbuild(_\w+)?(\.py)?$|cythonize|nuitka|f2py|\bg?make\b")
_BUILDING_FILE = lazy_pattern(
    rb"cythonize|distutils|setuptools|set_source|pyximport|f2py|\bpycc\b|ffi\.compile"
)
_COMPILERS = frozenset("gcc cc g++ c++ clang clang++ gfortran rustc cargo nvcc".split())
#: What tar calls by itself.
_UNPACKERS = frozenset({"xz", "bzip2", "lbzip2", "zstd", "gzip"})
_TOKEN = lazy_pattern(r"[\w+./-]+")
#: Programs that start what a file of the repository names, and those files.
_RUNNERS = frozenset(
    "honcho foreman make gmake just task supervisord circusd npm yarn runsvdir poe invoke inv fab".split()
)
_RUN_BY = lazy_pattern(
    r"Procfile.*|[Mm]akefile|justfile|Taskfile.*|package\.json|.*\.(conf|ini|toml|sh|mk)|run|tasks\.py"
)
#: Programs that are not understood as far as an install is concerned, and that call no compiler.
_HARMLESS = lazy_pattern(
    r"git|update-.*|locale-gen|localedef|ldconfig|dpkg.*|apt.*|add-apt-repository|debconf.*|gpg|tar|unzip|xz"
    r"|gzip|bzip2|sh|bash|ssh.*|wget|curl|openssl|tee|cat|echo|printf|sed|awk|grep|find|xargs|mkdir|rm|cp|mv|ln"
    r"|touch|chmod|chown|install|ls|test|\[|set|cd|export|true|python[0-9.]*|dnf|yum|microdnf|apk|install_packages"
)


_STARTERS = Search(".py", b"subprocess", b"os.system", b"os.popen", b"os.exec", b"os.spawn", b"Popen")
_STARTING = lazy_pattern(rb"\bsubprocess\b|\bos\.(system|popen|exec|spawn)|\bPopen\b")
_QUOTED = lazy_pattern(rb"[\"'](?:/[\w./-]*/)?([\w+.-]+)[\"' ]")


class Called(NamedTuple):
    """The names of all programs that are called, and those of them that may call a compiler."""

    programs: frozenset[str]
    compiling: tuple[str, ...]


def called_at_runtime(candidate: Candidate, statements: Iterable[Statement]) -> Called:
    """What the runtime stage calls: in its own RUN instructions (*statements* that stay), in those of the
    stages that are built on it, and when a container of one of them starts."""
    build, stage = candidate.build, candidate.stage
    commands = [command for statement in statements for command in _commands(statement)]
    for facts in build.stages:
        if stage in facts.lineage:
            commands += [call.command for call in facts.calls()] if facts is not stage else []
            commands += [start.command for start in starts(build, facts)]
    named = [(_program(command), command) for command in commands]
    seen = {name for name, _ in named} | {name for c in commands for name in _in_scripts(build, stage, c)}
    seen |= {n for facts in build.stages if stage in facts.lineage for n in _without_shell(facts)}
    seen |= {*in_python(build)}
    compiling = {name for name in seen if _COMPILING.fullmatch(name)}
    compiling |= {name for name, c in named if any(_BUILDING.search(text or "") for text in c.argv)}
    compiling |= {name for name, command in named if _is_unread(build, stage, command)}
    compiling |= {_program(c) for s in statements if s.role == "unknown" for c in _opaque(build, stage, s)}
    # A program may be named in an argument, as in update-alternatives or in a text for `sh -c`.
    texts = [s.script.of(s.span).decode(errors="replace") for s in statements]
    if any(map(_runs_others, seen)):
        texts += [text.decode(errors="replace") for text in run_by_files(build)]
    seen |= {token.rpartition("/")[2] for text in texts for token in _TOKEN.findall(text)}
    seen |= _UNPACKERS if "tar" in seen else set()
    compiling |= {name for name, command in named if _builds_in_python(build, stage, command)}
    compiling |= seen & _COMPILERS
    return Called(frozenset(seen), tuple(sorted(compiling)))


def run_by_files(build: Build) -> Iterator[bytes]:
    """The files of the context from which programs are started: Procfile, Makefile, supervisord's."""
    context = build.context
    for path in context.matching(_RUN_BY):
        yield context.repo.get(context.folder / path, b"")


def is_runner(command: Command) -> bool:
    """Whether a command starts what such a file names."""
    return _runs_others(_program(command))


def _runs_others(program: str) -> bool:
    return program in _RUNNERS or program.startswith("s6-")


def _builds_in_python(build: Build, stage: StageFacts, command: Command) -> bool:
    """Whether a command runs a Python file of the context that may call a compiler."""
    for word in command.words[:3]:
        full = stage.final.absolute(word.text) if word.text and word.text.endswith(".py") else None
        path = stage.locate(full, stage.final) if full is not None else None
        if path is not None and _BUILDING_FILE.search(
            build.context.repo.get(build.context.folder / path, b"")
        ):
            return True
    return False


def _program(command: Command) -> str:
    return (unwrap(command).name or "").rpartition("/")[2]


def _commands(statement: Statement) -> Iterator[Command]:
    return (c for c in statement.script.everything if statement.span.contains(c.span))


def _opaque(build: Build, stage: StageFacts, statement: Statement) -> Iterator[Command]:
    """The commands of a statement that may do anything: no known program, no script that can be read."""
    for command in _commands(statement):
        if not _HARMLESS.fullmatch(_program(command)) and not _script(build, stage, command):
            yield command


def in_python(build: Build) -> Iterator[str]:
    """The programs that Python files of the context start, as far as their names stand there in quotes."""
    context = build.context
    for path in context.holding(_STARTERS):
        text = context.repo.get(context.folder / path, b"")
        if _STARTING.search(text):
            yield from (found.decode(errors="replace") for found in _QUOTED.findall(text))


def _without_shell(stage: StageFacts) -> Iterator[str]:
    """The programs of RUN instructions in exec form, and of those behind ONBUILD."""
    for instruction in stage.instructions:
        run = as_run(instruction.inner or instruction)
        if run is not None and run.exec_form:
            yield run.exec_form[0].rpartition("/")[2]
        for text in run.scripts if run is not None and instruction.inner is not None else ():
            yield from map(_program, parse_shell(text.data, text.offset).everything)


def _in_scripts(build: Build, stage: StageFacts, command: Command) -> Iterator[str]:
    """The programs of the shell script of the context that a command runs."""
    text = _script(build, stage, command)
    for inner in parse_shell(text).everything if text else ():
        yield _program(inner)


def _is_unread(build: Build, stage: StageFacts, command: Command) -> bool:
    """Whether a command runs a shell script that cannot be looked into."""
    return _script_word(command) is not None and not _script(build, stage, command)


def _script_word(command: Command) -> str | None:
    inner = unwrap(command)
    operands = [word for word in inner.words[1:] if not word.raw.startswith("-")]
    words = operands[:1] if _program(inner) in ("sh", "bash") else list(inner.words[:1])
    text = words[0].text if words else None
    shell = _program(inner) in ("sh", "bash") and not any("c" in w.raw for w in inner.words[1:2])
    return text if text is not None and (shell or text.endswith(".sh") or text.startswith("./")) else None


def _script(build: Build, stage: StageFacts, command: Command) -> bytes:
    word = _script_word(command)
    full = stage.final.absolute(word) if word is not None else None
    path = stage.locate(full, stage.final) if full is not None else None
    return build.context.repo.get(build.context.folder / path, b"") if path is not None else b""
