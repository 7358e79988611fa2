"""pip's settings in effect where a build installs: variables, configuration files, ``pip config set``.

pip's documentation, "Configuration": a file of the system, the user's, the environment's, the one that
PIP_CONFIG_FILE names, the variables; a later one replaces what an earlier one says about an option.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Literal

from uvmigrate.commands import config_option, pip_option, read_pip
from uvmigrate.dockerfile import as_arg, as_env, as_run, expand
from uvmigrate.source import NamedTuple, lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from uvmigrate.build.installs import Install
    from uvmigrate.build.model import Call
    from uvmigrate.build.state import State
    from uvmigrate.dockerfile import Instruction
    from uvmigrate.source import Span

#: How a setting comes to pip: by an instruction, a secret's mount, a command's own or an exported variable;
#: or by a file, which stays there for all that follows.
Carrier = Literal["ENV", "ARG", "secret", "inline", "export", "file"]
_CONFIG_FILE = "--config-file"
_NOWHERE = PurePosixPath("/dev/null")
#: Commands that only make a folder for the file, look at it, or remove it.
_HARMLESS = frozenset("mkdir chmod chown rm ls cat echo printf test [ true".split())
_NETRC = (
    "say the index by a variable, and its credentials in a netrc file, which uv reads as well: "
    "--mount=type=secret,id=netrc,target=/root/.netrc"
)
_NAME = lazy_pattern(r"\$\{?(\w+)", words=("$",))
_FILE = lazy_pattern(r"(?:^|[/.])pip\.(?:conf|ini)$", words=("pip.",))


class PipSetting(NamedTuple):
    """An option that pip gets otherwise than by its command line.

    ``name`` is what it is called where it is set, at ``span`` of the Dockerfile; ``value`` is None where it
    is only known when the image is built. ``place`` is the file that holds it, relative to the repository.
    """

    name: str
    option: str
    value: str | None
    carrier: Carrier
    span: Span
    instruction: Instruction
    place: PurePosixPath | None = None


class Unread(NamedTuple):
    """A place (a byte offset) at which pip is configured in a way that cannot be told: why, what to do."""

    at: int
    why: str
    instead: str = "say it by a variable (PIP_INDEX_URL, …) or in the requirements file"


def pip_settings(install: Install) -> tuple[tuple[PipSetting, ...], tuple[Unread, ...]]:
    """The settings that hold for an install, one for each option, and what cannot be read of them."""
    found: list[PipSetting | Unread] = [*_from_files(install), *_from_instructions(install)]
    found += [*_from_secrets(install), *_from_shell(install)]
    settings = {item.option: item for item in found if isinstance(item, PipSetting)}
    if install.call.outer is not None:
        # The places inside of a quoted text are not edited.
        quoted = [s for s in settings.values() if s.carrier in ("inline", "export")]
        found += [
            Unread(install.call.instruction.span.start, f"{s.name} is set in a quoted text") for s in quoted
        ]
    unread = [item for item in found if isinstance(item, Unread)]
    file = settings.pop(_CONFIG_FILE, None)
    if file is not None and file.carrier in ("secret", "inline", "export"):
        unread.append(Unread(file.span.start, f"{file.name} names a configuration of pip's", _NETRC))
    return tuple(settings.values()), tuple(unread)


def _above(install: Install) -> Iterator[tuple[Instruction, State]]:
    """The instructions that an install builds on, with the state before each."""
    until = install.call.instruction.span.start
    for facts in install.stage.lineage:
        for instruction, state in zip(facts.instructions, facts.states, strict=False):
            if instruction.span.start < until:
                yield instruction, state


def _from_instructions(install: Install) -> Iterator[PipSetting]:
    """What ENV and ARG say; an ARG is whatever the builder is told, and an ENV hides it."""
    fixed: dict[str, str] = {}
    exported: set[str] = set()
    arguments: list[PipSetting] = []
    variables: list[PipSetting] = []
    for instruction, _ in _above(install):
        for pair in as_env(instruction) or ():
            exported.add(pair.key)
            known = set(_NAME.findall(pair.value or "")) <= fixed.keys()
            value = expand(pair.value or "", fixed) if known else None
            fixed.pop(pair.key, None)
            if value is not None:
                fixed[pair.key] = value
            option = pip_option(pair.key)
            if option is not None and value != "":
                variables.append(PipSetting(pair.key, option, value, "ENV", pair.key_span, instruction))
            elif option is not None:
                variables = [other for other in variables if other.option != option]
        for pair in as_arg(instruction) or ():
            option = pip_option(pair.key)
            if option is not None:
                arguments.append(PipSetting(pair.key, option, None, "ARG", pair.key_span, instruction))
    yield from (setting for setting in arguments if setting.name not in exported)
    yield from variables


def _from_secrets(install: Install) -> Iterator[PipSetting | Unread]:
    """Secrets that are variables of the RUN, or files that pip reads."""
    instruction = install.call.instruction
    run = as_run(instruction)
    for mount in run.mounts if run else ():
        if mount.type != "secret":
            continue
        name, target = mount.options.get("env", ""), mount.target or ""
        option = pip_option(name)
        if option is not None:
            yield PipSetting(name, option, None, "secret", mount.flag.span, instruction)
        elif _FILE.search(target):
            yield Unread(mount.flag.span.start, "pip's configuration comes from a secret", _NETRC)


def _from_shell(install: Install) -> Iterator[PipSetting | Unread]:
    """Variables that the RUN exports before the install, and those in front of the install itself."""
    call = install.call
    for command in call.script.everything:
        if command.span.start >= call.command.span.start or command.name != "export":
            continue
        for word in command.words[1:]:
            name, equals, value = word.raw.partition("=")
            option = pip_option(name.strip("\"'"))
            if option is None:
                continue
            if not equals or name[:1] in "\"'" or command.nested or command.guarded:
                yield Unread(
                    command.span.start, f"{name.strip(chr(34))} is exported in a way that is not read"
                )
            else:
                given = word.text.partition("=")[2] if word.text is not None and value else None
                yield PipSetting(name, option, given, "export", word.span, call.instruction)
    for word in call.command.words:
        name, equals, _ = word.raw.partition("=")
        if equals and pip_option(name.strip("\"'")) is not None:
            yield Unread(word.span.start, f"{name} is given by another command (env, sudo)")
    for assignment in call.command.assignments:
        option = pip_option(assignment.name)
        if option is not None and assignment.value != "":
            yield PipSetting(
                assignment.name, option, assignment.value, "inline", assignment.span, call.instruction
            )


def _home(state: State) -> str:
    user = (state.user or "root").partition(":")[0]
    return state.env.get("HOME") or ("/root" if user in ("root", "0") else f"/home/{user}")


def _places(install: Install) -> tuple[PurePosixPath, ...]:
    """Where pip looks for configuration files, the strongest last."""
    state = install.call.state
    home = _home(state)
    listed = [
        "/etc/xdg/pip/pip.conf",
        "/etc/pip.conf",
        f"{home}/.pip/pip.conf",
        f"{home}/.config/pip/pip.conf",
    ]
    listed += ["/usr/pip.conf", "/usr/local/pip.conf"]
    environment = state.env.get("VIRTUAL_ENV")
    return tuple(map(PurePosixPath, [*listed, f"{environment}/pip.conf"] if environment else listed))


def _from_files(install: Install) -> Iterator[PipSetting | Unread]:
    """What configuration files say: those of the context, and those that commands of the build write."""
    call, places = install.call, list(_places(install))
    named = next((s for s in _from_instructions(install) if s.option == _CONFIG_FILE), None)
    if named is not None:
        where = call.state.absolute(named.value) if named.value else None
        if where == _NOWHERE:
            # pip's documentation, PIP_CONFIG_FILE: then it reads no file at all.
            return
        if where is None or install.stage.locate(where, call.state, call.instruction) is None:
            yield Unread(named.span.start, f"{named.name} names a file that is not in the repository", _NETRC)
        else:
            places.append(where)
    for place in places:
        path = install.stage.locate(place, call.state, call.instruction)
        if path is not None:
            full = install.stage.context.folder / path
            text = install.stage.context.repo.get(full, b"").decode(errors="replace")
            yield from _parsed(text, _copied_at(install, place), install, full)
    yield from _copied_elsewhere(install, places)
    for facts in install.stage.lineage:
        for found in facts.calls(b"pip.conf", b"pip.ini", b"config"):
            if found.command.span.start < call.command.span.start:
                yield from _written(found, install, places)


def _copied_at(install: Install, place: PurePosixPath) -> Span:
    """The instruction that brings the file; a mount's is the install's own."""
    for copied in reversed(install.call.state.copies):
        if place in (copied.dest, copied.dest / place.name):
            return copied.instruction.text_span
    return install.call.instruction.text_span


def _copied_elsewhere(install: Install, places: Iterable[PurePosixPath]) -> Iterator[Unread]:
    """Files that are called like pip's, where pip may find them in a way that is not followed."""
    for copied in install.call.state.copies:
        named = [source for source in copied.sources if _FILE.search(source)]
        targets = {copied.dest / PurePosixPath(source).name for source in named} | {copied.dest}
        known = [place for place in places if place in targets]
        located = any(install.stage.locate(place, install.call.state) is not None for place in known)
        if (named or known) and not located:
            at = copied.instruction.span.start
            yield Unread(
                at, "a configuration of pip's is copied, and what it says or where it goes is not known"
            )


