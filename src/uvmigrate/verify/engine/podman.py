"""Podman, and buildah, which builds for it, through their commands.

Podman's manual pages: ``podman-build``, ``podman-run``, ``podman-container-diff``, ``podman-rm``.
Where they differ from Docker for the same image, they are asked for what Docker does.
"""

from __future__ import annotations

import json
import re
import tempfile
from typing import TYPE_CHECKING, Any

from uvmigrate.dockerfile import as_run, parse
from uvmigrate.source import lazy_pattern
from uvmigrate.verify.engine.answers import config_of, made_by
from uvmigrate.verify.engine.buildah_log import failure, step_of, steps, unquoted
from uvmigrate.verify.engine.docker import ANSWER_SECONDS, COMMAND_SECONDS, Docker
from uvmigrate.verify.engine.model import EngineProblem, Layer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from uvmigrate.dockerfile import Dockerfile
    from uvmigrate.verify.engine.model import BuildFailed, BuildStep, Built, Config, Ended, Launch, Order

#: buildah's change log: 1.33 reads heredocs, 1.35 notices that one has changed, 1.36 leaves variables in
#: them to the shell. Before, the lines of a heredoc are instructions, or nothing at all.
_HEREDOCS = (1, 36)
_OWN_LABEL = "io.buildah.version"


class Podman(Docker):
    """The engine that ``podman`` talks to, as ``CONTAINER_HOST`` or its connections name it."""

    program = "podman"
    builder = "podman"
    # The OCI format has neither HEALTHCHECK nor SHELL.
    build_options = ("--format=docker", "--layers", "--force-rm")
    # How it is set up to: which drivers it has depends on the system.
    log_options = ()
    # A build whose RUN has ended removes its containers; one that is ended itself leaves them.
    patience = 20.0
    # No seconds to end in; and what shares its network would keep it.
    remove_containers = ("rm", "--force", "--ignore", "--depend", "--time=0", "--volumes")
    # The layers below are the cache: who else has made them is not known.
    remove_images = ("rmi", "--force", "--no-prune")
    reason = lazy_pattern(
        r"^.*?Error: (?:\w+: )?(?:\w+ create failed: )?(?:unable to start container process: )?(?P<said>.*)$",
        re.DOTALL,
    )

    def __init__(self, timeout: float, keep: bool = False) -> None:
        """As `Docker` has them."""
        super().__init__(timeout, keep)
        self._built: set[tuple[object, ...]] = set()

    def version(self) -> str:
        """The engine's name and version, as people say them. Raises EngineProblem where none answers."""
        return f"Podman {self._info()['version']['Version']}"

    def _info(self) -> dict[str, Any]:
        # `podman version` answers without an engine.
        ended = self._run("info", "--format", "json", seconds=ANSWER_SECONDS)
        if ended.code:
            raise EngineProblem(ended.err or f"{self.program} info failed")
        found: dict[str, Any] = json.loads(ended.out)
        return found

    def _buildah_version(self) -> str:
        """The version of what builds."""
        return str(self._info()["host"]["buildahVersion"])

    def build(self, order: Order, tell: Callable[[str], None]) -> Built:
        """As `Docker.build`. Raises EngineProblem where this buildah is known to build something else.

        The first time it takes nothing from the cache that earlier runs have left, where that may be stale.
        """
        parsed = parse(order.dockerfile.read_bytes())
        heredocs = [one for one in parsed.instructions if one.heredocs]
        if heredocs and older(version := self._buildah_version(), _HEREDOCS):
            line = parsed.line(heredocs[0].keyword_span.start)
            needed = ".".join(map(str, _HEREDOCS))
            raise EngineProblem(
                f"buildah {version} does not build heredocs as they are meant (line {line} of "
                f"{order.dockerfile.name}): that takes {needed} or later"
            )
        place = (order.context, order.dockerfile, order.target, order.platform)
        is_first = place not in self._built
        self._built.add(place)
        return super().build(order._replace(fresh=order.fresh or (is_first and mounts_files(parsed))), tell)

    def _step_of(self, line: str) -> str:
        return step_of(line)

    def _steps(self, log: str) -> tuple[BuildStep, ...]:
        return steps(log)

    def _failure(self, log: str, _order: Order) -> BuildFailed:
        return failure(log, _order.dockerfile.read_bytes())

    def config(self, image: str) -> Config:
        """The configuration of an image; without the label that every build by buildah adds."""
        found: dict[str, Any] = json.loads(self._ask("image", "inspect", image))[0]
        config = config_of({**(found["Config"] or {}), "Healthcheck": found.get("Healthcheck")})
        return config._replace(
            labels={name: text for name, text in config.labels.items() if name != _OWN_LABEL}
        )

    def layers(self, image: str) -> tuple[Layer, ...]:
        """The layers of an image, those of its base first; instructions that made none are left out."""
        listed = json.loads(self._ask("history", "--no-trunc", "--format=json", image))
        found = [
            Layer(int(one.get("size", 0)), made_by(one.get("CreatedBy", ""))) for one in reversed(listed)
        ]
        return tuple(layer for layer in found if layer.size)

    def written(self, container: str) -> tuple[tuple[str, str], ...]:
        """What differs from its image: ``A``, ``C`` or ``D``, and the path. Volumes and tmpfs are no part."""
        lines = self._ask("container", "diff", container).splitlines()
        found = tuple((line[:1], line[2:]) for line in lines if line)
        # It lays its own hosts, hostname and resolv.conf there; who else writes there has a line below it.
        is_its_own = not any(path.startswith("/etc/") for _, path in found)
        return tuple(change for change in found if not (is_its_own and change == ("C", "/etc")))

    def _launched(self, argv: Sequence[str], timeout: float, given: str = "") -> Ended:
        # Where memory runs out, a file that says so is left in the folder that it was started from.
        with tempfile.TemporaryDirectory(prefix="uvmigrate-") as folder:
            return self.processes.run(argv, timeout, given=given, folder=folder)

    def _run_options(self, launch: Launch) -> list[str]:
        options = super()._run_options(launch._replace(tmpfs=tuple(map(tmpfs, launch.tmpfs))))
        # A command that is told to end is to end, and not what it has started: that is removed.
        options += ["--sig-proxy=false", "--no-healthcheck"]
        return options + (["--read-only-tmpfs=false"] if launch.locked else [])

    def _blame(self, log: str) -> None:
        super()._blame(unquoted(log))


