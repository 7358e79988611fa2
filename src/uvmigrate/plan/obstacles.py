"""What keeps a build that installs with pip from being switched at all: each with line, code and advice."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from uvmigrate.build import bind_mounts, carried, consumes_wheels, made_venvs, read_copied
from uvmigrate.build.environment import venv_of
from uvmigrate.build.installs import INSTALL_WORDS, expanded
from uvmigrate.codemod import Refusal
from uvmigrate.commands import HARMLESS_VARIABLES, read_pip, read_uv, unmappable
from uvmigrate.dockerfile import as_arg, as_copy, as_env, as_run, expand
from uvmigrate.plan.hidden import hidden
from uvmigrate.plan.starters import starting_obstacle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from uvmigrate.build import Build, Call, StageFacts
    from uvmigrate.build.installs import Install
    from uvmigrate.dockerfile import Instruction

_OTHER_MANAGERS = {
    "poetry": "poetry",
    "pipenv": "pipenv",
    "pdm": "pdm",
    "conda": "conda",
    "mamba": "conda",
    "micromamba": "conda",
    "hatch": "hatch",
    "rye": "rye",
    "easy_install": "easy_install",
    "pip-sync": "pip-tools",
    "pip-compile": "pip-tools",
}
_HANDLED_VERBS = frozenset(
    ["", *"install wheel check list freeze show uninstall cache --version debug help".split()]
)


def obstacle(build: Build, installs: tuple[Install, ...], venv: str) -> Refusal | None:
    """The first thing, in the order of the checks, that makes a switch of this build a guess, or None.

    *venv* is where the environment would lie.
    """
    checks: tuple[Callable[[Build, tuple[Install, ...]], Iterator[Refusal]], ...] = (
        _managers,
        hidden,
        _bases,
        lambda build, installs: _users_and_shells(build, installs, venv),
        _pip_settings,
        _exported,
        _pythons,
        _calls,
        _parts,
        _paths,
        _links,
    )
    found = next((refusal for check in checks for refusal in check(build, installs)), None)
    return found or starting_obstacle(build, installs, venv)


def _at(build: Build, offset: int, code: str, because: str, instead: str) -> Refusal:
    return Refusal(build.path, build.line(offset), code, because, instead)


def _at_call(build: Build, call: Call, code: str, because: str, instead: str) -> Refusal:
    return _at(build, call.command.span.start, code, because, instead)


def _managers(build: Build, _: tuple[Install, ...]) -> Iterator[Refusal]:
    for call in build.calls(*INSTALL_WORDS):
        name = (call.command.name or "").rpartition("/")[2]
        argv = call.command.argv
        manager = _OTHER_MANAGERS.get(name)
        if name.startswith("python") and argv[1:3] in (("-m", "pipenv"), ("-m", "poetry"), ("-m", "pdm")):
            manager = argv[2]
        if manager is not None:
            because = f"{manager} installs here, and this version only switches pip"
            yield _at_call(build, call, "other-manager", because, "migrate this image by hand for now")
        elif "setup.py" in argv and {"install", "develop"} & set(argv):
            because = "setup.py installs itself here, and this version only switches pip"
            yield _at_call(
                build, call, "other-manager", because, "use `pip install .` first, then run uvmigrate again"
            )


def _bases(build: Build, installs: tuple[Install, ...]) -> Iterator[Refusal]:
    for install in installs:
        base = install.stage.base
        line = install.stage.lineage[0].stage.from_.span.start
        if base is None:
            because = "which image this is FROM depends on an ARG without a default"
            yield _at(build, line, "base-unknown", because, "give the ARG a default")
        elif base.windows:
            yield _at(
                build, line, "windows", "uv's image is for Linux containers", "migrate this image by hand"
            )
        elif base.python is not None and base.python < (3, 7):
            version = ".".join(map(str, base.python))
            because = f"uv installs for Python 3.7 and newer, and this image has {version}"
            yield _at(build, line, "python-too-old", because, "move the image to a supported Python first")
        elif base.kind in ("unknown", "distribution", "scratch"):
            because = f"which Python {base.reference} has, and what else is in it, its name does not tell"
            yield _at(
                build, line, "base-unknown", because, "use an official python image, or migrate by hand"
            )


def _owns(build: Build, install: Install, venv: str) -> bool:
    """Whether the user that an install runs as made the environment, or would have it at home."""
    user = install.call.state.user
    made = [found.call.state.user for found in made_venvs(build) if str(found.path) == venv]
    return made == [user] if made else venv.startswith(f"/home/{user}/")


def _users_and_shells(build: Build, installs: tuple[Install, ...], venv: str) -> Iterator[Refusal]:
    for install in installs:
        state, call = install.call.state, install.call
        if state.user not in (None, "root", "0", "root:root", "0:0") and not _owns(build, install, venv):
            because = f"this install runs as {state.user}, who can neither make nor fill {venv}"
            yield _at_call(build, call, "install-as-non-root", because, "move the install above USER")
        program = state.shell[0].rpartition("/")[2] if state.shell else ""
        if program not in ("sh", "bash", "ash", "dash"):
            because = f"SHELL is {program or 'empty'}, whose commands are not read"
            yield _at_call(build, call, "shell", because, "install in a stage whose SHELL is sh or bash")
        if any(re.fullmatch(r"--login|-[a-z]*l[a-z]*", option) for option in state.shell[1:]):
            because = "SHELL is a login shell, which resets PATH and would not find the environment"
            yield _at_call(build, call, "login-shell", because, "drop the shell's -l option")


def _pip_settings(build: Build, _: tuple[Install, ...]) -> Iterator[Refusal]:
    """pip configuration that changes what is installed, and that uv does not read."""
    for facts in build.stages:
        for instruction in facts.instructions:
            for pair in (*(as_env(instruction) or ()), *(as_arg(instruction) or ())):
                if pair.key.startswith("PIP_") and pair.key not in HARMLESS_VARIABLES:
                    because = f"{pair.key} steers pip, and uv does not read it"
                    instead = "say it in the requirements file (--index-url, …) or migrate by hand"
                    yield _at(build, pair.span.start, "pip-settings", because, instead)
                if pair.key in ("PYTHONUSERBASE", "PYTHONHOME"):
                    because = (
                        f"{pair.key} moves what pip installs, and an environment by uv knows nothing of it"
                    )
                    yield _at(build, pair.span.start, "pip-settings", because, "do without it")
            yield from _pip_files(build, instruction)
            run = as_run(instruction)
            for mount in run.mounts if run else ():
                if mount.type == "secret" and re.search(r"pip", str(mount.options)):
                    because = "pip's configuration comes from a secret, and uv does not read it"
                    yield _at(
                        build, mount.flag.span.start, "pip-settings", because, "migrate this image by hand"
                    )


def _pip_files(build: Build, instruction: Instruction) -> Iterator[Refusal]:
    copy = as_copy(instruction)
    if copy and any(re.search(r"(^|/)\.?pip(\.conf)?$", word.text) for word in (*copy.sources, copy.dest)):
        because = "pip.conf steers pip, and uv does not read it"
        instead = "say its indexes in the requirements file"
        yield _at(build, instruction.span.start, "pip-settings", because, instead)


def _exported(build: Build, installs: tuple[Install, ...]) -> Iterator[Refusal]:
    """pip's variables that the shell sets: for one install, or for all that follow in its RUN."""
    for install in installs:
        script = install.call.script
        before = [c for c in script.everything if c.span.start < install.call.command.span.start]
        exports = [word.raw.partition("=")[0] for c in before if c.name == "export" for word in c.words[1:]]
        own = [assignment.name for assignment in install.call.command.assignments]
        for name in (*own, *exports):
            if name.startswith("PIP_") and name not in HARMLESS_VARIABLES:
                because = f"{name} steers pip, and uv does not read it"
                yield _at_call(build, install.call, "pip-settings", because, "use pip's option instead")


