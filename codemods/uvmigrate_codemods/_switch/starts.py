"""Programs called by their old absolute path: in the environment they have another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.codemod import Edit, Span, carried, installs, made_venvs, programs

if TYPE_CHECKING:
    from uvmigrate.codemod import StageFacts
    from uvmigrate_codemods._switch.draft import Draft

#: They search a folder for what needs a library, or for what may be deleted.
_SEARCHES = frozenset({"scanelf", "find"})
_SEARCHED = frozenset({"/usr/local", "/usr/local/", "/usr/local/lib", "/usr/local/lib/"})
#: Whose text may name a program, or the folder that packages lie in.
_CARRIERS = frozenset("RUN CMD ENTRYPOINT HEALTHCHECK ENV COPY ADD WORKDIR ARG".split())


def switch_paths(draft: Draft) -> None:
    """Below a stage's first install, ``/usr/local/bin/python``, the packages' own programs and their folder
    are named where they now are; what searches /usr/local for their libraries searches there as well."""
    if draft.target.system or made_venvs(draft.build):
        return
    found = installs(draft.build)
    parts = carried(draft.build, found, ())
    known = programs(draft.build, found)
    for stage in draft.build.stages:
        ends = [i.call.command.span.end for i in found if i.stage in stage.lineage]
        ends += [part.copied.instruction.span.end for part in parts if part.stage in stage.lineage]
        there = min(ends, default=None)
        for instruction in stage.instructions:
            if there is None or instruction.span.end <= there or instruction.keyword not in _CARRIERS:
                continue
            start = max(there, instruction.args_span.start)
            for old in known.find(draft.data, start, instruction.span.end):
                span = Span(old.start, old.end)
                if not draft.touched(span):
                    draft.add(Edit(span, f"{draft.target.venv}{old.tail}".encode(errors="surrogateescape")))
        _search(draft, stage, there)


def _search(draft: Draft, stage: StageFacts, there: int | None) -> None:
    """Let commands behind offset *there* that search /usr/local search the environment, too."""
    for call in stage.calls(*(name.encode() for name in _SEARCHES)):
        program = (call.command.name or "").rpartition("/")[2]
        if there is None or call.command.span.start < there or program not in _SEARCHES:
            continue
        for word in call.command.words[1:]:
            if word.text in _SEARCHED:
                draft.add(Edit.insert(word.span.end, f" {draft.target.venv}".encode()))
