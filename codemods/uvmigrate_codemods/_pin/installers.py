"""What brings uv into an image by other ways than its own: pip, and the installer script.

uv's guide "Using uv in Docker", "Installing uv", names the ways. The binary of the image is one static file:
nothing of the base matters to it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from uvmigrate.codemod import (
    Change,
    Edit,
    Refusal,
    Span,
    as_copy,
    as_env,
    delete_instruction,
    drop,
    droppable,
    insertion_point,
    lazy_pattern,
    new_lines,
    read_pip,
    remove_words,
    requirement_name,
    unwrap,
)
from uvmigrate_codemods._pin.images import copies_uv, is_uv_image, pinned_image, repository

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvmigrate.codemod import Build, Call, Command, Instruction, Settings, StageFacts

_SCRIPT = lazy_pattern(
    r"https://astral\.sh/uv/(?:(?P<version>\d+\.\d+\.\d+)/)?install\.sh"
    r"|https://github\.com/astral-sh/uv/releases/(?:latest/download|download/(?P<release>\d+\.\d+\.\d+))"
    r"/uv-installer\.sh"
)
_SHELLS = frozenset({"sh", "bash", "dash", "ash"})
#: uv by another path than /bin, or as a module of Python: there the image's binary is not.
_ELSEWHERE = lazy_pattern(rb"[\w.~${}/-]*bin/uvx?(?![\w./-])|-m\s+uv\b|\"-m\",\s*\"uv\"")
_HERE = frozenset({b"/bin/uv", b"/bin/uvx"})
#: Where the installer puts uv, as it is put on PATH; since 0.5.0 in .local, before that in .cargo.
_USER_PATH = lazy_pattern(r"(/root|\$HOME|\$\{HOME\})/\.(local|cargo)/bin/?:\$(PATH|\{PATH\})")
_INSTALLED = lazy_pattern(r"/\.(local|cargo)/bin/?$")
_INTO_PATH = lazy_pattern(rb"UV_INSTALL_DIR=[\"']?(/usr/local/bin|/usr/bin|/bin)[\"']?\s")
_ENV_FILE = lazy_pattern(r".*/\.(local/bin|cargo)/env\"?")
_BECAUSE = "uv comes from its own image"


class _Found:
    """Something that installs uv: its first instruction, the edits that take it out, the version it asks for.

    A version of None asks for whatever is newest. ``problem`` says why it cannot be replaced; ``whole``, that
    nothing is left of the first instruction.
    """

    def __init__(self, stage: StageFacts, first: Instruction, line: int, *, whole: bool = False) -> None:
        self.stage = stage
        self.first = first
        self.line = line
        self.version: str | None = None
        self.problem = ""
        self.edits: list[Edit] = []
        self.whole = whole


def replace_installers(build: Build, settings: Settings) -> Iterator[Change | Refusal]:
    """One change for each way that uv comes by; a refusal where it is not pinned and cannot be replaced."""
    given: set[int] = set()
    for found in (*_by_pip(build, settings), *_by_pipeline(build), *_by_added_script(build)):
        problem = found.problem or _elsewhere(build)
        if problem:
            if found.version is None:
                instead = f"use COPY --from={settings.uv_reference} /uv /uvx /bin/ in its place"
                yield Refusal(build.path, found.line, "uv-installer", problem, instead)
            continue
        edits = list(found.edits)
        lineage = {facts.index for facts in found.stage.lineage}
        if not given & lineage and copies_uv(found.stage, found.first.span.start) is None:
            given.add(found.stage.index)
            at = found.first.span.start if found.whole else insertion_point(build.dockerfile, found.first)
            edits.insert(0, Edit.insert(at, new_lines(build.dockerfile, _copy(found.version, settings))))
        yield Change({build.path: tuple(edits)}, builds=(build.path,))


def uv_copy(build: Build, settings: Settings) -> str:
    """The COPY that brings uv into a stage: at the version that the Dockerfile asks for, if it does."""
    image = pinned_image(build)
    if image is not None:
        return f"COPY --from={image} /uv /uvx /bin/"
    found = (*_by_pip(build, settings), *_by_pipeline(build), *_by_added_script(build))
    return _copy(next((one.version for one in found if one.version is not None), None), settings)


def installs_uv(build: Build, stage: StageFacts, before: int) -> bool:
    """Whether the installer puts uv on PATH above an offset, in the stage or one that it is FROM."""
    states = zip(stage.instructions, stage.states, strict=False)
    state = next((state for instruction, state in states if instruction.span.start >= before), stage.final)
    home = any(_INSTALLED.search(entry) for entry in state.path)
    above = [
        found.first.text_span.of(build.dockerfile.data)
        for found in (*_by_pipeline(build), *_by_added_script(build))
        if found.stage in stage.lineage and found.first.span.start < before
    ]
    return any(home or _INTO_PATH.search(text) for text in above)


def _copy(version: str | None, settings: Settings) -> str:
    if version is None:
        return f"COPY --from={settings.uv_reference} /uv /uvx /bin/"
    # Images before 0.3 may have no uvx (astral-sh/uv#4763).
    files = "/uv" if tuple(map(int, version.split("."))) < (0, 3) else "/uv /uvx"
    return f"COPY --from={repository(settings)}:{version} {files} /bin/"


def _elsewhere(build: Build) -> str:
    data = build.dockerfile.data
    for instruction in build.dockerfile.instructions:
        copy = as_copy(instruction)
        if copy is not None and copy.from_ is not None and is_uv_image(copy.from_):
            continue
        text = re.sub(rb"(?m)^[ \t]*#[^\n]*", b"", instruction.span.of(data))
        name = next((m[0] for m in _ELSEWHERE.finditer(text) if m[0] not in _HERE), None)
        if name is not None:
            line = build.line(instruction.span.start)
            return f"line {line} counts on {name.decode(errors='replace')}, which uv's image does not bring"
    return ""


def _by_pip(build: Build, settings: Settings) -> Iterator[_Found]:
    for call in build.calls(b"uv"):
        pip = read_pip(call.command)
        operands = [a for a in pip.arguments if a.option is None] if pip and pip.verb == "install" else []
        texts = [call.command.words[a.first].raw.strip("\"'") for a in operands]
        mine = [index for index, text in enumerate(texts) if requirement_name(text) == "uv"]
        if not mine or any(operands[index].dynamic for index in mine):
            # A version that a variable chooses is somebody's choice; and COPY --from takes no variable.
            continue
        found = _Found(call.stage, call.instruction, build.line(call.command.span.start))
        text = texts[mine[0]]
        found.version, found.problem = _version(text, settings)
        if call.nested or not droppable(call.command):
            found.problem = "it is installed by pip where other commands depend on that"
        elif len(mine) < len(operands):
            words = [index for one in mine for index in range(operands[one].first, operands[one].last)]
            found.edits += [
                e._replace(because=_BECAUSE) for e in remove_words(call.command, words, build.dockerfile.data)
            ]
        else:
            _drop(build, found, call, [call.command])
        yield found


def _version(text: str, settings: Settings) -> tuple[str | None, str]:
    """The exact version that a requirement on uv asks for, or why the version that is set will not do."""
    from packaging.requirements import InvalidRequirement, Requirement

    exact = re.fullmatch(r"uv\s*==\s*(\d+\.\d+\.\d+)", text)
    if exact:
        return exact[1], ""
    try:
        specifier = Requirement(text).specifier
    except InvalidRequirement:
        return None, f"{text} is not a requirement that can be read"
    return None, "" if specifier.contains(
        settings.uv_version
    ) else f"{text} does not admit {settings.uv_version}"


def _by_pipeline(build: Build) -> Iterator[_Found]:
    """``curl … https://astral.sh/uv/install.sh | sh``, alone or in a list."""
    for call in build.calls(b"astral"):
        script = next((m for word in call.command.words if (m := _SCRIPT.fullmatch(word.text or ""))), None)
        if script is None or call.command.name not in ("curl", "wget"):
            continue
        found = _Found(call.stage, call.instruction, build.line(call.command.span.start))
        found.version = script["version"] or script["release"]
        shell = _piped_into(call)
        if shell is None:
            found.problem = "the installer is downloaded in a way that is not simply `curl … | sh`"
            yield found
            continue
        whole = call.command._replace(
            span=Span(call.command.span.start, shell.span.end), after=shell.after, piped=False
        )
        statements = tuple(
            whole if one is call.command else one for one in call.script.statements if one is not shell
        )
        merged = call._replace(script=call.script._replace(statements=statements), command=whole)
        files = [
            one
            for one in merged.script.commands
            if one.name in (".", "source") and _ENV_FILE.fullmatch(one.words[-1].raw)
        ]
        if not all(map(droppable, files)):
            found.problem = "what the installer wrote is read where other commands depend on that"
        else:
            _drop(build, found, merged, [whole, *files])
            _forget_path(build, found)
        yield found


