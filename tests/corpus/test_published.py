"""Published source distributions: had by name and hash from an index, unpacked with care, and never run."""

from __future__ import annotations

import functools
import gzip
import hashlib
import http.server
import io
import tarfile
import threading
from typing import TYPE_CHECKING

import pytest

from corpus import published
from corpus.__main__ import main
from corpus.published import LIST, FetchError, Sdist, default_cache, fetch, read_list, unpack
from corpus.tiny import OLD, needs_judge

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILES = {
    "PKG-INFO": "Metadata-Version: 2.4\nName: shop\nVersion: 1.0\n",
    "setup.py": "raise SystemExit('nobody runs this')\n",
    "pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "own"\nbackend-path = ["."]\n',
    "own.py": "raise SystemExit('nor this')\n",
    "requirements.txt": "flask==3.1.0\n",
    "Dockerfile": OLD,
}


def archive(entries: dict[str, str], *more: tarfile.TarInfo) -> bytes:
    """A .tar.gz with these files, and links or the like."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as opened:
        for name, text in entries.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text)
            opened.addfile(entry, io.BytesIO(text.encode()))
        for entry in more:
            opened.addfile(entry)
    return gzip.compress(packed.getvalue(), mtime=0)


SHOP = archive({f"shop-1.0/{name}": text for name, text in FILES.items()})
SDIST = Sdist("shop", "1.0", hashlib.sha256(SHOP).hexdigest())


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An index on loopback that holds the shop: its files may be changed by a test."""
    folder = tmp_path / "index" / "shop"
    folder.mkdir(parents=True)
    (folder / "shop-1.0.tar.gz").write_bytes(SHOP)
    (folder / "index.html").write_text('<a href="shop-1.0.tar.gz">shop-1.0.tar.gz</a>')
    handler = functools.partial(_Quiet, directory=str(folder.parent))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        monkeypatch.setenv("UV_DEFAULT_INDEX", f"http://127.0.0.1:{server.server_port}")
        yield folder
        server.shutdown()
        thread.join()


def test_a_distribution_comes_by_name_and_hash_and_is_not_run(index: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    folder = unpack(SDIST, fetch(SDIST, cache), tmp_path)
    assert {path.name: path.read_text() for path in folder.iterdir()} == FILES
    assert folder.name == "shop@1.0"
    assert [path.read_bytes() for path in cache.iterdir()] == [SHOP]


def test_what_is_in_the_cache_is_not_asked_for_again(index: Path, tmp_path: Path) -> None:
    kept = fetch(SDIST, tmp_path)
    (index / "shop-1.0.tar.gz").unlink()
    assert fetch(SDIST, tmp_path) == kept
    kept.write_bytes(b"somebody wrote into it")
    with pytest.raises(FetchError, match=r"^shop@1\.0: "):
        fetch(SDIST, tmp_path)


def test_other_bytes_than_the_listed_ones_are_not_taken(index: Path, tmp_path: Path) -> None:
    (index / "shop-1.0.tar.gz").write_bytes(archive({"shop-1.0/Dockerfile": "FROM evil\n"}))
    with pytest.raises(FetchError, match=r"^shop@1\.0: what was downloaded has another hash$"):
        fetch(SDIST, tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


def test_what_the_index_does_not_have_is_named(index: Path, tmp_path: Path) -> None:
    with pytest.raises(FetchError, match=r"^shop@2\.0: "):
        fetch(SDIST._replace(version="2.0"), tmp_path)


def link(name: str, target: str) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname = tarfile.SYMTYPE, target
    return entry


@pytest.mark.parametrize(
    "data",
    [
        archive({"../outside": "x"}),
        archive({}, link("shop-1.0/link", "/etc/passwd")),
        archive({}, link("shop-1.0/link", "../../outside")),
        archive({"shop-1.0/a": "x", "second/b": "x"}),
        archive({"not-a-folder": "x", "nor-this": "x"}),
        archive({}),
        b"no archive at all",
        SHOP[:200],
    ],
    ids=["above", "absolute", "relative", "two folders", "no folder", "empty", "no archive", "cut"],
)
def test_an_archive_of_another_shape_is_not_unpacked(data: bytes, tmp_path: Path) -> None:
    file, into = tmp_path / "a.tar.gz", tmp_path / "into"
    file.write_bytes(data)
    into.mkdir()
    with pytest.raises(FetchError, match=r"^shop@1\.0: it cannot be unpacked: "):
        unpack(SDIST, file, into)
    assert list(into.iterdir()) == []
    assert not (tmp_path / "outside").exists()


@pytest.mark.parametrize(("limit", "value"), [("MAX_BYTES", 100), ("MAX_FILES", 3)])
def test_an_archive_that_holds_too_much_is_not_unpacked(
    limit: str, value: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(published, limit, value)
    file = tmp_path / "a.tar.gz"
    file.write_bytes(SHOP)
    with pytest.raises(FetchError, match=r"^shop@1\.0: it holds too much$"):
        unpack(SDIST, file, tmp_path)
    assert list(tmp_path.iterdir()) == [file]


def test_a_line_of_another_form_is_named(tmp_path: Path) -> None:
    file = tmp_path / "list.txt"
    file.write_text(f"# ours\n\nshop==1.0 --hash=sha256:{SDIST.sha256}\n")
    assert read_list(file) == [SDIST]
    file.write_text("shop>=1.0\n")
    with pytest.raises(FetchError, match=r"list\.txt:1: not NAME==VERSION"):
        read_list(file)


def test_the_list_of_the_command_is_in_order_and_names_each_once() -> None:
    names = [sdist.name for sdist in read_list(LIST)]
    assert names == sorted(set(names))


def test_the_cache_is_where_the_user_has_caches(tmp_path: Path) -> None:
    assert default_cache({"XDG_CACHE_HOME": str(tmp_path)}) == tmp_path / "uvmigrate-corpus"
    assert default_cache({"XDG_CACHE_HOME": ""}).parts[-2:] == (".cache", "uvmigrate-corpus")


@needs_judge
def test_the_command_measures_a_list(index: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "list.txt"
    file.write_text(f"shop==1.0 --hash=sha256:{SDIST.sha256}\n")
    options = ["--jobs", "1", "--cache", str(tmp_path / "cache"), "--published", str(file)]
    assert main(options) == 0
    assert "| shop@1.0 | 1 |" in capsys.readouterr().out
    file.write_text(f"shop==1.0 --hash=sha256:{64 * '0'}\n")
    assert main(options) == 2
    assert capsys.readouterr().err == "corpus: shop@1.0: what was downloaded has another hash\n"


def test_something_must_be_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([])
    assert "name CHECKOUTs, or --published" in capsys.readouterr().err
