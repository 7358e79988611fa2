"""From what a container wrote to the tmpfs that it needs."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import pytest

from growth import keeps_pace
from uvmigrate.verify.listing import File, Listing
from uvmigrate.verify.verdict import Written
from uvmigrate.verify.writes import Ids, ids_of, written_by

if TYPE_CHECKING:
    from uvmigrate.verify.listing import FileKind

APP, ROOT = Ids(1001, 1002), Ids(0, 0)
COMPOSE = PurePosixPath("compose.yaml")


def entry(kind: FileKind, owner: Ids = ROOT) -> File:
    return File(kind, 0o755, owner.uid, owner.gid, 0, "")


FOLDER, FILE, LINK = entry("folder"), entry("file"), entry("link")
OF_APP = entry("folder", APP)
IMAGE = Listing(
    {
        "/": FOLDER,
        "/app": OF_APP,
        "/app/main.py": FILE,
        "/app/cache": OF_APP,
        "/home": FOLDER,
        "/home/app": OF_APP,
        "/home/app/.profile": FILE,
        "/run": FOLDER,
        "/run/app": OF_APP,
        "/tmp": FOLDER,
        "/tmp/left.txt": FILE,
        "/var": FOLDER,
        "/var/lib": FOLDER,
        "/var/lib/dpkg": FOLDER,
        "/var/lib/dpkg/status": FILE,
        "/var/linked": FOLDER,
        "/var/linked/there": LINK,
    },
    {
        "/etc/passwd": b"root:x:0:0:root:/root:/bin/sh\napp:x:1001:1002::/home/app:/bin/sh\nbroken\n",
        "/etc/group": b"root:x:0:\nweb:x:7:app\n",
    },
)


def written(*changes: str, user: Ids | None = APP, mounted: tuple[str, ...] = ()) -> Written:
    """*changes* are written as the engine prints them: ``A /path``."""
    pairs = [(change[0], change[2:]) for change in changes]
    return written_by((COMPOSE, "web"), pairs, IMAGE, user, mounted)


def test_what_writes_nothing_needs_nothing() -> None:
    assert written() == Written(COMPOSE, "web", (), (), (), None)


def test_bytecode_is_no_reason() -> None:
    changes = ("C /app", "A /app/__pycache__", "A /app/__pycache__/main.cpython-311.pyc", "A /app/old.pyc")
    made = ("A /app/pkg", "A /app/pkg/__pycache__", "A /app/pkg/__pycache__/x.pyc")
    assert written(*changes, *made) == written()


def test_an_added_folder_gets_a_tmpfs_of_who_runs() -> None:
    found = written("C /app", "A /app/logs", "A /app/logs/a", "A /app/logs/a/b.log")
    assert found.paths == ("/app/logs",)
    assert found.tmpfs == ("/app/logs:uid=1001,gid=1002",)
    assert found.hidden == ()


def test_an_added_folder_may_be_empty() -> None:
    assert written("C /app", "A /app/uploads/").tmpfs == ("/app/uploads:uid=1001,gid=1002",)


def test_a_folder_without_files_keeps_its_owner() -> None:
    assert written("C /app", "C /app/cache", "A /app/cache/x").tmpfs == ("/app/cache:uid=1001,gid=1002",)
    assert written("C /run", "A /run/x.pid").tmpfs == ("/run",)


def test_root_needs_folders_of_its_own() -> None:
    changes = ("A /app/cache/x", "A /var/lib/x", "A /var/lib/x/db")
    assert written(*changes, user=ROOT).tmpfs == ("/app/cache", "/var/lib/x")
    assert written(*changes, user=None).tmpfs == ("/app/cache", "/var/lib/x")


@pytest.mark.parametrize(
    ("change", "hidden"),
    [
        ("A /app/db.sqlite3", "/app"),
        ("C /app/main.py", "/app"),
        ("D /app/main.py", "/app"),
        ("D /app/cache", "/app"),
        ("A /home/app/.history", "/home/app"),
        ("A /var/linked/more", "/var/linked"),
        ("A /file", "/"),
        ("C /app", "/app"),
    ],
)
def test_a_folder_with_files_of_the_image_is_no_tmpfs(change: str, hidden: str) -> None:
    found = written(change)
    assert (found.tmpfs, found.hidden) == ((), (hidden,))


def test_what_lies_in_tmp_is_nobodys() -> None:
    assert written("C /tmp", "A /tmp/x").tmpfs == ("/tmp",)


def test_a_folder_of_the_image_in_a_tmpfs_is_one_of_its_own() -> None:
    found = written("C /run", "A /run/x.pid", "C /run/app", "A /run/app/y", "A /run/new", "A /run/new/z")
    assert found.tmpfs == ("/run", "/run/app:uid=1001,gid=1002")


def test_what_is_mounted_already_is_left_out() -> None:
    found = written("C /var", "A /var/data", "A /data", "A /data/x", mounted=("/data", "/var/data"))
    assert found == written()


@pytest.mark.parametrize(
    ("user", "ids"),
    [
        ("", Ids(0, 0)),
        ("root", Ids(0, 0)),
        ("app", APP),
        ("1001", APP),
        ("1001:5", Ids(1001, 5)),
        ("app:web", Ids(1001, 7)),
        ("5000", Ids(5000, 0)),
        ("nobody", None),
        ("app:gone", None),
    ],
)
def test_a_user_is_found_as_the_engine_finds_them(user: str, ids: Ids | None) -> None:
    assert ids_of(user, IMAGE) == ids


def test_many_files_take_no_longer_than_their_number() -> None:
    def many(size: int) -> None:
        assert written("C /tmp", *(f"A /tmp/{number}" for number in range(size))).tmpfs == ("/tmp",)

    assert keeps_pace(many, 3_000)


def test_an_image_whose_users_have_no_numbers_has_no_such_user() -> None:
    image = Listing({}, {"/etc/passwd": "app:x:many:\u00b2:::\n".encode()})
    assert ids_of("app", image) is None
    assert ids_of("\u00b2", image) is None
