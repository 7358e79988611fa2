"""Building and running images with the docker command, for tests that want proof from a real engine.

``Engine.build`` gives an ``Image``; an image tells which build steps came from the cache and which
distributions it holds, and runs as a ``Container`` that answers HTTP. Everything carries one label, by which
``Engine.remove_all`` finds it again. (BuildKit's cache has no labels: it stays, and makes the next run fast.)
"""

from __future__ import annotations

import json
import mmap
import os
import re
import subprocess
import time
import uuid
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

BUILD_SECONDS = 600
COMMAND_SECONDS = 60
ANSWER_SECONDS = 30

# `docker build --progress=plain` prints "#8 [4/4] RUN …" or "#8 [build 2/5] RUN …", and below it "#8 CACHED".
STEP = re.compile(r"^#(?P<vertex>\d+) \[(?:(?P<stage>\S+) +| *)\d+/\d+\] (?P<instruction>.*)$", re.MULTILINE)
CACHED = re.compile(r"^#(?P<vertex>\d+) CACHED$", re.MULTILINE)

# What every environment brings along, and what is therefore no part of the comparison of two images.
INSTALLERS = frozenset({"pip", "setuptools", "wheel"})

LIST_DISTRIBUTIONS = """
import importlib.metadata, json, re
print(json.dumps({
    re.sub(r"[-_.]+", "-", found.metadata["Name"]).lower(): found.version
    for found in importlib.metadata.distributions()
}))
"""

# A status other than 200 is an answer, too; no answer at all ends with an error.
GET = """
import json, sys, urllib.error, urllib.request
try:
    answer = urllib.request.urlopen(sys.argv[1], timeout=10)
except urllib.error.HTTPError as error:
    answer = error
print(json.dumps([answer.status, answer.read().decode()]))
"""


class DockerError(AssertionError):
    """A docker command failed; the message is the command and what it printed."""


