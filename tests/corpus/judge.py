"""The judge: is our reading of Dockerfiles that of BuildKit's own parser?

    python tests/corpus/judge.py FOLDER_OR_FILE…

Finds every Dockerfile below the folders, reads each with `uvmigrate.dockerfile.parse` and with the PyPI
package ``dockerfile`` (BuildKit's Go parser), and compares, instruction by instruction: keyword, flags, first
and last line, arguments, JSON form, and the names, descriptors and contents of heredocs. Prints how many
files are equal, names the exceptions with their reasons, and exits with 1 where a file differs without one.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from uvmigrate.dockerfile import Dockerfile, Heredoc, Instruction, Unknown, parse

NAMES = ("Dockerfile", "dockerfile", "Containerfile")
#: Runs in a process of its own: the Go runtime inside the package does not survive a fork.
READER = """
import json, sys
import dockerfile

def upper(keyword):
    return keyword and keyword.upper()

def read(path):
    try:
        return [
            [upper(c.cmd), upper(c.sub_cmd), c.json, c.start_line, c.end_line, c.flags, c.value,
             [[h.name, h.file_descriptor, h.content] for h in c.heredocs]]
            for c in dockerfile.parse_file(path)
        ]
    except (dockerfile.GoParseError, UnicodeDecodeError) as error:
        return str(error)

json.dump([read(path) for path in json.load(sys.stdin)], sys.stdout)
"""

Record = list[Any]
_FLAGS = 5
BLANKS = r"[\t\v\f\r ]+"


@dataclass(frozen=True)
class Verdict:
    """One file: equal where both texts are empty; ``excuse`` says why a difference is none of ours."""

    path: Path
    difference: str
    excuse: str


def dockerfiles(folder: Path) -> list[Path]:
    """The Dockerfiles below a folder, templates (``.j2``, ``.tmpl`` …) left out; a file is itself."""
    if folder.is_file():
        return [folder]
    found = (path for path in folder.rglob("*") if path.is_file() and ".git" not in path.parts)
    return sorted(path for path in found if _is_dockerfile(path.name))


def _is_dockerfile(name: str) -> bool:
    if name.endswith((".j2", ".jinja", ".jinja2", ".tmpl", ".template", ".dockerignore", ".go", ".py")):
        return False
    return name in NAMES or name.startswith("Dockerfile.") or name.lower().endswith(".dockerfile")


def compare(paths: list[Path]) -> list[Verdict]:
    """A verdict for each file."""
    return [_verdict(path, theirs) for path, theirs in zip(paths, read_theirs(paths), strict=True)]


def read_theirs(paths: list[Path]) -> list[list[Record] | str]:
    """The instructions of each file as BuildKit's parser has them, or why it refuses the file."""
    done = subprocess.run(
        [sys.executable, "-c", READER],
        input=json.dumps([str(path) for path in paths]),
        capture_output=True,
        text=True,
        check=True,
    )
    read: list[list[Record] | str] = json.loads(done.stdout)
    return read


def _verdict(path: Path, theirs: list[Record] | str) -> Verdict:
    if isinstance(theirs, str):
        return Verdict(path, theirs, "BuildKit refuses it")
    parsed = parse(path.read_bytes())
    items = [item for item in parsed.items if isinstance(item, Instruction | Unknown)]
    for item, other in zip(items, theirs, strict=False):
        ours = _record(parsed, item)
        if isinstance(item, Unknown):
            other[_FLAGS] = []
        if ours != other:
            return Verdict(path, f"ours {ours}\n  theirs {other}", _excuse(parsed, item))
    missing = len(items) != len(theirs)
    return Verdict(path, f"{len(items)} instructions, theirs {len(theirs)}" if missing else "", "")


def _record(parsed: Dockerfile, item: Instruction | Unknown) -> Record:
    """An instruction in the shape of the package's commands."""
    lines = [parsed.line(item.span.start), parsed.line(item.span.end - 1)]
    if isinstance(item, Unknown):
        return [item.keyword or None, None, False, *lines, [], [""], []]
    if item.keyword == "ONBUILD" and item.inner is None and item.arguments:
        trigger = re.split(BLANKS, item.arguments)[0].upper()
        return [item.keyword, trigger, False, *lines, _flags(item), [""], []]
    # Of a trigger the package tells no flags and no heredocs.
    inner = item.inner
    heredocs = [] if inner else [_heredoc(parsed.data, found) for found in item.heredocs]
    what = inner or item
    trigger = inner.keyword if inner else None
    json_form = what.exec_form is not None
    return [item.keyword, trigger, json_form, *lines, _flags(item), _values(what), heredocs]


def _flags(item: Instruction) -> list[str]:
    return [f"--{flag.name}" if flag.value is None else f"--{flag.name}={flag.value}" for flag in item.flags]


def _heredoc(data: bytes, found: Heredoc) -> Record:
    return [found.delimiter, int(found.fd or 0), found.body.of(data).decode(errors="surrogateescape")]


def _values(item: Instruction) -> list[str]:
    words = [word.raw for word in item.words]
    if item.keyword in ("ENV", "LABEL"):
        if words and "=" not in words[0]:
            return re.split(BLANKS, item.arguments, maxsplit=1)
        return [part for word in words for part in word.split("=", 1)]
    if item.exec_form is None:
        return words
    kind = words[:1] if item.keyword == "HEALTHCHECK" else []
    strings = (json.loads(word) for word in words[len(kind) :])
    return kind + [re.sub("[\ud800-\udfff]", "\ufffd", text) for text in strings]


def _excuse(parsed: Dockerfile, item: Instruction | Unknown) -> str:
    """Why the package, which is BuildKit 0.12, may read this otherwise than BuildKit does since."""
    text = item.text_span.of(parsed.data)
    if b"<<" in text and re.search(rb"<<-?[ \t]", text):
        return "blanks between << and its word: a heredoc since Dockerfile 1.16"
    if b"<<" in text and re.search(rb"\$\{\w+[#%/]", text):
        return "a line with << and ${x#y}, ${x%y}, ${x/y}: readable since Dockerfile 1.7"
    if re.search(rb"\[.*\][ \t]*[^ \t\]]", text):
        return "text behind a JSON array: shell form since Dockerfile 1.9"
    if parsed.escape == b"`" and re.search(rb"--\S*\\", text):
        return "a backslash in a flag where the escape character is another: text since Dockerfile 1.15"
    if not text.isascii() and isinstance(item, Instruction) and item.flags:
        return "letters beyond ASCII in flags: BuildKit takes them apart into bytes"
    if b"\0" in item.span.of(parsed.data):
        return "a NUL byte: the package cuts its texts there"
    return ""


def main(arguments: list[str]) -> int:
    """Judge the folders and files named; 1 where one is read differently without a reason."""
    paths = [path for argument in arguments for path in dockerfiles(Path(argument))]
    verdicts = compare(paths)
    excused = [verdict for verdict in verdicts if verdict.excuse]
    unequal = [verdict for verdict in verdicts if verdict.difference and not verdict.excuse]
    print(f"{len(paths)} files, {len(paths) - len(excused) - len(unequal)} equal")
    for verdict in excused:
        print(f"exception {verdict.path}: {verdict.excuse} ({verdict.difference.splitlines()[0][:200]})")
    for verdict in unequal:
        print(f"UNEQUAL {verdict.path}: {verdict.difference}")
    return 1 if unequal or not paths else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
