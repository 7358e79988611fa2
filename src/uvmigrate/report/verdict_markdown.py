"""The verdict for pull requests and job summaries: Markdown as GitHub and GitLab show it.

What comes from a repository, an engine or a program stands in code spans, in fenced blocks, or escaped in
tables of HTML without blank lines, in which no Markdown is read (CommonMark 0.31, 4.5, 4.6 and 6.1): it can
become no markup, no link and no mention.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.report import verdict_rows as rows
from uvmigrate.report.markup import cell, code, fenced
from uvmigrate.report.words import named, place, spoken

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from uvmigrate.report.verdict_rows import Group
    from uvmigrate.verify.verdict import ImageVerdict, Verdict, Written

#: Lines of an engine's or a program's own words; a comment on GitHub may have 65,536 characters.
_LINES, _WIDTH = 20, 500


def verdict_markdown(verdict: Verdict, target: str | None = ".", ignored: Sequence[str] = ()) -> str:
    """The whole verdict, with what to type next.

    *target* is the path as the reader would type it again, behind what steers the plan, quoted for the shell,
    or None where nothing is to be typed; *ignored* are the codemods that were left out.
    """
    engine = f", tried on {code(verdict.engine)}" if verdict.images else ""
    blocks = [f"**uvmigrate verify:** {rows.summary(verdict)}{engine}"]
    for image in verdict.images:
        blocks += _image(image)
    blocks += [
        f"- left out: {code(f'{place(one)} {one.code}: {one.because}')}"
        + (f"\n  → {code(one.instead)}" if one.instead else "")
        for one in verdict.dropped
    ]
    if target is not None:
        commands = rows.commands(verdict, target, ignored)
        blocks += [f"{purpose}: {code(command)}" for purpose, command in commands]
    return "\n\n".join(blocks) + "\n"


def _image(image: ImageVerdict) -> Iterator[str]:
    stage = f", stage {code(image.target)}" if image.target else ""
    yield f"### {code(image.name)}"
    yield f"{code(named(image.dockerfile))}{stage}: {rows.counts(image)}"
    found = rows.groups(image)
    shown_ones = [group for group, _ in rows.most([one for one in found if one.status == "regression"])]
    rest = [group for group in found if group.status != "regression"]
    yield _table([*shown_ones, *rest])
    more = len(image.regressions) - len(shown_ones)
    if more:
        yield f"{more} more regressions are in the JSON document."
    for group in (*shown_ones, *rest):
        if group.rows[0].detail:
            yield from _detail(group)
    figures = list(_figures(image))
    if figures:
        yield "\n".join(f"- {line}" for line in figures)


def _table(found: Sequence[Group]) -> str:
    lines = ["<table>", "<tr><th>what</th><th>before</th><th>after</th><th>verdict</th></tr>"]
    for group in found:
        row = group.rows[0]
        alone = len(group.rows) == 1
        names = rows.first([one.name for one in group.rows if one.name])
        cells = [
            f"{group.kind} {cell(names)}".strip(),
            cell(rows.short(row.before)) if alone else "",
            cell(rows.short(row.after)) if alone else "",
            _said(group),
        ]
        lines.append(f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>")
    return "\n".join([*lines, "</table>"])


def _said(group: Group) -> str:
    """The status, by whom or why; a regression stands out."""
    status = f"<b>{group.status}</b>" if group.status == "regression" else group.status
    by = f" by {cell(group.by)}" if group.by else ""
    return f"{status}{by}{f': {cell(group.because)}' if group.because else ''}"


def _detail(group: Group) -> Iterator[str]:
    lines = [line[:_WIDTH] for line in spoken(group.rows[0].detail)][-_LINES:]
    names = rows.first([one.name for one in group.rows if one.name])
    yield f"<details><summary>{group.status}: {group.kind} {cell(names)}</summary>"
    yield fenced(lines, "text")
    yield "</details>"


def _figures(image: ImageVerdict) -> Iterator[str]:
    if image.prefixes:
        yield rows.prefixes(image)
    if image.sizes is not None:
        yield f"size: {rows.size(image.sizes)}"
    for timing in image.timings:
        yield f"{timing.what}: {rows.timing(timing)}"
    for written in image.written:
        yield "; ".join(_written(written))


def _written(written: Written) -> Iterator[str]:
    tmpfs = f" with tmpfs {code(rows.first(written.tmpfs))}" if written.tmpfs else ""
    yield f"{code(rows.service(written))} {rows.works(written)}{tmpfs}"
    if written.paths:
        yield f"it writes to {code(rows.first(written.paths))}"
    if written.hidden:
        yield f"a tmpfs would hide files of the image in {code(rows.first(written.hidden))}"
