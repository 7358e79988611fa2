"""``read-only``: files that both define a service, and are used together, are still taken by Compose."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import pytest

from cases.running import cases_of, run
from cases.test_compose import config
from uvmigrate_codemods.read_only import CODEMOD

if TYPE_CHECKING:
    from pathlib import Path

CLAIMS = (
    "writes into one of two files that both define the service and may be used together",
    "writes into the first of two files that somebody uses together",
)


@pytest.mark.engine
@pytest.mark.parametrize("claim", CLAIMS)
def test_compose_takes_both_files_together(claim: str, tmp_path: Path) -> None:
    [case] = [case for case in cases_of(CODEMOD) if claim in case.claim]
    outcome = run(CODEMOD, case.files)
    files = [PurePosixPath("compose.yaml"), PurePosixPath("compose.prod.yaml")]
    web = config(outcome.after, files, tmp_path)["services"]["web"]
    assert (web["read_only"], web["tmpfs"]) == (True, ["/tmp"])
    assert "read_only" not in config(outcome.before, files, tmp_path)["services"]["web"]
