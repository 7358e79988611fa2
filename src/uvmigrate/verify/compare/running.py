"""What came of starting an image before and after, compared: the run, its health check, the smoke test."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.source import lazy_pattern
from uvmigrate.verify.meaning import alike
from uvmigrate.verify.verdict import Row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvmigrate.verify.locked import ReadOnly
    from uvmigrate.verify.meaning import Meaning
    from uvmigrate.verify.running import Check, Outcome

#: From here on Linux chooses ports for who asks for none (net.ipv4.ip_local_port_range).
_EPHEMERAL = 32768
_ERROR = lazy_pattern(r"[\w.]*(?:Error|Exception|ImproperlyConfigured)(?:: .*)?")
_HELP = "pass what it needs with --env, or ask it with --smoke"
_INSTEAD = "pass what it needs with --env, or a command that needs less with --smoke"


def compare_run(before: Outcome, after: Outcome, meaning: Meaning, name: str = "") -> Iterator[Row]:
    """The rows of kind ``run`` and ``smoke`` for one use; *name* is its service, empty without one."""
    yield _run(before, after, meaning, name)
    health = f"{name} health check".strip()
    over = before.kind == "ended"
    if after.kind != "ended":
        yield from _check("run", health, (before.healthy, after.healthy), meaning, over=over)
    yield from _check("smoke", name, (before.smoke, after.smoke), meaning, over=over)


def _run(before: Outcome, after: Outcome, meaning: Meaning, name: str) -> Row:
    shown = told(before), told(after)
    unclear = Row("run", name, "unknown", *shown)
    if before.kind == "ended" and before.code:
        was, now = (_reason_in(one.said) or f"it {told(one)} and says nothing" for one in (before, after))
        because = f"it does not start as it was: {was}; {_INSTEAD}"
        if after.kind == "ended" and after.code:
            # Gunicorn, for one, ends with another code each time.
            ends = f"alike before and after: {was}" if now == was else f"as it was: {was}; and now: {now}"
            because = f"it does not start, {ends}; {_INSTEAD}"
        return unclear._replace(because=because, detail=before.said)
    if "unseen" in (before.kind, after.kind) and after.kind != "ended":
        return unclear._replace(because="no Python of the image starts, so nothing could look for its ports")
    if before.kind == "runs" and after.kind == "answers":
        return unclear._replace(
            because=f"as it was, it listened on nothing for {before.within:.0f} s; {_HELP}"
        )
    if _is_same(before, after):
        return alike("run", shown[0])._replace(name=name)
    because = f"it ends with: {_reason_in(after.said)}" if after.kind == "ended" and after.said else ""
    return meaning.row("run", name, *shown, because=because, detail=after.said)


def _check(
    kind: str, name: str, checks: tuple[Check | None, Check | None], meaning: Meaning, *, over: bool
) -> Iterator[Row]:
    """The row of a check; one that neither image has, or was not asked, says nothing.

    *over* is whether the container before had ended: then that there is none says nothing of the image.
    """
    before, after = checks
    if after is None:
        if before is not None and before.works:
            yield meaning.row(kind, name, _went(before), "", "it is not checked any more")
        return
    if before is not None and before.works and after.works and before.status != after.status:
        answers = (f"answers {check.status}" for check in (before, after))
        yield meaning.row(kind, name, *answers)
    elif after.works:
        yield alike(kind, "succeeds")._replace(name=name, before=_went(before), after="succeeds")
    elif before is not None and not before.works:
        said = _reason_in(before.said)
        because = f"it fails as it was, too: {said}" if said else "it fails as it was, too"
        if not before.there:
            because = f"the image has no program for it: {said}"
        yield Row(kind, name, "unknown", "fails", "fails", because=because, detail=before.said)
    elif before is None and over:
        because = f"as it was, it had ended before that could be asked; now: {_reason_in(after.said)}"
        yield Row(kind, name, "unknown", "", "fails", because=because, detail=after.said)
    else:
        because = "the image has no program for it" if not after.there else _reason_in(after.said)
        yield meaning.row(kind, name, _went(before), "fails", because, after.said)


def _went(check: Check | None) -> str:
    return "" if check is None else "succeeds" if check.works else "fails"


def compare_read_only(before: ReadOnly | None, after: ReadOnly, *, asked: bool, name: str = "") -> Row:
    """The row of kind ``read-only`` for one use, whose service is *name*.

    *asked* says that compose starts the image so. *before* is None where that was not tried: it is needed
    only where the image after fails, and compose does not ask for it.
    """
    locked = after.locked
    if locked is None:
        because = f"it cannot be told what it does when it may write; {_HELP}"
        return Row("read-only", name, "unknown", after=told(after.writable), because=because)
    shown = told(before.locked) if before is not None and before.locked else "", told(locked)
    if after.written.works:
        return Row("read-only", name, "same", told(after.writable), told(locked))
    said = _reason_in(_locked_reason(after.writable, locked))
    hidden = after.written.hidden
    if hidden:
        where = f"it writes to {', '.join(hidden)}, where the image has files"
        said = f"{said}; {where}" if said else where
    fails = Row(
        "read-only", name, "unknown", *shown, because=said, detail=_locked_reason(after.writable, locked)
    )
    if asked:
        return fails._replace(status="regression", because=f"compose starts it read-only: {said}")
    if before is not None and before.written.works:
        return fails._replace(status="regression", because=f"as it was, it ran read-only: {said}")
    return fails


def _locked_reason(writable: Outcome, locked: Outcome) -> str:
    """The words of what fails read-only."""
    for could, can in ((writable.healthy, locked.healthy), (writable.smoke, locked.smoke)):
        if locked.kind == writable.kind and could and could.works and can and not can.works:
            return can.said
    return locked.said


def alike_in(one: Outcome, other: Outcome) -> bool:
    """Whether the *other* does what the *one* does, and fails no check that the one passes."""
    checks = ((one.healthy, other.healthy), (one.smoke, other.smoke))
    return _is_same(one, other) and all(
        second is not None and second.works for first, second in checks if first is not None and first.works
    )


def _is_same(one: Outcome, other: Outcome) -> bool:
    if one.kind != other.kind or one.code != other.code:
        return False
    ours, theirs = dict(one.answers), dict(other.answers)
    # A port that the system chose is another one each time.
    chosen = [sorted(port for port in ports if port >= _EPHEMERAL) for ports in (ours, theirs)]
    if len(chosen[0]) == len(chosen[1]):
        for mine, yours in zip(*chosen, strict=True):
            theirs[mine] = theirs.pop(yours)
    local = ({port for port in each.local if port < _EPHEMERAL} for each in (one, other))
    return ours == theirs and next(local) == next(local)


def told(outcome: Outcome) -> str:
    """What came of a start, for people."""
    match outcome.kind:
        case "ended":
            return f"ends with {outcome.code}"
        case "runs":
            return f"runs, and listens on nothing for {outcome.within:.0f} s"
        case "unseen":
            return "runs"
    words = {0: "no HTTP", None: "no answer"}
    return "answers on " + ", ".join(
        f"{port} ({words.get(status, status)}{', for itself alone' if port in outcome.local else ''})"
        for port, status in outcome.answers
    )


def _reason_in(said: str) -> str:
    """The line of a log that says why: the last error of Python's, or else the last line."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = [line for line in lines if _ERROR.fullmatch(line)]
    return next(reversed(errors or lines), "")
