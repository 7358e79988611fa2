"""What a person chose for one run of ``uvmigrate verify``, beside the settings that steer the plan."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from uvmigrate.source import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

EngineName = Literal["docker", "podman", "buildah"]
#: Seconds that one build may take: compiling packages without wheels can take long.
BUILD_SECONDS = 1800


class Options(NamedTuple):
    """How to verify. ``engine`` is None where the first that answers is taken.

    ``build_args``, ``secrets``, ``ssh``, ``target``, ``platform`` and ``network`` go to every build, beside
    what compose says; ``environment`` to every container that is started. ``frontend`` False blanks
    ``# syntax=``. ``smoke`` is a command that asks the started container, or an address. ``repeat`` is how
    many rounds are timed, 0 for none. ``timeout`` is in seconds, for each build.
    """

    engine: EngineName | None = None
    build_args: Mapping[str, str] = MappingProxyType({})
    secrets: tuple[str, ...] = ()
    ssh: tuple[str, ...] = ()
    target: str = ""
    platform: str = ""
    network: str = ""
    environment: Mapping[str, str] = MappingProxyType({})
    frontend: bool = True
    smoke: str = ""
    read_only: bool = False
    repeat: int = 0
    each: bool = False
    drop_failing: bool = False
    lock_in_container: bool = False
    keep: bool = False
    jobs: int = 1
    timeout: float = BUILD_SECONDS
