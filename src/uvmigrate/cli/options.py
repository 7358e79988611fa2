"""Options that several commands have: those that steer a plan, each a setting, too; and --output."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

import click

#: Their names, as settings have them.
STEERING = (
    *("select", "ignore", "strategy", "venv", "keep_uv"),
    *("uv_version", "uv_image", "python", "allow_build"),
)
_Command = TypeVar("_Command", bound=Callable[..., object])


def _ids(_: click.Context, __: click.Parameter, given: tuple[str, ...]) -> tuple[str, ...] | None:
    """Comma lists, several times over, as one tuple; None where nothing was given."""
    return tuple(name.strip() for text in given for name in text.split(",") if name.strip()) or None


_OPTIONS = (
    click.option("--select", metavar="ID,…", multiple=True, callback=_ids, help="Run only these codemods."),
    click.option("--ignore", metavar="ID,…", multiple=True, callback=_ids, help="Leave these codemods out."),
    click.option(
        "--strategy", metavar="auto|sync|pip", help="Install with `uv sync`, with `uv pip`, or as fits."
    ),
    click.option("--venv", metavar="PLACE", help="The environment's place in the image: a path, or .venv."),
    click.option("--keep-uv", is_flag=True, default=None, help="Keep uv in the final image."),
    click.option("--uv-version", metavar="X.Y.Z", help="The uv to pin, where no other is pinned yet."),
    click.option("--uv-image", metavar="REF", help="The image that uv is copied from."),
    click.option("--python", metavar="X.Y", help="The Python of images whose base does not tell it."),
    click.option(
        "--allow-build",
        is_flag=True,
        default=None,
        help="Let locking build packages, which runs their code.",
    ),
    click.option(
        "--config",
        metavar="FILE",
        type=click.Path(path_type=Path),
        help="Settings for where the repository has none of its own.",
    ),
)


def steering(command: _Command) -> _Command:
    """Give a command the options that steer a plan."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def words(_: click.Context, __: click.Parameter, given: tuple[str, ...]) -> tuple[str, ...]:
    """Comma lists, several times over, as one tuple."""
    return tuple(dict.fromkeys(word.strip() for text in given for word in text.split(",") if word.strip()))


_PROPOSING = (
    click.option("--draft", is_flag=True, help="Open pull requests as drafts."),
    click.option(
        "--label", "labels", metavar="NAME,…", multiple=True, callback=words, help="Labels for their opening."
    ),
    click.option(
        "--reviewer",
        "reviewers",
        metavar="NAME,…",
        multiple=True,
        callback=words,
        help="Who is asked for a review when one is opened; ORG/TEAM is a team of GitHub's.",
    ),
    click.option(
        "--forge",
        "kind",
        type=click.Choice(["github", "gitlab"]),
        help="What hosts the repositories, where an address does not tell.",
    ),
    click.option(
        "--forge-url",
        metavar="URL",
        default="",
        help="The forge's web address, where it is not the host of git's.",
    ),
)


def proposing(command: _Command) -> _Command:
    """Give a command the options of pull requests and of the forge that they are opened at."""
    for option in reversed(_PROPOSING):
        command = option(command)
    return command


def typed(given: Mapping[str, object]) -> str:
    """Options as a person types them again, quoted for the shell, each with a blank behind it.

    None and False are no options.
    """
    words = []
    for name, value in given.items():
        option = f"--{name.replace('_', '-')}"
        if value is True:
            words.append(option)
        elif isinstance(value, tuple):
            words += [option, ",".join(value)]
        elif value is not None and value is not False:
            words += [option, str(value)]
    return "".join(f"{_word(word)} " for word in words)


def typed_path(path: Path) -> str:
    """A path as a person types it behind options: one word for the shell, and no option itself."""
    return _word(f"./{path}" if str(path).startswith("-") else str(path))


def _word(text: str) -> str:
    """What a shell reads as *text*. What cannot be printed is written by its bytes (POSIX 2024, 2.2.4)."""
    return shlex.quote(text) if text.isprintable() else f"$'{''.join(map(_letter, text))}'"


def _letter(letter: str) -> str:
    if letter in "\\'":
        return f"\\{letter}"
    if letter.isprintable():
        return letter
    return "".join(f"\\{byte:03o}" for byte in os.fsencode(letter))


def in_folder(_: click.Context, __: click.Parameter, given: Path | None) -> Path | None:
    """Before anything is done: whether the file can be made where it is to lie."""
    if given is not None and not given.absolute().parent.is_dir():
        raise click.BadParameter(f"{given.parent} is not a folder")
    return given


#: The file that a result goes to.
output_file = click.option(
    "--output",
    metavar="FILE",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    callback=in_folder,
    help="Write the result to a file.",
)
