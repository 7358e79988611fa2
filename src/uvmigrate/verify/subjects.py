"""Which images are verified: those that the migration changes, each with how it is built and started."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.source import NamedTuple

if TYPE_CHECKING:
    from pathlib import PurePosixPath

    from uvmigrate.build import Build, StageFacts
    from uvmigrate.codemod import Codemod
    from uvmigrate.verify.engine import Launch


class Recipe(NamedTuple):
    """How an image is built; paths are relative to the repository, the rest is as in `engine.Order`.

    ``secret_files`` are secrets that compose names, by id, that lie in the repository.
    """

    context: PurePosixPath
    dockerfile: PurePosixPath
    target: str = ""
    platform: str = ""
    args: tuple[tuple[str, str], ...] = ()
    secrets: tuple[str, ...] = ()
    secret_files: tuple[tuple[str, PurePosixPath], ...] = ()
    ssh: tuple[str, ...] = ()
    network: str = ""


class Use(NamedTuple):
    """One way in which an image is started: by a service of compose, or by nothing but itself.

    ``file`` is None and ``service`` empty where no service uses the image. ``locked`` says whether compose
    starts it with a read-only root and without capabilities. ``healthcheck`` is what compose says, in the
    words of an image's; it is empty where that of the image counts.
    """

    file: PurePosixPath | None
    service: str
    launch: Launch
    locked: bool = False
    healthcheck: tuple[str, ...] = ()


class Unstarted(NamedTuple):
    """A service whose start could not be told, and why: one clause that says what to do."""

    service: str
    because: str


class Side(NamedTuple):
    """An image before or after: what is known of its build, and how it is built and started.

    ``stage`` is the stage that the image is made of. ``problems`` are what compose says of its build and was
    not followed, each a clause that says what to do. ``requirements`` are those of the project itself, which
    may be installed or not. ``unstarted`` are the services that are no ``uses``.
    """

    build: Build
    stage: StageFacts
    recipe: Recipe
    uses: tuple[Use, ...]
    problems: tuple[str, ...] = ()
    requirements: tuple[str, ...] = ()
    unstarted: tuple[Unstarted, ...] = ()


class Subject(NamedTuple):
    """An image that is verified, as it is in some snapshots of the repository.

    ``sides`` go with the snapshots: the first is the original. ``codemods`` are those of the series that had
    a hand in the image, in their order.
    """

    name: str
    sides: tuple[Side, ...]
    codemods: tuple[Codemod, ...]

    @property
    def before(self) -> Side:
        """The original."""
        return self.sides[0]

    @property
    def after(self) -> Side:
        """The image after the whole series."""
        return self.sides[-1]