def _piped_into(call: Call) -> Command | None:
    """The shell that the command alone feeds, where nothing else depends on the two."""
    command, statements = call.command, call.script.statements
    tied = call.nested or command.guarded or command.negated or command.background
    if tied or command not in statements or (command.before and command.before.text in ("|", "|&")):
        return None
    follower = statements[statements.index(command) + 1 :][:1]
    shell = follower[0] if follower and command.after and command.after.text == "|" else None
    if shell not in call.script.commands or (shell.after and shell.after.text in ("|", "|&")):
        return None
    called = unwrap(shell)
    plain = called.name and called.name.rpartition("/")[2] in _SHELLS and not shell.redirects
    return shell if plain and all((text or "").startswith("-") for text in called.argv[1:]) else None


def _by_added_script(build: Build) -> Iterator[_Found]:
    """``ADD https://astral.sh/uv/install.sh /install.sh`` and the RUN that calls it."""
    for facts in build.stages:
        for instruction in facts.instructions:
            copy = as_copy(instruction)
            if copy is None or len(copy.sources) != 1 or "://" not in copy.sources[0].text:
                continue
            script = _SCRIPT.fullmatch(copy.sources[0].text)
            if script is None:
                continue
            found = _Found(facts, instruction, build.line(instruction.text_span.start), whole=True)
            found.version = script["version"] or script["release"]
            found.edits += delete_instruction(build.dockerfile, instruction, _BECAUSE)
            name = copy.dest.text
            runs: dict[int, list[Call]] = {}
            for call in facts.calls(name.encode(errors="surrogateescape")):
                if name in call.command.argv:
                    runs.setdefault(call.instruction.span.start, []).append(call)
            calls = [call for some in runs.values() for call in some]
            if not calls or any(
                call.nested or not droppable(call.command) or not _only_runs(call, name) for call in calls
            ):
                found.problem = "the script that ADD downloads is used in a way that cannot be followed"
            for some in runs.values() if not found.problem else ():
                _drop(build, found, some[0], [call.command for call in some])
            _forget_path(build, found)
            found.first, found.whole = instruction, True
            yield found


