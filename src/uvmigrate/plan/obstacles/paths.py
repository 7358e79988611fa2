"""Values of PATH, and links, that lead past an environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.build import carried, made_venvs
from uvmigrate.dockerfile import as_env, expand
from uvmigrate.plan.obstacles.refusals import refuse_at, refuse_call
from uvmigrate.source import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvmigrate.build import Build
    from uvmigrate.build.installs import Install
    from uvmigrate.codemod import Refusal


_LINKED = lazy_pattern(r"/usr/local/bin/python[0-9.]*")
_DISTRIBUTION = lazy_pattern(r"/usr/bin/python[0-9.]*")


_SYSTEM_FOLDERS = frozenset("/bin /sbin /usr/bin /usr/sbin /usr/local/bin /usr/local/sbin".split())


def paths(build: Build, installs: tuple[Install, ...]) -> Iterator[Refusal]:
    """Below the installs, values of PATH in which the environment would not come first."""
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
                    yield refuse_at(build, pair.span.start, "path-reset", because, instead)


def links(build: Build, installs: tuple[Install, ...]) -> Iterator[Refusal]:
    """Links to Python: by another name it does not find the environment that it lies in (PEP 405).

    Above the installs a link to a distribution's Python is one more name of that, which PATH hides.
    """
    if made_venvs(build):
        return
    for call in build.calls(b"ln"):
        start = call.command.span.start
        late = any(i.stage in call.stage.lineage and i.call.command.span.start < start for i in installs)
        linked = next(
            (
                text
                for text in call.command.argv[1:]
                if _LINKED.fullmatch(text or "") or (late and _DISTRIBUTION.fullmatch(text or ""))
            ),
            None,
        )
        if call.command.name == "ln" and linked is not None:
            because = f"a link to {linked} would not lead into the environment"
            yield refuse_call(
                build, call, "path-reset", because, "call python by its bare name, without a link"
            )
