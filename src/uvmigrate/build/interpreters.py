"""Which Python a stage installs for, whether its packages have to stay there, and whether root installs.

A distribution's Python is the one that its release brings with ``python3`` (Debian's, Ubuntu's and Alpine's
package lists), as long as nothing else in the stage brings or chooses another one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from uvmigrate.build.environment import made_venvs, venv_of
from uvmigrate.build.image import registry_of
from uvmigrate.build.managed import environment_place, is_apart
from uvmigrate.build.users import is_root
from uvmigrate.dockerfile import as_copy, as_run
from uvmigrate.source import NamedTuple, lazy_pattern, once_a_view

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from uvmigrate.build.image import BaseImage
    from uvmigrate.build.installs import Install
    from uvmigrate.build.model import Build, Call, StageFacts
    from uvmigrate.commands import ManagerCommand
    from uvmigrate.dockerfile import Word

#: The Python of ``python3``, by the release's number and name.
_RELEASES = {
    "debian": {
        "8 jessie": (3, 4),
        "9 stretch": (3, 5),
        "10 buster": (3, 7),
        "11 bullseye": (3, 9),
        "12 bookworm": (3, 11),
        "13 trixie": (3, 13),
    },
    "ubuntu": {
        "14.04 trusty": (3, 4),
        "16.04 xenial": (3, 5),
        "18.04 bionic": (3, 6),
        "20.04 focal": (3, 8),
        "22.04 jammy": (3, 10),
        "24.04 noble": (3, 12),
        "25.04 plucky": (3, 13),
    },
    "alpine": {
        "3.5": (3, 5),
        "3.6": (3, 6),
        "3.7": (3, 6),
        "3.8": (3, 6),
        "3.9": (3, 6),
        "3.10": (3, 7),
        "3.11": (3, 8),
        "3.12": (3, 8),
        "3.13": (3, 8),
        "3.14": (3, 9),
        "3.15": (3, 9),
        "3.16": (3, 10),
        "3.17": (3, 10),
        "3.18": (3, 11),
        "3.19": (3, 11),
        "3.20": (3, 12),
        "3.21": (3, 12),
        "3.22": (3, 12),
    },
}
_MANAGERS = {
    "apk": "add",
    **dict.fromkeys(("apt-get", "apt", "aptitude", "dnf", "microdnf", "yum", "zypper"), "install"),
}
#: Packages of a distribution that are Python itself, or serve to install.
_PLAIN = lazy_pattern(
    r"(lib)?python3?(-(minimal|full|dev|all|all-dev|pip|pip-whl|venv|virtualenv|setuptools|wheel|distutils|doc"
    r"|pkg-resources|lib2to3))?|python-is-python3|python-dev-is-python3|py3-(pip|setuptools|wheel|virtualenv)"
    r"|virtualenv|pipx"
)
#: Python 2's own; Alpine 3.12 has it no more, and py-pip is py3-pip there.
_PYTHON_2 = lazy_pattern(r"python(-(pip|dev|setuptools|virtualenv))?|python2.*|py2?-pip")
_VERSIONED = lazy_pattern(r"(?:lib)?python(3\.\d+)(?:-(?:minimal|full|dev|venv|distutils))?")
_LIBRARY = lazy_pattern(r"python3?-.+|py3-.+")
#: Programs of a distribution that run an application by its own Python, and would not see an environment.
_HOSTS = lazy_pattern(
    r"gunicorn.*|uwsgi.*|libapache2-mod-wsgi.*|apache2-mod-wsgi|unit-python.*|ipython.*|jupyter.*"
)
#: What brings another Python, or makes another one the first.
_OTHERS = lazy_pattern(
    rb"update-alternatives|deadsnakes|add-apt-repository|sources\.list|pyenv|conda|mamba|altinstall|Python-\d"
    rb"|python-build|get-pip|ensurepip|uv\s+python|/etc/apk/repositories|easy_install"
    rb"|\bln\s[^;&|\n]*/(python|pip)3(?=\s*($|[;&|]))",
    re.MULTILINE,
)
_PLACES = frozenset("/ /usr /usr/bin /usr/local /usr/local/bin".split())
#: Commands that fail for everybody but root.
_ROOTS_OWN = frozenset(
    """apt-get apt aptitude apk dnf yum microdnf zypper useradd groupadd adduser addgroup usermod groupmod
    update-ca-certificates locale-gen""".split()
)
#: Images of others that are known to be root's, Python's in /usr/local (their own Dockerfiles).
_ROOTS_IMAGES = lazy_pattern(
    r"(docker\.io/)?(tiangolo/[\w-]+|nikolaik/python-nodejs)|mcr\.microsoft\.com/(vscode/)?devcontainers/python"
)
#: Registries of the public. An image of another may bring a pip.conf with that one's index.
_PUBLIC = frozenset(
    """docker.io index.docker.io registry-1.docker.io registry.hub.docker.com ghcr.io quay.io gcr.io nvcr.io
    lscr.io cgr.dev public.ecr.aws mcr.microsoft.com registry.gitlab.com registry.access.redhat.com
    registry.redhat.io registry.fedoraproject.org docker.elastic.co""".split()
)


class Interpreter(NamedTuple):
    """The Python that a stage's bare ``pip`` installs for.

    ``version`` is (major, minor), None where it is not known. ``keeps`` says, as one clause, why packages go
    into this Python itself; it is empty where an environment can take its place. With ``python2`` a ``pip``
    or ``python`` without a number is Python 2's.
    """

    version: tuple[int, int] | None
    keeps: str = ""
    python2: bool = False


@once_a_view
def interpreter_of(stage: StageFacts) -> Interpreter:
    """What the base's name, and on a distribution the stage's own packages, tell about its Python."""
    base = stage.base
    if base is None or base.kind == "unknown":
        known = base.python if base is not None else None
        return Interpreter(known, "the base image may bring packages of its own, which must stay")
    if base.kind in ("lambda", "preinstalled"):
        return Interpreter(base.python, "the base image brings packages of its own, which must stay")
    return _of_distribution(stage, base) if base.kind == "distribution" else Interpreter(base.python)


def keeps(build: Build, install: Install) -> str:
    """Why an install goes on into the image's own Python, as one clause; empty where an environment can take
    its place, or does so already."""
    if install.managed is not None and _is_apart(install, install.managed):
        return ""
    venvs = {venv.path for venv in made_venvs(build) if not venv.system_site_packages}
    return "" if venv_of(install, venvs) is not None else interpreter_of(install.stage).keeps


def _is_apart(install: Install, tool: ManagerCommand) -> bool:
    """Whether a manager makes an environment of its own, which sees nothing of the base's packages.

    On a base of which only the name is known that has to be said: it may bring settings of the manager's.
    """
    stage = install.stage
    plain = stage.base is not None and stage.base.kind == "distribution"
    hidden = plain and interpreter_of(stage).version is not None
    return is_apart(install.call, tool) or (hidden and environment_place(install.call, tool) == "hidden")


def version_of(build: Build, install: Install) -> tuple[int, int] | None:
    """The Python that an install is for: that of the environment which it fills, or the image's own."""
    made = made_venvs(build)
    venv = venv_of(install, {found.path for found in made})
    version = next((found.version for found in made if found.path == venv and found.version), None)
    if version is None:
        return interpreter_of(install.stage).version
    major, _, minor = version.partition(".")
    return int(major), int(minor)