def _parsed(
    text: str, at: Span, install: Install, place: PurePosixPath | None = None
) -> Iterator[PipSetting | Unread]:
    """The settings of a configuration file: pip reads ``[global]``, and over it the command's own section."""
    import configparser

    parser = configparser.RawConfigParser()
    try:
        parser.read_string(text)
    except configparser.Error:
        yield Unread(at.start, f"{place or 'the configuration of pip'} cannot be read")
        return
    for section in ("global", install.tool.verb):
        for name, value in parser.items(section) if parser.has_section(section) else ():
            option = config_option(name)
            if option is not None and value.strip():
                instruction = install.call.instruction
                given = " ".join(value.split())
                yield PipSetting(name, option, given, "file", at, instruction, place)


def _written(call: Call, install: Install, places: list[PurePosixPath]) -> Iterator[PipSetting | Unread]:
    """What a command above the install says in a file of pip's: ``pip config set``, ``echo … > FILE``."""
    command = call.command
    pip = read_pip(command)
    if pip is not None:
        operands = [argument for argument in pip.arguments if argument.option is None]
        if pip.verb == "config" and operands and operands[0].value in ("set", "edit", "unset"):
            yield from _config_set(call, install, [argument.value for argument in operands])
        return
    targets = [r.target for r in command.redirects if r.target is not None and r.operator.startswith(">")]
    into = [target for target in targets if _FILE.search(target.raw.strip("\"'"))]
    if into:
        where = call.state.absolute(into[0].text.replace("~", _home(call.state))) if into[0].text else None
        text = _echoed(call)
        if where not in places or text is None or into[0] is not targets[-1]:
            yield Unread(
                command.span.start, "a configuration of pip's is written here in a way that is not read"
            )
        else:
            yield from _parsed(text, command.span, install)
        return
    program = (command.name or "").rpartition("/")[2]
    if program not in _HARMLESS and any(_FILE.search(word.raw.strip("\"'")) for word in command.words):
        yield Unread(command.span.start, "a configuration of pip's is written here in a way that is not read")


