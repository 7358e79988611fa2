"""Whether two commands start the same program with the same arguments, by whatever tool and from wherever.

A migration takes a tool away from in front of a program (``poetry run``), or writes the same words in another
form. What is lost of a program's own arguments is nothing that it means.
"""

from __future__ import annotations

import shlex
from collections import deque
from typing import TYPE_CHECKING

from uvmigrate.source import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_SHELL = lazy_pattern(r"(?:/usr)?(?:/bin/)?(?:ba|da|a|k|z)?sh")
_PYTHON = lazy_pattern(r"python[\d.]*")
_COMMAND = lazy_pattern(r"-[elu]*c")
#: Programs that lie in a folder for programs are called by their names, and what lies in an environment by
#: its place in there.
_PLACE = lazy_pattern(r"(?:^|(?<=[=:]))(?:[^\s=:]*/)?(?:bin/(?=[^/]+$)|(?=lib/python[\d.]+/))")
_RUNNERS = ("poetry", "pipenv", "uv")
#: Options of runners that take the next word.
_VALUED = frozenset(
    (
        *("-C", "-P", "-p", "--directory", "--project", "--package", "--python", "--env-file"),
        *("--extra", "--no-extra", "--group", "--no-group", "--only-group"),
        *("--with", "--with-editable", "--with-requirements"),
        *("--cache-dir", "--config-file", "--index", "--default-index"),
    )
)


def other_start(old: Sequence[str], new: Sequence[str]) -> str:
    """Why *new* starts something else than *old*, as one clause; empty where it does not.

    Both are the words of an exec form; a shell form is that of its shell. A script of pipenv's is known by
    its name alone, so that what it stands for is not compared.
    """
    if not new:
        return "nothing is started any more" if old else ""
    was, now = list(_words(old)), list(_words(new))
    is_script = any("pipenv" in word for word in old) and was[:1] != now[:1]
    if was == now or is_script:
        return ""
    # A word that is no option's name may be a secret.
    there = {word.partition("=")[0] for word in now}
    lost = [name for word in was if (name := word.partition("=")[0]).startswith("-") and name not in there]
    return f"it starts without {', '.join(lost)}" if lost else "it starts with other words"


def _words(argv: Sequence[str]) -> Iterator[str]:
    """The words that matter, of all commands that a shell runs."""
    words = deque(argv)
    while words:
        word = words.popleft()
        if word == "exec":
            continue
        if len(words) > 1 and _SHELL.fullmatch(word) and _COMMAND.fullmatch(words[0]):
            words.popleft()
            words.extendleft(reversed(_split(words.popleft())))
            continue
        if word in (".", "source") and words and words[0].endswith("/activate"):
            words.popleft()
            _drop(words, 1 if words and words[0] in ("&&", ";") else 0)
            continue
        name = word.rpartition("/")[2]
        if name in _RUNNERS and _at(words, _options(words)) == "run":
            # What stands between it and the program is its own.
            _drop(words, _options(words) + 1)
            _drop(words, _options(words))
            continue
        place = _PLACE.sub("", word, count=1)
        yield "python" if _PYTHON.fullmatch(place) else place


def _options(words: Sequence[str]) -> int:
    """How many of the first words are options, with their values."""
    count = 0
    while _at(words, count).startswith("-"):
        if words[count] == "--":
            return count + 1
        count += 2 if words[count] in _VALUED else 1
    return count


def _at(words: Sequence[str], number: int) -> str:
    return words[number] if number < len(words) else ""


def _drop(words: deque[str], number: int) -> None:
    for _ in range(min(number, len(words))):
        words.popleft()


def _split(text: str) -> list[str]:
    lexer = shlex.shlex(text, posix=True, punctuation_chars=";&|()")
    lexer.whitespace_split = True
    lexer.commenters = ""
    try:
        return list(lexer)
    except ValueError:
        return text.split()
