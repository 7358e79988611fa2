"""A numeric user for images whose containers start as root.

Docker's best practices ("USER") say why; Kubernetes' ``runAsNonRoot`` can only check a number. The user owns
nothing but the volumes: what it cannot write to, a fault in the application cannot write to either.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.codemod import Blank, Change, Codemod, Context, Edit, Refusal, below, quote

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvmigrate.codemod import Build, Dockerfile, Instruction, StageFacts
    from uvmigrate_codemods._non_root.folders import Folders
    from uvmigrate_codemods._non_root.users import Owner

#: Below USER they mean what they mean above it.
_LAST = frozenset(
    {"CMD", "ENTRYPOINT", "EXPOSE", "HEALTHCHECK", "LABEL", "MAINTAINER", "STOPSIGNAL", "VOLUME"}
)
_SHELLS = ("sh", "bash", "ash", "dash", "zsh", "ksh")


def run(context: Context) -> Iterator[Change | Refusal]:
    """One change for each image that runs what uv installed as root."""
    from uvmigrate_codemods._non_root import ports, starts
    from uvmigrate_codemods._non_root.folders import as_image_says, folders
    from uvmigrate_codemods._non_root.image import closed, environments, installing, unknown, users
    from uvmigrate_codemods._non_root.users import owner

    for build in context.builds:
        places = environments(build) if build.path not in context.targets else frozenset()
        for stage in build.final_stages if build.path not in context.targets else ():
            installs = installing(build, stage, places)
            last = next(reversed(users(stage)), None)
            named = last is not None and last.name is not None and not last.is_root
            # Lambda chooses the user by itself.
            chosen = named or (stage.base is not None and stage.base.kind == "lambda")
            if not installs or chosen or not as_image_says(build, stage):
                continue
            refusal = unknown(build, stage) or _shared(context, build, stage)
            if refusal is not None:
                yield refusal
                continue
            found = owner(build, stage)
            kept = folders(build, stage, places)
            problems = [
                *([found] if isinstance(found, Refusal) else []),
                *kept.refusals,
                *closed(build, stage, installs, places),
                *ports.refusals(build, stage),
                *starts.refusals(build, stage, kept.owned, places),
            ]
            yield from problems
            if not problems and not isinstance(found, Refusal):
                yield _change(build, stage, found, kept)


def _shared(context: Context, build: Build, stage: StageFacts) -> Refusal | None:
    """What is built on the stage and would be built as its user, in any Dockerfile; or a foreign shell."""
    line = build.line(stage.stage.from_.text_span.start)
    bases = (facts.base for other in context.builds for facts in other.stages)
    child = any(facts.parent is stage for facts in build.stages) or any(
        base is not None and base.made is not None and build.path in base.made.by for base in bases
    )
    onbuild = next((one for one in stage.instructions if one.keyword == "ONBUILD"), None)
    if child or onbuild is not None:
        because = "other images are built on this one, and would be built as its user"
        instead = "write USER by hand, and USER root where those images begin"
        return Refusal(build.path, line, "shared-stage", because, instead)
    if stage.final.shell[0].rpartition("/")[2] not in _SHELLS:
        because = f"SHELL is {stage.final.shell[0]}, which is no POSIX shell"
        return Refusal(build.path, line, "shell", because, "add a user and write USER by hand")
    return None


def _change(build: Build, stage: StageFacts, owner: Owner, kept: Folders) -> Change:
    from uvmigrate_codemods._non_root.folders import OPEN

    name = owner.user.partition(":")[0]
    commands = list(owner.commands)
    if kept.owned:
        paths = " ".join(quote(str(path)) for path in kept.owned)
        commands += [f"mkdir -p {paths}", f"chown -R {owner.user} {paths}"]
    lines = ["RUN " + " && \\\n    ".join(commands)] if commands else []
    lines.append(f"USER {owner.user}")
    anchor = next(
        (one for one in reversed(stage.instructions) if one.keyword not in _LAST), stage.stage.from_
    )
    if _stands_apart(build.dockerfile, anchor):
        lines.insert(0, "")
    writes = ", ".join(map(str, (OPEN[0], *kept.owned)))
    has = "only, and has no home folder" if owner.commands else "and to what the image has made its own"
    notes = [
        f"user {name} may write to {writes} {has}: see whether the application keeps files elsewhere "
        "(SQLite, uploads, logs, caches of models)"
    ]
    notes += [*kept.notes, *_late(stage, anchor, kept)]
    edit = Edit.insert(*below(build.dockerfile, anchor, *lines))
    return Change({build.path: (edit,)}, notes=tuple(notes), builds=(build.path,))


def _stands_apart(dockerfile: Dockerfile, anchor: Instruction) -> bool:
    """Whether a blank line follows, as between paragraphs."""
    return any(isinstance(item, Blank) and item.span.start == anchor.span.end for item in dockerfile.items)


def _late(stage: StageFacts, anchor: Instruction, kept: Folders) -> Iterator[str]:
    """A note where the owner of a folder changes below its VOLUME."""
    early = any(
        one.keyword == "VOLUME" and one.span.start < anchor.span.start
        for facts in stage.lineage
        for one in facts.instructions
    )
    if early and kept.owned:
        yield "a builder without BuildKit drops changes below VOLUME: move VOLUME to the end if you use one"


CODEMOD = Codemod(
    id="non-root",
    title="Run the container as a numeric user",
    why="A fault in the application is not root's: it can write to the data and to nothing else.",
    docs="https://docs.docker.com/build/building/best-practices/#user",
    level="opt-in",
    run=run,
    after=("multi-stage", "no-sync"),
    requires=("uv-switch",),
    means={
        "user": ("",),
        "file": ("owner *", "new folder *", "/etc/passwd", "/etc/group", "/etc/shadow", "/etc/gshadow"),
    },
)
