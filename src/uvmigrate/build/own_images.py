"""Images that the repository builds itself: which of its Dockerfiles make them, and who their user is.

What counts is, first, compose's ``image:`` beside ``build:`` and what scripts, Makefiles and workflows build
(`read_texts`); where nobody says anything, an image that is named like the project, for which every
Dockerfile that is not FROM it may stand.
"""

from __future__ import annotations

import posixpath
import re
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from uvmigrate.build.discover import build_of, find_dockerfiles
from uvmigrate.build.environment import into_home, made_venvs
from uvmigrate.build.image import BaseImage, Made, read_image
from uvmigrate.build.installs import installs
from uvmigrate.build.interpreters import interpreter_of, is_public, starts_as_root
from uvmigrate.build.users import is_root
from uvmigrate.commands import is_harmless, pip_option
from uvmigrate.dockerfile import as_env, as_user, expand
from uvmigrate.project import Pyproject, normalise, read_pyproject
from uvmigrate.source import NamedTuple, lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from uvmigrate.build.image_texts import Texts, Told
    from uvmigrate.build.model import Build, StageFacts
    from uvmigrate.compose import ComposeFile
    from uvmigrate.source import Repo

_ROOT = PurePosixPath()
_NAMED = {
    PurePosixPath("setup.py"): lazy_pattern(r"\bname\s*=\s*[\"']([\w.-]+)[\"']"),
    PurePosixPath("setup.cfg"): lazy_pattern(r"(?m)^name\s*=\s*([\w.-]+)\s*$"),
}
_COMPOSE_NAME = lazy_pattern(rb"(?m)^name:[ \t]*[\"']?([a-z0-9][\w-]*)[\"']?\s*$")
#: Only where one of these installs does it matter what the base is.
_INSTALLERS = lazy_pattern(rb"pip|poetry|\buv\b")
_CONFIGURED = lazy_pattern(r"\bpip\.(?:conf|ini)\b|\bpip3?\s+config\s+(?:\S+\s+)*set\b")
_PYTHON = lazy_pattern(rb"python|pip", re.IGNORECASE)
_LITERAL_USER = lazy_pattern(r"[\w.-]+(:[\w.-]+)?")


class Recipe(NamedTuple):
    """That an image (``*`` for what only a run would tell) is made from one of ``files``.

    They are empty where none is there to see. ``said`` names the evidence.
    """

    image: str
    files: tuple[PurePosixPath, ...]
    target: str | None
    said: str


class _End(NamedTuple):
    """How an image ends: ``user`` (``root``, or as USER names them) is None where that is not known.

    One that is ``on_top`` is FROM an image that is being asked for; where it ``inherits``, it ends as that.
    """

    path: PurePosixPath
    said: str
    on_top: bool
    inherits: bool
    user: str | None
    at_home: frozenset[PurePosixPath]
    exported: frozenset[str]
    python: tuple[int, int] | None
    pip: tuple[str, ...]
    workdir: PurePosixPath | None