def _pythons(build: Build, installs: tuple[Install, ...]) -> Iterator[Refusal]:
    """Installs that go to several places, or into another Python than the image's own."""
    venvs = {venv.path for venv in made_venvs(build)}
    into: dict[bool, Install] = {}
    for install in installs:
        venv = venv_of(install, venvs)
        plain = install.pip.verb == "install" and not consumes_wheels(build, install, installs)
        elsewhere = any(install.pip.has(option) for option in ("--target", "--prefix"))
        if plain and not elsewhere:
            into.setdefault(venv is not None, install)
        if _other_version(install.stage, install.pip.version):
            because = f"this installs for Python {install.pip.version}, which is not the image's own"
            yield _at_call(build, install.call, "other-python", because, "migrate this image by hand")
        folder = expanded(install.call, install.pip.folder)
        own = (folder or "").rstrip("/") in ("/usr/local/bin", "/root/.local/bin")
        known = own or install.pip.folder is None
        if venv is None and not known and (install.stage.base is None or install.stage.base.kind == "python"):
            because = f"{folder or install.pip.folder}pip belongs to another Python than the image's own"
            yield _at_call(build, install.call, "other-python", because, "migrate this image by hand")
    for made in made_venvs(build):
        version = re.sub(r".*?(\d+\.\d+)?$", r"\1", made.call.command.name or "")
        if installs and _other_version(made.call.stage, version):
            because = f"this environment is for Python {version}, which is not the image's own"
            yield _at_call(build, made.call, "other-python", because, "migrate this image by hand")
    if len(into) > 1:
        because = "packages go into an environment and into the image's own Python as well"
        yield _at_call(build, into[False].call, "several-venvs", because, "install all of them into one")


