"""Without the extra of a forge a line says what to install; nothing of it is imported before it is used."""

from __future__ import annotations

import subprocess
import sys

import pytest

from uvmigrate.fleet.forge import ForgeUnavailable, Kind, forge_at, home


@pytest.mark.parametrize(
    ("kind", "module"), [("github", "gidgethub"), ("gitlab", "gidgetlab"), ("gitlab", "httpx")]
)
def test_the_extra_is_named(kind: Kind, module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    said = rf"^{kind}\.com needs the extra {kind}: install uvmigrate\[{kind}\]$"
    with pytest.raises(ForgeUnavailable, match=said), forge_at(home(kind, {}), None):
        pass


def test_no_library_is_imported_before_it_is_needed() -> None:
    script = (
        "import sys, uvmigrate.fleet.forge, uvmigrate.fleet.pull, uvmigrate.fleet.forge.listing\n"
        "print([name for name in ('gidgethub', 'gidgetlab', 'httpx', 'asyncio') if name in sys.modules])"
    )
    assert subprocess.check_output([sys.executable, "-c", script], text=True) == "[]\n"
