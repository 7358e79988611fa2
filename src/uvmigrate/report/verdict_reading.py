"""A verdict read back from the JSON document that it was written to.

``uvmigrate pr --verdict`` says it again, and ``--tmpfs-from`` takes from it what services needed in order to
run read-only.
"""

from __future__ import annotations

import json
from pathlib import PurePosixPath
from typing import Any, get_args

from uvmigrate.codemod import Refusal, SettingsError, Tried
from uvmigrate.report.verdict_document import VERSION
from uvmigrate.source import lazy_pattern
from uvmigrate.verify.verdict import ImageVerdict, Row, Sizes, Status, Timing, Verdict, Written

#: An entry of tmpfs that means the same in every compose file: no variable, no second target.
_ENTRY = lazy_pattern(r"/[^\s:$]*(:[\w.,=%-]+)?")


def read_verdict(data: bytes, where: str) -> Verdict:
    """The verdict that `verdict_json` wrote. Raises SettingsError, which names *where*, for anything else."""
    try:
        document = _document(data)
        images = tuple(_image(one) for one in document["images"])
        return Verdict(_text(document["engine"]), images, tuple(map(_refusal, document["dropped"])))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        reason = str(error) if type(error) is ValueError else "it is not as its schema says"
        raise SettingsError(f"{where}: no verdict of uvmigrate verify: {reason}") from error


def read_tried(data: bytes, where: str) -> dict[tuple[PurePosixPath, str], Tried]:
    """The services that a document says ran read-only, by compose file and name.

    A service that is there several times, as for several platforms, counts if it ran each time. Raises
    SettingsError, which names *where*, for what is no such document or tells of no trial.
    """
    ran: dict[tuple[PurePosixPath, str], list[Tried | None]] = {}
    for one in (written for image in read_verdict(data, where).images for written in image.written):
        if one.file is not None and one.works is not None:
            found = Tried(one.tmpfs, one.hidden, one.paths) if one.works else None
            ran.setdefault((one.file, one.service), []).append(found)
    if not ran:
        raise SettingsError(
            f"{where}: no service of compose was tried: make it by uvmigrate verify --read-only"
        )
    for entry in (entry for some in ran.values() for one in some if one is not None for entry in one.tmpfs):
        if not _ENTRY.fullmatch(entry):
            raise SettingsError(f"{where}: not an entry of tmpfs: {entry}")
    return {key: _together([one for one in some if one]) for key, some in ran.items() if None not in some}


def _together(some: list[Tried]) -> Tried:
    return Tried(*(tuple(dict.fromkeys(text for one in some for text in one[at])) for at in range(3)))


def _document(data: bytes) -> Any:
    """A verdict's document, of a version that is known. Raises ValueError, KeyError or TypeError."""
    try:
        document = json.loads(data)
    except ValueError as error:
        raise ValueError("it is no JSON") from error
    version = document["version"]
    if version != VERSION:
        raise ValueError(f"its version is {version!r}, and {VERSION} is known")
    return document


def _image(one: dict[str, Any]) -> ImageVerdict:
    sizes = one["sizes"]
    return ImageVerdict(
        _text(one["name"]),
        PurePosixPath(_text(one["dockerfile"])),
        _text(one["target"] or ""),
        tuple(map(_row, one["rows"])),
        (_sizes(sizes["before"]), _sizes(sizes["after"])) if sizes else None,
        tuple(map(_timing, one["timings"])),
        tuple(map(_written, one["written"])),
        _texts(one["failed"]),
        _number(one["prefixes"]),
    )


def _row(one: dict[str, Any]) -> Row:
    status: Status = one["status"]
    if status not in get_args(Status):
        raise TypeError("a status is wanted")
    before, after, because, detail = (_text(one[key]) for key in ("before", "after", "because", "detail"))
    return Row(
        _text(one["kind"]), _text(one["name"]), status, before, after, _texts(one["by"]), because, detail
    )


def _sizes(one: dict[str, Any]) -> Sizes:
    layers = tuple((_number(layer["size"]), _text(layer["made_by"])) for layer in one["layers"])
    return Sizes(_number(one["total"]), _number(one["bytecode"]), layers)


def _timing(one: dict[str, Any]) -> Timing:
    before, after = (tuple(float(_real(second)) for second in one[key]) for key in ("before", "after"))
    if len(before) != len(after):
        raise TypeError("as many rounds after as before are wanted")
    return Timing(_text(one["what"]), before, after, _text(one["because"]))


def _written(one: dict[str, Any]) -> Written:
    if one["works"] not in (True, False, None):
        raise TypeError("a truth value is wanted")
    file = PurePosixPath(_text(one["file"])) if one["file"] is not None else None
    paths, tmpfs, hidden = (_texts(one[key]) for key in ("paths", "tmpfs", "hidden"))
    return Written(file, _text(one["service"]), paths, tmpfs, hidden, one["works"])


def _refusal(one: dict[str, Any]) -> Refusal:
    code, because, instead = (_text(one[key]) for key in ("code", "because", "instead"))
    return Refusal(PurePosixPath(_text(one["path"])), _number(one["line"] or 0), code, because, instead)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("a text is wanted")
    return value


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError("a list is wanted")
    return tuple(map(_text, value))


def _real(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError("a number is wanted")
    return value


def _number(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError("a whole number is wanted")
    return value
