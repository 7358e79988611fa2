"""The files of an image are read from a tar stream, without unpacking it."""

from __future__ import annotations

import hashlib
import io

import pytest

from uvmigrate.verify.listing import File, read_listing
from verify.images import FOLDER, Entry, listing, packed

DIGEST = hashlib.sha256(b"hello").hexdigest()


def test_each_entry_has_its_kind_mode_owner_and_digest() -> None:
    files = listing(
        {
            "/app/run.sh": Entry(b"hello", 0o755, 1000, 1001),
            "/app/data": FOLDER,
            "/app/start": Entry(link="run.sh"),
        }
    ).files
    assert files["/app/run.sh"] == File("file", 0o755, 1000, 1001, 5, DIGEST)
    assert files["/app/data"].kind == "folder"
    assert (files["/app/start"].kind, files["/app/start"].digest) == ("link", "run.sh")
    assert files["/"].kind == "folder"


def test_a_hard_link_is_the_file_whose_bytes_it_has() -> None:
    files = listing({"/opt/a": b"hello", "/opt/b": Entry(hard="/opt/a")}).files
    assert files["/opt/b"] == files["/opt/a"]
    assert files["/opt/b"].digest == DIGEST


def test_only_the_bytes_of_databases_are_kept() -> None:
    found = listing({"/etc/passwd": b"root:x:0:0::/root:/bin/sh\n", "/etc/issue": b"Debian"})
    assert dict(found.kept) == {"/etc/passwd": b"root:x:0:0::/root:/bin/sh\n"}


def test_links_are_followed() -> None:
    found = listing(
        {
            "/usr/bin/python3.11": b"",
            "/usr/bin/python3": Entry(link="python3.11"),
            "/bin": Entry(link="usr/bin"),
            "/opt/python": Entry(link="/bin/../bin/python3"),
            "/opt/round": Entry(link="round"),
            "/opt/nowhere": Entry(link="/gone"),
        }
    )
    assert found.real("/opt/python") == "/usr/bin/python3.11"
    assert found.real("/bin/./python3") == "/usr/bin/python3.11"
    assert not found.holds("/opt/round")
    assert not found.holds("/opt/nowhere")
    assert found.holds("/")


def test_a_name_that_is_not_utf_8_can_be_shown() -> None:
    path = b"/data/na\xefve".decode(errors="surrogateescape")
    assert "/data/na\\xefve" in listing({path: b""}).files


def test_a_stream_that_is_cut_short_is_no_listing() -> None:
    whole = packed({"/app/large": b"x" * 100_000})
    for cut in (b"", whole[:300], whole[:50_000]):
        with pytest.raises(EOFError, match="cut short"):
            read_listing(io.BytesIO(cut))


def test_links_that_lead_to_links_are_followed_as_often_as_linux_does() -> None:
    files: dict[str, bytes | Entry] = {f"/x/{n}": Entry(link=f"{n + 1}/../{n + 1}") for n in range(60)}
    found = listing({**files, "/x/60/end": b"", "/deep/1": Entry(link="/" + "a/" * 2000)})
    assert not found.holds("/x/0/end")
    assert not found.holds("/deep/1")
    assert found.holds("/x/58/end")
