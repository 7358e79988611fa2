"""A verdict read back from the JSON document that it was written to."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any, get_args

from uvmigrate.codemod import Refusal, SettingsError
from uvmigrate.report.verdict_document import document_of
from uvmigrate.verify.verdict import ImageVerdict, Row, Sizes, Status, Timing, Verdict, Written


def read_verdict(data: bytes, where: str) -> Verdict:
    """The verdict that `verdict_json` wrote. Raises SettingsError, which names *where*, for anything else."""
    try:
        document = document_of(data)
        images = tuple(_image(one) for one in document["images"])
        return Verdict(_text(document["engine"]), images, tuple(map(_refusal, document["dropped"])))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        reason = str(error) if type(error) is ValueError else "it is not as its schema says"
        raise SettingsError(f"{where}: no verdict of uvmigrate verify: {reason}") from error


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