def starts_as_root(build: Build, base: BaseImage) -> bool:
    """Whether root is the user of a base image: by what is known of it or of the Dockerfiles that make it, or
    because the build, as that user, does in it what only root can do."""
    if base.made is not None and base.made.user is not None:
        return is_root(base.made.user)
    if base.kind in ("python", "distribution", "lambda") or _ROOTS_IMAGES.fullmatch(base.name.lower()):
        return True
    return roots_call(build, base) is not None


def roots_call(build: Build, base: BaseImage) -> Call | None:
    """The first command that only root could run, and that is run as the user of a base image."""
    made = base.made
    user = made.user if made is not None and not is_root(made.user) else None
    stages = [facts for facts in build.stages if facts.base == base]
    calls = (call for facts in stages for call in facts.calls() if call.state.user == user)
    return next((call for call in calls if _is_roots(call)), None)


def is_public(base: BaseImage) -> bool:
    """Whether everybody can read the registry that a base image comes from, as far as its name tells."""
    return registry_of(base.name.lower()) in _PUBLIC


def _is_roots(call: Call) -> bool:
    command = call.command
    certain = call.nested is None and not (command.guarded or command.piped or command.negated)
    return certain and (command.name or "").rpartition("/")[2] in _ROOTS_OWN


def _of_distribution(stage: StageFacts, base: BaseImage) -> Interpreter:
    version = _of_release(base)
    packages = tuple(_packages(stage))
    python2 = any(name is not None and _PYTHON_2.fullmatch(name) for name in packages)
    other = next(_others(stage), None)
    if other is not None:
        return Interpreter(None, f"{other} may bring another Python than {base.reference}'s own", python2)
    if None in packages:
        because = "a variable says which packages of the distribution are installed"
        return Interpreter(version, because, python2)
    named = [name for name in packages if name is not None]
    versions = {found[1] for name in named if (found := _VERSIONED.fullmatch(name))}
    if version is None or versions - {".".join(map(str, version))}:
        return Interpreter(None, f"which Python {base.reference} has, its name does not tell", python2)
    library = next((name for name in named if _is_library(name)), None)
    if library is not None:
        because = f"{library} brings packages to the distribution's own Python"
        return Interpreter(version, because, python2)
    if _name(base) == "alpine" and (program := _started(stage, named)) is not None:
        return Interpreter(version, f"whether {program} is pip's or the distribution's is not seen", python2)
    if not any(_PLAIN.fullmatch(name) or _VERSIONED.fullmatch(name) for name in named):
        return Interpreter(None, "where its Python comes from is not seen", python2)
    return Interpreter(version, python2=python2)


