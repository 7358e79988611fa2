"""What compose says of an image: how a service builds it, and how it starts it.

Nothing is taken from this machine's environment, and nothing from outside of the repository: a person passes
what is missing. The values of ``.env`` beside the compose file count, as for Compose.
"""

from __future__ import annotations

import contextlib
import shlex
from functools import reduce
from types import MappingProxyType
from typing import TYPE_CHECKING

from uvmigrate.compose import (
    MissingVariable,
    UnusableError,
    filled,
    filled_service,
    host_secrets,
    inside,
    laid_over,
    load,
    read_env_file,
)
from uvmigrate.verify.engine import Launch
from uvmigrate.verify.subjects import Recipe

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import PurePosixPath

    from uvmigrate.build import Build
    from uvmigrate.compose import (
        BuildSecret,
        BuildSection,
        ComposeFile,
        EnvFile,
        HostSecret,
        Mount,
        Service,
        Words,
    )
    from uvmigrate.source import Repo
    from uvmigrate.verify.options import Options

_NONE: Mapping[str, str] = MappingProxyType({})


class _Unclear(Exception):  # noqa: N818 - it carries the reason, and never leaves this module
    """Why it cannot be told how a service is started: one clause."""


def launch_of(
    file: ComposeFile, service: Service, repo: Repo, given: Mapping[str, str] = _NONE
) -> Launch | str:
    """How Compose starts a service, or one clause that says why that cannot be told.

    What the image holds is what is verified: a volume, and a folder of the host that may be written to,
    become a new volume, which the engine fills with what the image has there; other mounts of the host are
    left out. *given* are variables that a person passes: Compose would have them from its own
    environment. They also stand for a file of variables that is not there.
    """
    try:
        found = _composed(file, service, repo, given)
        variables: dict[str, str] = {}
        for named in found.env_files:
            variables |= _variables(named, file, repo, given)
        inherited = _interpolated(file, repo, given)
        for name, value in found.environment.items():
            set_to = inherited.get(name) if value is None else value
            variables |= {} if set_to is None else {name: set_to}
        launch = Launch(
            entrypoint=_argv(found.entrypoint),
            # Without words the engine takes the image's, whatever the specification says.
            command=_argv(found.command) or None,
            environment=variables,
            user=found.user or "",
            workdir=found.working_dir or "",
            volumes=tuple(_folder_of(one) for one in found.volumes if _is_volume(one, file, repo)),
            tmpfs=tuple(
                f"{one.target}:{one.options}" if one.options else one.target
                for one in found.volumes
                if one.kind == "tmpfs"
            ),
        )
    except _Unclear as unclear:
        return str(unclear)
    if launch.entrypoint == () and launch.command is None:
        return "its entrypoint is taken away, and it has no command of its own"
    return launch


def _folder_of(mount: Mount) -> str:
    """Where a volume is mounted. Raises _Unclear for what engines would take for a folder of the host's."""
    if not mount.target.startswith("/") or ":" in mount.target:
        raise _Unclear(
            f"{mount.target} is no place for a volume: it has to begin with / and to hold no colon"
        )
    return mount.target


def _is_volume(mount: Mount, file: ComposeFile, repo: Repo) -> bool:
    """Whether a mount is a place to write to: no volume can take the place of a single file."""
    if mount.kind != "bind" or mount.read_only:
        return mount.kind in ("volume", "anonymous")
    source = inside(_folder(file), mount.source or "")
    if source is None or source in repo:
        return False
    # Compose makes a folder where the host has nothing, which is not meant where a file is.
    return repo.is_dir(source) or "." not in mount.target.rpartition("/")[2]


def healthcheck_of(
    file: ComposeFile, service: Service, repo: Repo, given: Mapping[str, str] = _NONE
) -> tuple[str, ...]:
    """A service's health check in the words of an image's: empty where that of the image counts."""
    try:
        found = _composed(file, service, repo, given)
    except _Unclear:
        return ()
    if found.unchecked:
        return ("NONE",)
    check = found.healthcheck
    if check is None:
        return ()
    return check.argv if check.argv is not None else ("CMD-SHELL", check.text or "")


def recipe_of(
    build: Build, target: str, user: tuple[ComposeFile, Service] | None, options: Options
) -> tuple[Recipe, tuple[str, ...]]:
    """How an image of *build* is built, and what compose asks for that a person has to pass: clauses.

    *user* is the service that it is built for, None where there is none. What *options* say comes first.
    """
    recipe = Recipe(
        build.context.folder,
        build.path,
        target,
        options.platform,
        tuple(options.build_args.items()),
        options.secrets,
        ssh=options.ssh,
        network=options.network,
    )
    return (recipe, ()) if user is None else _as_built(recipe, *user, build.context.repo, options)


def _as_built(
    recipe: Recipe, file: ComposeFile, service: Service, repo: Repo, options: Options
) -> tuple[Recipe, tuple[str, ...]]:
    """The recipe with what a service adds to it."""
    problems: list[str] = []
    values, found = dict(options.environment), service
    try:
        values = _interpolated(file, repo, options.environment)
        found = _composed(file, service, repo, options.environment)
    except _Unclear as unclear:
        # What is missing may have nothing to do with the build.
        problems.append(str(unclear))
    is_own = found is not service and found.build is not None and found.build.has_context
    section = found.build if is_own else service.build
    if section is None:
        return recipe, tuple(problems)
    args = _arguments(section, values, is_filled=is_own)
    problems += _left_open(section, {**args, **options.build_args}, options)
    files, unknown = _secrets(section, file, repo, options, values)
    recipe = recipe._replace(
        args=tuple({**args, **options.build_args}.items()),
        secret_files=tuple(files),
        platform=options.platform or _platform(section, found),
        network=options.network or section.network or "",
    )
    return recipe, (*problems, *unknown)


