"""What scripts, Makefiles and workflows say about the images that they build; nothing of it is run.

Read are ``docker build`` and its like, ``docker tag``, ``docker push``, and the actions build-push-action and
metadata-action. Variables that a file assigns itself are filled in, with each of the values that it gives
them; ``*`` stands for what only a run would tell.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from uvmigrate.build.image_variables import Variables
from uvmigrate.source import NamedTuple, lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import PurePosixPath

    from uvmigrate.source import Repo

_CALLED = r".+\.(sh|bash|mk|make)|(gnu)?makefile(\..+)?|justfile|jenkinsfile|\.gitlab-ci\.ya?ml"
_NAME = lazy_pattern(_CALLED, re.IGNORECASE)
#: How these are named, workflows, and scripts without a suffix.
_MAY_BUILD = lazy_pattern(rf"{_CALLED}|.+\.ya?ml|[^.]+", re.IGNORECASE)
_YAML = lazy_pattern(r".+\.ya?ml", re.IGNORECASE)
_TOOL = r"(?:docker|podman|nerdctl|\$[({]\w*(?:DOCKER|PODMAN|ENGINE)\w*[)}])\s+"
_START = r"(?<![\w./-])"
_BUILD = lazy_pattern(
    rf"{_START}(?:{_TOOL}(?:(?:buildx|image|builder)\s+)*build|buildah\s+(?:bud|build))(?=\s)"
)
_TAG = lazy_pattern(rf"{_START}{_TOOL}(?:image\s+)?tag(?=\s)")
_PUSH = lazy_pattern(rf"{_START}{_TOOL}(?:image\s+)?push(?=\s)")
_WORD = lazy_pattern(
    r"""(?:"(?:\\.|[^"\\])*"|'[^']*'|\$\{\{.*?\}\}|\$\{[^{}]*\}|\$\((?:[^()]|\([^()]*\))*\)|`[^`]*`"""
    r"""|[^\s"'`;&|<>()])+"""
)
_CONTINUED = lazy_pattern(r"\\\r?\n")
_COMMENT = lazy_pattern(r"(?m)^[ \t]*#.*$")
_CHANGES_HERE = lazy_pattern(r"(?<![\w./-])cd[ \t]+([^\s;&|\"']+)[ \t]*(?:;|&&)")
_CHANGES_FOLDER = lazy_pattern(r"(?m)(?:(?<![\w./-])cd[ \t]+|working-directory:[ \t]*)([^\s;&|\"']+)")
#: Options of ``docker build`` that take no value.
_SWITCHES = frozenset(
    """--push --load --no-cache --pull --rm --force-rm --squash -q --quiet --compress --check -D --debug
    --disable-content-trust --layers --tls-verify""".split()
)
_STEP = lazy_pattern(r"(?m)^(?P<indent>[ \t]*)-[ \t]")
_ACTION = lazy_pattern(r"uses:[ \t]*[\"']?docker/(?P<action>build-push|metadata)-action\b")
_KEY = lazy_pattern(
    r"(?m)^(?P<indent>[ \t]*(?:-[ \t]+)?)(?P<key>tags|file|context|target|images|id):[ \t]*(?P<value>[^\n]*)$"
)
_OUTPUT = lazy_pattern(r"steps\.([\w-]+)\.outputs\.tags")


class Told(NamedTuple):
    """One build of an image: its names, and what it is built from, each as alternatives.

    ``files`` and ``contexts`` are relative to one of ``folders``, of the file's own choosing; no file means
    the one that its context has. ``said`` is ``path:line``.
    """

    images: tuple[str, ...]
    files: tuple[str, ...]
    contexts: tuple[str, ...]
    target: str | None
    folders: tuple[str, ...]
    said: str


class Texts(NamedTuple):
    """All that a repository's texts say: builds, new names (from, to) of images, names that are pushed."""

    builds: tuple[Told, ...]
    renamed: tuple[tuple[str, str], ...]
    pushed: frozenset[str]


class _Text(NamedTuple):
    """A file, its comments and continued lines blanked by equal length, and where its commands may run."""

    path: PurePosixPath
    original: str
    text: str
    variables: Variables
    folders: tuple[str, ...]

    def folders_at(self, at: int) -> tuple[str, ...]:
        """Where the command at an offset may run: where a ``cd`` of the same line leads, or anywhere."""
        changes = list(_CHANGES_HERE.finditer(self.text, self.text.rfind("\n", 0, at) + 1, at))
        if not changes:
            return self.folders
        return tuple(
            f"{base}/{folder}"
            for base in _own_folders(self.path)
            for folder in self.variables.expand(changes[-1][1])
        )

    def said(self, at: int) -> str:
        """The file and the line of an offset."""
        return f"{self.path}:{self.original.count(chr(10), 0, at) + 1}"


def read_texts(repo: Repo) -> Texts:
    """What the scripts, Makefiles and workflows of a repository say. Never raises."""
    builds: list[Told] = []
    renamed: list[tuple[str, str]] = []
    pushed: set[str] = set()
    for path in repo.matching(_MAY_BUILD):
        data = repo.get(path, b"") if _is_read(repo, path) else b""
        if re.search(rb"docker|podman|buildah", data) and re.search(rb"build|\bbud\b|\btag\b|push", data):
            text = _read(path, data.decode(errors="replace"))
            builds += [*_commands(text), *_actions(text)]
            for _, words in _calls(_TAG, text):
                names = [text.variables.expand(word) for word in words if not word.startswith("-")]
                if len(names) == 2:
                    renamed += [(source, name) for source in names[0] for name in names[1]]
            for _, words in _calls(_PUSH, text):
                pushed.update(name for word in words for name in text.variables.expand(word))
    return Texts(tuple(builds), tuple(renamed), frozenset(pushed))