class OwnImages:
    """What the repository tells about its own images, worked out when a base is asked for."""

    def __init__(self, repo: Repo, compose: Iterable[ComposeFile]) -> None:
        """Nothing is read yet."""
        self._repo = repo
        self._compose = tuple(compose)
        self._made: dict[tuple[str, PurePosixPath], Made | None] = {}

    def complete(self, base: BaseImage, asking: PurePosixPath) -> BaseImage:
        """*base*, the base image of the Dockerfile *asking*, with what the repository's own tell of it."""
        if base.kind != "unknown" or "$" in base.name or not _INSTALLERS.search(self._repo.get(asking, b"")):
            return base
        key = base.reference, asking
        if key not in self._made:
            # What is FROM itself finds nothing.
            self._made[key] = None
            self._made[key] = self._find(base, asking, frozenset())
        return _with(base, self._made[key])

    def _find(self, base: BaseImage, asking: PurePosixPath, below: frozenset[str]) -> Made | None:
        """*below* are the names of the images that are being asked for: what is FROM them inherits."""
        recipes = self._recipes_of(base)
        if not recipes:
            return None
        unseen = next((recipe for recipe in recipes if not recipe.files), None)
        if unseen is not None:
            return Made((), None, f"{unseen.said} builds it from a file that is not here")
        files = {(path, recipe.target or ""): recipe for recipe in reversed(recipes) for path in recipe.files}
        ends = [self._end(at[0], files[at], below | {base.name}) for at in sorted(files) if at[0] != asking]
        if all(end.on_top for end in ends):
            # Somebody else made what they are FROM.
            return None
        deciding = [end for end in ends if not end.inherits]
        pythons = {end.python for end in deciding if not end.on_top}
        # What inherits may still move on.
        workdirs = {end.workdir for end in ends if not (end.inherits and end.workdir is None)}
        made = Made(
            tuple(dict.fromkeys(end.path for end in deciding)),
            None,
            deciding[0].said,
            frozenset(path for end in ends for path in end.at_home),
            frozenset(name for end in ends for name in end.exported),
            pythons.pop() if len(pythons) == 1 else None,
            tuple(dict.fromkeys(one for end in ends for one in end.pip)),
            workdirs.pop() if len(workdirs) == 1 else None,
        )
        first = deciding[0]
        other = next((end for end in deciding if end.user != first.user), None)
        if other is not None:
            return made._replace(why=f"{_ends(first)}, {_ends(other)}")
        if first.user is None:
            return made._replace(why=f"{first.path} makes it ({first.said}), and does not tell")
        return made._replace(user=first.user)

    def _end(self, path: PurePosixPath, recipe: Recipe, below: frozenset[str]) -> _End:
        """How the image of a Dockerfile ends."""

        def complete(base: BaseImage, asking: PurePosixPath) -> BaseImage:
            known = base.kind != "unknown" or "$" in base.name or base.name in below
            return base if known else _with(base, self._find(base, asking, below))

        build = build_of(self._repo, path, self._compose, path.parent, complete)
        stage = (build.find(recipe.target) if recipe.target else None) or next(reversed(build.stages), None)
        if stage is None:
            return _End(path, recipe.said, False, False, None, frozenset(), frozenset(), None, (), None)
        made = stage.base.made if stage.base is not None else None
        on_top = stage.base is not None and stage.base.name in below
        inherits = on_top and not _has_user(stage)
        at_home = frozenset({path} if _installs_at_home(build) else ())
        at_home |= made.at_home if made is not None else frozenset()
        exported = stage.final.exported | (made.exported if made is not None else frozenset())
        python = interpreter_of(stage).version
        pip = tuple(_set_for_pip(stage, below))
        user, workdir = _final_user(build, stage), _final_workdir(stage)
        if not (on_top or made is not None or is_root(user)) and _is_foreign(stage):
            # Its packages may lie in that user's home.
            user = None
        return _End(path, recipe.said, on_top, inherits, user, at_home, exported, python, pip, workdir)

    def _recipes_of(self, base: BaseImage) -> tuple[Recipe, ...]:
        texts = self._texts
        names = {base.name}
        names |= {_parted(source)[0] for source, name in texts.renamed if _is_of(name, base.name, ())}
        spoken = {name for _, name in texts.renamed} | texts.pushed
        fitting = [r for r in self._recipes if any(_is_of(r.image, name, spoken) for name in names)]
        tag = (base.tag or "latest").lower()
        tagged = [r for r in fitting if "$" in tag or fnmatchcase(tag, _parted(r.image)[1])]
        return tuple(tagged or fitting or self._of_the_project(base))

    def _of_the_project(self, base: BaseImage) -> Iterator[Recipe]:
        """Every Dockerfile with a Python that is not FROM the image, where that is named like the project."""
        name = normalise(base.name.rpartition("/")[2])
        if name not in self._names:
            return
        for path in self._dockerfiles:
            data = self._repo.get(path, b"")
            build = build_of(self._repo, path, self._compose, path.parent)
            bases = {facts.base.name for facts in build.stages if facts.base is not None}
            if _PYTHON.search(data) and base.name not in bases:
                yield Recipe(base.name, (path,), None, f"the project is {name}")

    @cached_property
    def _names(self) -> frozenset[str]:
        """The project's names: that of pyproject.toml, setup.py or setup.cfg in the root, and compose's."""
        found = {match[1].decode() for file in self._compose if (match := _COMPOSE_NAME.search(file.data))}
        names = set(found if len(found) == 1 else ())
        pyproject = read_pyproject(self._repo, _ROOT / "pyproject.toml")
        if isinstance(pyproject, Pyproject):
            tools = pyproject.data.get("tool")
            poetry = tools.get("poetry") if isinstance(tools, dict) else None
            name = pyproject.name or (poetry.get("name") if isinstance(poetry, dict) else None)
            names |= {name} if isinstance(name, str) else set()
        for path, pattern in _NAMED.items():
            given = set(pattern.findall(self._repo.get(path, b"").decode(errors="replace")))
            names |= given if len(given) == 1 else set()
        return frozenset(map(normalise, names))

    @cached_property
    def _dockerfiles(self) -> tuple[PurePosixPath, ...]:
        return find_dockerfiles(self._repo, _ROOT)

    @cached_property
    def _texts(self) -> Texts:
        from uvmigrate.build.image_texts import read_texts

        return read_texts(self._repo)

    @cached_property
    def _recipes(self) -> tuple[Recipe, ...]:
        found: list[Recipe] = []
        for file in self._compose:
            for service in file.services:
                if service.image is not None and service.build is not None:
                    path = service.build.dockerfile_path()
                    there = (path,) if path is not None and path in self._repo else ()
                    image = re.sub(r"\$(\w+|\{[^}]*\})", "*", service.image)
                    said = f"{file.path}:{service.line}"
                    found.append(Recipe(image, there, service.build.target, said))
        for told in self._texts.builds:
            files = tuple(dict.fromkeys(self._files(told)))
            found += [Recipe(image, files, told.target, told.said) for image in told.images]
        return tuple(found)

    def _files(self, told: Told) -> Iterator[PurePosixPath]:
        """The Dockerfiles that a build may mean, from wherever it may be run."""
        for folder in told.folders:
            for name in told.files:
                yield from self._matching(f"{folder}/{name}")
            for context in told.contexts if not told.files else ():
                found = tuple(self._matching(f"{folder}/{context}/Dockerfile"))
                yield from found or self._matching(f"{folder}/{context}/Containerfile")

    def _matching(self, name: str) -> Iterator[PurePosixPath]:
        path = PurePosixPath(posixpath.normpath(name))
        if "*" in name:
            yield from (one for one in self._dockerfiles if fnmatchcase(str(one), str(path)))
        elif path in self._repo:
            yield path


