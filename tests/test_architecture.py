"""The house keeps its shape: imports point downward, modules stay small, nothing foreign is tracked."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
#: The floors of docs/architecture.md, lowest first: a package imports only from floors below its own, or of
#: itself. What only types need counts, too.
FLOORS: tuple[frozenset[str], ...] = (
    frozenset({"source"}),
    frozenset({"dockerfile", "shell", "compose", "pycode"}),
    frozenset({"project"}),
    frozenset({"commands"}),
    frozenset({"build"}),
    frozenset({"codemod"}),
    frozenset({"plan"}),
    frozenset({"apply"}),
    frozenset({"verify"}),
    frozenset({"report"}),
    frozenset({"fleet"}),
    frozenset({"cli"}),
)
#: The one module that opens the door to the built-in codemods.
DOOR = "src/uvmigrate/plan/catalogue.py"
MODULES = sorted((ROOT / "src/uvmigrate").rglob("*.py"))
CATALOGUE = sorted((ROOT / "codemods").rglob("*.py"))
MAX_LINES, MAX_FUNCTION_LINES = 400, 60


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def imported(path: Path) -> Iterator[str]:
    """The modules that a file imports anywhere in it, by their full names."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name_of(path)}:{node.lineno} imports by a relative name"
            module = node.module or ""
            # `from uvmigrate import source` imports the module uvmigrate.source.
            yield from (
                (f"{module}.{alias.name}" for alias in node.names) if module == "uvmigrate" else (module,)
            )


def floor(package: str) -> int:
    return next(number for number, packages in enumerate(FLOORS) if package in packages)


def test_every_package_has_its_floor() -> None:
    packages = {
        path.relative_to(ROOT / "src/uvmigrate").parts[0]
        for path in MODULES
        if path.parent.name != "uvmigrate"
    }
    assert packages <= frozenset().union(*FLOORS)


@pytest.mark.parametrize("path", [path for path in MODULES if path.parent.name != "uvmigrate"], ids=name_of)
def test_imports_point_downward(path: Path) -> None:
    own = path.relative_to(ROOT / "src/uvmigrate").parts[0]
    for module in imported(path):
        first, _, rest = module.partition(".")
        if first == "uvmigrate" and rest and not rest.startswith("__"):
            other = rest.partition(".")[0]
            assert other == own or floor(other) < floor(own), f"{own} imports {module}"
        assert first != "uvmigrate_codemods" or name_of(path) == DOOR, "the engine knows no codemod"


@pytest.mark.parametrize("path", CATALOGUE, ids=name_of)
def test_the_catalogue_imports_the_contract_only(path: Path) -> None:
    ours = {
        module for module in imported(path) if module.partition(".")[0] in ("uvmigrate", "uvmigrate_codemods")
    }
    assert {module for module in ours if module.startswith("uvmigrate.")} <= {"uvmigrate.codemod"}


@pytest.mark.parametrize("path", MODULES + CATALOGUE, ids=name_of)
def test_modules_and_functions_stay_small(path: Path) -> None:
    text = path.read_bytes()
    assert text.count(b"\n") <= MAX_LINES
    functions = (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef))
    long = {node.name: (node.end_lineno or 0) - node.lineno + 1 for node in functions}
    assert {name: lines for name, lines in long.items() if lines > MAX_FUNCTION_LINES} == {}


def tracked() -> list[str]:
    """The files that git tracks; what else lies in the folder is nobody's business."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [name for name in listed.stdout.split("\0") if name]


#: Hosts that serve packages, in pieces, so that this file does not name them itself.
REGISTRIES = [
    ("pypi", "org"),
    ("files", "python" + "hosted", "org"),
    ("deb", "debian", "org"),
    ("security", "debian", "org"),
    ("registry", "npm" + "js", "org"),
]


@pytest.mark.skipif(
    not (ROOT / ".git").exists(), reason="not a git repository: an unpacked archive tracks nothing"
)
def test_no_tracked_file_names_the_host_of_a_package_registry() -> None:
    # A name that only ends alike is another host.
    hosts = re.compile(
        "|".join(rf"(?<![\w-]){re.escape('.'.join(parts))}\b" for parts in REGISTRIES).encode()
    )
    found = [
        f"{name}:{data.count(chr(10).encode(), 0, match.start()) + 1}"
        for name in tracked()
        if (ROOT / name).is_file()
        for data in [(ROOT / name).read_bytes()]
        for match in hosts.finditer(data)
    ]
    assert found == []


@pytest.mark.skipif(
    not (ROOT / ".git").exists(), reason="not a git repository: an unpacked archive tracks nothing"
)
def test_no_lock_is_tracked() -> None:
    assert [name for name in tracked() if Path(name).name == "uv.lock"] == []


_CHECK = """
import importlib, sys, types
for name in sys.argv[1:]:
    importlib.import_module(name)
for name, package in list(sys.modules.items()):
    for one in getattr(package, "__all__", ()) if name.startswith("uvmigrate") else ():
        if isinstance(getattr(package, one), types.ModuleType):
            print(name, one)
"""


def test_no_module_hides_a_name_of_its_package() -> None:
    # Python binds a module to its name in the package when it is first imported, over whatever stood there.
    names = [".".join(path.relative_to(ROOT / "src").with_suffix("").parts) for path in MODULES]
    names = [name for name in names if ".inside." not in name and "__" not in name]
    done = subprocess.run([sys.executable, "-c", _CHECK, *names], capture_output=True, text=True, check=True)
    assert done.stdout == ""
