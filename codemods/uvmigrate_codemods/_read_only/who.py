"""Who a service's containers run as: the compose file's user, or the image's, as far as it is known."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from uvmigrate.codemod import NamedTuple, as_user, lazy_pattern, starts_as_another
from uvmigrate_codemods._commands import plain
from uvmigrate_codemods._non_root.users import uid_of

if TYPE_CHECKING:
    from uvmigrate.codemod import Call, StageFacts
    from uvmigrate_codemods._read_only.services import Use

_HOME = lazy_pattern(r"--home(?:-dir)?|-d|-h")
_VARIABLE = lazy_pattern(rb"\buser[\"']?[ \t]*:[^,}\n#]*\$")
_NUMBER = lazy_pattern(r"(?:--gid[= ]|-g ?)(\d+)\b")


class Who(NamedTuple):
    """A user. ``is_root`` is None where it is not known; so are the numbers and the home folder."""

    is_root: bool | None
    uid: str | None = None
    gid: str | None = None
    home: str | None = None

    @property
    def owns(self) -> str:
        """The options of a tmpfs that the user can write to, whatever the image has there; "" for root's."""
        if self.is_root:
            return ""
        if self.uid is None:
            return "mode=1777"
        return f"uid={self.uid}" + (f",gid={self.gid}" if self.gid is not None else "")


def who(use: Use) -> Who:
    """The user of a service."""
    stage = use.stage
    text = use.service.user if use.service.user is not None else stage.final.user
    if text is None:
        return _of_base(stage)
    name, _, group = text.partition(":")
    if not name or "$" in text or (use.service.user is not None and _varies(use)):
        return Who(None)
    if name in ("root", "0"):
        return Who(is_root=True, uid="0", home="/root")
    made = [call for call in _calls(stage, b"useradd", b"adduser") if _is_for(call, name)]
    uid = name if name.isdigit() else uid_of(made[0]) if len(made) == 1 else None
    home = _home(made[0], name) if len(made) == 1 else None
    if use.service.user is None and _is_argument(stage):
        return Who(None, home=home)
    return Who(False, uid, _gid(stage, name, group), home)


def _varies(use: Use) -> bool:
    """Whether a compose file leaves a user to whoever starts the service, by a variable with a default."""
    return any(_VARIABLE.search(file.data) for file, _ in use.build.services)


def _is_argument(stage: StageFacts) -> bool:
    """Whether whoever builds the image may choose the number behind its last USER."""
    words = [
        as_user(instruction)
        for facts in stage.lineage
        for instruction in facts.instructions
        if instruction.keyword == "USER"
    ]
    text = words[-1].text if words and words[-1] is not None else ""
    return any(name not in stage.final.exported for name in re.findall(r"\$\{?(\w+)", text))


def _of_base(stage: StageFacts) -> Who:
    base = stage.base
    if base is None or starts_as_another(base):
        return Who(None if base is None else False)
    known = base.kind in ("python", "distribution") or (base.made is not None and base.made.user is not None)
    return Who(is_root=True, uid="0", home="/root") if known else Who(None)


def _calls(stage: StageFacts, *names: bytes) -> list[Call]:
    wanted = {name.decode() for name in names}
    calls = (call for facts in stage.lineage for call in facts.calls(*names))
    return [call for call in calls if (call.command.name or "").rpartition("/")[2] in wanted]


def _is_for(call: Call, name: str) -> bool:
    return uid_of(call) == name if name.isdigit() else name in plain(call.command)[1:]


def _gid(stage: StageFacts, name: str, group: str) -> str | None:
    """The number of the group: as it is written, or what the one command that makes it says."""
    if group.isdigit():
        return group
    texts = [plain(call.command) for call in _calls(stage, b"groupadd", b"addgroup")]
    numbers = [_NUMBER.search(" ".join(words)) for words in texts if (group or name) in words[1:]]
    return numbers[0][1] if len(numbers) == 1 and numbers[0] is not None else None


def _home(call: Call, name: str) -> str | None:
    words = plain(call.command)
    for word, following in zip(words, [*words[1:], ""], strict=False):
        option, equals, value = word.partition("=")
        if _HOME.fullmatch(option):
            home = value if equals else following
            return home if home.startswith("/") and "$" not in home else None
    return f"/home/{name}" if not name.isdigit() else f"/home/{words[-1]}"
