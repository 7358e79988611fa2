from __future__ import annotations

import pytest

from uvmigrate.project import LockedPackage, read_lock

LOCK = b"""
version = 1
requires-python = "==3.11.*"

[[package]]
name = "shop"
version = "0.1.0"
source = { virtual = "." }

[[package]]
name = "six"
version = "1.16.0"
source = { registry = "https://example.org/simple" }
sdist = { url = "https://example.org/six-1.16.0.tar.gz", hash = "sha256:aa", size = 1 }
wheels = [{ url = "https://example.org/six-1.16.0-py2.py3-none-any.whl", hash = "sha256:bb", size = 1 }]

[[package]]
name = "numpy"
version = "1.26.4"
source = { registry = "https://example.org/simple" }
resolution-markers = ["python_full_version < '3.12'"]

[[package]]
name = "numpy"
version = "2.1.0"
source = { registry = "https://example.org/simple" }

[[package]]
name = "lib"
source = { editable = "lib" }
"""


def test_every_version_of_a_name_is_there_with_source_and_hashes() -> None:
    packages = read_lock(LOCK)
    assert packages["six"] == (LockedPackage("six", "1.16.0", "registry", ("sha256:aa", "sha256:bb")),)
    assert [package.version for package in packages["numpy"]] == ["1.26.4", "2.1.0"]
    assert packages["lib"] == (LockedPackage("lib", None, "editable", ()),)
    assert packages["shop"][0].source == "virtual"


@pytest.mark.parametrize("data", [b"[[package", b"package = 3", b"[[package]]\nversion = '1'\n", b"\xff"])
def test_what_is_no_lock_is_a_value_error(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        read_lock(data)
