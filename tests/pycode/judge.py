"""Whether an edit of a Python file took a manager out of its commands, and changed nothing else.

libcst reads both files. Of their trees, only strings, lists and arguments may differ: those of the new file
must be those of the old one without the words of the manager.
"""

from __future__ import annotations

import re

import libcst as cst

#: ``poetry run``, ``python -m poetry run``, ``/root/.local/bin/poetry run``, with what parts the words.
_MANAGER = re.compile(r"(?:(?:\S*python3?|sys\.executable) -m )?(?:\S*/)?(?:poetry|pipenv) run ?")


class _Words(cst.CSTTransformer):
    """Every string becomes its words, every list of words and list of arguments a text of them all."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def _blank(self, node: cst.CSTNode) -> str:
        text = cst.Module(()).code_for_node(node)
        return re.sub(r"[\s,\"'\[\]()]+", " ", text).strip()

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.Call:  # noqa: N802 (libcst's)
        self.texts.append(" ".join(self._blank(arg) for arg in original_node.args))
        return updated_node.with_changes(args=(), whitespace_before_args=cst.SimpleWhitespace(""))

    def leave_List(self, original_node: cst.List, updated_node: cst.List) -> cst.List:  # noqa: N802 (libcst's)
        self.texts.append(self._blank(original_node))
        return updated_node.deep_replace(updated_node, cst.List(()))

    def leave_Comment(self, original_node: cst.Comment, updated_node: cst.Comment) -> cst.Comment:  # noqa: N802 (libcst's)
        self.texts.append(original_node.value)
        return updated_node


def damage(before: bytes, after: bytes) -> list[str]:
    """What the edit changed beside the manager's words; a file that does not parse any more raises."""
    old, new = _Words(), _Words()
    trees = [cst.parse_module(before).visit(old), cst.parse_module(after).visit(new)]
    if not trees[0].deep_equals(trees[1]):
        return ["the code around the calls differs"]
    if len(old.texts) != len(new.texts):
        return ["the files have not the same calls, lists and comments"]
    return [
        f"{is_now!r} was {was!r}"
        for was, is_now in zip(old.texts, new.texts, strict=True)
        if is_now not in (was, _without(was))
    ]


def _without(text: str) -> str:
    # ``poetry poetry run x y`` is ``x x y``: os.execvp names the program once more.
    twice = re.fullmatch(r"(.* )?\S*(?:poetry|pipenv) (\S*(?:poetry|pipenv) run (\S+).*)", text)
    return f"{twice[1] or ''}{twice[3]} {_without(twice[2])}" if twice else _MANAGER.sub("", text).strip()
