"""What became of the services that run an image with Python: edited, refused with a reason, or left alone.

The files are read by ruamel.yaml alone, merge keys expanded, before and after: what differs must be what a
codemod is there to change.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from corpus.manifests import manifest_tools
from corpus.reading import found_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import PurePosixPath

    from uvmigrate.build import Build
    from uvmigrate.compose import ComposeFile
    from uvmigrate.plan import Migration
    from uvmigrate.source import Repo

#: The keys of a service that codemods edit.
EDITED = frozenset(
    "command entrypoint healthcheck read_only tmpfs security_opt cap_drop volumes environment develop".split()
)


class Composed(NamedTuple):
    """One service of one compose file: ``edited``, ``refused`` or ``left``; ``codes`` say why.

    A service is left where its image stays as it is (``image-refused``), or nothing is to be done.
    """

    path: str
    name: str
    outcome: str
    codes: tuple[str, ...]


def judge_services(
    migration: Migration, files: Iterable[ComposeFile], builds: Sequence[Build]
) -> tuple[tuple[Composed, ...], tuple[str, ...]]:
    """The services that run an image with Python, and every value that differs and should not.

    *files* and *builds* are those of the original.
    """
    python = {build.path for build in builds if manifest_tools(build) or _on_uv(build)}
    refused = {result.path for result in migration.builds if result.status == "refused"}
    running = {
        (file.path, service.name): build.path
        for build in builds
        for file, service in build.services
        if build.path in python
    }
    services: list[Composed] = []
    strays: list[str] = []
    for file in files:
        old, new = services_of(migration.before, file.path), services_of(migration.after, file.path)
        strays += stray(file.path, old, new)
        for service in file.services:
            build = running.get((file.path, service.name))
            if build is not None:
                edited = old.get(service.name) != new.get(service.name)
                codes = _codes(migration, file.path, service.name)
                codes = ("image-refused",) if not codes and build in refused else codes
                outcome = "edited" if edited else "refused" if codes else "left"
                services.append(Composed(str(file.path), service.name, outcome, codes))
    return tuple(services), tuple(strays)


def _on_uv(build: Build) -> bool:
    return any(hit.tool == "uv" for hit in found_in(build))


def _codes(migration: Migration, path: PurePosixPath, name: str) -> tuple[str, ...]:
    """The codes of the refusals that name the service: in its file, in one beside that which may be laid over
    it, or in the script that starts it."""
    pattern = re.compile(rf"(?<![\w-]){re.escape(name)}(?![\w-])")
    return tuple(
        refusal.code
        for refusal in migration.refusals
        if refusal.because.startswith(f"{name}: ")
        or (
            refusal.path.parent == path.parent
            and refusal.path.suffix == path.suffix
            and pattern.search(refusal.because)
        )
    )


def services_of(repo: Repo, path: PurePosixPath) -> dict[str, Any]:
    """The services of a compose file, as ruamel.yaml reads them; empty where it does not."""
    yaml = YAML(typ="safe", pure=True)
    yaml.constructor.add_constructor(None, lambda _, node: f"{node.tag} {node.id}")
    try:
        read = list(yaml.load_all(repo[path]))
    except (KeyError, YAMLError, ValueError):
        return {}
    tables = [one.get("services") for one in read if isinstance(one, dict)]
    return {name: value for table in tables if isinstance(table, dict) for name, value in table.items()}


def stray(path: PurePosixPath, old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    """What differs between two readings of a file's services beyond what codemods edit."""
    for name in sorted(old.keys() | new.keys(), key=str):
        before, after = old.get(name), new.get(name)
        if not isinstance(before, dict) or not isinstance(after, dict):
            if before != after:
                yield f"{path}: {name}"
            continue
        for key in sorted(before.keys() | after.keys(), key=str):
            if before.get(key) != after.get(key) and key not in EDITED:
                yield f"{path}: {name}.{key}"
