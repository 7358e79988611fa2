"""The words of one command as options and operands, the way optparse and clap read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.source import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from uvmigrate.shell import Command


class Argument(NamedTuple):
    """An option with its value, or an operand, and the words ``command.words[first:last]`` it stands in.

    ``option`` is the long name (``--requirement``), None for an operand. ``value`` is None where there is
    none, and also where it is ``dynamic``: it holds a variable that only the shell knows.
    """

    option: str | None
    value: str | None
    first: int
    last: int
    dynamic: bool = False


class Grammar(NamedTuple):
    """What a command line's options are: short names to long ones, and those that take a value.

    ``abbreviated`` are the long options that may be shortened to a beginning that no other of them has
    (optparse does so, clap does not).
    """

    short: Mapping[str, str]
    valued: Collection[str]
    abbreviated: Collection[str] = ()

    def read(self, command: Command, start: int, *, stop: bool = False) -> tuple[Argument, ...]:
        """The arguments from word *start* on; with *stop*, all from the first operand on are operands."""
        found: list[Argument] = []
        index = start
        while index < len(command.words):
            word = command.words[index]
            if word.text == "--" or (stop and found and found[-1].option is None):
                first = index + (word.text == "--")
                found += (self._operand(command, at) for at in range(first, len(command.words)))
                break
            text = word.text if word.text is not None else word.raw.strip("\"'")
            if text.startswith("--"):
                read = self._long(command, index, text)
            elif text.startswith("-") and len(text) > 1:
                read = self._short(command, index, text)
            else:
                read = [self._operand(command, index)]
            found += read
            index = read[-1].last
        return tuple(found)

    def _operand(self, command: Command, index: int) -> Argument:
        word = command.words[index]
        return Argument(None, word.text, index, index + 1, dynamic=word.text is None)

    def _long(self, command: Command, index: int, text: str) -> list[Argument]:
        name, equals, value = text.partition("=")
        begun = [option for option in self.abbreviated if option.startswith(name)]
        if name not in begun and len(begun) == 1:
            name = begun[0]
        dynamic = command.words[index].text is None
        if equals:
            return [Argument(name, None if dynamic else value, index, index + 1, dynamic=dynamic)]
        return [self._named(command, index, name)]

    def _named(self, command: Command, index: int, name: str) -> Argument:
        if name not in self.valued or index + 1 >= len(command.words):
            return Argument(name, None, index, index + 1)
        value = command.words[index + 1]
        return Argument(name, value.text, index, index + 2, dynamic=value.text is None)

    def _short(self, command: Command, index: int, text: str) -> list[Argument]:
        """One word of short options: ``-q``, ``-qU``, ``-r FILE``, ``-rFILE``, ``-Ur FILE``."""
        found = []
        for at in range(1, len(text)):
            name = self.short.get("-" + text[at], "-" + text[at])
            rest = text[at + 1 :]
            if name in self.valued:
                dynamic = command.words[index].text is None
                if rest:
                    value = None if dynamic else rest.removeprefix("=")
                    found.append(Argument(name, value, index, index + 1, dynamic=dynamic))
                else:
                    found.append(self._named(command, index, name))
                break
            found.append(Argument(name, None, index, index + 1))
        return found


def values(arguments: Iterable[Argument], option: str | None) -> tuple[str, ...]:
    """The literal values of an option (or of the operands, for None), in order."""
    return tuple(a.value for a in arguments if a.option == option and a.value is not None)
