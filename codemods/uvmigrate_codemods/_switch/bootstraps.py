"""``opentelemetry-bootstrap``: it lists the instrumentation, and uv installs it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.codemod import bootstraps, installs, replace_words

if TYPE_CHECKING:
    from uvmigrate_codemods._switch.draft import Draft

_NOTE = (
    "opentelemetry-bootstrap lists what uv installs beside the lock: where its pipe fails, the shell goes on"
)


def switch_bootstraps(draft: Draft) -> None:
    """``-a install`` becomes ``-a requirements | uv pip install -r -``, into the same environment."""
    if draft.target.system:
        return
    for call in bootstraps(draft.build, installs(draft.build)):
        synced = call.stage.lineage[0].index not in draft.target.pip_stages
        where = f" --python {draft.target.venv}" if synced else ""
        text = f"-a requirements | uv pip install{where} -r -"
        draft.add(replace_words(call.command, 1, len(call.command.words), text))
        draft.notes.append(_NOTE)