def _config_set(call: Call, install: Install, operands: list[str | None]) -> Iterator[PipSetting | Unread]:
    verb, *rest = operands
    section, _, name = (rest[0] or "").partition(".") if rest else ("", "", "")
    tied = call.nested is not None or call.command.guarded or call.command.piped
    if verb != "set" or len(rest) != 2 or rest[1] is None or tied:
        yield Unread(call.command.span.start, "pip's configuration is set here in a way that is not read")
        return
    option = config_option(name)
    if option is not None and section in ("global", install.tool.verb) and rest[1].strip():
        yield PipSetting(name, option, rest[1].strip(), "file", call.command.span, install.call.instruction)


def _echoed(call: Call) -> str | None:
    """What a plain ``echo`` or ``printf`` of literal words writes; None for everything else.

    Where the shell's echo did not read ``\\n``, pip could not read the file.
    """
    command = call.command
    tied = call.nested is not None or command.guarded or command.piped or len(command.redirects) != 1
    if tied or command.redirects[0].operator != ">" or command.name not in ("echo", "printf"):
        return None
    words = [text for text in command.argv[1:] if text not in ("-e", "-n", "-en", "-ne")]
    if any(text is None for text in words) or (
        command.name == "printf" and (len(words) != 1 or "%" in (words[0] or ""))
    ):
        return None
    return " ".join(text or "" for text in words).replace("\\n", "\n").replace("\\t", "\t")
