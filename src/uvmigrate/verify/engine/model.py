"""What an engine is asked for, and what it answers: plain data."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from uvmigrate.apply import EnvironmentProblem
from uvmigrate.source import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class EngineProblem(EnvironmentProblem):
    """The engine is missing, does not answer, or has no room: nothing is said about the migration."""


class BuildFailed(Exception):  # noqa: N818 - the Dockerfile cannot be built; the program did not err
    """An image cannot be built. ``said`` is the engine's own message, masked, of one or more lines.

    ``line`` is the 1-based line of the Dockerfile where it failed, None where the engine names none.
    """

    def __init__(self, said: str, line: int | None = None) -> None:
        super().__init__(said)
        self.said = said
        self.line = line


class NotStarted(Exception):  # noqa: N818 - the image cannot be started; the program did not err
    """A container could not be started: no such program or user in its image, for example.

    ``code`` is 127 where the program is not there, 126 where it cannot be run; ``said`` is masked.
    """

    def __init__(self, code: int, said: str) -> None:
        super().__init__(said)
        self.code = code
        self.said = said


class Order(NamedTuple):
    """An image to build. ``dockerfile`` and ``context`` are paths on this machine.

    ``secrets`` and ``ssh`` are written as for ``docker build --secret`` and ``--ssh``. ``network`` is that of
    the RUN instructions, empty for the usual one. ``fresh`` takes no layer from the builder's cache.
    """

    context: Path
    dockerfile: Path
    target: str = ""
    platform: str = ""
    args: Mapping[str, str] = MappingProxyType({})
    secrets: tuple[str, ...] = ()
    ssh: tuple[str, ...] = ()
    network: str = ""
    fresh: bool = False


class BuildStep(NamedTuple):
    """One instruction that a build carried out, as the engine names it, and whether its cache had it."""

    instruction: str
    cached: bool


class Built(NamedTuple):
    """An image that was built: its id, how many seconds that took, and the steps."""

    image: str
    seconds: float
    steps: tuple[BuildStep, ...]


class Config(NamedTuple):
    """An image's configuration; what is not set is empty. Our own labels are left out.

    ``healthcheck`` is as in the image: its words begin with CMD, CMD-SHELL or NONE. ``health_options``
    are its intervals and the like, by their names there.
    """

    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    user: str = ""
    workdir: str = ""
    environment: Mapping[str, str] = MappingProxyType({})
    ports: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    labels: Mapping[str, str] = MappingProxyType({})
    healthcheck: tuple[str, ...] = ()
    stop_signal: str = ""
    health_options: Mapping[str, str] = MappingProxyType({})


class Layer(NamedTuple):
    """A layer of an image: its size in bytes, and the instruction that made it. The base's come first."""

    size: int
    made_by: str


class Launch(NamedTuple):
    """How a container is started. What is None or empty is as the image says.

    ``entrypoint`` takes away the image's command as well, as in compose. ``network`` and ``pid`` may be
    ``container:ID``; ``none`` is no network. ``volumes`` are paths that get an anonymous volume, ``tmpfs``
    entries as in compose. ``locked`` is a read-only root without capabilities and new privileges. ``given``
    is standard input.
    """

    entrypoint: tuple[str, ...] | None = None
    command: tuple[str, ...] | None = None
    environment: Mapping[str, str] = MappingProxyType({})
    user: str = ""
    workdir: str = ""
    network: str = ""
    pid: str = ""
    volumes: tuple[str, ...] = ()
    tmpfs: tuple[str, ...] = ()
    locked: bool = False
    given: str = ""


class Ended(NamedTuple):
    """How a program ended: its exit code, and what it printed."""

    code: int
    out: str
    err: str


class State(NamedTuple):
    """Whether a container runs, the exit code where it does not, and when it was started (seconds)."""

    running: bool
    code: int
    started: float