def _read(path: PurePosixPath, original: str) -> _Text:
    text = _COMMENT.sub(lambda found: " " * len(found[0]), original)
    text = _CONTINUED.sub(lambda found: " " * len(found[0]), text)
    variables = Variables(text)
    return _Text(path, original, text, variables, tuple(dict.fromkeys(_folders(path, text, variables))))


def _is_read(repo: Repo, path: PurePosixPath) -> bool:
    if _NAME.fullmatch(path.name):
        return True
    if path.parts[0] == ".github":
        return bool(_YAML.fullmatch(path.name))
    # A script without a suffix is one that can be run.
    return "." not in path.name and repo.mode(path) == "100755" and repo.get(path, b"")[:2] == b"#!"


def _folders(path: PurePosixPath, text: str, variables: Variables) -> Iterator[str]:
    """Where the commands may run: the root, the file's own folder, and where a ``cd`` leads from those."""
    own = _own_folders(path)
    yield from own
    for found in _CHANGES_FOLDER.finditer(text):
        for folder in variables.expand(found[1]):
            yield from (f"{base}/{folder}" for base in own)


def _own_folders(path: PurePosixPath) -> tuple[str, ...]:
    return (".",) if path.parts[0] == ".github" else (".", str(path.parent))


def _calls(command: re.Pattern[str], text: _Text) -> Iterator[tuple[int, list[str]]]:
    """Each call of a command: its offset, and the words behind it up to the end of its line or list."""
    for found in command.finditer(text.text):
        yield found.start(), list(_words(text.text, found.end()))


def _words(text: str, at: int) -> Iterator[str]:
    end = text.find("\n", at)
    end = len(text) if end < 0 else end
    while True:
        while at < end and text[at] in " \t\r":
            at += 1
        found = _WORD.match(text, at, end)
        if found is None:
            return
        yield re.sub(r"[\"']", "", found[0])
        at = found.end()


def _commands(text: _Text) -> Iterator[Told]:
    for at, words in _calls(_BUILD, text):
        tags, files, targets, operands = _options(words)
        images = tuple(image for tag in tags for image in text.variables.expand(tag))
        if images:
            yield Told(
                images,
                tuple(file for given in files for file in text.variables.expand(given)),
                text.variables.expand(operands[-1]) if operands else ("*",),
                _target(targets),
                text.folders_at(at),
                text.said(at),
            )


def _target(named: list[str]) -> str | None:
    return named[-1] if named and "$" not in named[-1] else None


def _options(words: list[str]) -> tuple[list[str], list[str], list[str], list[str]]:
    """The tags, the files, the targets and the operands of a ``docker build``."""
    known: dict[str, list[str]] = {"-t": [], "-f": [], "--target": []}
    longer = {"--tag": "-t", "--file": "-f"}
    operands: list[str] = []
    waiting = iter(words)
    for word in waiting:
        name, equals, value = word.partition("=")
        name = longer.get(name, name)
        if not word.startswith("-") or word == "-":
            operands.append(word)
        elif word[:2] in ("-t", "-f") and word[:3] not in ("-t", "-f"):
            known[word[:2]].append(word[2:].removeprefix("="))
        elif name not in _SWITCHES and not equals:
            known.setdefault(name, []).append(next(waiting, ""))
        elif equals:
            known.setdefault(name, []).append(value)
    return known["-t"], known["-f"], known["--target"], operands


def _actions(text: _Text) -> Iterator[Told]:
    """The steps of a workflow that build by docker/build-push-action; docker/metadata-action names images."""
    steps = []
    named: dict[str, list[str]] = {}
    for start, block in _steps(text.text):
        action = _ACTION.search(block)
        keys = _keys(block) if action is not None else {}
        if action is not None and action["action"] == "metadata":
            for name in keys.get("id", []):
                named.setdefault(name, []).extend(keys.get("images", []))
        elif action is not None:
            steps.append((start + action.start(), keys))
    for at, keys in steps:
        images: list[str] = []
        for tag in keys.get("tags", []):
            output = _OUTPUT.search(tag)
            images += [f"{name}:*" for name in named.get(output[1], [])] if output else [tag]
        found = tuple(image for name in images for image in text.variables.expand(name))
        if found:
            yield Told(
                found,
                tuple(file for given in keys.get("file", []) for file in text.variables.expand(given)),
                tuple(one for given in keys.get("context", ["."]) for one in text.variables.expand(given)),
                _target(keys.get("target", [])),
                text.folders,
                text.said(at),
            )


def _steps(text: str) -> Iterator[tuple[int, str]]:
    """The items of lists, each up to the next line that is indented no deeper."""
    for found in _STEP.finditer(text):
        depth = len(found["indent"])
        end = re.compile(rf"(?m)^[ \t]{{0,{depth}}}[^\s#]").search(text, found.end())
        yield found.start(), text[found.start() : end.start() if end else len(text)]


def _keys(block: str) -> dict[str, list[str]]:
    """The values of the keys of interest: scalars, lists by comma, and the lines of a block scalar."""
    keys: dict[str, list[str]] = {}
    for found in _KEY.finditer(block):
        value = re.sub(r"\s+#.*$", "", found["value"]).strip()
        if not value or value[0] in "|>":
            depth = len(found["indent"])
            lines = re.compile(rf"(?:\n[ \t]{{{depth + 1},}}\S[^\n]*|\n[ \t]*(?=\n))*").match(
                block, found.end()
            )
            value = lines[0].strip() if lines else ""
        parts = re.split(r"[\n,]", value)
        keys[found["key"]] = [part.strip().lstrip("- ").strip("\"'") for part in parts if part.strip()]
    return keys
