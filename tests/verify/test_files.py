"""The files of two images: what differs, whose it is, and how few rows say so."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from uvmigrate.verify.compare.files import compare_files
from uvmigrate.verify.ours import Ours
from uvmigrate.verify.writes import Ids
from verify.environments import meaning
from verify.images import FOLDER, Entry, differing, image
from verify.test_packages import status

if TYPE_CHECKING:
    from collections.abc import Mapping

    from uvmigrate.verify.meaning import Meaning
    from uvmigrate.verify.verdict import Row

NOTHING = meaning()


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def compared(
    before: Mapping[str, bytes | Entry],
    after: Mapping[str, bytes | Entry],
    means: Meaning = NOTHING,
    ours: Ours | None = None,
    environment: str = "/opt/venv/",
    user: Ids | None = None,
) -> list[Row]:
    """All rows for two images that both have a folder /app, and in which one folder is an environment."""
    both = {"/app": FOLDER}
    images = (image(both | dict(before)), image(both | dict(after)))
    return [*compare_files(*images, lambda path: path.startswith(environment), means, ours or Ours(), user)]


def short(
    before: Mapping[str, bytes | Entry],
    after: Mapping[str, bytes | Entry],
    means: Meaning = NOTHING,
    ours: Ours | None = None,
    user: Ids | None = None,
) -> list[tuple[str, str]]:
    """The names and statuses of what differs."""
    return [(name, how) for _, name, how, *_ in differing(compared(before, after, means, ours, user=user))]


def test_what_is_equal_is_one_row() -> None:
    files: dict[str, bytes | Entry] = {"/app/a": b"1", "/app/b": b"2", "/app/c": Entry(link="a")}
    assert [(row.status, row.before) for row in compared(files, files)] == [("same", "3 files")]


def test_a_lost_file_is_a_regression_of_its_own() -> None:
    files = {"/app/a": b"1", "/app/b": b"2"}
    (row, same) = compared(files, {"/app/a": b"1"})
    assert (row.name, row.status, row.after) == ("/app/b", "regression", "")
    assert row.before.startswith("1 byte, sha256 d4735e3a265e")
    assert same.status == "same"


def test_a_lost_tree_is_one_row() -> None:
    before = {f"/app/static/{folder}/{n}": b"" for folder in "ab" for n in range(40)}
    (row,) = compared(before, {})
    assert (row.name, row.before, row.after) == ("/app/static/", "80 files", "")
    assert row.detail.splitlines()[-1] == "and 60 more"


def test_an_empty_folder_that_is_gone_is_a_row() -> None:
    assert short({"/app/media": FOLDER}, {}) == [("/app/media", "regression")]


def test_a_new_file_is_a_regression_unless_somebody_means_it() -> None:
    assert short({}, {"/app/.env": b"KEY"}) == [("/app/.env", "regression")]
    assert short({}, {"/bin/uv": b"uv"}, meaning({"file": ("*/uv",)})) == [("/bin/uv", "meant")]


@pytest.mark.parametrize(
    ("old", "new", "before", "after"),
    [
        (Entry(mode=0o755), Entry(mode=0o644), "mode 0755", "mode 0644"),
        (Entry(uid=0), Entry(uid=1000, gid=7), "owner 0:0", "owner 1000:7"),
        (Entry(capabilities="\x01\udcff"), Entry(), "capabilities", "none"),
        (Entry(link="a"), Entry(link="b"), "link to a", "link to b"),
        (Entry(link="a"), FOLDER, "link to a", "folder"),
    ],
)
def test_modes_owners_and_kinds_are_compared(old: Entry, new: Entry, before: str, after: str) -> None:
    assert differing(compared({"/app/x": old}, {"/app/x": new})) == [
        ("file", "/app/x", "regression", before, after)
    ]


def test_another_owner_of_everything_is_one_row() -> None:
    def owned(uid: int) -> dict[str, Entry]:
        return {f"/app/{folder}/{n}.py": Entry(uid=uid) for folder in "abcdefghi" for n in range(4)}

    (row,) = [row for row in compared(owned(1000), owned(0)) if row.status != "same"]
    assert (row.name, row.before, row.after) == ("/app/", "owner 1000:0", "owner 0:0")
    assert row.because == "another owner: 36 files"


def test_a_codemod_means_an_owner_by_that_word() -> None:
    before, after = {"/data/x": Entry(uid=0)}, {"/data/x": Entry(uid=10001)}
    assert short(before, after, meaning({"file": ("/data/*",)})) == [("/data/x", "regression")]
    owner = meaning({"file": ("owner /data/*",)})
    assert short(before, after, owner, user=Ids(10001, 0)) == [("/data/x", "meant")]
    assert short(before, after, owner, user=Ids(1000, 0)) == [("/data/x", "regression")]
    assert short(before, after, owner) == [("/data/x", "regression")]


def test_a_folder_that_comes_is_another_thing_than_one_that_goes() -> None:
    comes = meaning({"file": ("new folder *",)})
    assert short({}, {"/data": FOLDER}, comes) == [("/data", "meant")]
    assert short({"/data": FOLDER}, {}, comes) == [("/data", "regression")]


def test_folders_that_wait_for_logs_and_sockets_are_missed() -> None:
    before: dict[str, bytes | Entry] = {"/var/log/shop": FOLDER, "/run/shop": FOLDER, "/var/log/apt/x": b"1"}
    assert short(before, {"/run": FOLDER, "/var/log/apt": FOLDER}) == [
        ("/run/shop", "regression"),
        ("/var/log/shop", "regression"),
    ]


def test_locales_may_differ_and_not_be_lost() -> None:
    locales = "/usr/lib/locale/locale-archive"
    assert short({locales: b"1"}, {locales: b"2"}) == []
    assert short({locales: b"1"}, {"/usr/lib/locale/x": b""})[0] == (locales, "regression")


@pytest.mark.parametrize(
    ("after", "status"),
    [
        (b"root:x:0:0\napp:x:1000:0\nmore:x:1001:0\n", "meant"),
        (b"root:x:0:0\nmore:x:1001:0\n", "regression"),
        (b"root:x:0:0\napp:x:1002:0\n", "regression"),
    ],
)
def test_whoever_adds_a_user_keeps_the_others(after: bytes, status: str) -> None:
    before = b"root:x:0:0\nsocket:x:101:0\napp:x:1000:0\n"
    means = meaning({"file": ("/etc/passwd",)})
    assert short({"/etc/passwd": before}, {"/etc/passwd": after}, means) == [("/etc/passwd", status)]


def installed(site: str, *names: str) -> dict[str, bytes]:
    """Distributions in a folder for packages, each of one file."""
    found: dict[str, bytes] = {}
    for name in names:
        record = f"{name}-1.0.dist-info/RECORD"
        found |= {f"{site}/{record}": f"{name}.py,,\n{record},,\n".encode(), f"{site}/{name}.py": b"1"}
    return found


@pytest.mark.parametrize(
    ("before", "after", "status"),
    [
        (("poetry", "six"), (), "meant"),
        (("pip", "six"), ("six",), "meant"),
        (("pip", "six"), (), "regression"),
        (("six",), (), "regression"),
    ],
)
def test_what_lies_in_other_environments_goes_with_a_tool_or_to_another_place(
    before: tuple[str, ...], after: tuple[str, ...], status: str
) -> None:
    files: dict[str, bytes] = installed("/srv/worker/site-packages", *before)
    there = installed("/srv/site-packages", *after) | {"/srv/worker/x": b""}
    means = meaning({"file": ("*/site-packages/*",), "distribution": ("poetry", "pip")})
    rows = compared({**files, "/srv/worker/x": b""}, there, means, environment="/srv/site-packages/")
    found = {path: row.status for row in rows for path in (row.detail or row.name).splitlines()}
    assert found["/srv/worker/site-packages/six.py"] == status


def test_a_codemod_means_an_owner_only_where_it_is_the_user() -> None:
    before, after = {"/data/x": Entry(uid=5)}, {"/data/x": Entry(uid=0)}
    owner = meaning({"file": ("owner *",)})
    assert short(before, after, owner, user=Ids(10001, 0)) == [("/data/x", "regression")]


def test_what_is_made_anew_in_each_build_is_not_compared() -> None:
    before: dict[str, bytes | Entry] = {
        "/app/__pycache__/web.cpython-311.pyc": b"1",
        "/app/old.py": b"",
        "/app/old.pyc": b"1",
        "/root/.cache/pip/http/1": b"1",
        "/tmp/build/x": b"1",
        "/var/lib/apt/lists/x": b"1",
        "/etc/ld.so.cache": b"1",
        "/etc/shadow": b"app:!:20000:::::\nroot:*:19000:::\n",
    }
    after = {"/app/old.py": b"", "/etc/ld.so.cache": b"2", "/etc/shadow": b"root:*:1:::\napp:!:2:::::\n"}
    assert short(before, after) == []


def test_programs_models_and_passwords_are_compared() -> None:
    before = {"/app/only.pyc": b"1", "/root/.cache/models/m.bin": b"1", "/etc/shadow": b"root:*:1:::\n"}
    after = {"/etc/shadow": b"root::1:::\n"}
    ours = Ours(sources=frozenset({digest(b"root:*:1:::\n")}))
    assert short(before, after, NOTHING, ours) == [
        ("/app/only.pyc", "regression"),
        ("/root/.cache/models/m.bin", "regression"),
        ("/etc/shadow", "regression"),
    ]


def test_environments_are_not_compared_here() -> None:
    assert short({"/opt/venv/bin/a": b"1"}, {"/opt/venv/bin/b": b"1"}) == []


def test_a_package_that_differs_has_its_files_in_its_own_row() -> None:
    files = b"/usr/bin/g++-12\n/usr/share/doc/shared\n"
    before: dict[str, bytes | Entry] = {
        **status("g++-12 12.2", "zlib1g 1"),
        "/var/lib/dpkg/info/g++-12.list": files,
        "/var/lib/dpkg/info/zlib1g.list": b"/usr/share/doc/shared\n",
        "/usr/bin/g++-12": b"",
        "/usr/bin/c++": Entry(link="/etc/alternatives/c++"),
        "/etc/alternatives/c++": Entry(link="/usr/bin/g++-12"),
        "/usr/share/doc/shared": b"",
        "/usr/local/bin/tool": b"",
    }
    there: dict[str, bytes | Entry] = {"/usr/bin/env": b"", "/usr/local/bin/x": b"", "/usr/share/doc/x": b""}
    assert short(before | there, {**status("zlib1g 1"), **there}) == [
        ("/usr/local/bin/tool", "regression"),
        ("/usr/share/doc/shared", "regression"),
    ]


def test_what_the_migration_edits_and_writes_is_meant() -> None:
    ours = Ours(
        edited={(digest(b"old"), digest(b"new")): ("one", "two")},
        created={digest(b"lock"): ("one",)},
        deleted={digest(b"flask"): ("three",)},
        sources=frozenset({digest(b"old")}),
    )
    before = {"/app/Dockerfile": b"old", "/app/web.py": b"old", "/app/requirements.txt": b"flask"}
    after = {"/app/Dockerfile": b"new", "/app/web.py": b"other", "/app/uv.lock": b"lock"}
    rows = {row.name: (row.status, row.by) for row in compared(before, after, NOTHING, ours)}
    assert rows == {
        "/app/Dockerfile": ("meant", ("one", "two")),
        "/app/requirements.txt": ("meant", ("three",)),
        "/app/uv.lock": ("meant", ("one",)),
        "/app/web.py": ("regression", ()),
    }


def test_what_the_build_makes_may_differ_in_each_build() -> None:
    """A database, say: it is no file of the repository, and no part of the system."""
    before, after = (
        {"/app/shop.db": b"1", "/usr/bin/tool": b"1"},
        {"/app/shop.db": b"2", "/usr/bin/tool": b"2"},
    )
    assert short(before, after) == [("/app/shop.db", "unknown"), ("/usr/bin/tool", "regression")]


def test_many_differences_of_one_kind_are_folded_until_they_are_few() -> None:
    before = {f"/srv/{n}/deep/{n}.py": b"1" for n in range(30)} | {"/app/x": b"1"}
    after = dict.fromkeys(before, b"2")
    ours = Ours(sources=frozenset({digest(b"1")}))
    assert short(before, after, NOTHING, ours) == [("/app/x", "regression"), ("/srv/", "regression")]


def test_what_another_environment_held_is_meant_where_that_is() -> None:
    """Where poetry was installed beside the application: its programs and its README are no files of ours."""
    site = "/usr/local/lib/python3.11/site-packages"
    record = "poetry-2.5.1.dist-info/RECORD"
    lines = f'poetry/main.py,sha256=x,1\n../../../bin/poetry,,\n"poetry/README, too.md",,\n{record},,\n'
    before = {
        f"{site}/{record}": lines.encode(),
        f"{site}/poetry/main.py": b"1",
        f"{site}/poetry/README, too.md": b"1",
        "/usr/local/bin/poetry": b"1",
        "/usr/local/bin/tool": b"1",
    }
    there = {f"{site}/README.txt": b"", "/usr/local/bin/python": b""}
    means = {"file": ("*/site-packages/*", "*/README*"), "distribution": ("poetry",)}
    assert short(before | there, there, meaning(means)) == [
        (f"{site}/", "meant"),
        ("/usr/local/bin/tool", "regression"),
    ]


def test_what_came_with_a_tool_goes_also_where_pip_stays() -> None:
    site = "/usr/local/lib/python3.11/site-packages"
    means = meaning({"file": ("*/site-packages/*",), "distribution": ("poetry", "pip")})
    before: dict[str, bytes | Entry] = {**installed(site, "pip", "poetry", "six")}
    rows = compared(before, {**installed(site, "pip")}, means)
    assert {row.status for row in rows} == {"meant", "same"}
    before = {**installed(site, "pip", "six")}
    rows = compared(before, {**installed(site, "pip")}, means)
    assert {row.status for row in rows} == {"regression", "same"}
