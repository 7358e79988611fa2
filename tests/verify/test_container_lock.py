"""What is asked of the engine to lock in a container, and what is made of its answer."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, TypeVar

import pytest

from uvmigrate.apply import LockError
from uvmigrate.cli.main import run
from uvmigrate.verify.container_lock import ContainerLocker
from uvmigrate.verify.engine import BuildFailed, Built, Docker, Order
from uvmigrate.verify.options import Options

if TYPE_CHECKING:
    from collections.abc import Callable

UV = "ghcr.io/astral-sh/uv:0.13.8"
_Result = TypeVar("_Result")


class Canned(Docker):
    """An engine that builds nothing: it keeps what it was asked for, and answers with files."""

    def __init__(self, files: dict[str, bytes], problem: BuildFailed | None = None) -> None:
        super().__init__(60)
        self.answer, self.problem = files, problem
        self.orders: list[Order] = []
        self.context: dict[str, bytes] = {}
        self.removed = False

    def build(self, order: Order, tell: Callable[[str], None]) -> Built:  # noqa: ARG002 - it says nothing
        self.orders.append(order)
        files = (path for path in order.context.rglob("*") if path.is_file())
        self.context = {path.relative_to(order.context).as_posix(): path.read_bytes() for path in files}
        if self.problem is not None:
            raise self.problem
        return Built("sha256:1", 0.1, ())

    def files(self, image: str, read: Callable[[IO[bytes]], _Result]) -> _Result:
        assert image
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as archive:
            for name, data in {"etc/hostname": b"", **self.answer}.items():
                member = tarfile.TarInfo(name)
                member.size = len(data)
                archive.addfile(member, io.BytesIO(data))
        packed.seek(0)
        return read(packed)

    def remove_all(self) -> None:
        self.removed = True

    @property
    def dockerfile(self) -> list[str]:
        return self.context["Dockerfile"].decode().splitlines()


def lock(
    root: Path, engine: Canned, options: Options | None = None, python: str | None = None, *given: str
) -> None:
    ContainerLocker(engine, UV, options or Options()).lock(root, PurePosixPath("api"), given, python)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "api").mkdir()
    (tmp_path / "api" / "pyproject.toml").write_text('[project]\nname = "api"\nrequires-python = ">=3.9"\n')
    (tmp_path / ".dockerignore").write_text("**\n")
    return tmp_path


def test_uv_locks_in_a_build_that_leaves_nothing_but_the_lock(root: Path) -> None:
    engine = Canned({"out/said": b"", "out/uv.lock": b"version = 1\n"})
    lock(root, engine, None, "3.11", "--no-build")
    assert (root / "api" / "uv.lock").read_bytes() == b"version = 1\n"
    assert engine.dockerfile == [
        "FROM python:3.11-slim AS lock",
        f"COPY --from={UV} /uv /bin/",
        "ENV UV_NO_CACHE=1 UV_PYTHON_DOWNLOADS=never",
        "COPY src /uvmigrate-lock",
        "COPY folder /",
        'RUN mkdir /out && cd "/uvmigrate-lock/$(cat /folder)" && '
        "if uv lock --quiet --no-progress --color never --no-build 2>/out/said; "
        "then ! test -e uv.lock || cp uv.lock /out/; else touch /out/failed; fi",
        "FROM scratch",
        "COPY --from=lock /out /out",
    ]
    assert engine.orders[0].fresh
    assert engine.context["folder"] == b"api"
    assert "src/api/pyproject.toml" in engine.context
    assert ".dockerignore" not in engine.context, "the repository's own is none for this build"


def test_secrets_ssh_network_and_variables_of_uv_are_passed_on(root: Path) -> None:
    options = Options(
        build_args={"HTTP_PROXY": "http://127.0.0.1:1", "UV_DEFAULT_INDEX": "https://acme.example/simple"},
        secrets=("id=netrc,src=/n", "type=file,id=UV_INDEX_ACME_PASSWORD,src=/p", "id=odd name,src=/o"),
        ssh=("default",),
        network="host",
    )
    engine = Canned({"out/uv.lock": b""})
    lock(root, engine, options)
    assert "ARG UV_DEFAULT_INDEX" in engine.dockerfile
    assert "ARG HTTP_PROXY" not in engine.dockerfile
    assert (
        "RUN --mount=type=secret,id=UV_INDEX_ACME_PASSWORD "
        "--mount=type=secret,id=netrc,target=/root/.netrc --mount=type=ssh mkdir /out && "
        'cd "/uvmigrate-lock/$(cat /folder)" && '
        'export UV_INDEX_ACME_PASSWORD="$(cat /run/secrets/UV_INDEX_ACME_PASSWORD)" && if uv lock '
    ) in "\n".join(engine.dockerfile)
    (order,) = engine.orders
    assert (order.args, order.secrets) == (options.build_args, options.secrets)
    assert (order.ssh, order.network) == (("default",), "host")


@pytest.mark.parametrize(
    ("requires", "python", "base"),
    [
        (">=3.9", "3.12", "python:3.12-slim"),
        (">=3.9", None, "python:3.13-slim"),
        ("==3.11.*", "3.9", "python:3.11-slim"),
        ("~=3.10.2", None, "python:3.10-slim"),
        ("nonsense", "3.12", "python:3.12-slim"),
        ("==3.11.4", "3.11", "python:3.11-slim"),
        (">=4", None, "python:3.13-slim"),
    ],
)
def test_the_python_is_the_wished_one_unless_the_project_allows_another_only(
    root: Path, requires: str, python: str | None, base: str
) -> None:
    (root / "api" / "pyproject.toml").write_text(f'[project]\nrequires-python = "{requires}"\n')
    engine = Canned({"out/uv.lock": b""})
    lock(root, engine, None, python, "--no-build")
    assert engine.dockerfile[0] == f"FROM {base} AS lock"


def test_what_builds_or_comes_from_git_gets_the_tools_for_it(root: Path) -> None:
    engine = Canned({"out/uv.lock": b""})
    lock(root, engine, None, "3.11")
    assert engine.dockerfile[0] == "FROM python:3.11 AS lock"
    with (root / "api" / "pyproject.toml").open("a") as manifest:
        manifest.write('dependencies = ["six @ git+https://acme.example/six"]\n')
    lock(root, engine, None, "3.11", "--no-build")
    assert engine.dockerfile[0] == "FROM python:3.11 AS lock"


def test_uvs_own_message_is_the_errors(root: Path) -> None:
    said = (
        b"error: Failed to read `/uvmigrate-lock/api/x.toml` in `/uvmigrate-lock`\n  Caused by: \x1b[1mit\n"
    )
    with pytest.raises(LockError) as raised:
        lock(root, Canned({"out/said": said, "out/failed": b""}))
    assert str(raised.value) == (
        "uv lock failed for api/pyproject.toml: Failed to read `api/x.toml` in `.` Caused by: [1mit"
    )
    assert not (root / "api" / "uv.lock").exists()


def test_what_could_not_be_built_is_named_with_the_flag_that_allows_it(root: Path) -> None:
    said = b"error: Building source distributions for `six` is disabled\n"
    with pytest.raises(LockError, match="pass --allow-build"):
        lock(root, Canned({"out/said": said, "out/failed": b""}))


def test_a_container_that_cannot_be_made_is_an_error(root: Path) -> None:
    problem = BuildFailed("python:3.11-slim: not found\nin https://me:secret@acme.example")
    with pytest.raises(LockError) as raised:
        lock(root, Canned({}, problem))
    assert str(raised.value) == (
        "no container could be made to lock api/pyproject.toml in: "
        "python:3.11-slim: not found in https://***@acme.example"
    )


def test_a_members_lock_is_not_taken_for_its_own(root: Path) -> None:
    lock(root, Canned({"out/said": b""}))
    assert not (root / "api" / "uv.lock").exists()


@pytest.mark.parametrize(
    ("reference", "version"),
    [
        (UV, "0.13.8 in a container"),
        (f"{UV}@sha256:12", "0.13.8 in a container"),
        ("localhost:5000/uv@sha256:12", "localhost:5000/uv@sha256:12 in a container"),
    ],
)
def test_the_version_is_the_tag_of_uvs_image(reference: str, version: str) -> None:
    assert ContainerLocker(Canned({}), reference, Options()).version == version


@pytest.mark.parametrize("contained", [True, False])
def test_verify_locks_where_it_is_asked_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], contained: bool
) -> None:
    (tmp_path / "requirements.txt").write_text("six==1.17.0\n")
    (tmp_path / "Dockerfile").write_text(
        "FROM python:3.11-slim\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\n"
    )
    engine = Canned({})
    lockers: list[object] = []

    def stop(migration: object, settings: object, tell: object, locker: object) -> None:
        lockers.append(locker)
        raise LockError("this is far enough")

    monkeypatch.setattr("uvmigrate.cli.verify_run.choose", lambda *_, **__: engine)
    monkeypatch.setattr("uvmigrate.apply.lock", stop)
    assert (
        run(["verify", *["--lock-in-container"] * contained, "--secret=id=netrc,src=/n", str(tmp_path)]) == 4
    )
    assert capsys.readouterr().err == "uvmigrate: error: this is far enough\n"
    [locker] = lockers
    if contained:
        assert isinstance(locker, ContainerLocker)
        assert (locker.engine, locker.options.secrets) == (engine, ("id=netrc,src=/n",))
    else:
        assert locker is None
    assert engine.removed
