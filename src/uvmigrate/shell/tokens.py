"""A tree of tree-sitter-bash as a flat sequence of tokens in text order.

The grammar's nesting is not the shell's: a redirection after ``a && b`` is hung on the whole list, and what
follows ``<<EOF`` on its line is hung below the redirection. Its leaves are right, and a simple command is
linear in the shell's own grammar (POSIX, 2.10.2), so the commands are put together again from the leaves.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Literal

from uvmigrate.source import NamedTuple, lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tree_sitter import Node

Kind = Literal[
    "word", "assignment", "redirect", "joiner", "bang", "opaque", "body", "comment", "error", "separator"
]

WORDS = frozenset({
    "word", "string", "raw_string", "ansi_c_string", "translated_string", "number", "concatenation",
    "simple_expansion", "expansion", "command_substitution", "process_substitution", "arithmetic_expansion",
    "brace_expression", "variable_name", "special_variable_name", "extglob_pattern", "regex", "test_operator",
})  # fmt: skip
DYNAMIC = frozenset({
    "simple_expansion", "expansion", "command_substitution", "process_substitution", "arithmetic_expansion",
    "ansi_c_string", "translated_string", "brace_expression",
})  # fmt: skip
#: Constructs that are one opaque statement.
COMPOUND = {
    "if_statement": "control flow: if",
    "while_statement": "control flow: while",
    "for_statement": "control flow: for",
    "c_style_for_statement": "control flow: for",
    "case_statement": "control flow: case",
    "subshell": "subshell",
    "compound_statement": "brace group",
    "function_definition": "function definition",
}
_TRANSPARENT = frozenset({
    "program", "list", "pipeline", "redirected_statement", "command", "command_name", "negated_command",
    "variable_assignments",
})  # fmt: skip
#: Their keyword and all their parts are words of one command.
_BUILTINS = frozenset({"declaration_command", "unset_command", "test_command"})
_JOINERS = frozenset({"&&", "||", ";", "|", "|&", "&"})
_SUBSTITUTIONS = frozenset({"command_substitution", "process_substitution"})
_JOINED = lazy_pattern(rb"\\\r?\n")
_UNBROKEN = lazy_pattern(rb"[^ \t\r\n]+")


class Token(NamedTuple):
    """A leaf of the shell's grammar. ``nodes`` are those it was made of; ``text`` is an operator or a reason.

    For a redirection ``target`` is where its target begins (its end is the token's end), or None.
    """

    kind: Kind
    start: int
    end: int
    nodes: tuple[Node, ...] = ()
    text: str = ""
    target: int | None = None


def tokens(root: Node, text: bytes, most: int) -> list[Token] | None:
    """The tokens of the top level, where a compound construct is one; None for more than *most*."""
    found = list(islice(_walk([root], text, nested=False), most + 1))
    return _sorted(found) if len(found) <= most else None


def nested_tokens(roots: Iterable[Node], text: bytes) -> list[Token]:
    """The tokens of everything inside, where keywords and brackets are separators; for searching."""
    return _sorted(_walk(list(roots), text, nested=True))


def descendants(nodes: Iterable[Node]) -> Iterator[Node]:
    """The nodes and all below them, in text order. No recursion: nesting may be deep."""
    stack = list(nodes)[::-1]
    while stack:
        node = stack.pop()
        yield node
        stack += node.children[::-1]


def _sorted(found: Iterable[Token]) -> list[Token]:
    return sorted(found, key=lambda token: (token.start, token.end))


def _walk(stack: list[Node], text: bytes, *, nested: bool) -> Iterator[Token]:
    stack.reverse()
    while stack:
        node = stack.pop()
        kind = node.type
        if node.is_missing or (kind == "ERROR" and not nested):
            yield _token("error", node)
        elif kind in WORDS:
            yield from _words(node, text)
        elif kind == "variable_assignment":
            yield _token("assignment", node)
        elif kind in _TRANSPARENT:
            stack += node.children[::-1]
        elif kind in _BUILTINS:
            yield from _builtin(node)
        elif kind in {"file_redirect", "herestring_redirect", "heredoc_redirect"}:
            found, rest = _redirect(node)
            yield from found
            stack += rest[::-1]
        elif kind in _JOINERS or kind in {"!", "comment"}:
            yield _token("comment" if kind == "comment" else "bang" if kind == "!" else "joiner", node)
        elif nested:
            yield from _inside(node, stack)
        elif kind != "\n":
            why = _why(node)
            yield _token("opaque", node, why) if why else _token("error", node)


def _token(kind: Kind, node: Node, text: str = "") -> Token:
    return Token(kind, node.start_byte, node.end_byte, (node,), text or node.type)


def _words(node: Node, whole: bytes) -> Iterator[Token]:
    """A word; the grammar sometimes takes a blank or a newline before a backslash or a bracket into it."""
    text = _JOINED.sub(lambda found: b"." * len(found[0]), whole[node.start_byte : node.end_byte])
    if node.type == "word":
        for match in _UNBROKEN.finditer(text):
            yield Token("word", node.start_byte + match.start(), node.start_byte + match.end(), (node,))
        return
    if node.type == "concatenation":
        end = node.start_byte
        for child in node.children:
            part = text[end - node.start_byte : child.end_byte - node.start_byte]
            gap = part[: max(child.start_byte - end, 0)] if child.type != "word" else part
            if gap.strip() != gap or len(gap.split()) > 1:
                yield _token("error", node)
                return
            end = child.end_byte
    yield _token("word", node)


def _why(node: Node) -> str:
    first = node.children[0].type if node.children else ""
    if first in {"until", "select"}:
        return f"control flow: {first}"
    if first == "((":
        return "arithmetic"
    return COMPOUND.get(node.type, "unknown construct" if node.is_named else "")


def _inside(node: Node, stack: list[Node]) -> Iterator[Token]:
    """Keywords, brackets, patterns and loop lists separate; what may hold commands is walked on."""
    children = node.children
    if node.type == "c_style_for_statement":
        children = [child for child in children if child.type in {"do_group", "compound_statement"}]
    if not children or _why(node) == "arithmetic":
        yield _token("separator", node)
        return
    yield Token("separator", node.start_byte, node.start_byte)
    yield Token("separator", node.end_byte, node.end_byte)
    header = {"case_statement", "case_item", "for_statement", "function_definition"}
    for child in reversed(children):
        if node.type in header and child.type in WORDS:
            yield _token("separator", child)
        else:
            stack.append(child)


def _builtin(node: Node) -> Iterator[Token]:
    """``export A=b``, ``unset A``, ``[ -f x ]``: every leaf is a word."""
    if node.type == "test_command" and node.children[0].type == "((":
        yield _token("opaque", node, "arithmetic")
        return
    stack = node.children[::-1]
    while stack:
        part = stack.pop()
        if part.is_missing or part.type == "ERROR":
            yield _token("error", part)
        elif part.type in WORDS or part.type == "variable_assignment" or not part.children:
            yield _token("word", part)
        else:
            stack += part.children[::-1]


def _redirect(node: Node) -> tuple[list[Token], list[Node]]:
    """The redirection itself and its heredoc's body, and the nodes that only hang below it in the tree."""
    rest = list(node.children)
    start = rest[0].start_byte
    if rest[0].type == "file_descriptor":
        del rest[0]
    operator = rest.pop(0) if rest else node
    target = rest.pop(0) if rest and (rest[0].type in WORDS or rest[0].type == "heredoc_start") else None
    end = target.end_byte if target else operator.end_byte
    first = target.start_byte if target else None
    found = [Token("redirect", start, end, (target,) if target else (), operator.type, first)]
    if node.type != "heredoc_redirect":
        return found, rest
    body = next((child for child in rest if child.type == "heredoc_body"), None)
    last = next((child for child in rest if child.type == "heredoc_end" and not child.is_missing), None)
    if last is None:
        return [*found, Token("error", node.end_byte, node.end_byte, (node,))], rest
    begin = body.start_byte if body else last.start_byte
    found.append(Token("body", begin, last.end_byte, (body,) if body else ()))
    return found, [child for child in rest if child.type not in {"heredoc_body", "heredoc_end"}]


def substitutions(nodes: Iterable[Node]) -> list[Node]:
    """The contents of the outermost command and process substitutions inside *nodes*."""
    found: list[Node] = []
    stack = list(nodes)[::-1]
    while stack:
        node = stack.pop()
        if node.type in _SUBSTITUTIONS:
            found.append(node)
        else:
            stack += node.children[::-1]
    return found