def _other_version(stage: StageFacts, version: str) -> bool:
    """Whether a program's name asks for another Python than the official image has."""
    base = stage.base
    if "." not in version or base is None or base.kind != "python" or base.python is None:
        return False
    return version != ".".join(map(str, base.python))


def _calls(build: Build, installs: tuple[Install, ...]) -> Iterator[Refusal]:
    """Calls of pip that cannot be said in uv."""
    on_uv = next((call for call in build.calls(b"uv") if read_uv(call.command)), None)
    if on_uv is not None and installs:
        because = (
            "uv installs here too: which of the two is to have the last word is not for a tool to decide"
        )
        yield _at_call(build, on_uv, "mixed-uv-pip", because, "install everything with one of them")
    for install in installs:
        refused = unmappable(install.pip)
        if refused is not None:
            argument, why = refused
            yield _at_call(
                build, install.call, "pip-option", f"{argument.option}: {why}", "say it another way"
            )
    for call in build.calls(b"pip"):
        pip = read_pip(call.command)
        if pip is not None and pip.verb not in _HANDLED_VERBS and not (pip.verb == "config" and not installs):
            because = f"`pip {pip.verb}` has no counterpart in uv"
            yield _at_call(build, call, "pip-verb", because, "do without it, or migrate this image by hand")
    yield from _wheels(build, installs)
    venvs = {venv.path for venv in made_venvs(build)}
    if len(venvs) > 1:
        because = f"several virtual environments: {', '.join(sorted(map(str, venvs)))}"
        first = min(made_venvs(build), key=lambda venv: venv.call.command.span.start)
        yield _at_call(build, first.call, "several-venvs", because, "migrate this image by hand")


def _wheels(build: Build, installs: tuple[Install, ...]) -> Iterator[Refusal]:
    """Wheels that are made, and then used in a way that is not followed: mounted, or in the same stage."""
    made = [install for install in installs if install.pip.verb == "wheel"]
    if not made:
        return
    parts = [part for part in carried(build, installs, made_venvs(build)) if part.kind == "wheels"]
    for install in made:
        if not any(install.stage in part.origin.lineage for part in parts):
            because = (
                "the wheels made here are not copied to another stage, where uvmigrate could follow them"
            )
            yield _at_call(
                build, install.call, "wheels", because, "COPY --from the wheels, or install without them"
            )
    for install in installs:
        local = install.pip.has("--find-links") or install.pip.has("--no-index")
        if local and not consumes_wheels(build, install, installs):
            because = "this installs from wheels that are not copied from the stage that makes them"
            yield _at_call(
                build, install.call, "wheels", because, "COPY --from the wheels, or install without them"
            )


