"""Runs ``uv lock`` in a container, so that code which it may have to run never runs on this machine.

That is build code of the repository and of its dependencies, which runs only where locking may build at all
(uv's documentation, "Locking and syncing"). The lock is made by a build and taken out of its image, so the
engine may be on another machine. The build keeps no cache of uv's: what such code leaves in one would be
believed by the next run.
"""

from __future__ import annotations

import shlex
import shutil
import tarfile
import tempfile
from pathlib import Path
from typing import IO, TYPE_CHECKING

from uvmigrate.apply import LockError, lock_failed, one_line
from uvmigrate.project import Pyproject, read_pyproject
from uvmigrate.source import Repo, lazy_pattern
from uvmigrate.verify.engine import BuildFailed, Order

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import PurePosixPath

    from uvmigrate.verify.engine import Engine
    from uvmigrate.verify.options import Options

#: The Pythons that have images, newest first; where nothing says which, the first that the project allows.
_PYTHONS = ("3.13", "3.12", "3.11", "3.10", "3.9", "3.8", "3.14")
#: A secret's id as it may stand in a Dockerfile; other secrets are not for locking.
_SECRET = lazy_pattern(r"(?:^|,)id=([\w.-]+)(?:,|$)")
_VARIABLE = lazy_pattern(r"UV_[A-Z0-9_]+")
#: Where the build has the repository, and the image what came out.
_ROOT = "/uvmigrate-lock"
_OUT = "out"
#: Bytes of the largest file that is taken out of it: build code runs there, too.
_MOST = 64 * 1024 * 1024


class ContainerLocker:
    """A `Locker` whose uv runs on *engine*; the image ``uv`` is where it is copied from.

    Secrets, ssh, build arguments and network are those of *options*. A secret whose id is a variable of uv's
    (``UV_INDEX_ACME_PASSWORD``) becomes that variable, and ``netrc`` is root's netrc file.
    """

    def __init__(self, engine: Engine, uv: str, options: Options) -> None:
        self.engine, self.uv, self.options = engine, uv, options

    @property
    def version(self) -> str:
        """The tag that uv's image is pinned to."""
        return f"{self.uv.partition('@')[0].rpartition('/')[2].partition(':')[2] or self.uv} in a container"

    def lock(self, root: Path, folder: PurePosixPath, options: Sequence[str], python: str | None) -> None:
        """As `Locker` says; LockError also where the container cannot be made, EngineProblem as always."""
        manifest = folder / "pyproject.toml"
        with tempfile.TemporaryDirectory(prefix="uvmigrate-") as temporary:
            context = Path(temporary)
            # Below a folder of its own, no ignore file of the repository's is one for this build.
            shutil.copytree(root, context / "src")
            # A file, since a folder's name may be anything and a Dockerfile may not.
            (context / "folder").write_text(str(folder), "utf-8", "surrogateescape")
            # Builds may need a compiler, and uv needs git for what lies in its repositories.
            tools = "--no-build" not in options or b"git" in (root / manifest).read_bytes()
            base = f"python:{_python(root, folder, python)}{'' if tools else '-slim'}"
            text = "".join(f"{line}\n" for line in self._dockerfile(base, options))
            (context / "Dockerfile").write_text(text, "utf-8")
            made = self._made(context, manifest)
        if f"{_OUT}/failed" in made:
            said = (
                made.get(f"{_OUT}/said", b"uv says too much")
                .decode(errors="replace")
                .replace(f"{_ROOT}/", "")
                .replace(_ROOT, ".")
            )
            raise LockError(lock_failed(one_line(said).removeprefix("error: "), manifest))
        if f"{_OUT}/uv.lock" in made:
            (root / folder / "uv.lock").write_bytes(made[f"{_OUT}/uv.lock"])

    def _dockerfile(self, base: str, options: Sequence[str]) -> Iterator[str]:
        ids = [found[1] for text in self.options.secrets if (found := _SECRET.search(text))]
        mounts = [f"--mount=type=secret,id={name}" for name in ids if name != "netrc"]
        mounts += ["--mount=type=secret,id=netrc,target=/root/.netrc"] * ("netrc" in ids)
        mounts += ["--mount=type=ssh"] * bool(self.options.ssh)
        variables = [
            f'export {name}="$(cat /run/secrets/{name})" && ' for name in ids if _VARIABLE.fullmatch(name)
        ]
        command = shlex.join(["uv", "lock", "--quiet", "--no-progress", "--color", "never", *options])
        yield f"FROM {base} AS lock"
        yield f"COPY --from={self.uv} /uv /bin/"
        yield "ENV UV_NO_CACHE=1 UV_PYTHON_DOWNLOADS=never"
        yield from (f"ARG {name}" for name in self.options.build_args if _VARIABLE.fullmatch(name))
        yield f"COPY src {_ROOT}"
        yield "COPY folder /"
        yield (
            f"RUN {' '.join([*mounts, ''])}mkdir /{_OUT} && "
            f'cd "{_ROOT}/$(cat /folder)" && {"".join(variables)}'
            f"if {command} 2>/{_OUT}/said; then ! test -e uv.lock || cp uv.lock /{_OUT}/; "
            f"else touch /{_OUT}/failed; fi"
        )
        yield "FROM scratch"
        yield f"COPY --from=lock /{_OUT} /{_OUT}"

    def _made(self, context: Path, manifest: PurePosixPath) -> dict[str, bytes]:
        """The files that the build leaves, by their paths in the image."""
        order = Order(
            context,
            context / "Dockerfile",
            args=self.options.build_args,
            secrets=self.options.secrets,
            ssh=self.options.ssh,
            network=self.options.network,
            # uv is asked what there is now, and not what there was when somebody asked before.
            fresh=True,
        )
        try:
            built = self.engine.build(order, lambda _: None)
        except BuildFailed as problem:
            raise LockError(f"no container could be made to lock {manifest} in: {problem.said}") from problem
        return self.engine.files(built.image, _read)


def _read(stream: IO[bytes]) -> dict[str, bytes]:
    found = {}
    with tarfile.open(fileobj=stream, mode="r|") as archive:
        for member in archive:
            file = archive.extractfile(member) if member.isfile() else None
            if file is not None and member.name.startswith(f"{_OUT}/") and member.size <= _MOST:
                found[member.name] = file.read()
    return found


def _python(root: Path, folder: PurePosixPath, python: str | None) -> str:
    """The Python to lock with: what is wished for where the project allows it, else one that it allows."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    manifest = folder / "pyproject.toml"
    project = read_pyproject(Repo.of({str(manifest): (root / manifest).read_bytes()}), manifest)
    said = project.requires_python if isinstance(project, Pyproject) else None
    wanted = [*([python] if python else []), *_PYTHONS]
    try:
        allowed = SpecifierSet(said or "")
    except InvalidSpecifier:
        return wanted[0]
    # An image has the newest patch of its version.
    return next((one for one in wanted if allowed.contains(f"{one}.99")), wanted[0])
