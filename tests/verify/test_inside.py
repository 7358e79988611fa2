"""The programs that run inside of images, run here on folders made by hand."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from uvmigrate.verify import inside
from uvmigrate.verify.inside import read

PYTHON = "#!" + sys.executable
FOLDER = Path(inside.__file__).parent


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("[a-z]*.py")))
def test_it_is_written_for_old_pythons(name: str) -> None:
    ast.parse(read(name), feature_version=(3, 5))


def run(program: str, given: object, site: Path, cwd: Path | None = None) -> Any:
    """What a program prints, with *site* ahead on the search path and its ``bin`` on PATH."""
    environment = {"PYTHONPATH": str(site), "PATH": f"{site / 'bin'}:{os.environ['PATH']}"}
    done = subprocess.run(
        [sys.executable, "-c", read(program)],
        input=json.dumps(given),
        env=environment,
        cwd=cwd or site,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def distribution(site: Path, name: str) -> dict[str, Any]:
    """What is told of one distribution."""
    [found] = [one for one in run("environment", None, site)["distributions"] if one["name"] == name]
    return dict(found)


def dist_info(name: str, record: str = "", headers: str = "", **others: str) -> dict[str, str]:
    """The files of a ``.dist-info``; others are given as ``entry_points_txt``."""
    folder = f"{name.replace('-', '_')}-1.0.dist-info"
    files = {"METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n{headers}\n", "RECORD": record}
    files |= {key.replace("_json", ".json").replace("_txt", ".txt"): text for key, text in others.items()}
    return {f"{folder}/{key}": text for key, text in files.items()}


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = tmp_path / "lib" / "site-packages"
    folder.mkdir(parents=True)
    return folder


def test_metadata_are_read(site: Path) -> None:
    headers = "Requires-Dist: click (>=8)\nRequires-Dist: b ;\n  extra == 'x'\n"
    write(site, dist_info("Shop.Front_end", headers=headers, REQUESTED=""))
    found = distribution(site, "shop-front-end")
    assert found["version"] == "1.0"
    assert found["requires"] == ["click (>=8)", "b ; extra == 'x'"]
    assert (found["requested"], found["editable"], found["location"]) == (True, "", str(site))


def test_who_asked_for_it_is_read(site: Path) -> None:
    write(site, dist_info("mine", REQUESTED="") | dist_info("companion", INSTALLER="pip\n"))
    write(site, dist_info("project-s", INSTALLER="Poetry 1.8.5"))
    found = {name: distribution(site, name)["requested"] for name in ("mine", "companion", "project-s")}
    assert found == {"mine": True, "companion": False, "project-s": True}


def test_the_python_is_told(site: Path) -> None:
    found = run("environment", None, site)
    assert found["version"] == ".".join(map(str, sys.version_info[:3]))
    assert (found["prefix"], found["base_prefix"]) == (sys.prefix, sys.base_prefix)
    assert found["sites"][0] == str(site)
    assert found["markers"]["python_version"] == "{}.{}".format(*sys.version_info)


def test_the_first_on_the_search_path_counts_and_the_working_directory_is_not_on_it(
    site: Path, tmp_path: Path
) -> None:
    write(site, dist_info("pip"))
    write(tmp_path, {"shop.egg-info/PKG-INFO": "Name: shop\nVersion: 1\n"})
    found = {one["name"]: one for one in run("environment", None, site, tmp_path)["distributions"]}
    assert found["pip"]["version"] == "1.0"
    assert "shop" not in found


RECORD = """shop/__init__.py,,
shop/deep/__init__.py,,
shop/__pycache__/__init__.cpython-311.pyc,,
six.py,,
_speed.abi3.so,,
google/cloud/storage/__init__.py,,
google/cloud/loose.py,,
not-a-name/__init__.py,,
class.py,,
__editable___shop_finder.py,,
../../bin/tool.py,,
"with, comma.txt",,
shop-1.0.dist-info/METADATA,,
"""


def test_modules_and_files_are_those_of_the_record(site: Path) -> None:
    write(site, dist_info("shop", RECORD, top_level_txt="other\n"))
    found = distribution(site, "shop")
    assert found["imports"] == ["_speed", "google.cloud.storage", "shop", "six"]
    assert str(site / "with, comma.txt") in found["files"]
    assert str(site.parent.parent / "bin/tool.py") in found["files"]
    assert not [path for path in found["files"] if path.endswith(".pyc")]


def test_without_modules_in_the_record_top_level_says_them(site: Path) -> None:
    write(site, dist_info("shop", "__editable__.shop.pth,,\n", top_level_txt="shop\nshop_api\n"))
    assert distribution(site, "shop")["imports"] == ["shop", "shop_api"]


def test_an_egg_info_is_read(site: Path) -> None:
    requires = "click>=8\n\n[test]\npytest\n\n[:os_name == 'nt']\ncolorama\n\n[x:python_version < '3']\nold\n"
    write(
        site,
        {
            "shop.egg-info/PKG-INFO": "Name: shop\nVersion: 2.0\n",
            "shop.egg-info/requires.txt": requires,
            "shop.egg-info/installed-files.txt": "../shop/__init__.py\nPKG-INFO\n",
            "flat-3.0.egg-info": "Name: flat\nVersion: 3.0\n",
        },
    )
    found = distribution(site, "shop")
    assert found["requires"] == [
        "click>=8",
        'pytest ; extra == "test"',
        "colorama ; (os_name == 'nt')",
        "old ; (python_version < '3') and extra == \"x\"",
    ]
    assert found["imports"] == ["shop"]
    assert found["files"] == [str(site / "shop.egg-info/PKG-INFO"), str(site / "shop/__init__.py")]
    assert distribution(site, "flat")["version"] == "3.0"


def test_editable_installs_say_where_their_sources_are(site: Path, tmp_path: Path) -> None:
    url = '{"url": "file:///srv/my%20shop", "dir_info": {"editable": true}}'
    write(site, dist_info("shop", direct_url_json=url))
    write(tmp_path, {"src/board/__init__.py": ""})
    write(site, dist_info("board", f"{site / 'board.pth'},,\n") | {"board.pth": f"{tmp_path / 'src'}\n"})
    write(site, dist_info("plain", "plain.py,,\n", direct_url_json='{"url": "file:///srv", "dir_info": {}}'))
    assert distribution(site, "shop")["editable"] == "/srv/my shop"
    board = distribution(site, "board")
    assert (board["editable"], board["imports"]) == (str(tmp_path / "src"), ["board"])
    assert distribution(site, "plain")["editable"] == ""


def program(site: Path, text: str | None, mode: int = 0o755) -> dict[str, Any]:
    """What is told of the program of a distribution, whose file is *text*."""
    # Where this Python's packages have their programs is not ours to write to; PATH leads there as well.
    path = site / "bin" / "shop-tool"
    if text is not None:
        write(site, {"bin/shop-tool": text})
        path.chmod(mode)
    points = "[console_scripts]\nshop-tool = shop:main\n[other]\nx = y\n"
    write(site, dist_info("shop", "shop.py,,\n", entry_points_txt=points))
    [found] = distribution(site, "shop")["scripts"]
    if text is not None and mode & 0o111:
        assert found["path"] == str(path)
    return dict(found)


def test_a_program_that_can_be_started_has_no_fault(site: Path) -> None:
    found = program(site, f"{PYTHON}\n")
    assert (found["name"], found["fault"], found["on_path"]) == ("shop-tool", "", True)
    assert program(site, "#!/usr/bin/env sh\n")["fault"] == ""
    assert program(site, f"#!/bin/sh\n'''exec' \"{sys.executable}\" \"$0\" \"$@\"\n' '''\n")["fault"] == ""
    assert program(site, "\x7fELF, which the system starts by itself")["fault"] == ""


@pytest.mark.parametrize(
    "text",
    [
        "#!/nowhere/bin/python\n",
        "#!/usr/bin/env /nowhere/bin/python\n",
        "#!/bin/sh\n'''exec' /nowhere/bin/python \"$0\" \"$@\"\n' '''\n",
    ],
)
def test_an_interpreter_that_is_not_there_is_a_fault(site: Path, text: str) -> None:
    assert program(site, text)["fault"] == "its interpreter /nowhere/bin/python is not there"


def test_an_interpreter_beside_the_program_is_looked_for_there(site: Path) -> None:
    beside = (
        "#!/bin/sh\n'''exec' \"$(dirname -- \"$(realpath -- \"$0\")\")\"/'python9' \"$0\" \"$@\"\n' '''\n"
    )
    assert program(site, beside)["fault"] == f"its interpreter {site / 'bin/python9'} is not there"


def test_a_program_that_is_gone_is_a_fault(site: Path) -> None:
    found = program(site, None)
    assert (found["fault"], found["on_path"]) == ("it is not there", False)


def test_each_import_fails_for_itself(site: Path) -> None:
    write(
        site,
        {
            "fine.py": "print('noise')",
            "raises.py": "raise ValueError('first\\nsecond')",
            "leaves.py": "import sys; sys.exit(3)",
            "ends.py": "import os; os._exit(0)",
            "ends_badly.py": "import os; os._exit(4)",
            "leaves_one.py": "import os\nif os.fork(): os._exit(5)\nimport time; time.sleep(5)",
            "crashes.py": "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)",
        },
    )
    names = "fine raises leaves ends ends_badly leaves_one crashes nowhere json.decoder".split()
    assert run("imports", names, site) == {
        "raises": "ValueError: first",
        "leaves": "SystemExit: 3",
        "ends": "it ended the process with code 0",
        "ends_badly": "it ended the process with code 4",
        "leaves_one": "it ended the process with code 5",
        "crashes": "it was ended by SIGSEGV",
        "nowhere": "ModuleNotFoundError: No module named 'nowhere'",
    }


def test_the_working_directory_hides_no_module(site: Path, tmp_path: Path) -> None:
    write(site, {"shop.py": ""})
    write(tmp_path, {"shop.py": "raise ValueError", "only_here.py": ""})
    assert list(run("imports", ["shop", "only_here"], site, tmp_path)) == ["only_here"]


def ldd(site: Path, text: str) -> None:
    """An ``ldd`` that says *text* of every file, FILE being its name."""
    write(site, {"bin/ldd": f"#!/bin/sh\nsed \"s|FILE|$1|\" <<'END'\n{text}\nEND\n"})
    (site / "bin/ldd").chmod(0o755)


@pytest.mark.parametrize(
    ("said", "missing"),
    [
        ("\tlibm.so.6 => /lib/libm.so.6 (0x7f)\n\tlibpq.so.5 => not found", ["libpq.so.5"]),
        (
            "FILE: /lib/libc.so.6: version `GLIBC_2.38' not found (required by FILE)",
            ["libc.so.6 with GLIBC_2.38"],
        ),
        (
            "\tldd (0x7f)\n"
            "Error loading shared library libpq.so.5: No such file or directory (needed by FILE)\n"
            "Error relocating FILE: PQexec: symbol not found",
            ["libpq.so.5"],
        ),
        ("\tstatically linked", []),
    ],
)
def test_what_ldd_misses_is_told(site: Path, said: str, missing: list[str]) -> None:
    ldd(site, said)
    write(site, {"a/x.so": "\x7fELF", "a/x.py": "\x7fELF", "a/text.so": "no"})
    found = run("libraries", {"folders": [str(site / "a")], "files": [str(site / "gone.so")]}, site)
    assert found == [[str(site / "a/x.so"), name] for name in missing]


def test_a_file_under_two_names_is_asked_about_once(site: Path) -> None:
    ldd(site, "\tlibpq.so.5 => not found")
    write(site, {"a/x.so": "\x7fELF"})
    (site / "b").symlink_to("a")
    found = run("libraries", {"folders": [str(site / "a"), str(site / "b")], "files": []}, site)
    assert found == [[str(site / "a/x.so"), "libpq.so.5"]]