class Buildah(Podman):
    """``buildah`` builds, and ``podman`` beside it runs: they share one store of images."""

    builder = "buildah"

    def version(self) -> str:
        """The names and versions of both. Raises EngineProblem where one does not answer."""
        own = self._buildah_version()
        try:
            return f"buildah {own} with {super().version()}"
        except EngineProblem as problem:
            raise EngineProblem(f"it starts no containers, and needs podman beside it: {problem}") from None

    def _buildah_version(self) -> str:
        ended = self.processes.run([self.builder, "--version"], COMMAND_SECONDS)
        found = re.match(r"buildah version (\S+)", ended.out)
        if found is None:
            raise EngineProblem(ended.err or f"{self.builder} --version prints {ended.out}")
        return found[1]


def mounts_files(parsed: Dockerfile) -> bool:
    """Whether an instruction sees files by mounts: buildah does not notice, or not always, that they changed.

    Its issues 5400 (of the build's context) and 6609 (of another stage).
    """
    runs = (run for one in parsed.instructions if (run := as_run(one)) is not None)
    return any(mount.type == "bind" for run in runs for mount in run.mounts)


def tmpfs(entry: str) -> str:
    """A tmpfs entry of compose for podman: as empty as Docker's, and the container's user has it.

    Podman knows no ``uid=`` and ``gid=``, and instead of them ``U``, which is the user that it starts as.
    """
    path, _, said = entry.partition(":")
    options = said.split(",") if said else []
    kept = [option for option in options if not re.match("[ug]id=", option)]
    owned = ["U"] if len(kept) < len(options) and "U" not in kept else []
    return f"{path}:{','.join(dict.fromkeys((*kept, *owned, 'notmpcopyup')))}"


def older(version: str, than: tuple[int, ...]) -> bool:
    """Whether a version is known to be older than another; False where it is none."""
    numbers = re.match(r"v?(\d+)\.(\d+)", version)
    return numbers is not None and tuple(map(int, numbers.groups())) < than