def _with(base: BaseImage, made: Made | None) -> BaseImage:
    python = base.python or (made.python if made is not None else None)
    return base._replace(made=made, python=python)


def _parted(image: str) -> tuple[str, str]:
    """The name, without the registry that Docker adds by itself, and the tag of an image as it is written."""
    found = read_image(image)
    return _plain(found.name), (found.tag or "latest").lower()


def _plain(name: str) -> str:
    return re.sub(r"^(?:(?:registry-1\.|index\.)?docker\.io/)?(?:library/)?", "", name.lower())


def _is_of(pattern: str, name: str, spoken: Iterable[str]) -> bool:
    """Whether an image that the repository makes is the one of a name.

    A registry or a folder more may stand in front of the name; another one where a text tags or pushes it.
    """
    parts, wanted = _parted(pattern)[0].split("/"), _plain(name)
    while len(parts) > 1 and "*" in parts[0]:
        parts.pop(0)
    if "*" in parts[-1]:
        return False
    tail = "/".join(parts)
    if fnmatchcase(wanted, tail) or fnmatchcase(wanted, f"*/{tail}"):
        return True
    same = parts[-1] == wanted.rpartition("/")[2]
    return same and any("*" not in one and one == wanted for one in (_parted(text)[0] for text in spoken))


def _has_user(stage: StageFacts) -> bool:
    return any(
        as_user(instruction) is not None for facts in stage.lineage for instruction in facts.instructions
    )


def _final_user(build: Build, stage: StageFacts) -> str | None:
    """Who a stage's containers run as: ``root``, or the literal text of USER; None where it is not known."""
    for facts in reversed(stage.lineage):
        for instruction, state in reversed(list(zip(facts.instructions, facts.states, strict=False))):
            word = as_user(instruction)
            if word is not None:
                names = re.findall(r"\w+", word.text) if "$" in word.text else []
                # An ARG is the builder's.
                text = expand(word.text, state.env) if all(n in state.exported for n in names) else None
                known = text is not None and _LITERAL_USER.fullmatch(text)
                return None if text is None or not known else "root" if is_root(text) else text
    base = stage.base
    if base is not None and base.made is not None:
        return base.made.user
    return "root" if base is not None and starts_as_root(build, base) else None


def _is_foreign(stage: StageFacts) -> bool:
    """Whether somebody else made the base of a stage, and its name tells nothing."""
    return stage.base is None or stage.base.kind == "unknown"


def _final_workdir(stage: StageFacts) -> PurePosixPath | None:
    """The working directory of a stage's image; None where it is not known, or is the base's."""
    written = (i for facts in stage.lineage for i in facts.instructions if i.keyword == "WORKDIR")
    base = stage.base
    known = base is not None and (base.made is not None or base.kind in ("python", "distribution"))
    return stage.final.workdir if known or next(written, None) is not None else None


def _set_for_pip(stage: StageFacts, below: frozenset[str]) -> Iterator[str]:
    """What may be set for pip in a stage's image; *below* are the images that are being asked for."""
    for facts in stage.lineage:
        for instruction in facts.instructions:
            for pair in as_env(instruction) or ():
                option = pip_option(pair.key)
                if option is not None and (option == "--user" or not is_harmless(option)):
                    yield pair.key
            if instruction.keyword in ("RUN", "COPY", "ADD") and _CONFIGURED.search(instruction.arguments):
                yield "a configuration file"
    base = stage.base
    if base is not None and base.made is not None:
        yield from base.made.pip
    elif base is not None and base.name not in below and not is_public(base):
        yield f"what {base.reference} brings"


def _installs_at_home(build: Build) -> bool:
    """Whether pip puts packages into a user's home, as ``--user`` and others than root have it."""
    venvs = {venv.path for venv in made_venvs(build)}
    return any(into_home(install, venvs) for install in installs(build))


def _ends(end: _End) -> str:
    return f"{end.path} ends as {end.user or 'nobody knows whom'} ({end.said})"
