"""From the table of one service to a Service.

Source of the forms: the Compose Specification, "Services", "Build", "Develop".
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Literal

from uvmigrate.compose.merge import RESET, items, pairs
from uvmigrate.compose.model import TEMPLATE, BuildSecret, BuildSection, EnvFile, Mount, Service, Watch, Words
from uvmigrate.compose.nodes import UnusableError
from uvmigrate.compose.tree import Items, Scalar, Table
from uvmigrate.compose.variables import substitute
from uvmigrate.source import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvmigrate.compose.tree import Place, Value

_TRUE = frozenset({"true", "yes", "on", "y"})
#: A part of a short volume: a colon within ${…} or after a Windows drive is none that separates.
_PART = lazy_pattern(r"(?:(?<![^:])[A-Za-z]:(?=[\\/])|\$\{[^}]*\}|[^:])+")
_HOST_PATH = lazy_pattern(r"[./~$\\]|[A-Za-z]:[\\/]")


def service(name: str, table: Table) -> Service:
    """The service that *table* describes. Raises UnusableError for forms that Compose rejects."""
    place = table.place
    build = _build(table)
    image = _text(table, "image")
    if any(
        "{{" in (text or "") for text in (name, image, build and build.context, build and build.dockerfile)
    ):
        raise UnusableError(place.line, TEMPLATE)
    return Service(
        name=name,
        line=place.line,
        image=image,
        platform=_text(table, "platform"),
        build=build,
        command=_words(table, "command"),
        entrypoint=_words(table, "entrypoint"),
        healthcheck=_healthcheck(table),
        unchecked=_is_unchecked(table),
        volumes=_mounts(table),
        working_dir=_text(table, "working_dir"),
        user=_text(table, "user"),
        environment=_pairs(table, "environment"),
        env_files=tuple(_env_files(table)),
        read_only=_true(table, "read_only"),
        privileged=_true(table, "privileged"),
        ports=_ports(table),
        cap_add=_texts(table, "cap_add"),
        cap_drop=_texts(table, "cap_drop"),
        security_opt=_texts(table, "security_opt"),
        profiles=_texts(table, "profiles"),
        extends=_extends(table),
        hooks=tuple(_hooks(table)),
        watch=_watch(table),
        reset=frozenset(key for key, value in table.entries.items() if value.tag == RESET),
    )


def _get(table: Table, key: str) -> Value | None:
    value = table.entries.get(key)
    return None if value is None or value.tag == RESET else value


def _table(table: Table, key: str) -> Table | None:
    value = _get(table, key)
    return value if isinstance(value, Table) else None


def _scalar(value: Value | None) -> str | None:
    if isinstance(value, Scalar) and value.text is not None:
        return substitute(value.text)
    return None


def _text(table: Table, key: str) -> str | None:
    return _scalar(_get(table, key))


def _texts(table: Table, key: str) -> tuple[str, ...]:
    return tuple(text for text in map(_scalar, items(_get(table, key))) if text is not None)


def _true(table: Table, key: str) -> bool:
    return (_text(table, key) or "").lower() in _TRUE


def _env_files(table: Table) -> Iterator[EnvFile]:
    for value in items(_get(table, "env_file")):
        named = value if isinstance(value, Table) else Table({"path": value}, value.place, "")
        path = _text(named, "path")
        if path is not None:
            required = (_text(named, "required") or "true").lower() in _TRUE
            yield EnvFile(path, value.place.path.parent, required, _text(named, "format") == "raw")


def _ports(table: Table) -> tuple[str, ...]:
    """The container's ports: ``8000`` of ``80:8000``, of ``127.0.0.1:80:8000/tcp`` and of a ``target``."""
    found: list[str] = []
    for value in (*items(_get(table, "ports")), *items(_get(table, "expose"))):
        text = _text(value, "target") if isinstance(value, Table) else _scalar(value)
        if text is not None:
            found.append(text.partition("/")[0].rpartition(":")[2])
    return tuple(found)


def _pairs(table: Table, key: str) -> dict[str, str | None]:
    value = _get(table, key)
    named = pairs(value) if value is not None else None
    if not isinstance(named, Table):
        return {}
    return {name: _scalar(text) for name, text in named.entries.items()}


def _extends(table: Table) -> str | None:
    named = _table(table, "extends")
    return _text(named, "service") if named is not None else _text(table, "extends")


def _words(table: Table, key: str) -> Words | None:
    value = _get(table, key)
    if value is None or (isinstance(value, Scalar) and value.text is None):
        return None
    place = value.place
    if isinstance(value, Scalar):
        return Words(None, _scalar(value), place.path, place.line, place.span, (place.span,))
    if isinstance(value, Table) or not all(isinstance(item, Scalar) for item in value.values):
        raise UnusableError(place.line, f'has a "{key}" that is neither a text nor a list of texts')
    argv = tuple(_scalar(item) or "" for item in value.values)
    spans = tuple(item.place.span for item in value.values)
    return Words(argv, None, place.path, place.line, place.span, spans)


def _healthcheck(table: Table) -> Words | None:
    check = _table(table, "healthcheck")
    return None if check is None or _true(check, "disable") else _words(check, "test")


def _is_unchecked(table: Table) -> bool:
    check = _table(table, "healthcheck")
    return check is not None and _true(check, "disable")


