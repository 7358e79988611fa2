from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from uvmigrate.project import Requirement
from uvmigrate.project.conflicts import contradiction
from uvmigrate.project.lines import read_line


def requirement(text: str) -> Requirement:
    (line,) = read_line(text, path=PurePosixPath("requirements.txt"))
    assert isinstance(line, Requirement), line
    return line


@pytest.mark.parametrize("marker", ["python_version ~= 'x'", "python_version >= '3'"])
def test_markers_that_may_meet_part_nothing(marker: str) -> None:
    both = [requirement(f"six==1 ; {marker}"), requirement("six==2 ; os_name == 'nt'")]
    assert contradiction(both) == tuple(both)


def test_markers_that_never_meet_part_two_pins() -> None:
    assert (
        contradiction([requirement("six==1 ; os_name == 'posix'"), requirement("six==2 ; os_name == 'nt'")])
        is None
    )


def test_two_ranges_part_nothing_and_a_url_parts_all() -> None:
    ranges = [requirement("six>=2"), requirement("six<1")]
    assert contradiction(ranges) is None
    both = [*ranges, requirement("six @ https://example.org/six.zip")]
    assert contradiction(both) == (both[0], both[2])
