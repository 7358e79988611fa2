"""``non-root``: an image that was root's answers as a numeric user, without any privilege."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from engine.docker_cli import docker
from engine.examples import copy_example, uvmigrate

if TYPE_CHECKING:
    from pathlib import Path

    from engine.docker_cli import Engine

pytestmark = pytest.mark.engine

WITHOUT_PRIVILEGES = ("--read-only", "--tmpfs=/tmp", "--cap-drop=ALL", "--security-opt=no-new-privileges")
# The names of who asks and of who owns each path, and whether something can be written there.
LOOK = """
import getpass, os, pathlib, sys
print(getpass.getuser(), os.getuid())
for path in map(pathlib.Path, sys.argv[1:]):
    print(path, path.owner(), os.access(path, os.W_OK))
"""


def test_fastapi_pip_answers_as_a_user_who_owns_its_volume_and_nothing_else(
    engine: Engine, tmp_path: Path
) -> None:
    folder = copy_example("fastapi-pip", tmp_path)
    dockerfile = folder / "Dockerfile"
    dockerfile.write_text(dockerfile.read_text().replace("EXPOSE 8000", "VOLUME /data\nEXPOSE 8000"))
    uvmigrate(folder, "--write")
    uvmigrate(folder, "--write", "--select", "non-root")

    image = engine.build(folder)
    assert docker("inspect", "--format={{.Config.User}}", image.tag).stdout.strip() == "10001:10001"
    with image.run(*WITHOUT_PRIVILEGES) as container:
        assert container.get("/health").status == 200
    looking = ("python", "-c", LOOK, "/data", "/app", "/opt/venv")
    with image.run("--cap-drop=ALL", "--volume=/data", command=looking) as container:
        found = container.output().splitlines()
    assert found == ["app 10001", "/data app True", "/app root False", "/opt/venv root False"]
