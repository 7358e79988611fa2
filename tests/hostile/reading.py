"""The pages of hostile inputs: each section makes a repository with a shell, and shows what is said of it.

A section has a block `sh`, which runs in a folder with a small project that installs with pip, and a block
`console` with the command and what it prints, errors first. A line `…` stands for any lines. An exit code
that is not 0 stands last, as `exit 2`. `accept.py` writes what is printed into the pages.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
PAGES = sorted(Path(__file__).parent.glob("*.md"))
_SECTION = re.compile(
    r"^## (?P<claim>[^\n]+)\n(?P<told>[^`]*)```sh\n(?P<make>.*?)```\n\n```console\n(?P<shown>.*?)```\n",
    re.MULTILINE | re.DOTALL,
)
DOCKERFILE = """\
FROM python:3.11-slim
WORKDIR /app
COPY requirements.txt .
RUN pip install -r requirements.txt
COPY . .
CMD ["python", "app.py"]
"""
_ROLES = ("AUTHOR", "COMMITTER")
#: What a run of any of them may take: much more than it does, and much less than for ever.
PATIENCE = 60


class Input(NamedTuple):
    """One section: ``shown`` begins with the command."""

    claim: str
    make: str
    shown: str


def read_page(page: Path) -> list[Input]:
    """The sections of a page. Raises ValueError where one has not its two blocks."""
    text = page.read_text("utf-8")
    found = [Input(one["claim"], one["make"], one["shown"]) for one in _SECTION.finditer(text)]
    if len(found) != len(re.findall(r"^## ", text, re.MULTILINE)):
        raise ValueError(f"{page.name}: a section has a block sh and a block console")
    return found


def arranged(one: Input, folder: Path) -> Path:
    """The repository of a section, made in *folder*."""
    root = folder / "shop"
    root.mkdir()
    (root / "Dockerfile").write_text(DOCKERFILE)
    (root / "requirements.txt").write_text("six==1.17.0\n")
    (root / "app.py").write_text("import six\n")
    variables = {"PATH": os.environ["PATH"], "HOME": str(folder), "LC_ALL": "C.UTF-8"}
    people = {f"GIT_{role}_{what}": "a@acme.example" for role in _ROLES for what in ("NAME", "EMAIL")}
    script = f"set -e\ngit init -q -b main\n{one.make}"
    subprocess.run(
        ["bash", "-c", script],
        cwd=root,
        env=variables | people,
        check=True,
        capture_output=True,
        timeout=PATIENCE,
    )
    return root


def printed(one: Input, root: Path) -> str:
    """The command, and what it prints in a repository."""
    command = one.shown.partition("\n")[0].removeprefix("$ uvmigrate").split()
    paths = os.pathsep.join(str(ROOT / name) for name in ("src", "codemods"))
    variables = {
        "PATH": os.environ["PATH"],
        "HOME": str(root.parent),
        "LC_ALL": "C.UTF-8",
        "PYTHONPATH": paths,
    }
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "uvmigrate", *command],
        cwd=root,
        env=variables | {"PYTHONPATH": paths},
        capture_output=True,
        timeout=PATIENCE,
    )
    said = (done.stderr + done.stdout).decode(errors="backslashreplace").replace(str(root.parent), "/home/a")
    code = f"exit {done.returncode}\n" if done.returncode else ""
    return f"$ {' '.join(['uvmigrate', *command])}\n{said}{code}"


def says(shown: str, said: str) -> bool:
    """Whether something was printed as it is shown."""
    parts = (re.escape(part) for part in re.split(r"^…\n", shown, flags=re.MULTILINE))
    return re.fullmatch(r"(?:[^\n]*\n)*?".join(parts), said) is not None
