"""CMD and ENTRYPOINT in exec form, where a shell adds nothing.

Docker's build check ``JSONArgsRecommended``: in shell form the program is a child of ``/bin/sh -c``, which is
process 1 of the container and does not pass signals on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.codemod import Change, Codemod, Context, Refusal, uv_calls

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvmigrate.codemod import Build

_ARGUMENTS = "what stands behind the image's name in `docker run` reaches the program now; it had no effect"


def run(context: Context) -> Iterator[Change | Refusal]:
    """One change, or one refusal, for each instruction that starts an image of Python packages by a shell."""
    for build in context.builds:
        if build.path in context.targets or uv_calls(build):
            yield from _of_build(build)


def _of_build(build: Build) -> Iterator[Change | Refusal]:
    from uvmigrate_codemods._exec_form.starting import in_shell_form, rewritten

    outcomes: dict[int, Change | Refusal] = {}
    for final in build.final_stages:
        found = in_shell_form(final)
        text = rewritten(build, found) if found is not None else None
        if found is None or text is None:
            continue
        at = found.instruction.span.start
        if isinstance(text, Refusal):
            # It counts in several images, and has to mean the same in each.
            outcomes[at] = text
            continue
        notes = (_ARGUMENTS,) if found.instruction.keyword == "ENTRYPOINT" else ()
        edits = text.edits(build.dockerfile.data)
        outcomes.setdefault(at, Change({build.path: edits}, notes=notes, builds=(build.path,)))
    yield from outcomes.values()


CODEMOD = Codemod(
    id="exec-form",
    title="Write CMD and ENTRYPOINT in exec form",
    why="Signals reach the program rather than a shell around it, so that `docker stop` ends it at once.",
    docs="https://docs.docker.com/reference/build-checks/json-args-recommended/",
    level="opt-in",
    run=run,
    after=("no-sync",),
    means={
        "entrypoint": ("",),
        "command": ("",),
    },
)
