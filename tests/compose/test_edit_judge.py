"""`docker compose config` before and after edits differs in what was wished for, and in nothing else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, assume, given, settings

from compose.editing import BOTH, plain, usable
from compose.generated import compose_files
from compose.test_edit import FORMS, side
from compose.test_edit_properties import WISHES
from engine.docker_cli import docker
from uvmigrate.compose import edit_services
from uvmigrate.compose.merge import items
from uvmigrate.source import apply_edits

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

pytestmark = pytest.mark.engine


def config(folder: Path, data: bytes, names: Sequence[str]) -> dict[str, Any]:
    """All that Compose reads of a file; each named service gets an image by a file that is laid over it."""
    services = {name: {"image": f"other-{name}"} for name in names}
    (folder / "images.yaml").write_text(json.dumps({"services": services, "volumes": {"a": None}}))
    (folder / "compose.yaml").write_bytes(data)
    files = [f"--file={folder / name}" for name in ("compose.yaml", "images.yaml")]
    found: dict[str, Any] = json.loads(docker("compose", *files, "config", "--format=json").stdout)
    return found


def listed(value: str | list[str] | None) -> set[str]:
    return {value} if isinstance(value, str) else set(value or ())


@pytest.mark.parametrize("form", FORMS)
def test_compose_sees_the_wish_and_nothing_else(needs_compose: None, tmp_path: Path, form: str) -> None:
    data = side(FORMS[form], "+").encode()
    edits = edit_services(usable(data), {"web": BOTH})
    assert not isinstance(edits, str)
    before, after = (config(tmp_path, text, ["web"]) for text in (data, apply_edits(data, edits)))
    wanted, found = before["services"]["web"], after["services"]["web"]
    assert found.pop("read_only") is True
    assert listed(found.pop("tmpfs")) == listed(wanted.pop("tmpfs", None)) | {"/tmp"}
    wanted.pop("read_only", None)
    assert after == before


@settings(
    deadline=None,
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(compose_files())
def test_compose_sees_the_wishes_in_whatever_file(
    needs_compose: None, tmp_path: Path, generated: tuple[bytes, list[str]]
) -> None:
    data, names = generated
    edits = edit_services(usable(data), dict.fromkeys(names, WISHES))
    assume(not isinstance(edits, str))
    assert not isinstance(edits, str)
    # Compose rejects a file that has an item twice already.
    dropped = [
        [plain(item) for item in items(t.entries.get("cap_drop"))] for t in usable(data).tables.values()
    ]
    assume(all(len(some) == len(set(some)) for some in dropped))
    before = config(tmp_path, data, names)
    after = config(tmp_path, apply_edits(data, edits), names)
    for name in names:
        wanted = before["services"][name]
        wanted["read_only"] = True
        wanted["environment"] = wanted.get("environment", {}) | {"NEW": "a$$b"}
        for key, new in (("tmpfs", {"/tmp", "/run"}), ("cap_drop", {"ALL"})):
            wanted[key] = listed(wanted.get(key)) | new
            after["services"][name][key] = listed(after["services"][name].get(key))
    assert after == before
