"""The user of an image: one that it makes already, where its number is known, or a new one.

A new one has no home folder and no login, as Debian's users of services have (adduser(8), "Add a system
user"). Its number is fixed, so that Kubernetes can see that it is not root (``runAsNonRoot``), and so that
the files in a volume are still its own after a rebuild.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.codemod import NamedTuple, Refusal
from uvmigrate_codemods._non_root.image import users

if TYPE_CHECKING:
    from uvmigrate.codemod import Build, Call, StageFacts

NUMBER = "10001"
_USERADD = f"""groupadd --gid {NUMBER} app
useradd --uid {NUMBER} --gid app --home-dir /nonexistent --no-create-home --shell /usr/sbin/nologin app"""
_BUSYBOX = f"""addgroup -g {NUMBER} app
adduser -D -H -u {NUMBER} -G app -h /nonexistent -s /sbin/nologin app"""
#: Options of one letter that take a value; all long ones of Debian's adduser below do, the rest are flags.
_VALUED = {"useradd": "bcdefgGkKpPRsuZ", "adduser": "hgsGuk"}
_LONG = frozenset(
    """--base-dir --comment --home-dir --home --expiredate --inactive --gid --groups --ingroup --skel --key
    --password --root --prefix --shell --uid --selinux-user --gecos --conf --firstuid --lastuid""".split()
)


class Owner(NamedTuple):
    """Who the container is to start as: what USER says, and the commands that make it so, if any."""

    user: str
    commands: tuple[str, ...]


def owner(build: Build, stage: StageFacts) -> Owner | Refusal:
    """The user that the stage's containers can start as; a refusal where one is there without a number."""
    calls = [
        call
        for facts in stage.lineage
        for call in facts.calls(b"useradd", b"adduser", b"groupadd", b"addgroup")
        if _program(call) in ("useradd", "adduser", "groupadd", "addgroup")
    ]
    made = [call for call in calls if _program(call) in _VALUED]
    others = [user for user in users(stage) if not user.is_root]
    if not calls and not others:
        alpine = stage.base is not None and stage.base.alpine
        return Owner(f"{NUMBER}:{NUMBER}", tuple((_BUSYBOX if alpine else _USERADD).split("\n")))
    instead = f"give it a number, useradd --uid {NUMBER} …, or write USER by hand"
    if not calls:
        line = build.line(others[-1].instruction.text_span.start)
        because = "a part of the image is built as another user, who is not made here"
        return Refusal(build.path, line, "user-exists", because, instead)
    line = build.line(calls[0].command.span.start)
    if len(made) != 1:
        because = f"the image makes {'several users' if made else 'a group without a user'} already"
        return Refusal(build.path, line, "user-exists", because, instead)
    uid = uid_of(made[0])
    if uid is None or made[0].nested is not None or made[0].command.guarded:
        because = "the image makes a user already, and its number is not known here"
        return Refusal(build.path, build.line(made[0].command.span.start), "user-exists", because, instead)
    return Owner(uid, ())


def _program(call: Call) -> str:
    return (call.command.name or "").rpartition("/")[2]


def uid_of(call: Call) -> str | None:
    """The number that a call of useradd or adduser gives; None where it gives none, or root's."""
    found: str | None = None
    argv, short = call.command.argv[1:], _VALUED[_program(call)]
    at = 0
    while at < len(argv):
        text = argv[at]
        if text is None:
            return None
        name, equals, value = text.partition("=")
        following = argv[at + 1] if at + 1 < len(argv) else None
        if text.startswith("--"):
            at += name in _LONG and not equals
            found = (value if equals else following) if name == "--uid" else found
        elif text.startswith("-"):
            letters = text[1:]
            first = next((i for i, letter in enumerate(letters) if letter in short), None)
            if first is not None:
                inside = letters[first + 1 :]
                at += not inside
                found = (inside or following) if letters[first] == "u" else found
        at += 1
    return found if found is not None and found.isdecimal() and int(found) > 0 else None