def _parts(build: Build, installs: tuple[Install, ...]) -> Iterator[Refusal]:
    """Parts of what pip installed that another stage takes in a way that is not followed."""
    known = {part.copied.instruction.span for part in carried(build, installs, made_venvs(build))}
    installing = {install.stage for install in installs}
    for facts in build.stages:
        for instruction, state in zip(facts.instructions, facts.states, strict=False):
            copies = (*bind_mounts(state, instruction), read_copied(state, instruction, facts.context))
            for copied in copies if instruction.span not in known else ():
                origin = facts.find(copied.origin) if copied is not None and copied.origin else None
                if copied is None or origin is None:
                    continue
                part = next((text for text in copied.sources if _PACKAGES.match(text)), None)
                if installing & set(origin.lineage) and part is not None:
                    because = f"{part} is a part of what pip installed in another stage, or more than that"
                    instead = "copy the whole of site-packages, or the environment"
                    yield _at(build, instruction.span.start, "unknown-part", because, instead)


#: Image paths that hold packages of the image's own Python, or those of ``pip install --user``.
_PACKAGES = re.compile(r"/?(usr(/local(/lib(/python3.*)?)?)?)?/?$|/(root|home/[^/]+)/\.local(/.*)?$"
                       r"|/usr/local/lib/python3.*")  # fmt: skip


def _paths(build: Build, installs: tuple[Install, ...]) -> Iterator[Refusal]:
    """Below the installs, values of PATH in which the environment would not come first."""
    if _keep_their_python(installs):
        return
    venvs = {str(venv.path / "bin") for venv in made_venvs(build)}
    first = {install.stage.index: install.call.instruction.span.start for install in reversed(installs)}
    for part in carried(build, installs, made_venvs(build)):
        first.setdefault(part.stage.index, part.copied.instruction.span.start)
    for facts in build.stages:
        start = min((first[s.index] for s in facts.lineage if s.index in first), default=None)
        for instruction, state in zip(facts.instructions, facts.states, strict=False):
            if start is None or instruction.span.start < start:
                continue
            for pair in (pair for pair in as_env(instruction) or () if pair.key == "PATH"):
                value = expand(pair.value or "", {"PATH": "$PATH", **state.env}) or pair.value or ""
                entries = value.split(":")
                ahead = entries[: entries.index("$PATH")] if "$PATH" in entries else [*entries, "/usr/bin"]
                hides = next(
                    (n for n, entry in enumerate(ahead) if entry.rstrip("/") in _SYSTEM_FOLDERS), None
                )
                if hides is not None and not venvs & set(ahead[:hides]):
                    because = "this PATH leads to the image's own Python before any environment"
                    instead = "put new folders in front of $PATH, and only those"
                    yield _at(build, pair.span.start, "path-reset", because, instead)


_SYSTEM_FOLDERS = frozenset("/bin /sbin /usr/bin /usr/sbin /usr/local/bin /usr/local/sbin".split())


def _links(build: Build, installs: tuple[Install, ...]) -> Iterator[Refusal]:
    """Links to Python: by another name it does not find the environment that it lies in (PEP 405)."""
    if made_venvs(build) or _keep_their_python(installs):
        return
    for call in build.calls(b"ln"):
        linked = next((text for text in call.command.argv[1:] if _LINKED.fullmatch(text or "")), None)
        if call.command.name == "ln" and linked is not None:
            because = f"a link to {linked} would not lead into the environment"
            yield _at_call(build, call, "path-reset", because, "call python by its bare name, without a link")


_LINKED = re.compile(r"/usr/local/bin/python[0-9.]*")


def _keep_their_python(installs: tuple[Install, ...]) -> bool:
    """Whether all bases bring packages of their own: there is no environment then."""
    return all(i.stage.base is not None and i.stage.base.kind in ("lambda", "preinstalled") for i in installs)