def _name(base: BaseImage) -> str:
    """The last part of an image's name, which for a distribution's image is the distribution."""
    return base.name.lower().rpartition("/")[2]


def _started(stage: StageFacts, packages: Collection[str]) -> str | None:
    """A program of /usr/bin, where Alpine's pip puts programs, too, that starts the container."""
    for facts in stage.lineage:
        for instruction in facts.instructions:
            if instruction.keyword in ("CMD", "ENTRYPOINT", "HEALTHCHECK"):
                for path, name in re.findall(r"(?<![\w./-])(/usr/bin/([\w.-]+))", instruction.arguments):
                    if name not in packages and not re.fullmatch(r"env|python[0-9.]*", name):
                        return str(path)
    return None


def _of_release(base: BaseImage) -> tuple[int, int] | None:
    tag = (base.tag or "").lower()
    names = re.split(r"[-_]", tag)
    for release, version in _RELEASES.get(_name(base), {}).items():
        number, _, name = release.partition(" ")
        # Patch releases keep their Python: debian:12.5, alpine:3.20.1.
        if name in names or names[0] == number or names[0].startswith(f"{number}."):
            return version
    return None


def _is_library(name: str) -> bool:
    if _PLAIN.fullmatch(name) or _VERSIONED.fullmatch(name):
        return False
    return bool(_LIBRARY.fullmatch(name) or _HOSTS.fullmatch(name))


def _packages(stage: StageFacts) -> Iterator[str | None]:
    """The names of the distribution's packages that a stage installs; None for one that a variable names."""
    for facts in stage.lineage:
        for call in facts.calls(*(name.encode() for name in _MANAGERS)):
            command = call.command
            named = [at for at, text in enumerate(command.argv) if text in _MANAGERS]
            verb = _MANAGERS[command.argv[named[0]] or ""] if named else ""
            if verb not in command.argv:
                continue
            if command.name == "xargs":
                yield None
            for text in command.argv[command.argv.index(verb) + 1 :]:
                if text is None or not text.startswith(("-", ".")):
                    yield re.split(r"[=<>~@:/]", text)[0] if text is not None else None


def _others(stage: StageFacts) -> Iterator[str]:
    """What may bring another Python than the distribution's, or put another one first."""
    for facts in stage.lineage:
        for instruction, state in zip(facts.instructions, facts.states, strict=False):
            copy, run = as_copy(instruction), as_run(instruction)
            for text in run.scripts if run is not None else ():
                found = _OTHERS.search(text.data)
                if found is not None:
                    yield f"`{found[0].decode(errors='replace').strip()}`"
            dest = state.absolute(copy.dest.text) if copy is not None and copy.from_ is not None else None
            if copy is not None and str(dest) in _PLACES and not all(map(_is_uv, copy.sources)):
                yield f"COPY --from={copy.from_}"


def _is_uv(word: Word) -> bool:
    return word.text.rpartition("/")[2] in ("uv", "uvx")
