"""The password of a private index is in no file that the migration writes, and in no layer of its image."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from engine.docker_cli import DockerError
from engine.examples import EXAMPLES, Workshop
from engine.index import HOUSE_STYLE, PASSWORD, USER

if TYPE_CHECKING:
    from pathlib import Path

    from engine.docker_cli import Engine
    from engine.index import Index

pytestmark = pytest.mark.engine


def test_the_migrated_image_needs_the_password_and_holds_none(
    engine: Engine, index: Index, tmp_path: Path
) -> None:
    [example] = [example for example in EXAMPLES if example.name == "private-index"]
    workshop = Workshop(example, engine, index)
    folder = workshop.copy(tmp_path)
    printed = workshop.migrate(folder, "--diff") + workshop.migrate(folder, "--write")

    texts = [printed, *(path.read_text() for path in folder.rglob("*") if path.is_file())]
    assert any("127.0.0.1:3141/private" in text for text in texts)
    assert not any(secret in text for text in texts for secret in (USER, PASSWORD))
    image = workshop.build(folder)
    assert image.contains(HOUSE_STYLE)
    assert not image.contains(PASSWORD)

    without_secret = [option for option in index.build if not option.startswith("--secret")]
    with pytest.raises(DockerError, match="401"):
        engine.build(folder, more=[*without_secret, "--no-cache"])
