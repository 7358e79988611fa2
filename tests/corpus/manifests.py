"""Which Dockerfiles install from a manifest with pip, poetry or pipenv: what the goals are shares of.

An install from a manifest is

- ``pip install`` or ``pip wheel`` of a requirements file (also through ``xargs`` or ``$(cat …)``), of a
  folder (``.``, ``-e .``, ``/src``) or of a group; ``pip-sync``;
- ``poetry install``, ``sync``, ``update``, ``export``, ``build``; ``pipenv install``, ``sync``, ``update``;
- ``setup.py install`` and ``develop``; where ``setup.py bdist_wheel`` or ``python -m build`` make a wheel and
  pip installs one, these two together; and a base image of Python's whose name ends with ``onbuild``.

None is an install of nothing but packages named in the command, of a URL, of a downloaded archive, or by
conda, mamba, pdm, uv. Where the command stands does not matter: also in ``sh -c``, in scripts that a RUN
starts, in ONBUILD. That a person cannot be sure which branch of a shell test runs makes it no less one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from corpus.reading import found_in, text
from uvmigrate.dockerfile import as_from

if TYPE_CHECKING:
    from corpus.reading import Found
    from uvmigrate.build import Build

_ARCHIVE = re.compile(r"\.(whl|zip|tgz|tar\.(gz|bz2|xz))\b")
_REQUIREMENTS = re.compile(r"\brequirements?\b[\w./-]*|[\w-]*\breqs?\.txt|requirements")
_VERBS = {
    "poetry": ("install", "sync", "update", "export", "build"),
    "setup.py": ("install", "develop"),
    "pip-tools": ("pip-sync",),
}


def manifest_tools(build: Build) -> tuple[str, ...]:
    """The managers by which the build installs from a manifest, in order; empty for none."""
    hits = found_in(build)
    tools = [hit.tool for hit in hits if from_manifest(hit)]
    makes = [hit for hit in hits if hit.tool == "build" or hit.verb == "bdist_wheel"]
    if makes and any(hit.tool == "pip" and any(map(is_archive, hit.texts(None))) for hit in hits):
        tools.append("pip")
    for facts in build.stages:
        source = as_from(facts.stage.from_)
        if source and re.search(r"python:[\w.-]*onbuild$", source.image):
            tools.append("pip")
    return tuple(str(tool) for tool in dict.fromkeys(tools))


def from_manifest(hit: Found) -> bool:
    """Whether one command of a manager other than uv installs from a manifest."""
    if hit.tool == "pip":
        return hit.verb in ("install", "wheel") and pip_manifest(hit)
    if hit.tool == "pipenv":
        named = [one for one in hit.arguments if one.option is None]
        whole = not named or hit.has("--requirements", "--editable")
        return hit.verb in ("sync", "update") or (hit.verb == "install" and whole)
    return hit.verb in _VERBS.get(hit.tool, ())


def pip_manifest(hit: Found) -> bool:
    """Whether the arguments of ``pip install`` or ``uv pip install`` name a manifest."""
    if hit.has("--requirement", "--requirements", "--group", "--requirements-from-script"):
        return True
    if any("://" not in one and not is_archive(one) for one in hit.texts("--editable")):
        return True
    operands = [one for one in hit.arguments if one.option is None]
    if any(is_local(text(hit, one)) for one in operands):
        return True
    handed = hit.via == "xargs" or any(one.dynamic for one in operands)
    return handed and _REQUIREMENTS.search(hit.call.script.data.decode(errors="replace")) is not None


def is_local(operand: str) -> bool:
    """Whether an operand of pip is a folder; a variable alone is none."""
    operand = operand.partition("[")[0] if "://" not in operand else operand
    if is_archive(operand) or ("://" in operand and not operand.startswith("file://")):
        return False
    return operand.startswith((".", "/", "~", "file:")) or ("/" in operand and "@" not in operand)


def is_archive(operand: str) -> bool:
    """Whether an operand of pip is a wheel, a source archive or a folder of them."""
    return "://" not in operand and (operand.endswith("*") or _ARCHIVE.search(operand) is not None)
