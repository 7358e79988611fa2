"""Who runs the instructions of a stage, and where root hands over to another user."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from uvmigrate.dockerfile import as_user, expand
from uvmigrate.source import NamedTuple, lazy_pattern

if TYPE_CHECKING:
    from uvmigrate.build.image import BaseImage
    from uvmigrate.build.model import Call, StageFacts
    from uvmigrate.dockerfile import Instruction
    from uvmigrate.shell import Word

_NAME = r"[A-Za-z0-9_][\w.-]*|\$\w+|\$\{\w+\}"
_USER = lazy_pattern(rf"(?P<user>{_NAME})(:(?P<group>{_NAME}))?")
#: The images whose own user is root.
_ROOT_BASES = frozenset({"python", "distribution"})

#: Images that are known to be another user's: jovyan's, whose number is 1000 (Jupyter Docker Stacks,
#: "Selecting an Image"), and mambauser's and rapids's, whose number is the tag's.
_OTHERS = lazy_pattern(
    r"([^/]+\.[^/]+/)?("
    r"(?P<jovyan>jupyter/(?:[a-z-]+-notebook|docker-stacks-foundation)|jupyterhub/(?:k8s-)?singleuser.*)"
    r"|(?:mambaorg|rapidsai)/[^/]+)"
)

#: Options of useradd and adduser that take no value.
_FLAGS = frozenset(
    """-m -M -r -D -S -H -U -N -l -o --create-home --no-create-home --system --disabled-password
    --disabled-login --user-group --no-user-group --force-badname --allow-bad-names --no-log-init
    --non-unique --quiet""".split()
)


class Handover(NamedTuple):
    """The USER above which root still runs (``above``), and the user that rules below, as it is written.

    Between the two there may be other USERs, none of them root.
    """

    above: Instruction
    user: str
    group: str | None

    @property
    def folder_for(self) -> str:
        """The command that makes a folder for the user, without the folder's path (coreutils, busybox)."""
        group = f" -g {self.group}" if self.group else ""
        return f"install -d -o {self.user}{group}"


def is_root(user: str | None) -> bool:
    """Whether a `State`'s user is root; a base image's own user counts as root."""
    return user is None or user.partition(":")[0] in ("root", "0")


def starts_as_another(base: BaseImage) -> bool:
    """Whether the user of a base image is known to be another than root."""
    if base.made is not None and base.made.user is not None:
        return not is_root(base.made.user)
    return _other(base) is not None


def is_own_user(base: BaseImage, user: str | None) -> bool:
    """Whether a USER, as it is written, is the one that the image is known to start as; None is it, too."""
    known = _other(base)
    names = ("jovyan", "1000", "$NB_UID", "${NB_UID}", "$NB_USER", "${NB_USER}")
    jovyan = known is not None and known["jovyan"] is not None
    return jovyan and (user is None or user.partition(":")[0] in names)


def _other(base: BaseImage) -> re.Match[str] | None:
    # Most images are official ones, whose names have no slash.
    return _OTHERS.fullmatch(base.name.lower()) if "/" in base.name else None


def handover(stage: StageFacts, before: Instruction) -> Handover | None:
    """Where root hands over to the user who runs *before*; None where that is not certain, or is nowhere."""
    users = [
        (instruction, state.user)
        for facts in stage.lineage
        for instruction, state in zip(facts.instructions, facts.states, strict=False)
        if as_user(instruction) is not None
        and (facts is not stage or instruction.span.start < before.span.start)
    ]
    word = as_user(users[-1][0]) if users else None
    written = _USER.fullmatch(word.text) if word is not None else None
    if written is None:
        return None
    # bash has variables of these names itself, and they are root's.
    if stage.state(before).shell[:1] != ("/bin/sh",) and re.search(r"\bE?UID\b", written[0]):
        return None
    for instruction, earlier in reversed(users):
        if is_root(earlier):
            known = earlier is not None or (stage.base is not None and stage.base.kind in _ROOT_BASES)
            return Handover(instruction, written["user"], written["group"]) if known else None
    return None