def _only_runs(call: Call, name: str) -> bool:
    """Whether a command only runs the script, makes it executable, or removes it."""
    argv = unwrap(call.command).argv
    operands = [text for text in argv[1:] if not (text or "").startswith("-")]
    program = (argv[0] or "").rpartition("/")[2]
    if program == "chmod":
        return operands[1:] == [name]
    return argv[0] == name or (program in (*_SHELLS, "rm") and operands == [name])


def _drop(build: Build, found: _Found, call: Call, commands: list[Command]) -> None:
    """Take commands out of their RUN, or the whole RUN where nothing is left."""
    edits = drop(call.script, commands, _BECAUSE, build.dockerfile.data)
    emptied = len(edits) == 1 and edits[0].span == call.script.span
    found.whole = emptied
    found.edits += delete_instruction(build.dockerfile, call.instruction, _BECAUSE) if emptied else edits


def _forget_path(build: Build, found: _Found) -> None:
    """An ENV that does nothing but put the installer's folder on PATH."""
    if re.search(rb"tool install|--user\b|pipx", build.dockerfile.data):
        return
    for instruction in found.stage.instructions:
        pairs = as_env(instruction) or ()
        if len(pairs) == 1 and pairs[0].key == "PATH" and _USER_PATH.fullmatch(pairs[0].value or ""):
            found.edits += delete_instruction(
                build.dockerfile, instruction, "uv is in /bin, which is on PATH"
            )
