"""A root file system that a service cannot write to, with a tmpfs for what may be lost.

The Compose Specification has the keys: ``read_only``, ``tmpfs``, ``cap_drop``, ``security_opt``. uv's
reference, ``uv run``, says what uv writes when it starts something.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from uvmigrate.codemod import AddItems, Change, Codemod, Context, Refusal, SetKey

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from uvmigrate.codemod import ComposeFile, Wish
    from uvmigrate_codemods._read_only.judging import Verdict


def run(context: Context) -> Iterator[Change | Refusal]:
    """One change for each compose file that has services which can run read-only."""
    if not any(build.services for build in context.builds):
        return
    # Nothing else imports what judges services.
    from uvmigrate_codemods._read_only.judging import judge
    from uvmigrate_codemods._read_only.services import groups, in_swarm

    chosen: dict[PurePosixPath, list[Verdict]] = {}
    done: set[tuple[PurePosixPath, str]] = set()
    for group in groups(context):
        if group.base.service.read_only:
            done.add((group.base.file.path, group.base.service.name))
        tried = context.settings.tried.get((group.base.file.path, group.base.service.name))
        # What is laid over it was not what was tried.
        base, over = judge(group.base, CODEMOD.id, tried), [judge(use, CODEMOD.id) for use in group.over]
        if not base.refusals and not any(one.refusals for one in over) and base.wishes:
            clash = _clash(base, over)
            if clash is not None:
                yield clash
            elif all(one.wishes for one in over):
                chosen.setdefault(base.use.file.path, []).append(_together(base, over))
            continue
        yield from (refusal for one in (base, *over) for refusal in one.refusals)
        for one in over:
            # Compose reads an override file by itself: nobody chooses it for production.
            if one.wishes and ".override." not in one.use.file.path.name:
                chosen.setdefault(one.use.file.path, []).append(one)
    yield from _doubtful(context, chosen, done)
    for path, verdicts in chosen.items():
        if verdicts and not in_swarm(context.repo, path):
            yield from _changes(verdicts)
            continue
        for one in verdicts:
            service = one.use.service
            because = f"{service.name}: it is deployed in a stack, where a list of tmpfs means nothing"
            instead = "write read_only: true there, and /tmp as a volume of the type tmpfs"
            yield Refusal(path, service.line, "compose-needs-edit", because, instead)


def _doubtful(
    context: Context, chosen: dict[PurePosixPath, list[Verdict]], done: set[tuple[PurePosixPath, str]]
) -> Iterator[Refusal]:
    """Takes out the services that two files define, where one file may well be laid over the other."""
    from uvmigrate_codemods._read_only.services import may_be_over

    written = done | {(path, one.use.service.name) for path, some in chosen.items() for one in some}
    told = {PurePosixPath(name) for one in context.settings.compose for name in one}
    for path, verdicts in chosen.items():
        if path in told:
            continue
        for base in dict.fromkeys(base for base, _ in sorted(written)):
            twice = [one for one in verdicts if (base, one.use.service.name) in written]
            for one in twice if may_be_over(context.repo, base, path) else ():
                verdicts.remove(one)
                name = one.use.service.name
                because = f"{name}: nothing says whether this file is used alone or laid over {base}"
                instead = "if it is used alone, write here by hand what was written there"
                yield Refusal(path, one.use.service.line, "compose-needs-edit", because, instead)


def _clash(base: Verdict, over: Sequence[Verdict]) -> Refusal | None:
    """A file that says for the same service what its base is to say: Compose takes no item twice."""
    targets = {item.partition(":")[0] for item in _items(base, "tmpfs")}
    for one in over:
        service = one.use.service
        twice = targets & {mount.target for mount in service.volumes}
        if not twice and one.wishes and base.use.file.path != one.use.file.path:
            own = next(found for found in one.use.file.services if found.name == service.name)
            twice = {*_items(base, "cap_drop")} & {*own.cap_drop}
            twice |= {*_items(base, "security_opt")} & {*own.security_opt}
        if twice:
            what = ", ".join(sorted(twice))
            because = f"{service.name} has {what} here, which {base.use.file.path} would say as well"
            instead = "write read_only, tmpfs and the like for this service by hand, in one of the two files"
            return Refusal(one.use.file.path, one.use.service.line, "compose-needs-edit", because, instead)
    return None


def _items(verdict: Verdict, key: str) -> tuple[str, ...]:
    return next((w.items for w in verdict.wishes if isinstance(w, AddItems) and w.key == key), ())


def _together(base: Verdict, over: Sequence[Verdict]) -> Verdict:
    """What the base is to have so that it, and all that is laid over it, can run; rights as all agree on."""
    tmpfs = dict.fromkeys(item for one in (base, *over) for item in _items(one, "tmpfs"))
    wishes: list[Wish] = [SetKey("read_only", True)]
    wishes += [AddItems("tmpfs", tuple(tmpfs))] if tmpfs else []
    for key in ("cap_drop", "security_opt"):
        if all(_items(one, key) for one in (base, *over)):
            wishes.append(AddItems(key, _items(base, key)))
    notes = tuple(dict.fromkeys(note for one in (base, *over) for note in one.notes))
    return base._replace(wishes=tuple(wishes), notes=notes)


def _changes(verdicts: Sequence[Verdict]) -> Iterator[Change | Refusal]:
    """The change of one file; services that cannot be edited are left out, with the reason."""
    from uvmigrate.codemod import edit_services

    file = verdicts[0].use.file
    wanted = {verdict.use.service.name: verdict for verdict in verdicts}
    while wanted:
        edits = edit_services(file, {name: one.wishes for name, one in wanted.items()})
        if not isinstance(edits, str):
            builds = tuple(dict.fromkeys(one.use.build.path for one in wanted.values()))
            notes = [f"{name}: {note}" for name, one in wanted.items() for note in one.notes]
            notes += _how_certain(wanted.values())
            if edits:
                yield Change({file.path: edits}, notes=tuple(notes), builds=builds)
            return
        name = _culprit(file, wanted)
        service = wanted.pop(name).use.service
        instead = "write read_only: true and tmpfs: [/tmp] by hand"
        yield Refusal(file.path, service.line, "compose-needs-edit", f"{name}: {edits}", instead)


def _how_certain(verdicts: Collection[Verdict]) -> Iterator[str]:
    """What is left to look at, of services that were tried and of others."""
    from uvmigrate_codemods._read_only.starts import VERIFY

    tried, others = ([one.use.service.name for one in verdicts if one.tried is it] for it in (True, False))
    if tried:
        names = ", ".join(tried)
        yield f"{names}: tried on an engine: it started so; see whether it writes elsewhere when it is used"
    if others:
        names = ", ".join(others)
        yield f"{names}: see whether the application writes elsewhere, and {VERIFY}"


def _culprit(file: ComposeFile, wanted: dict[str, Verdict]) -> str:
    """The service without which the others can be edited, or else one that cannot be edited alone."""

    from uvmigrate.codemod import edit_services

    def works(names: set[str]) -> bool:
        found = edit_services(file, {name: one.wishes for name, one in wanted.items() if name in names})
        return not isinstance(found, str)

    names = set(wanted)
    candidates = [name for name in wanted if works(names - {name})]
    candidates += [name for name in wanted if not works({name})]
    return (candidates or list(wanted))[0]


CODEMOD = Codemod(
    id="read-only",
    title="Run services with a read-only root file system",
    why="A fault in the application cannot change the image, and what it writes is gone with the container.",
    docs="https://docs.docker.com/reference/compose-file/services/#read_only",
    level="review",
    run=run,
    after=("multi-stage", "no-sync", "non-root", "exec-form"),
    requires=("uv-switch",),
)