def returning_user(stage: StageFacts, before: Instruction) -> str | None:
    """The user, as USER names them, below an instruction that root is to run in their place.

    Only on an image that the repository makes, for there its user is known, and only where USER is a literal.
    None where root runs the instruction already, and where ENV names a home folder: it would be root's, too.
    """
    state, made = stage.state(before), stage.base.made if stage.base is not None else None
    if made is None or made.user is None or is_root(state.user):
        return None
    if {"HOME", "XDG_CACHE_HOME"} & (state.exported | made.exported):
        return None
    words = [
        as_user(instruction)
        for facts in stage.lineage
        for instruction in facts.instructions
        if instruction.keyword == "USER"
        and (facts is not stage or instruction.span.start < before.span.start)
    ]
    text = made.user if not words else words[-1].text if words[-1] is not None else ""
    return text if _USER.fullmatch(text) and "$" not in text else None


def user_id(stage: StageFacts, before: Instruction) -> str | None:
    """The number of the user, not root, who runs an instruction; None where the Dockerfile does not tell.

    It is the number behind USER, or what the one command that adds that user gives it; an ARG, which the
    builder may set, is none. Without a USER it is what is known of the base image's.
    """
    if stage.base is not None and is_own_user(stage.base, stage.state(before).user):
        return "1000"
    user = (stage.state(before).user or "").partition(":")[0]
    if is_root(user or None):
        return None
    if user.isdigit():
        return user if _is_literal(stage, before) else None
    added = [
        call
        for facts in stage.lineage
        for call in facts.calls(b"useradd", b"adduser")
        if call.command.name in ("useradd", "adduser")
        and (facts is not stage or call.instruction.span.start < before.span.start)
        and _names(call, user)
    ]
    if len(added) != 1 or added[0].nested or added[0].command.guarded:
        return None
    return _given_id(added[0])


def _names(call: Call, user: str) -> bool:
    """Whether an operand of the command is the user; the value of an option is none."""
    texts = [_text(call, word) or "" for word in call.command.words]
    return any(
        text == user and (before in _FLAGS or re.fullmatch(r"-u\d+|--[\w-]+=.*|(?!-).*", before))
        for before, text in pairwise(texts)
    )


def _is_literal(stage: StageFacts, before: Instruction) -> bool:
    """Whether the USER that rules an instruction is written without a variable of the builder's."""
    for facts in reversed(stage.lineage):
        for instruction, state in reversed(list(zip(facts.instructions, facts.states, strict=False))):
            word = as_user(instruction)
            if word is not None and (facts is not stage or instruction.span.start < before.span.start):
                names = re.findall(r"\w+", word.text) if "$" in word.text else []
                return all(name in state.exported for name in names)
    # The user of an image that the repository makes is known by nothing but a literal.
    return stage.base is not None and stage.base.made is not None


def _given_id(call: Call) -> str | None:
    """The value of ``-u`` or ``--uid`` (shadow's useradd, Debian's and busybox's adduser)."""
    words = call.command.words
    for word, following in zip(words[1:], (*words[2:], None), strict=True):
        raw = word.text or word.raw
        if raw in ("-u", "--uid", "-uid"):
            return _number(call, following)
        found = re.fullmatch(r"--uid=(.+)|-u(\d+)", raw)
        if found:
            return next((text for text in found.groups() if text and text.isdigit()), None)
    return None


def _number(call: Call, word: Word | None) -> str | None:
    text = _text(call, word) if word is not None else None
    return text if text is not None and text.isdigit() else None


def _text(call: Call, word: Word) -> str | None:
    """A word as the command gets it, variables of ENV filled in."""
    if word.text is not None:
        return word.text
    known = {name: value for name, value in call.state.env.items() if name in call.state.exported}
    return expand(word.raw.strip('"'), known)