def docker(
    *arguments: str, timeout: float = COMMAND_SECONDS, given: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Run ``docker`` with these arguments, on the engine that ``DOCKER_HOST`` or the docker context names.

    *given* is what it reads from its standard input. Raises DockerError where the command fails and
    ``subprocess.TimeoutExpired`` after *timeout* seconds.
    """
    result = _docker(*arguments, timeout=timeout, given=given)
    if result.returncode:
        raise DockerError(f"docker {' '.join(arguments)}\n{result.stdout}{result.stderr}")
    return result


def _docker(
    *arguments: str, timeout: float = COMMAND_SECONDS, given: str | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["docker", *arguments],
        input=given,
        check=False,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        env=os.environ | {"DOCKER_BUILDKIT": "1"},
        timeout=timeout,
    )


def why_unavailable() -> str | None:
    """Why no engine can be used, as one line; None where one answers."""
    try:
        answer = _docker("version", "--format", "{{.Server.Version}}")
    except FileNotFoundError:
        return "there is no docker command"
    except subprocess.TimeoutExpired:
        return "`docker version` does not answer"
    return None if answer.returncode == 0 else " ".join(answer.stderr.split())


@dataclass(frozen=True, slots=True)
class Engine:
    """The engine that ``docker`` talks to, and the label of everything that this one made there."""

    label: str = field(default_factory=lambda: f"uvmigrate.tests={uuid.uuid4().hex}")

    def build(
        self,
        folder: Path,
        dockerfile: str = "Dockerfile",
        target: str | None = None,
        build_args: Mapping[str, str] | None = None,
        more: Sequence[str] = (),
    ) -> Image:
        """Build *folder* as the context; *dockerfile* is relative to it.

        *more* are options of ``docker build``, such as its secrets.
        Raises DockerError, with the build's log, where the build fails.
        """
        tag = f"uvmigrate-tests:{uuid.uuid4().hex}"
        options = ["--progress=plain", f"--label={self.label}", f"--tag={tag}", *more]
        if target is not None:
            options.append(f"--target={target}")
        options += [f"--build-arg={name}={value}" for name, value in (build_args or {}).items()]
        named = [f"--file={folder / dockerfile}", str(folder)]
        return Image(self, tag, docker("build", *options, *named, timeout=BUILD_SECONDS).stderr)

    def export(self, folder: Path, to: Path, more: Sequence[str] = ()) -> None:
        """Build *folder* and write the files of its last stage to the folder *to*, in place of an image.

        Raises DockerError, with the build's log, where the build fails.
        """
        options = ["--progress=plain", f"--output=type=local,dest={to}", *more]
        docker("build", *options, str(folder), timeout=BUILD_SECONDS)

    def image(self, tag: str) -> Image:
        """An image that is there without having been built here."""
        return Image(self, tag, "")

    def script(self, image: str, text: str) -> str:
        """What a shell script prints in a new container of *image*. Raises DockerError where it fails."""
        options = ["--rm", "--interactive", f"--label={self.label}", "--entrypoint=sh"]
        return docker("run", *options, image, "-s", timeout=BUILD_SECONDS, given=text).stdout

    def remove_all(self) -> None:
        """Remove the containers and images that this engine made. Raises DockerError where one cannot go."""
        mine = f"--filter=label={self.label}"
        if containers := docker("container", "ls", "--all", "--quiet", mine).stdout.split():
            docker("container", "rm", "--force", "--volumes", *containers)
        if images := docker("image", "ls", "--quiet", mine).stdout.split():
            docker("image", "rm", "--force", *set(images))


@dataclass(frozen=True, slots=True)
class Step:
    """One instruction that a build carried out.

    The instruction is as BuildKit prints it: on one line, continuations and ARGs resolved. *stage* is empty
    where the Dockerfile has one stage only, and ``stage-0`` and so on where a stage has no name.
    """

    stage: str
    instruction: str
    cached: bool


@dataclass(frozen=True, slots=True)
class Image:
    """A built image and the log of its build."""

    engine: Engine
    tag: str
    log: str

    @property
    def steps(self) -> tuple[Step, ...]:
        """What the build carried out, in the log's order; ENV, CMD and the like are no steps."""
        cached = {found["vertex"] for found in CACHED.finditer(self.log)}
        # A step that runs beside others is named again each time when the log comes back to it.
        named = {found["vertex"]: found for found in STEP.finditer(self.log)}
        return tuple(
            Step(found["stage"] or "", found["instruction"], vertex in cached)
            for vertex, found in named.items()
        )

    @property
    def cached_steps(self) -> tuple[str, ...]:
        """The instructions of those steps that came from the cache."""
        return tuple(step.instruction for step in self.steps if step.cached)

    def step(self, part: str) -> Step:
        """The one step whose instruction contains *part*. Raises ValueError where there are more or none."""
        [found] = [step for step in self.steps if part in step.instruction]
        return found

    def output(self, program: str, *arguments: str) -> str:
        """What *program*, in a new container without network, prints. Raises DockerError where it fails."""
        options = ["--rm", "--network=none", f"--label={self.engine.label}", f"--entrypoint={program}"]
        return docker("run", *options, self.tag, *arguments).stdout

    def distributions(self, python: str = "python") -> dict[str, str]:
        """Name (normalised) and version of what *python*, as the image's own PATH finds it, can import.

        Without pip, setuptools and wheel, which are there or not whatever a project asks for.
        """
        found: dict[str, str] = json.loads(self.output(python, "-c", LIST_DISTRIBUTIONS))
        return {name: version for name, version in sorted(found.items()) if name not in INSTALLERS}

    def contains(self, text: str) -> bool:
        """Whether *text* stands in the image's configuration or a layer, also where a later one hides it."""
        with TemporaryDirectory() as folder:
            archive = Path(folder, "image.tar")
            docker("save", f"--output={archive}", self.tag)
            with archive.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as saved:
                if saved.find(b"site-packages") == -1:
                    raise DockerError("docker save compresses what it writes: nothing can be found in it")
                return saved.find(text.encode()) != -1

    @contextmanager
    def run(self, *options: str, command: tuple[str, ...] = ()) -> Iterator[Container]:
        """Start a container, with *options* of ``docker run`` and another *command*; remove it in the end.

        No port of the host is published: ``Container.get`` asks from within the container's network.
        """
        started = docker("run", "--detach", f"--label={self.engine.label}", *options, self.tag, *command)
        container = Container(self, started.stdout.strip())
        try:
            yield container
        finally:
            docker("container", "rm", "--force", "--volumes", container.id)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered."""

    status: int
    body: str


@dataclass(frozen=True, slots=True)
class Container:
    """A started container and the image that it was started from."""

    image: Image
    id: str

    @property
    def log(self) -> str:
        """What its processes have printed so far."""
        logs = docker("logs", self.id)
        return logs.stdout + logs.stderr

    def output(self) -> str:
        """All that it has printed, once it has ended by itself."""
        docker("wait", self.id)
        return self.log

    def get(self, path: str, port: int = 8000, python: str = "python") -> Answer:
        """Ask the server in the container, as soon as it answers.

        It is asked by *python* in a second container of the same image and in the same network, so that it
        does not matter where the engine is, nor whether the server's container has a file to write to.
        Raises DockerError with the container's log where it ends, or gives no answer for half a minute.
        """
        options = ["--rm", f"--network=container:{self.id}", f"--label={self.image.engine.label}"]
        asking = [*options, f"--entrypoint={python}", self.image.tag, "-c", GET]
        deadline = time.monotonic() + ANSWER_SECONDS
        while True:
            asked = _docker("run", *asking, f"http://127.0.0.1:{port}{path}")
            if asked.returncode == 0:
                return Answer(*json.loads(asked.stdout))
            running = docker("inspect", "--format={{.State.Running}}", self.id).stdout.strip() == "true"
            if not running or time.monotonic() > deadline:
                state = "gives no answer" if running else "has ended"
                raise DockerError(f"the container {state}: GET {path}\n{asked.stderr}\n{self.log}")
            time.sleep(0.2)
