"""A container engine to break: docker in a container of its own, with its data in memory.

The engine that the tests have is its host, and nothing of that one is disturbed. The victim starts again
whenever it was killed, unless it is held down.
"""

from __future__ import annotations

import json
import time
import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING

from engine.docker_cli import DockerError, docker

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from engine.docker_cli import Engine

BASE = "python:3.11-slim"
DOCKERFILE = f"""
FROM {BASE}-bookworm
RUN apt-get update -qq \\
    && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends docker.io iptables \\
    && rm -rf /var/lib/apt/lists/*
"""
#: What is held down must not start before it is let go.
START = """
while :; do
    while [ -e /run/held ]; do sleep .1; done
    rm -f /var/run/docker.pid /run/docker/containerd/*.pid
    dockerd -H tcp://0.0.0.0:2375 --tls=false
done
"""
HOLD = "touch /proc/1/root/run/held\n"
KILL = """
for process in /proc/[0-9]*; do
    case $(cat $process/comm) in dockerd) kill -9 ${process#/proc/};; esac
done
"""
LET_GO = "rm -f /proc/1/root/run/held"
#: More than the images need, and less than a build can fill in a second.
ROOM = "800m"
START_SECONDS = 60.0


class Victim:
    """An engine that may be killed. ``host`` is its address, as DOCKER_HOST has it."""

    def __init__(self, container: str, image: str, label: str) -> None:
        self.container = container
        self.image = image
        self.label = label
        found = json.loads(docker("container", "inspect", container).stdout)[0]["NetworkSettings"]
        address = found.get("IPAddress") or next(iter(found["Networks"].values()))["IPAddress"]
        self.host = f"tcp://{address}:2375"
        self.wait()

    def docker(self, *arguments: str) -> str:
        """What docker prints, asked on the victim. Raises DockerError where it fails."""
        return docker(f"--host={self.host}", *arguments).stdout

    def wait(self) -> None:
        """Wait until it answers."""
        late = time.monotonic() + START_SECONDS
        while True:
            try:
                self.docker("version")
            except DockerError:
                if time.monotonic() > late:
                    raise
                time.sleep(0.1)
            else:
                return

    def things(self) -> dict[str, list[str]]:
        """The containers, images and volumes that it has."""
        return {
            "containers": sorted(self.docker("ps", "--all", "--format={{.ID}} {{.Command}}").splitlines()),
            "images": sorted(self.docker("images", "--all", "--format={{.ID}} {{.Repository}}").splitlines()),
            "volumes": sorted(self.docker("volume", "ls", "--quiet").splitlines()),
        }

    def runs(self, word: str) -> bool:
        """Whether a container runs whose command has *word* in it."""
        return word in self.docker("ps", "--no-trunc", "--format={{.Command}}")

    def kill(self, *, hold: bool = True) -> None:
        """Kill the engine without a warning. Without *hold* it starts again at once."""
        self._inside(HOLD + KILL if hold else KILL)

    def let_go(self) -> None:
        """Let it start again, and wait for that."""
        self._inside(LET_GO)
        self.wait()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """It takes connections, and never answers."""
        docker("pause", self.container)
        try:
            yield
        finally:
            docker("unpause", self.container)

    def _inside(self, script: str) -> None:
        """Run a shell script as its host would, among its processes."""
        options = [f"--label={self.label}", "--privileged", f"--pid=container:{self.container}"]
        docker("run", "--rm", "--network=none", *options, self.image, "sh", "-c", script)


@contextmanager
def victim(engine: Engine, folder: Path, images: list[str]) -> Iterator[Victim]:
    """A new engine that holds *images* of the other *engine*; it is removed in the end."""
    (folder / "Dockerfile").write_text(DOCKERFILE, "utf-8")
    image = engine.build(folder).tag
    options = ["--privileged", "--init", f"--label={engine.label}", f"--name=victim-{uuid.uuid4().hex}"]
    options += [f"--tmpfs=/var/lib/docker:size={ROOM},exec,mode=711"]
    container = docker("run", "--detach", *options, image, "sh", "-c", START).stdout.strip()
    try:
        found = Victim(container, image, engine.label)
        archive = folder / "images.tar"
        docker("save", f"--output={archive}", *images)
        found.docker("load", f"--input={archive}")
        archive.unlink()
        yield found
    finally:
        docker("rm", "--force", "--volumes", container)
