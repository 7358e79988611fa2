"""Bases whose own Python uv installs into: what to look at, and the user in whose place root installs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.codemod import Edit, Refusal, below, installs, returning_user

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import PurePosixPath

    from uvmigrate.codemod import BaseImage, Build, Context, Target
    from uvmigrate_codemods._switch.draft import Draft


def left_at_home(build: Build, outcomes: Mapping[PurePosixPath, object]) -> Refusal | None:
    """A refusal where pip's packages stay in the home folder of a base's user: they come before all others.

    *outcomes* are those of all Dockerfiles that install with pip: a refusal, or what is none. A base that is
    switched in the same run has its packages in an environment.
    """
    for install in installs(build):
        made = install.stage.base.made if install.stage.base is not None else None
        for path in sorted(made.at_home if made is not None else (), key=str):
            if path not in outcomes or isinstance(outcomes[path], Refusal):
                line = build.line(install.call.command.span.start)
                because = f"{path} stays with packages in its user's home, which come before those of uv"
                instead = f"let {path} install above USER and without --user"
                return Refusal(build.path, line, "pip-option", because, instead)
    return None


def hand_over(draft: Draft) -> None:
    """``USER root`` above the installs of another user into the image's own Python, and theirs below it."""
    if not draft.target.system:
        return
    for stage in draft.build.stages:
        found = [install for install in installs(draft.build) if install.stage is stage]
        runs = {install.call.instruction.span.start for install in found}
        users = {
            index: user
            for index, run in enumerate(stage.instructions)
            if run.span.start in runs and (user := returning_user(stage, run)) is not None
        }
        for index, user in users.items():
            run = stage.instructions[index]
            if users.get(index - 1) != user:
                draft.above[run.span.start] = "USER root"
            if users.get(index + 1) != user:
                draft.add(Edit.insert(*below(draft.build.dockerfile, run, f"USER {user}")))


def notes_on_bases(draft: Draft) -> Iterator[str]:
    """A note for each base of which little is known: what its pip does that uv would not."""
    found = installs(draft.build) if draft.target.system else ()
    for base in dict.fromkeys(i.stage.base for i in found if i.stage.base is not None):
        if base.kind != "unknown":
            continue
        yield (
            f"uv installs for the python3 that PATH finds in {base.reference}: check that its pip is the"
            " same one's, and that it brings no pip.conf and no PIP_ variables, which uv does not read"
        )
        yield from _own(base)
    returning = [returning_user(install.stage, install.call.instruction) for install in found]
    for user in dict.fromkeys(user for user in returning if user is not None):
        yield (
            f"root installs in the place of {user}, into the image's own Python: uv does not install into the"
            f" home of {user}"
        )


def _own(base: BaseImage) -> Iterator[str]:
    """What was read in the Dockerfiles that make a base."""
    made = base.made
    if made is not None and made.user is not None:
        names = ", ".join(map(str, made.by))
        yield f"{base.reference} is taken for an image of {names} ({made.why}), which ends as {made.user}"
        if made.at_home:
            yield f"build {base.reference} anew first: what it holds of pip's so far would come before uv's"


def on_top(context: Context, target: Target) -> Iterator[str]:
    """A note on the Dockerfiles that stay with pip, and may be built on the image of this one."""
    found = []
    for other in context.builds if not target.system else ():
        bases = [install.stage.base for install in installs(other)]
        unknown = any(base is not None and base.kind == "unknown" for base in bases)
        if unknown and isinstance(context.targets.get(other.path), Refusal):
            found.append(str(other.path))
    if found:
        yield (
            f"what is FROM this image and stays with pip would install beside the environment: look at"
            f" {', '.join(found)}"
        )
