"""Images are started, asked, and tried read-only, on a real engine."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import pytest

from uvmigrate.verify.compare.running import compare_run
from uvmigrate.verify.engine import Docker, Launch, NotStarted, Order
from uvmigrate.verify.listing import read_files
from uvmigrate.verify.locked import try_read_only
from uvmigrate.verify.meaning import Meaning
from uvmigrate.verify.options import Options
from uvmigrate.verify.running import Outcome, observe
from uvmigrate.verify.subjects import Use
from uvmigrate.verify.writes import Ids, ids_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from uvmigrate.verify.listing import Listing

pytestmark = pytest.mark.engine

PYTHON = ("python",)
OPTIONS = Options()

#: Answers after a second, on all addresses and on one that only the container itself has.
SERVER = """
import http.server, json, os, pathlib, sys, threading, time
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        status = {"/": 404, "/moved": 302, "/broken": 500}.get(self.path, 200)
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/health")
        self.end_headers()
        self.wfile.write(b"ok")
for name in os.environ.get("WRITES", "").split():
    path = pathlib.Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("x")
time.sleep(1)
inner = http.server.HTTPServer(("127.0.0.1", 9000), Handler)
threading.Thread(target=inner.serve_forever, daemon=True).start()
print("PASSWORD=hunter2 in", sys.argv[1:], flush=True)
http.server.HTTPServer(("0.0.0.0", 8000), Handler).serve_forever()
"""

DOCKERFILE = """
FROM python:3.11-slim-bookworm
RUN useradd --uid 1001 --create-home app && mkdir /app /app/cache && chown app /app/cache
COPY server.py /app/
# A module of its own that is called like one of the library's must not be in the way.
COPY json.py /srv/
WORKDIR /srv
USER app
HEALTHCHECK CMD python -I -c "import urllib.request as u; u.urlopen('http://localhost:8000/health')"
CMD ["python", "-I", "/app/server.py"]
"""


@pytest.fixture(scope="module")
def image(verifier: Docker, tmp_path_factory: pytest.TempPathFactory) -> str:
    """An image of a server."""
    folder = tmp_path_factory.mktemp("server")
    files = {"server.py": SERVER, "Dockerfile": DOCKERFILE, "json.py": "raise SystemExit('shadowed')\n"}
    for name, text in files.items():
        (folder / name).write_text(text, "utf-8")
    return verifier.build(Order(folder, folder / "Dockerfile"), lambda _: None).image


def containers(docker: Docker) -> list[str]:
    """The containers of ours that are there."""
    return docker.processes.run(
        ["docker", "ps", "--all", "--quiet", f"--filter=label={docker.label}"], 60
    ).out.split()


def start(
    verifier: Docker,
    image: str,
    *command: str,
    options: Options = OPTIONS,
    seconds: float = 10,
    python: tuple[str, ...] = PYTHON,
    health: tuple[str, ...] = ("NONE",),
    environment: Mapping[str, str] | None = None,
) -> Outcome:
    """Start the image, with another command where one is given. Nothing is left behind."""
    use = Use(None, "", Launch(command=command or None, environment=environment or {}), healthcheck=health)
    outcome = observe(verifier, image, use, options, python, seconds)
    assert containers(verifier) == []
    return outcome


def test_a_server_answers_on_all_ports(verifier: Docker, image: str) -> None:
    found = start(verifier, image, health=())
    assert (found.kind, found.answers) == ("answers", ((8000, 404), (9000, 404)))
    assert found.seconds is not None
    assert 1 <= found.seconds < 10
    assert found.healthy is not None
    assert found.healthy.works, found.healthy.said
    assert "hunter2" not in found.said
    assert "PASSWORD=***" in found.said


def test_a_program_that_fails_has_ended(verifier: Docker, image: str) -> None:
    found = start(verifier, image, "python", "-c", "print('so far'); raise SystemExit('no more')", seconds=30)
    assert (found.kind, found.code) == ("ended", 1)
    assert found.said.splitlines() == ["so far", "no more"]
    assert found.seconds is None


def test_a_program_that_is_done_has_ended(verifier: Docker, image: str) -> None:
    found = start(verifier, image, "python", "-c", "print('done')", seconds=30)
    assert (found.kind, found.code, found.said) == ("ended", 0, "done")


def test_a_worker_listens_on_nothing(verifier: Docker, image: str) -> None:
    found = start(verifier, image, "sleep", "600", seconds=2)
    assert (found.kind, found.answers, found.within) == ("runs", (), 2)


def test_a_server_that_speaks_no_http_answers_without_a_status(verifier: Docker, image: str) -> None:
    code = "import socket\ns = socket.create_server(('', 5000))\nwhile 1: s.accept()[0].sendall(b'hi\\r\\n')"
    assert start(verifier, image, "python", "-I", "-c", code).answers == ((5000, 0),)


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [(("no-such-program",), 127, "executable file not found"), (("/etc/passwd",), 126, "permission denied")],
)
def test_a_command_that_is_not_there_is_the_images_fault(
    verifier: Docker, image: str, command: tuple[str, ...], code: int, said: str
) -> None:
    found = start(verifier, image, *command)
    assert (found.kind, found.code) == ("ended", code)
    assert said in found.said


def test_a_user_that_is_not_there_is_the_images_fault(verifier: Docker, image: str) -> None:
    with pytest.raises(NotStarted, match="unable to find user nobody-such"):
        verifier.start(image, Launch(user="nobody-such"))
    assert containers(verifier) == []


def test_without_a_python_only_the_end_is_seen(verifier: Docker, image: str) -> None:
    command = Options(smoke="grep :1F40 /proc/net/tcp")
    unseen = start(verifier, image, seconds=2, python=("no-python",), options=command)
    assert unseen.kind == "unseen"
    assert unseen.smoke is not None
    assert unseen.smoke.works, unseen.smoke.said
    ended = start(verifier, image, "false", python=(), options=Options(smoke=":8000"))
    assert ended.code == 1
    assert ended.smoke is not None
    assert not ended.smoke.works


def test_a_path_is_asked_where_something_answers(verifier: Docker, image: str) -> None:
    found = start(verifier, image, "sleep", "60", seconds=1, options=Options(smoke="/health")).smoke
    assert found is not None
    assert (found.works, found.said) == (False, "no port answers HTTP that could be asked for /health")


@pytest.mark.parametrize(
    ("smoke", "works", "said"),
    [
        ("python -I -c 'print(1 + 1)'", True, "2"),
        ("python -I -c 'import nosuch'", False, "ModuleNotFoundError: No module named 'nosuch'"),
        ("/health", False, "it had ended before it was asked"),
        (":8000/health", False, "it had ended before it was asked"),
    ],
)
def test_a_command_can_be_tried_where_the_container_has_ended(
    verifier: Docker, image: str, smoke: str, works: bool, said: str
) -> None:
    found = start(verifier, image, "true", options=Options(smoke=smoke))
    assert (found.kind, found.code) == ("ended", 0)
    assert found.smoke is not None
    assert found.smoke.works is works
    assert said in found.smoke.said


@pytest.mark.parametrize(
    ("smoke", "works", "said"),
    [
        (":8000/health", True, "http://localhost:8000/health answers 200"),
        ("curl -fsSL localhost:8000/moved", True, "http://localhost:8000/moved answers 200"),
        ("python -I -c 'import sys; sys.exit(0)' && echo fine", True, "fine"),
        (":8000/broken", False, "http://localhost:8000/broken answers 500"),
        ("/health", True, "http://localhost:8000/health answers 200"),
        ("/broken", False, "http://localhost:8000/broken answers 500"),
        ("curl --retry 3 localhost:8000", False, "not found"),
    ],
)
def test_a_smoke_test_is_an_address_or_a_command(
    verifier: Docker, image: str, smoke: str, works: bool, said: str
) -> None:
    found = start(verifier, image, options=Options(smoke=smoke)).smoke
    assert found is not None
    assert found.works is works
    assert said in found.said
    assert found.there is (said != "not found")


def test_a_health_check_that_fails_says_why(verifier: Docker, image: str) -> None:
    good = start(verifier, image, health=("CMD-SHELL", "test -d /proc/1"))
    bad = start(verifier, image, health=("CMD", "sh", "-c", "echo TOKEN=secret; exit 3"))
    assert good.healthy is not None
    assert good.healthy.works
    assert bad.healthy is not None
    assert (bad.healthy.works, bad.healthy.said) == (False, "TOKEN=***")
    statuses = [row.status for row in compare_run(good, bad, Meaning(()))]
    assert statuses == ["same", "regression"]


@pytest.fixture(scope="module")
def known(verifier: Docker, image: str) -> Listing:
    """The files of the image."""
    return read_files(verifier, image)


def test_what_it_writes_is_what_it_needs_read_only(verifier: Docker, image: str, known: Listing) -> None:
    assert ids_of("app", known) == Ids(1001, 1001)
    written = "/app/cache/a /home/app/.state/b /var/tmp/c /tmp/d"
    # A volume makes a folder that nobody wrote.
    launch = Launch(environment={"WRITES": written}, volumes=("/data",), user="1001")
    use = Use(PurePosixPath("compose.yaml"), "web", launch)
    outcome = observe(verifier, image, use, OPTIONS, PYTHON, 10)
    assert outcome.kind == "answers", outcome.said
    config = verifier.config(image)
    tried = try_read_only(
        verifier, image, use, OPTIONS, PYTHON, writable=outcome, config=config, listing=known, seconds=10
    )
    assert tried.written.tmpfs == (
        "/app/cache:uid=1001,gid=0",
        "/home/app/.state:uid=1001,gid=1001",
        "/tmp",
        "/var/tmp",
    )
    assert tried.written.paths == ("/app/cache/a", "/home/app/.state", "/tmp/d", "/var/tmp/c")
    assert tried.written.hidden == ()
    assert tried.locked is not None
    assert (tried.written.works, tried.locked.kind) == (True, "answers"), tried.locked.said
    assert {PurePosixPath(path).name for _, path in tried.locked.written}.isdisjoint("abcd")
    assert containers(verifier) == []


def test_what_writes_to_a_volume_needs_no_tmpfs(verifier: Docker, image: str, known: Listing) -> None:
    # It has what the image has there, owners included.
    launch = Launch(environment={"WRITES": "/home/app/db"}, volumes=("/home/app",))
    use = Use(None, "", launch)
    outcome = observe(verifier, image, use, OPTIONS, PYTHON, 10)
    assert outcome.kind == "answers", outcome.said
    config = verifier.config(image)
    tried = try_read_only(
        verifier, image, use, OPTIONS, PYTHON, writable=outcome, config=config, listing=known, seconds=10
    )
    assert (tried.written.paths, tried.written.tmpfs, tried.written.works) == ((), (), True)


def test_what_writes_beside_files_of_the_image_does_not_run_read_only(
    verifier: Docker, image: str, known: Listing
) -> None:
    use = Use(None, "", Launch(environment={"WRITES": "/app/db"}, user="root"))
    outcome = observe(verifier, image, use, OPTIONS, PYTHON, 10)
    config = verifier.config(image)
    tried = try_read_only(
        verifier, image, use, OPTIONS, PYTHON, writable=outcome, config=config, listing=known, seconds=10
    )
    assert (tried.written.tmpfs, tried.written.hidden, tried.written.works) == ((), ("/app",), False)
    assert tried.locked is not None
    assert "Read-only file system" in tried.locked.said


def test_an_empty_folder_that_was_made_is_known_as_one(verifier: Docker, image: str) -> None:
    found = start(verifier, image, "sh", "-c", "mkdir /tmp/empty; touch /tmp/file; exit 0")
    assert {("A", "/tmp/empty/"), ("A", "/tmp/file")} <= set(found.written)
