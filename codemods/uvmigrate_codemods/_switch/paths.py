"""PATH inside of a RUN: later commands of the same RUN find the environment only where it is exported."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.codemod import Edit, insert_after, interpreter_of, python_option, read_pip

if TYPE_CHECKING:
    from uvmigrate.codemod import Call, Command, PipCommand, Script
    from uvmigrate_codemods._switch.draft import Draft

#: Commands that neither run Python nor anything that was installed.
UNRELATED = frozenset(
    """apt apt-get apk dpkg rm mkdir rmdir chown chmod useradd groupadd adduser addgroup ln cd true echo set
    touch find mv cp cat uv pip pip3 export update-ca-certificates ldconfig locale-gen tar unzip curl wget
    yum dnf microdnf apt-mark sed awk sort grep tr cut ls scanelf ldd strip exit""".split()
)
_ENDS = frozenset({";", "&", "\n"})


def own_python(call: Call, pip: PipCommand) -> str:
    """The option by which uv takes the image's own Python, as a call of pip did.

    Where uv's own environment may come first in PATH, pip went past it, and so does ``--system``.
    """
    if interpreter_of(call.stage).keeps:
        return python_option(pip)
    return f"--system --python {pip.version}" if "." in pip.version else "--system"


def export_path(draft: Draft, call: Call) -> None:
    """Where later commands of the RUN may use the environment, let PATH name it from this install on.

    The ENV below the RUN comes too late for them. Where the install is tied to others (``if``, ``||``, a
    pipe), PATH is exported above all that it is tied to.
    """
    venv, behind = draft.target.venv, _behind(call)
    # No quotes fit into the text that another shell is given: PATH is exported above that shell.
    outer = call.outer or call
    command, script = outer.command, outer.script
    if not any(_may_use(found) for found in behind):
        return
    above = {facts.index for facts in call.stage.lineage}
    if any(index in above and at < call.instruction.span.start for index, at in draft.on_path):
        return
    if f"{venv}/bin" in call.state.path or _activated(draft, call) or script.span.start in draft.exported:
        return
    draft.exported.add(script.span.start)
    export = f'export PATH="{venv}/bin:$PATH"'
    tied = call.nested is not None or command.guarded or command.piped or command.negated
    if tied:
        draft.add(Edit.insert(_list_start(script, command), f"{export}; ".encode(errors="surrogateescape")))
    else:
        draft.add(insert_after(script, command, export, draft.data))


def _behind(call: Call) -> list[Command]:
    """The commands of the RUN that come after a call, those of the same text among them."""
    start = call.command.span.start
    found = [command for command in call.script.everything if command.span.start > start]
    return found if call.outer is None else [*found, *_behind(call.outer)]


def _may_use(command: Command) -> bool:
    if not command.words or read_pip(command) is not None:
        return False
    program = (command.name or "?").rpartition("/")[2]
    if program in ("poetry", "pipenv"):
        return "run" in command.argv
    return program not in UNRELATED


def _list_start(script: Script, command: Command) -> int:
    """The offset of the first statement of the and-or list that *command* stands in."""
    start = script.span.start
    for statement in script.statements:
        if statement.before is None or statement.before.text in _ENDS:
            start = statement.span.start
        if statement.span.start <= command.span.start < statement.span.end:
            break
    return start


def _activated(draft: Draft, call: Call) -> bool:
    return any(
        earlier.name in (".", "source")
        and len(earlier.words) > 1
        and earlier.words[1].raw.strip("\"'").endswith("/bin/activate")
        and earlier.span.start < call.command.span.start
        and earlier.span.start not in draft.gone
        for earlier in call.script.commands
    )
