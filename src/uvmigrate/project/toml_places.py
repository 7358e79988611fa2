"""Where the statements of a TOML file stand, with their comments: what `tomllib` does not tell.

It reads files that `tomllib` has read already, so it only has to find ends: of keys, values and tables.
"""

from __future__ import annotations

import re
import tomllib

from uvmigrate.source import NamedTuple, lazy_pattern

_BARE = lazy_pattern(r"[A-Za-z0-9_-]+")
#: Strings as a whole; the longer quotes first. A triple quote may hold up to two quotes more at its end.
_STRING = lazy_pattern(
    r'"""(?:\\.|[^\\])*?"{3,5}(?!")'
    r"|'''.*?'{3,5}(?!')"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*'",
    re.DOTALL,
)
_BLANK = lazy_pattern(r"(?:[ \t\r\n]+|#[^\n]*)+")
_COMMENT = lazy_pattern(r"#[^\r\n]*")


class Statement(NamedTuple):
    """``key = value``, or a table's header: ``path`` is its full name, ``value`` then empty.

    ``comments`` are the lines of comments above it, since the statement before; ``inner`` those within the
    value, ``trailing`` the one behind it. ``start`` and ``end`` are the offsets of its own lines.
    """

    path: tuple[str, ...]
    value: str
    comments: tuple[str, ...]
    inner: tuple[str, ...]
    trailing: str
    start: int
    end: int


class Table(NamedTuple):
    """A table's header and all that stands in it, up to the next header or the comment on top of that.

    The first table of a file is what stands above all headers; its path is empty. ``rest`` are the lines of
    comments behind the last statement. ``stop`` is where the last statement's line ends.
    """

    path: tuple[str, ...]
    header: Statement
    statements: tuple[Statement, ...]
    rest: tuple[str, ...]
    start: int
    stop: int
    end: int


def read_tables(text: str) -> tuple[Table, ...]:
    """The tables of *text*, which is TOML, in their order; together they are all of it."""
    head = Statement((), "", (), (), "", 0, 0)
    found: list[tuple[Statement, list[Statement], tuple[str, ...]]] = [(head, [], ())]
    starts = [0]
    comments: list[tuple[str, int]] = []
    position = 0
    while position < len(text):
        begin = _skip(text, position)
        line_end = _line_end(text, position)
        rest = text[begin:line_end].strip()
        if not rest or rest.startswith("#"):
            comments.append((rest, position))
            position = line_end
            continue
        above = tuple(comment for comment, _ in comments if comment)
        if rest.startswith("["):
            own, start = _own_comments(comments, position)
            path, place = _key(text, begin + (2 if rest.startswith("[[") else 1))
            place = text.index("]", place) + (2 if rest.startswith("[[") else 1)
            statement = _ended(text, path, "", own, position, place)
            found[-1] = (*found[-1][:2], above[: len(above) - len(own)])
            found.append((statement, [], ()))
            starts.append(start)
        else:
            path, place = _key(text, begin)
            first = _skip(text, text.index("=", place) + 1)
            last = _value_end(text, first)
            full = (*found[-1][0].path, *path)
            statement = _ended(text, full, text[first:last], above, position, last)
            found[-1][1].append(statement)
        comments = []
        position = statement.end
    found[-1] = (*found[-1][:2], tuple(comment for comment, _ in comments if comment))
    ends = [*starts[1:], len(text)]
    return tuple(
        Table(header.path, header, tuple(inside), rest, start, (inside or [header])[-1].end, end)
        for (header, inside, rest), start, end in zip(found, starts, ends, strict=True)
    )


def inner_comments(value: str) -> tuple[str, ...]:
    """The comments within a value: those of an array of several lines."""
    found, position = [], 0
    while position < len(value):
        string = _STRING.match(value, position)
        comment = None if string else _COMMENT.match(value, position)
        if comment is not None:
            found.append(comment[0].rstrip())
        token = string or comment
        position = token.end() if token is not None else position + 1
    return tuple(found)


def _own_comments(comments: list[tuple[str, int]], position: int) -> tuple[tuple[str, ...], int]:
    """The comments right above a header, which belong to it, and where they start."""
    own: list[str] = []
    for comment, start in reversed(comments):
        if not comment:
            break
        own.insert(0, comment)
        position = start
    return tuple(own), position


def _ended(
    text: str, path: tuple[str, ...], value: str, comments: tuple[str, ...], start: int, place: int
) -> Statement:
    end = _line_end(text, place)
    return Statement(path, value, comments, inner_comments(value), text[place:end].strip(), start, end)


def _line_end(text: str, position: int) -> int:
    """Where the next line starts."""
    return text.find("\n", position) + 1 or len(text)


def _skip(text: str, position: int) -> int:
    while text[position : position + 1] in (" ", "\t"):
        position += 1
    return position


def _key(text: str, position: int) -> tuple[tuple[str, ...], int]:
    """The parts of the key at *position*, and where it ends."""
    parts: list[str] = []
    while True:
        position = _skip(text, position)
        bare = _BARE.match(text, position)
        end = bare.end() if bare is not None else _string_end(text, position)
        part = text[position:end]
        parts.append(part if bare is not None else str(tomllib.loads(f"key = {part}")["key"]))
        position = _skip(text, end)
        if not text.startswith(".", position):
            return tuple(parts), position
        position += 1


def _value_end(text: str, position: int) -> int:
    """Where the value at *position* ends, blanks behind it left out."""
    if text[position] not in "[{":
        if text[position] in "\"'":
            return _string_end(text, position)
        line = text[position : _line_end(text, position)]
        return position + len(line.partition("#")[0].rstrip())
    depth = 0
    while True:
        blank = _BLANK.match(text, position)
        if blank is not None:
            position = blank.end()
        elif text[position] in "\"'":
            position = _string_end(text, position)
        else:
            depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(text[position], 0)
            position += 1
            if depth == 0:
                return position


def _string_end(text: str, position: int) -> int:
    found = _STRING.match(text, position)
    return found.end() if found is not None else len(text)