def _arguments(section: BuildSection, values: Mapping[str, str], *, is_filled: bool) -> dict[str, str]:
    """The build arguments; one without a value is taken from the variables, or not passed at all."""
    found: dict[str, str] = {}
    for name, written in section.args.items():
        value = values.get(name) if written is None else written
        with contextlib.suppress(MissingVariable):
            if value is not None:
                found[name] = value if is_filled or written is None else filled(value, values)
    return found


def _composed(file: ComposeFile, service: Service, repo: Repo, given: Mapping[str, str]) -> Service:
    """The service as Compose starts it, with the files below its own. Raises _Unclear."""
    try:
        values = _interpolated(file, repo, given)
        tables = [
            other.tables[service.name]
            for other in (*(load(repo, path) for path in _below(file, repo)), file)
            if service.name in other.tables
        ]
        return filled_service(service.name, reduce(laid_over, tables), values)
    except MissingVariable as missing:
        raise _Unclear(f"it needs the variable {missing.name}: pass --env {missing.name}=…") from None
    except UnusableError as error:
        raise _Unclear(f"{file.path} {error.why}") from None


def _below(file: ComposeFile, repo: Repo) -> tuple[PurePosixPath, ...]:
    """The files that Compose lays the file over."""
    main = file.path.with_name(file.path.name.replace(".override.", "."))
    return file.below or ((main,) if main != file.path and main in repo else ())


def _interpolated(file: ComposeFile, repo: Repo, given: Mapping[str, str]) -> dict[str, str]:
    """The variables that compose files are filled in with: of ``.env``, and *given*. Raises _Unclear."""
    path = _folder(file) / ".env"
    data = repo.get(path)
    return {**(_read(path, data, given, raw=False) if data is not None else {}), **given}


def _folder(file: ComposeFile) -> PurePosixPath:
    """The folder of the project: that of the first file that Compose is given."""
    return (file.below[0] if file.below else file.path).parent


def _read(path: PurePosixPath, data: bytes, values: Mapping[str, str], *, raw: bool) -> dict[str, str]:
    try:
        return read_env_file(data.decode(), values, raw)
    except MissingVariable as missing:
        raise _Unclear(f"{path} needs the variable {missing.name}: pass --env {missing.name}=…") from None
    except UnicodeDecodeError:
        raise _Unclear(f"{path} is no text") from None
    except ValueError as error:
        raise _Unclear(f"Compose cannot read {path}: {error}") from None


def _variables(named: EnvFile, file: ComposeFile, repo: Repo, given: Mapping[str, str]) -> Mapping[str, str]:
    """The variables of one ``env_file``. Raises _Unclear."""
    for folder in (named.folder, _folder(file)):
        path = inside(folder, named.path)
        data = repo.get(path) if path is not None else None
        if path is not None and data is not None:
            return _read(path, data, _interpolated(file, repo, given), raw=named.raw)
    if given or not named.required:
        return {}
    raise _Unclear(f"its env_file {named.path} is not in the repository: pass its variables with --env")


def _argv(words: Words | None) -> tuple[str, ...] | None:
    """A command's words. A string is split as a shell would, and run by none. Raises _Unclear."""
    if words is None or words.argv is not None:
        return words.argv if words is not None else None
    try:
        return tuple(shlex.split(words.text or ""))
    except ValueError:
        place = f"{words.path}, line {words.line}"
        raise _Unclear(f"its command has a quote that nothing ends ({place})") from None


def _platform(section: BuildSection, service: Service) -> str:
    """The platform that Compose would start, where it says one; that of the engine is the usual one."""
    return service.platform or (section.platforms[0] if len(section.platforms) == 1 else "")


def _left_open(section: BuildSection, args: Mapping[str, str], options: Options) -> Iterator[str]:
    """What Compose would take from the environment of who builds."""
    for name in section.args:
        if name not in args:
            yield f"its build argument {name} has no value: pass --build-arg {name}=… if it needs one"
    passed = {text.partition("=")[0] for text in options.ssh}
    for text in section.ssh:
        name = text.partition("=")[0]
        if name not in passed:
            yield f"keys are not taken from this machine: pass --ssh {name}"


def _secrets(
    section: BuildSection, file: ComposeFile, repo: Repo, options: Options, values: Mapping[str, str]
) -> tuple[list[tuple[str, PurePosixPath]], list[str]]:
    """The secrets that are files of the repository, and what is to be passed for the others."""
    passed = {part[3:] for text in options.secrets for part in text.split(",") if part.startswith("id=")}
    known: dict[str, HostSecret] = {}
    for one in (*(load(repo, path) for path in _below(file, repo)), file):
        with contextlib.suppress(MissingVariable):
            known |= host_secrets(one, values)
    files, problems = [], []
    for secret in section.secrets:
        if secret.id in passed:
            continue
        host = known.get(secret.name)
        path = inside(host.folder, host.file) if host is not None and host.file else None
        if path is not None and path in repo:
            files.append((secret.id, path))
        elif host is not None and host.variable:
            problems.append(_ask_for(secret, f"env={host.variable}", "is not taken from the environment"))
        else:
            problems.append(_ask_for(secret, "src=…", "is no file of the repository"))
    return files, problems


def _ask_for(secret: BuildSecret, source: str, why: str) -> str:
    return f"the secret {secret.name} {why}: pass --secret id={secret.id},{source}"