def _hooks(table: Table) -> Iterator[Words]:
    develop = _table(table, "develop")
    watched = items(_get(develop, "watch")) if develop is not None else ()
    made = (_table(value, "exec") for value in watched if isinstance(value, Table))
    for hook in (*items(_get(table, "post_start")), *items(_get(table, "pre_stop")), *made):
        words = _words(hook, "command") if isinstance(hook, Table) else None
        if words is not None:
            yield words


def _build(table: Table) -> BuildSection | None:
    value = _get(table, "build")
    if value is None or (isinstance(value, Scalar) and value.text is None):
        return None
    if isinstance(value, Items):
        raise UnusableError(value.place.line, 'has a "build" that is a list')
    place = value.place
    long = value if isinstance(value, Table) else Table({"context": value}, place, "")
    context = _get(long, "context")
    text = _scalar(context)
    return BuildSection(
        context="." if text is None else text,
        dockerfile=_text(long, "dockerfile"),
        target=_text(long, "target"),
        args=_pairs(long, "args"),
        dockerfile_inline=_text(long, "dockerfile_inline") is not None,
        has_context=text is not None,
        base=(place if context is None else context.place).path.parent,
        path=place.path,
        line=place.line,
        span=place.span if all(_stands_in(entry.place, place) for entry in long.entries.values()) else None,
        secrets=tuple(_secrets(long)),
        ssh=tuple(_ssh(long)),
        platforms=_texts(long, "platforms"),
        network=_text(long, "network"),
    )


def _secrets(build: Table) -> Iterator[BuildSecret]:
    for value in items(_get(build, "secrets")):
        name = _text(value, "source") if isinstance(value, Table) else _scalar(value)
        target = _text(value, "target") if isinstance(value, Table) else None
        if name is not None:
            yield BuildSecret(name, target or name)


def _ssh(build: Table) -> Iterator[str]:
    """``default`` and ``id=path``; a mapping of them is another way to write it."""
    value = _get(build, "ssh")
    if isinstance(value, Table):
        for name, text in value.entries.items():
            path = _scalar(text)
            yield f"{name}={path}" if path else name
    else:
        yield from _texts(build, "ssh")


def _stands_in(inner: Place, outer: Place) -> bool:
    return inner.path == outer.path and outer.span.contains(inner.span)


def _mounts(table: Table) -> tuple[Mount, ...]:
    """The mounts of ``volumes:`` and ``tmpfs:``; of several at one target, the last is the one."""
    mounts: dict[str, Mount] = {}
    for value in items(_get(table, "volumes")):
        mount = _long_mount(value) if isinstance(value, Table) else _short_mount(value)
        if mount is not None:
            mounts[mount.target] = mount
    for value in items(_get(table, "tmpfs")):
        written, _, options = (_scalar(value) or "").partition(":")
        target = _clean(written)
        if target:
            place = value.place
            mounts[target] = Mount("tmpfs", None, target, place.path, place.line, False, place.span, options)
    return tuple(mounts.values())


def _long_mount(value: Table) -> Mount | None:
    target = _text(value, "target")
    if target is None:
        return None
    source = _text(value, "source")
    kind: Literal["bind", "volume", "tmpfs", "anonymous"]
    match _text(value, "type"):
        case "tmpfs":
            kind = "tmpfs"
        case "bind" | "npipe":
            kind = "bind"
        case _:
            kind = "volume" if source else "anonymous"
    place = value.place
    read_only = _true(value, "read_only")
    options = _tmpfs_options(value) if kind == "tmpfs" else ""
    return Mount(kind, source, _clean(target), place.path, place.line, read_only, place.span, options)


def _tmpfs_options(mount: Table) -> str:
    """Those of a long mount, as the short form has them. Its mode is a number: 511, 0o777 or 0777."""
    long = _table(mount, "tmpfs") or Table({}, mount.place, "")
    size, mode = _text(long, "size"), _text(long, "mode")
    options = [f"size={size}"] if size else []
    if mode and mode.removeprefix("0o").isdigit():
        octal = mode.removeprefix("0o") if mode.startswith("0") else f"{int(mode):o}"
        options.append(f"mode={octal}")
    return ",".join(options)


def _short_mount(value: Value) -> Mount | None:
    """``[SOURCE:]TARGET[:MODE]``."""
    parts = _PART.findall(_scalar(value) or "")
    if not parts:
        return None
    place = value.place
    if len(parts) == 1:
        return Mount("anonymous", None, _clean(parts[0]), place.path, place.line, False, place.span)
    source, target, *mode = parts
    kind: Literal["bind", "volume"] = "bind" if _HOST_PATH.match(source) else "volume"
    read_only = "ro" in ",".join(mode).split(",")
    return Mount(kind, source, _clean(target), place.path, place.line, read_only, place.span)


def _clean(target: str) -> str:
    """A path in the container, without a dot or slash that changes nothing."""
    return PurePosixPath(target).as_posix() if target else target


def _watch(table: Table) -> tuple[Watch, ...]:
    develop = _table(table, "develop")
    found: list[Watch] = []
    for value in items(_get(develop, "watch")) if develop is not None else ():
        if isinstance(value, Table):
            action, path = _text(value, "action"), _text(value, "path")
            if action is not None and path is not None:
                found.append(Watch(action, path, _text(value, "target"), value.place.line))
    return tuple(found)
