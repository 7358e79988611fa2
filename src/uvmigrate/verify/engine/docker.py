"""An engine through its command: ``docker`` with BuildKit. Everything made on it carries a label.

Docker's reference of the command line: ``build``, ``run``, ``container export``, ``container diff``.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import re
import tarfile
import tempfile
import time
import uuid
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeVar

from uvmigrate.source import lazy_pattern
from uvmigrate.source.mask import mask
from uvmigrate.verify.engine.answers import LABEL, OWNER, config_of, made_by, seconds_of
from uvmigrate.verify.engine.leftovers import is_gone, owner
from uvmigrate.verify.engine.log import failure, step_of, steps
from uvmigrate.verify.engine.model import (
    BuildFailed,
    BuildStep,
    Built,
    Config,
    Ended,
    EngineProblem,
    Launch,
    Layer,
    NotStarted,
    Order,
    State,
)
from uvmigrate.verify.engine.process import Processes, Tail, TimedOut
from uvmigrate.verify.engine.trouble import blame, gone

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_Result = TypeVar("_Result")
#: What its commands have beside the environment of this process.
_ENVIRONMENT = {"DOCKER_BUILDKIT": "1", "DOCKER_CLI_HINTS": "0"}
#: Seconds that the engine may take for what is no build and runs nothing of the image.
COMMAND_SECONDS = 120
#: Seconds in which an engine says that it is there.
ANSWER_SECONDS = 20
#: Seconds in which what was being made is there, or will not be.
_SETTLED = 0.2
#: Lines of a container's log that are read.
LOG_LINES = 1000
#: How often it is looked for what is left.
_LOOKS = 5


class Docker:
    """The engine that ``docker`` talks to, as ``DOCKER_HOST`` or its context name it.

    Several threads may use one. All methods raise EngineProblem where the engine is the problem.
    """

    #: What runs containers, and what builds images; the options of every build.
    program = "docker"
    builder = "docker"
    build_options: tuple[str, ...] = ("--progress=plain",)
    #: How containers keep what they print: a program that prints without end must not fill the engine's disk.
    log_options: tuple[str, ...] = ("--log-driver=json-file", "--log-opt=max-size=16m")
    #: Seconds that a build has to end by itself, once what it runs has been ended.
    patience = 0.0
    #: What removes containers, and images, whatever uses them.
    remove_containers: tuple[str, ...] = ("rm", "--force", "--volumes")
    remove_images: tuple[str, ...] = ("rmi", "--force")
    #: What stands around the reason why a container was not started.
    reason = lazy_pattern(
        r"^.*?Error response from daemon: (?:failed.*?: )*(?P<said>.*?)(?:\s+Run '.*)?$", re.DOTALL
    )

    def __init__(self, timeout: float, keep: bool = False) -> None:
        """*timeout* is how many seconds a build may take. With *keep*, `remove_all` leaves the images."""
        self.timeout = timeout
        self.keep = keep
        self.run_id = uuid.uuid4().hex[:12]
        self.processes = Processes(_ENVIRONMENT)
        self._count = itertools.count(1)

    @property
    def label(self) -> str:
        """What tells the things of this run from all others."""
        return f"{LABEL}={self.run_id}"

    @property
    def _owned(self) -> str:
        """The option that says whose it is."""
        return f"--label={OWNER}={owner()}"

    def version(self) -> str:
        """The engine's name and version, as people say them. Raises EngineProblem where none answers."""
        ended = self._run("version", "--format", "{{json .}}", seconds=ANSWER_SECONDS)
        if ended.code:
            raise EngineProblem(ended.err or f"{self.program} version failed")
        server = json.loads(ended.out).get("Server") or {}
        components = [str(one.get("Name")) for one in server.get("Components") or ()]
        if not components or any("podman" in name.lower() for name in components):
            # It takes most of docker's commands, and has no BuildKit: what it prints is read by `Podman`.
            raise EngineProblem("it is Podman that answers, name it with --engine podman")
        return f"Docker {server['Version']}"

    def build(self, order: Order, tell: Callable[[str], None]) -> Built:
        """Build an image; *tell* is called with each step as it begins.

        Raises BuildFailed with the engine's message, also where it takes longer than it may.
        """
        last = ""
        # A step that runs beside others is named again each time when the log comes back to it.
        begun: set[str] = set()
        lines = Tail()

        def listen(line: str) -> None:
            nonlocal last
            lines.append(f"{line}\n")
            step = self._step_of(line)
            if step and step not in begun:
                tell(" ".join(mask(step).split()))
            begun.add(step)
            last = step or last

        with tempfile.TemporaryDirectory(prefix="uvmigrate-") as folder:
            iidfile = Path(folder, "id")
            argv = [self.builder, "build", *self._build_options(order, iidfile), str(order.context)]
            began = time.perf_counter()
            try:
                ended = self.processes.run(argv, self.timeout, tell=listen, patience=self.patience)
            except TimedOut as late:
                # An engine that hangs is none of the build's fault.
                self._answers()
                step = f", in {mask(last)}" if last else ""
                raise BuildFailed(f"it took more than {late.seconds:.0f} s{step}") from None
            seconds = time.perf_counter() - began
            log = lines.text
            # A build that is told to end may call that a success.
            if ended.code or not iidfile.is_file():
                self._blame(log)
                raise self._failure(log, order)
            return Built(iidfile.read_text("utf-8").strip(), seconds, self._steps(log))

    def _step_of(self, line: str) -> str:
        """The step that a line of a build's log begins, empty where it begins none."""
        return step_of(line)

    def _steps(self, log: str) -> tuple[BuildStep, ...]:
        """What a build carried out."""
        return steps(log)

    def _failure(self, log: str, _order: Order) -> BuildFailed:
        """Why a build failed."""
        return failure(log)

    def _build_options(self, order: Order, iidfile: Path) -> list[str]:
        tag = f"uvmigrate-verify:{self.run_id}-{next(self._count)}"
        options = [*self.build_options, f"--label={self.label}", *([] if self.keep else [self._owned])]
        options += [f"--tag={tag}", f"--iidfile={iidfile}", f"--file={order.dockerfile}"]
        options += [f"--target={order.target}"] if order.target else []
        options += [f"--platform={order.platform}"] if order.platform else []
        options += [f"--network={order.network}"] if order.network else []
        options += ["--no-cache"] if order.fresh else []
        options += [f"--build-arg={name}={value}" for name, value in order.args.items()]
        options += [f"--secret={secret}" for secret in order.secrets]
        return options + [f"--ssh={ssh}" for ssh in order.ssh]

    def config(self, image: str) -> Config:
        """The configuration of an image."""
        found: dict[str, Any] = json.loads(self._ask("image", "inspect", image))[0]
        return config_of(found["Config"] or {})

    def size(self, image: str) -> int:
        """The size of an image in bytes, its base included."""
        return int(json.loads(self._ask("image", "inspect", image))[0]["Size"])

    def layers(self, image: str) -> tuple[Layer, ...]:
        """The layers of an image, those of its base first; instructions that made none are left out."""
        printed = self._ask("history", "--no-trunc", "--human=false", "--format={{json .}}", image)
        listed = [json.loads(line) for line in printed.splitlines()]
        found = [Layer(int(one["Size"]), made_by(str(one["CreatedBy"]))) for one in reversed(listed)]
        return tuple(layer for layer in found if layer.size)

    def files(self, image: str, read: Callable[[IO[bytes]], _Result]) -> _Result:
        """What *read* makes of the tar stream of all files of an image. Nothing of it is run."""
        # An image of nothing but files has no command, and none is run.
        container = self._ask(
            "create", f"--label={self.label}", self._owned, "--network=none", image, "true"
        ).strip()
        try:
            ended, result = self.processes.stream([self.program, "export", container], self.timeout, read)
        except TimedOut as late:
            raise EngineProblem(f"{self.program} export {late}") from None
        except (EOFError, ValueError) as error:
            raise EngineProblem(f"{self.program} export: {error}") from error
        finally:
            self.remove(container)
        if result is None:
            self._blame(ended.err)
            raise EngineProblem(f"{self.program} export: {ended.err}")
        return result

    def output(self, image: str, launch: Launch, timeout: float = COMMAND_SECONDS) -> Ended:
        """Run a program in a new container and return how it ended. Raises TimedOut."""
        name = f"uvmigrate-{self.run_id}-{next(self._count)}"
        options = ["--rm", "--interactive", f"--name={name}"]
        argv = [self.program, "run", *options, *self._run_options(launch), image, *_arguments(launch)]
        try:
            ended = self._launched(argv, timeout, launch.given)
        except TimedOut:
            self.remove(name)
            raise
        if ended.code == 125:
            # The engine's own failure, and not that of what it runs.
            self._blame(ended.err)
        return ended

    def start(self, image: str, launch: Launch) -> str:
        """Start a container and return its id. Raises NotStarted where the image is what hinders that."""
        name = f"uvmigrate-{self.run_id}-{next(self._count)}"
        options = ["--detach", f"--name={name}", *self._run_options(launch)]
        argv = [self.program, "run", *options, image, *_arguments(launch)]
        try:
            ended = self._launched(argv, COMMAND_SECONDS)
        except TimedOut as late:
            raise EngineProblem(f"{self.program} run {late}: the engine does not answer") from None
        if ended.code:
            # What could not be started is there all the same.
            self.remove(name)
            self._blame(ended.err)
            raise NotStarted(ended.code, mask(self.reason.sub(r"\g<said>", ended.err)).strip())
        return ended.out.strip()

    def _launched(self, argv: Sequence[str], timeout: float, given: str = "") -> Ended:
        """Run a command that starts a container. Raises TimedOut."""
        return self.processes.run(argv, timeout, given=given)

    def _run_options(self, launch: Launch) -> list[str]:
        options = [f"--label={self.label}", self._owned, *self.log_options]
        options += [f"--entrypoint={launch.entrypoint[0] if launch.entrypoint else ''}"] * (
            launch.entrypoint is not None
        )
        options += [f"--env={name}={value}" for name, value in launch.environment.items()]
        options += [f"--user={launch.user}"] if launch.user else []
        options += [f"--workdir={launch.workdir}"] if launch.workdir else []
        options += [f"--network={launch.network}"] if launch.network else []
        options += [f"--pid={launch.pid}"] if launch.pid else []
        options += [f"--volume={path}" for path in launch.volumes]
        options += [f"--tmpfs={entry}" for entry in launch.tmpfs]
        locked = ["--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges"]
        return options + (locked if launch.locked else [])

    def state(self, container: str) -> State:
        """Whether a container runs, and when it was started."""
        found = json.loads(self._ask("container", "inspect", "--format={{json .State}}", container))
        return State(bool(found["Running"]), int(found["ExitCode"]), seconds_of(found["StartedAt"]))

    def logs(self, container: str) -> str:
        """The last lines that the processes of a container have printed so far, masked."""
        ended = self._run("logs", f"--tail={LOG_LINES}", container)
        return mask(ended.out + ended.err)

    def written(self, container: str) -> tuple[tuple[str, str], ...]:
        """What differs from its image: ``A``, ``C`` or ``D``, and the path. Volumes and tmpfs are no part."""
        lines = self._ask("diff", container).splitlines()
        return tuple((line[:1], line[2:]) for line in lines if line)

    def is_folder(self, container: str, path: str) -> bool:
        """Whether there is a folder at *path* in a container; False also where there is nothing any more."""

        def read(stream: IO[bytes]) -> bool:
            with contextlib.suppress(tarfile.TarError), tarfile.open(fileobj=stream, mode="r|") as tar:
                first = tar.next()
                return first is not None and first.isdir()
            return False

        argv = [self.program, "cp", f"{container}:{path}", "-"]
        try:
            _, found = self.processes.stream(argv, COMMAND_SECONDS, read)
        except TimedOut as late:
            raise EngineProblem(f"{self.program} cp {late}") from None
        return bool(found)

    def remove(self, container: str) -> None:
        """Remove a container, running or not, with its anonymous volumes; it may be gone already."""
        self._run(*self.remove_containers, container)

    def remove_image(self, image: str) -> None:
        """Remove an image with all of its names, unless images are kept."""
        if not self.keep:
            self._run(*self.remove_images, image)

    def remove_all(self) -> None:
        """Remove what this run has made, also after it was interrupted: containers, then images.

        Raises EngineProblem where the engine does not answer: then it is still there.
        """
        self.processes.resume()
        self.version()
        for _ in range(_LOOKS):
            some = self._remove_labelled(self.label, images=not self.keep)
            # What a command was making when it was ended may be there only now.
            time.sleep(_SETTLED)
            if not some and not self._remove_labelled(self.label, images=not self.keep):
                return

    def remove_leftovers(self) -> None:
        """Remove what runs have made that could not, and are no more."""
        owners = set()
        for kind, listing in (("container", ("ps", "--all")), ("image", ("images",))):
            found = self._run(*listing, "--quiet", "--no-trunc", f"--filter=label={OWNER}").out.split()
            if found:
                form = f'{{{{index .Config.Labels "{OWNER}"}}}}'
                # Others may go meanwhile: what is left is printed all the same.
                owners |= set(self._run(kind, "inspect", f"--format={form}", *found).out.split())
        for one in sorted(owners):
            if is_gone(one):
                self._remove_labelled(f"{OWNER}={one}", images=True)

    def _remove_labelled(self, label: str, *, images: bool) -> bool:
        """Remove the containers, and the *images*, that carry a label; whether there were any."""
        mine = f"--filter=label={label}"
        containers = self._run("ps", "--all", "--quiet", "--no-trunc", mine).out.split()
        if containers:
            self._run(*self.remove_containers, *containers)
        made = self._run("images", "--quiet", "--no-trunc", mine).out.split() if images else []
        if made:
            self._run(*self.remove_images, *dict.fromkeys(made))
        return bool(containers or made)

    def _ask(self, *arguments: str) -> str:
        """What a command of the engine prints. Raises EngineProblem where it fails."""
        ended = self._run(*arguments)
        if ended.code:
            self._blame(ended.err)
            raise EngineProblem(ended.err or f"{self.program} {arguments[0]} failed")
        return ended.out

    def _run(self, *arguments: str, seconds: float = COMMAND_SECONDS) -> Ended:
        try:
            return self.processes.run([self.program, *arguments], seconds)
        except TimedOut as late:
            raise EngineProblem(f"{self.program} {arguments[0]} {late}: the engine does not answer") from None

    def _blame(self, log: str) -> None:
        """Raise EngineProblem where it is the engine that failed, and not what it was given."""
        blame(log, self.program)
        self._answers(log)

    def _answers(self, log: str = "") -> None:
        """Raise EngineProblem where the engine no longer answers."""
        try:
            self.version()
        except EngineProblem as problem:
            raise gone(log.splitlines()[-1] if log else str(problem)) from None


def _arguments(launch: Launch) -> Sequence[str]:
    """What stands behind the image: the rest of the entrypoint, then the command."""
    return (*(launch.entrypoint or ())[1:], *(launch.command or ()))
