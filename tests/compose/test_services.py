"""What a service says: its image and build, what it starts, what is mounted, what it watches."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from compose.reading import read, repository, service, services
from uvmigrate.compose import BuildSecret, BuildSection, Mount, load
from uvmigrate.source import Span


def build(body: str) -> BuildSection:
    found = service(body).build
    assert found is not None
    return found


def test_a_service_that_says_nothing_has_nothing() -> None:
    assert services("services:\n  web:\n")["web"].image is None
    assert service("image: python:3.13").build is None


def test_a_build_may_be_a_folder_only() -> None:
    short = build("build: ./app")
    assert (short.context, short.dockerfile, short.target) == ("./app", None, None)
    assert short.folder() == PurePosixPath("app")
    assert short.dockerfile_path() == PurePosixPath("app/Dockerfile")


def test_a_build_says_context_dockerfile_target_and_arguments() -> None:
    long = build("""
        build:
          context: .
          dockerfile: docker/Dockerfile
          target: dev
          args:
            EXTRAS: "dev,test"
            VERSION: 3
            TOKEN:
        """)
    assert long.dockerfile_path() == PurePosixPath("docker/Dockerfile")
    assert long.target == "dev"
    assert long.args == {"EXTRAS": "dev,test", "VERSION": "3", "TOKEN": None}


def test_build_arguments_may_be_a_list() -> None:
    assert build("build: {context: ., args: [A=1, B=, C]}").args == {"A": "1", "B": "", "C": None}


def test_a_build_without_a_context_is_that_of_the_folder() -> None:
    found = build("build: {dockerfile: Dockerfile.dev}")
    assert found.dockerfile_path() == PurePosixPath("Dockerfile.dev")
    assert not found.has_context


def test_a_context_is_relative_to_the_folder_of_its_file() -> None:
    text = "services: {web: {build: {context: .., dockerfile: docker/Dockerfile}}}"
    found = read(text, "docker/compose.yaml").services[0].build
    assert found is not None
    assert found.folder() == PurePosixPath()
    assert found.dockerfile_path() == PurePosixPath("docker/Dockerfile")


def test_a_context_may_be_meant_from_the_root_where_only_there_the_dockerfile_is() -> None:
    # docker compose -f compose.yaml -f docker/ci.yaml takes all paths from the folder of the first file.
    repo = repository(
        {
            "docker/compose.yaml": "services: {web: {build: .}}",
            "Dockerfile": "FROM scratch",
            "other/Dockerfile": "",
        }
    )
    found = load(repo, PurePosixPath("docker/compose.yaml")).services[0].build
    assert found is not None
    assert found.dockerfile_path() == PurePosixPath("Dockerfile")


@pytest.mark.parametrize(
    "context",
    [
        "https://github.com/someone/app.git#main",
        "git@github.com:someone/app.git",
        "docker-image://alpine",
        "service:base",
        "../outside",
        "/srv/app",
        "~/app",
        "./${WHERE}",
    ],
)
def test_a_context_that_is_no_folder_of_the_repository_is_none(context: str) -> None:
    found = build(f"build: {{context: '{context}'}}")
    assert found.context == context
    assert found.folder() is None
    assert found.dockerfile_path() is None


def test_a_default_decides_a_path_where_the_variable_has_one() -> None:
    found = build("build: {context: '${WHERE:-app}', dockerfile: '${FILE}'}")
    assert found.folder() == PurePosixPath("app")
    assert found.dockerfile_path() is None


def test_an_inline_dockerfile_is_no_file() -> None:
    found = build("build:\n  context: .\n  dockerfile_inline: |\n    FROM scratch\n")
    assert found.dockerfile_inline
    assert found.dockerfile_path() is None


def test_a_command_is_a_text_or_a_list() -> None:
    text = service("command: gunicorn app:app --bind 0.0.0.0:${PORT:-8000}").command
    assert text is not None
    assert (text.argv, text.text) == (None, "gunicorn app:app --bind 0.0.0.0:8000")
    listed = service("command:\n  - sh\n  - -c\n  - echo $$HOME\n").command
    assert listed is not None
    assert (listed.argv, listed.text) == (("sh", "-c", "echo $HOME"), None)


def test_null_leaves_a_command_to_the_image_and_an_empty_list_is_one() -> None:
    found = service("command:\nentrypoint: []")
    assert found.command is None
    assert found.entrypoint is not None
    assert found.entrypoint.argv == ()


def test_a_folded_text_is_one_line() -> None:
    command = service("command: >\n  python -m app\n  --reload\n").command
    assert command is not None
    assert command.text == "python -m app --reload\n"


def test_a_health_check_is_its_test_unless_it_is_disabled() -> None:
    check = service("healthcheck: {test: [CMD, python, check.py], interval: 5s}").healthcheck
    assert check is not None
    assert check.argv == ("CMD", "python", "check.py")
    assert service("healthcheck: {test: curl -f localhost, disable: true}").healthcheck is None
    assert service("healthcheck: {interval: 5s}").healthcheck is None


MOUNTS = [
    ("- .:/app", ("bind", ".", "/app", False)),
    ("- ./conf:/etc/app:ro", ("bind", "./conf", "/etc/app", True)),
    ("- ${SOURCE:-./src}:/app/src:ro,z", ("bind", "./src", "/app/src", True)),
    ("- ${SOURCE:?is needed}:/app", ("bind", "${SOURCE:?is needed}", "/app", False)),
    (r"- C:\work:/app", ("bind", r"C:\work", "/app", False)),
    ("- venv:/app/.venv/", ("volume", "venv", "/app/.venv", False)),
    ("- /app/.venv", ("anonymous", None, "/app/.venv", False)),
    ("- {type: bind, source: ., target: /app, read_only: true}", ("bind", ".", "/app", True)),
    ("- {type: volume, source: data, target: /data}", ("volume", "data", "/data", False)),
    ("- {type: volume, target: /data}", ("anonymous", None, "/data", False)),
    ("- {type: tmpfs, target: /tmp}", ("tmpfs", None, "/tmp", False)),
]


@pytest.mark.parametrize(("entry", "expected"), MOUNTS)
def test_a_mount_has_a_kind_a_source_and_a_target(
    entry: str, expected: tuple[str, str | None, str, bool]
) -> None:
    (mount,) = service(f"volumes:\n  {entry}").volumes
    assert (mount.kind, mount.source, mount.target, mount.read_only) == expected


def test_tmpfs_is_one_target_or_several() -> None:
    assert [mount.target for mount in service("tmpfs: /run").volumes] == ["/run"]
    mounts = service("tmpfs:\n  - /tmp:mode=1777,size=64m\n  - /run\n").volumes
    assert [(mount.kind, mount.target, mount.line) for mount in mounts] == [
        ("tmpfs", "/tmp", 4),
        ("tmpfs", "/run", 5),
    ]


def test_the_last_mount_at_a_target_is_the_one() -> None:
    (mount,) = service("volumes: ['./old:/app', './new:/app']").volumes
    assert mount.source == "./new"


def test_the_environment_is_a_mapping_or_a_list() -> None:
    expected = {"DEBUG": "1", "FLAG": "true", "EMPTY": "", "FROM_HOST": None}
    assert service("environment: {DEBUG: 1, FLAG: true, EMPTY: '', FROM_HOST: }").environment == expected
    assert service("environment: [DEBUG=1, FLAG=true, EMPTY=, FROM_HOST]").environment == expected


def test_the_small_settings() -> None:
    found = service("""
        image: app:${TAG:-dev}
        working_dir: /app
        user: 1000:1000
        read_only: true
        profiles: [debug, test]
        """)
    assert found.image == "app:dev"
    assert (found.working_dir, found.user, found.read_only) == ("/app", "1000:1000", True)
    assert found.profiles == ("debug", "test")


def test_watch_says_what_happens_on_a_change() -> None:
    found = service("""
        develop:
          watch:
            - action: sync
              path: .
              target: /app
            - action: rebuild
              path: pyproject.toml
        """)
    assert [(watch.action, watch.path, watch.target) for watch in found.watch] == [
        ("sync", ".", "/app"),
        ("rebuild", "pyproject.toml", None),
    ]


def test_a_mount_knows_the_file_it_stands_in() -> None:
    span = Span(38, 44)
    mount = Mount("bind", ".", "/app", PurePosixPath("compose.yaml"), 4, read_only=False, span=span)
    assert service("volumes:\n  - .:/app").volumes == (mount,)


def test_a_build_says_secrets_keys_platforms_and_network() -> None:
    found = build("""
        build:
          context: .
          secrets: [token, {source: netrc, target: rc}]
          ssh: [default, "deploy=./key"]
          platforms: [linux/amd64]
          network: host
        """)
    assert found.secrets == (BuildSecret("token", "token"), BuildSecret("netrc", "rc"))
    assert found.ssh == ("default", "deploy=./key")
    assert (found.platforms, found.network) == (("linux/amd64",), "host")
    assert build("build: {context: ., ssh: {default: , deploy: key}}").ssh == ("default", "deploy=key")


def test_a_tmpfs_keeps_its_options() -> None:
    found = service("""
        tmpfs: ["/run:uid=1,size=1m", /tmp]
        volumes:
          - {type: tmpfs, target: /a, tmpfs: {size: 10m, mode: 01770}}
          - {type: tmpfs, target: /b, tmpfs: {mode: 511}}
        """)
    options = {mount.target: mount.options for mount in found.volumes}
    assert options == {"/run": "uid=1,size=1m", "/tmp": "", "/a": "size=10m,mode=01770", "/b": "mode=777"}


def test_a_health_check_may_be_taken_away() -> None:
    assert service("healthcheck: {disable: true}").unchecked
    assert not service("healthcheck: {test: a}").unchecked
