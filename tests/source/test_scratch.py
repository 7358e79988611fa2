"""What a repository may have below it, a scratch folder gets rid of."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from uvmigrate.source.scratch import remove_folder, scratch

if TYPE_CHECKING:
    from pathlib import Path


def deepen(folder: Path, levels: int) -> None:
    """Make so many folders in each other, each with a file and a link; their path may be of any length."""
    folder.mkdir()
    at = os.open(folder, os.O_RDONLY)
    for _ in range(levels):
        os.close(os.open("file", os.O_CREAT | os.O_WRONLY, dir_fd=at))
        os.symlink("..", "link", dir_fd=at)
        os.mkdir("inner folder", dir_fd=at)
        below = os.open("inner folder", os.O_RDONLY, dir_fd=at)
        os.close(at)
        at = below
    os.close(at)


@pytest.mark.parametrize("levels", [3, 2000])
def test_a_folder_goes_however_deep_it_is(tmp_path: Path, levels: int) -> None:
    deepen(tmp_path / "deep", 3)
    for name in ("one", "two"):
        deepen(tmp_path / "deep" / name, levels)
    remove_folder(tmp_path / "deep")
    assert list(tmp_path.iterdir()) == []


def test_what_a_link_leads_to_stays(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept/file").touch()
    deepen(tmp_path / "gone", 1500)
    (tmp_path / "gone/out").symlink_to(tmp_path / "kept")
    remove_folder(tmp_path / "gone")
    assert [path.name for path in tmp_path.rglob("*")] == ["kept", "file"]


def test_a_folder_that_is_not_there_is_no_error(tmp_path: Path) -> None:
    remove_folder(tmp_path / "nothing")


def test_a_scratch_folder_goes_with_what_went_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def work() -> None:
        with scratch("mine-") as folder:
            deepen(folder / "deep", 1500)
            assert [path.name for path in folder.iterdir()] == ["deep"]
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        work()
    assert list(tmp_path.iterdir()) == []
