"""Reading a shell text: tree-sitter-bash finds the tokens, POSIX's grammar says how they join.

And-or lists (``&&``, ``||``) are left-associative, pipelines bind tighter, ``;``, ``&`` and newlines end a
list (POSIX.1-2017, Shell Command Language, 2.9 and 2.10). Nothing here raises, whatever the bytes.
"""

from __future__ import annotations

from collections import deque
from functools import lru_cache
from typing import TYPE_CHECKING, cast

from uvmigrate.shell.model import (
    PIPES,
    TERMINATORS,
    Assignment,
    Command,
    Joiner,
    JoinerText,
    Opaque,
    Redirect,
    Script,
    Word,
)
from uvmigrate.shell.tokens import DYNAMIC, Token, descendants, nested_tokens, substitutions, tokens
from uvmigrate.shell.words import expands, unquote
from uvmigrate.source import NamedTuple, Span, lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from types import ModuleType

    from tree_sitter import Node, Parser

# A shell breaks words at blanks and tabs only, and knows no encoding; the grammar would also break them at
# control characters and Unicode spaces, and stop at a NUL. So it gets to see a plain byte instead of each.
_SEEN = bytes(
    0x2E if byte >= 0x7F or (byte < 0x20 and byte not in b"\t\n\r") else byte for byte in range(256)
)
_LONE_RETURN = lazy_pattern(rb"\r(?!\n)")
# To the grammar an escaped blank after a quote is only a blank.
_ESCAPED = lazy_pattern(rb"\\(?:(?P<blank>[ \t])|\\)")
_BLANKS = lazy_pattern(rb"(?:[ \t\r\n]|\\\r?\n)*")
_ADJACENT = lazy_pattern(rb"(?:\\\r?\n)*")
_BREAK = lazy_pattern(rb"\\\r?\n|(?P<newline>\n)")
# Where a command begins, these are no names (POSIX, 2.4): the construct that they end is broken.
_RESERVED = frozenset({b"{", b"}", b"then", b"else", b"elif", b"fi", b"do", b"done", b"esac"})
_HEREDOC = lazy_pattern(rb"(?<!<)<<(?!<)")
_HEREDOCS = frozenset({"<<", "<<-"})
_WORDLIKE = frozenset({"word", "assignment", "redirect"})
_PIPE = lazy_pattern(rb"(?<!\|)\|(?!\|)")
#: What nobody wrote by hand, nor a machine for an image.
_MAX_BYTES, _MAX_PIPES, _MAX_TOKENS = 256 * 1024, 1000, 10_000
#: How many times the grammar may read a text, some bytes aside. It reads scripts four times at most.
_MAX_READINGS, _SPARE, _CHUNK = 16, 256 * 1024, 1024
_NAME = lazy_pattern(rb"[^=+\[]*")


def parse(data: bytes, offset: int = 0) -> Script:
    """The shell text *data*, which begins at byte *offset* of its file.

    *data* is masked: as long as the text in the file, with blanks for what is not shell text (the comment
    lines a Dockerfile allows inside a continuation). All spans are file offsets.
    """
    return _parse(data, offset) if len(data) <= _MAX_BYTES else _too_complex(data, offset)


def _too_complex(data: bytes, offset: int) -> Script:
    whole = Span(offset, offset + len(data))
    return Script(whole, data, (Opaque(whole, "too complex"),))


@lru_cache(maxsize=2048)
def _parse(data: bytes, offset: int) -> Script:
    seen = _LONE_RETURN.sub(b".", data.translate(_SEEN))
    seen = _ESCAPED.sub(lambda found: b".." if found["blank"] else found[0], seen)
    root = _tree(seen)
    found = tokens(root, seen, _MAX_TOKENS) if root is not None else None
    if root is None or found is None:
        return _too_complex(data, offset)
    reader = _Reader(data, seen, offset)
    comments = tuple(Span(t.start, t.end).shift(offset) for t in found if t.kind == "comment")
    statements = reader.top_level(root, found)
    return Script(Span(offset, offset + len(data)), data, statements, comments)


def _tree(seen: bytes) -> Node | None:
    """The grammar's tree; None for a text that takes the grammar too much time.

    Where the grammar must guess, it takes the square of the time. Two things tell it before the time is gone,
    and tell the same on every machine: that it goes back to read the text again (``a)a)a)``, ``<<E`` without
    an end), and pipes, which a syntax error behind them makes it take apart in every way (``a|a|a|``). Nobody
    needs so many, so they are counted whatever else the text holds.
    """
    if len(_PIPE.findall(seen)) > _MAX_PIPES:
        return None
    left = _SPARE + _MAX_READINGS * len(seen)

    def read(offset: int, _: object) -> bytes:
        nonlocal left
        chunk = seen[offset : offset + _CHUNK]
        left -= len(chunk)
        return chunk

    try:
        return _parser().parse(read, progress_callback=lambda *_: left < 0).root_node
    except ValueError:
        # Otherwise it would go on with this text when it is given the next one.
        _parser().reset()
        return None


@lru_cache(maxsize=1)
def _parser() -> Parser:
    import tree_sitter

    return tree_sitter.Parser(tree_sitter.Language(_bash().language()))


def _bash() -> ModuleType:
    """The compiled part of tree_sitter_bash, which is all of it but a query that nobody asks for here.

    The package around it imports importlib.resources, and with that as much as all of ruamel.yaml.
    """
    from importlib.machinery import PathFinder
    from importlib.util import find_spec, module_from_spec

    package = find_spec("tree_sitter_bash")
    places = package.submodule_search_locations if package is not None else None
    spec = PathFinder.find_spec("tree_sitter_bash._binding", places)
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError("No module named 'tree_sitter_bash'", name="tree_sitter_bash")
    binding = module_from_spec(spec)
    spec.loader.exec_module(binding)
    return binding


class _Part:
    """The tokens of one statement between two joiners."""

    def __init__(self, before: Token | None = None) -> None:
        self.tokens: list[Token] = []
        self.bodies: list[Token] = []
        self.before = before
        self.after: Token | None = None

    def has(self, kind: str) -> bool:
        return any(token.kind == kind for token in self.tokens)


class _Reader:
    """Turns tokens into statements; knows the text they stand in."""

    def __init__(self, data: bytes, seen: bytes, offset: int) -> None:
        self.data = data
        self.seen = seen
        self.offset = offset

    def top_level(self, root: Node, found: Sequence[Token]) -> tuple[Command | Opaque, ...]:
        parts = self._parts(found)
        for part in parts:
            first = part.tokens[0]
            if first.kind == "word" and self.seen[first.start : first.end] in _RESERVED:
                part.tokens.append(first._replace(kind="error"))
        readable, rest = _until_error(parts)
        marks = _marks(readable)
        statements = [
            self._statement(part, mark) for part, mark in zip(readable, marks, strict=True) if part.tokens
        ]
        if rest:
            statements.append(self._unreadable(root, rest))
        return tuple(statements)

    def _unreadable(self, root: Node, rest: Sequence[_Part]) -> Opaque:
        """All from a syntax error's own list to the end: what follows may mean anything."""
        start = rest[0].tokens[0].start
        end = max(token.end for part in rest for token in part.tokens + part.bodies)
        end = start + len(self.seen[start:end].rstrip()) if end > start else end
        found = self._search([[root]])
        inside = tuple(command for command in found if command.span.start >= start + self.offset)
        # The grammar knows no second heredoc on a line, and none before the command's name.
        why = "unreadable heredoc" if _HEREDOC.search(self.seen, start, end) else "syntax error"
        return Opaque(self._span(start, end), why, inside, self._joiner(rest[0].before), None)

    def _parts(self, found: Iterable[Token]) -> list[_Part]:
        parts = [_Part()]
        #: One statement for each heredoc that has not met its body.
        waiting: deque[_Part] = deque()
        position = 0
        for token in found:
            self._gap(parts, position, token)
            part = parts[-1]
            if token.kind in {"joiner", "separator"}:
                self._close(parts, token)
            elif token.kind == "body":
                self._attach(waiting.popleft() if waiting else part, token)
            elif token.kind != "comment":
                self._add(part, token)
                if token.text in _HEREDOCS:
                    waiting.append(part)
            position = max(position, token.end)
        self._gap(parts, position, Token("comment", len(self.seen), len(self.seen)))
        return [part for part in parts if part.tokens]

    def _gap(self, parts: list[_Part], start: int, token: Token) -> None:
        """What stands between two tokens: nothing but blanks, and perhaps the newline that ends a list."""
        gap = self.seen[start : token.start]
        last = parts[-1].tokens[-1].kind if parts[-1].tokens else None
        # Without a blank before it, what looks like a comment is part of the word.
        in_word = token.kind == "comment" and token.nodes and _ADJACENT.fullmatch(gap) and last in _WORDLIKE
        if in_word or not _BLANKS.fullmatch(gap):
            parts[-1].tokens.append(Token("error", start, token.start))
        newline = next((match.start() for match in _BREAK.finditer(gap) if match["newline"]), None)
        if newline is not None and parts[-1].tokens:
            self._close(parts, Token("joiner", start + newline, start + newline + 1, text="\n"))

    def _attach(self, part: _Part, body: Token) -> None:
        """Give a heredoc its body, which begins on the next line: the grammar is wrong after ``<<E &&``."""
        opened = next((token.end for token in reversed(part.tokens) if token.kind == "redirect"), body.start)
        between = self.seen[opened : max(self._line_start(body.start) - 1, opened)]
        if any(match["newline"] for match in _BREAK.finditer(between)):
            part.tokens.append(Token("error", opened, opened))
        part.bodies.append(body)

    def _close(self, parts: list[_Part], joiner: Token) -> None:
        part = parts[-1]
        if not part.tokens:
            if joiner.kind == "joiner":
                # `;` after `&&`, or at the beginning: no shell takes it.
                part.tokens.append(Token("error", joiner.start, joiner.end))
            else:
                part.before = joiner
            return
        part.after = joiner
        parts.append(_Part(before=joiner))

    def _add(self, part: _Part, token: Token) -> None:
        last = part.tokens[-1] if part.tokens else None
        if last is None and self.seen[token.start : token.end] == b"!":
            # The grammar misses it after a here-string.
            token = token._replace(kind="bang")
        if last and token.kind in {"word", "assignment"} and last.kind in _WORDLIKE:
            between = self.seen[last.end : token.start]
            if last.end <= token.start and _ADJACENT.fullmatch(between) and last.nodes:
                # The grammar ends a word at a continuation; the shell does not.
                part.tokens[-1] = last._replace(end=token.end, nodes=last.nodes + token.nodes)
                return
        part.tokens.append(token)

    def _statement(self, part: _Part, mark: _Mark) -> Command | Opaque:
        start = part.tokens[0].start
        end = max(token.end for token in part.tokens)
        before, after = self._joiner(part.before), self._joiner(part.after)
        main = [node for token in part.tokens if token.kind != "redirect" for node in token.nodes]
        targets = [node for token in part.tokens if token.kind == "redirect" for node in token.nodes]
        targets += [node for token in part.bodies for node in token.nodes]
        flawed = any(node.has_error for node in main + targets)
        if flawed or part.has("opaque"):
            opaque = [token for token in part.tokens if token.kind == "opaque"]
            # A construct is followed by redirections at most.
            alone = len(opaque) == 1 and all(t.kind in {"opaque", "redirect", "bang"} for t in part.tokens)
            why = opaque[0].text if alone and not flawed else "syntax error"
            return Opaque(self._span(start, end), why, self._search([main, *_inside(targets)]), before, after)
        return self._command(part, mark, inner=self._search(_inside(main + targets)))

    def _command(self, part: _Part, mark: _Mark, *, inner: tuple[Command, ...] = ()) -> Command:
        words: list[Word] = []
        assignments: list[Assignment] = []
        redirects: list[Redirect] = []
        bodies = iter(part.bodies)
        for token in part.tokens:
            if token.kind == "word" or (token.kind == "assignment" and words):
                words.append(self._word(token))
            elif token.kind == "assignment":
                assignments.append(self._assignment(token))
            elif token.kind == "redirect":
                redirects.append(self._redirect(token, bodies))
        written = [token for token in part.tokens if token.kind not in {"bang", "error"}] or part.tokens
        return Command(
            span=self._span(written[0].start, max(token.end for token in written)),
            words=tuple(words),
            assignments=tuple(assignments),
            redirects=tuple(redirects),
            before=self._joiner(part.before),
            after=self._joiner(part.after),
            guarded=mark.guarded,
            piped=mark.piped,
            background=mark.background,
            negated=part.has("bang"),
            inner=inner,
        )

    def _search(self, queue: list[list[Node]]) -> tuple[Command, ...]:
        """The simple commands in all these runs of nodes, and in the substitutions inside them."""
        found: list[Command] = []
        while queue:
            batch = nested_tokens(queue.pop(), self.seen)
            parts = self._parts(batch)
            for part, mark in zip(parts, _marks(parts), strict=True):
                if any(token.kind in {"word", "assignment", "redirect"} for token in part.tokens):
                    found.append(self._command(part, mark)._replace(nested=True))
            queue += _inside(node for token in batch for node in token.nodes)
        return tuple(sorted(found, key=lambda command: command.span))

    def _word(self, token: Token) -> Word:
        raw = self.data[token.start : token.end]
        below = list(descendants(token.nodes))
        dynamic = any(node.type in DYNAMIC for node in below) or expands(raw)
        names = [
            self.data[child.start_byte : child.end_byte].decode(errors="surrogateescape")
            for node in below
            if node.type in {"simple_expansion", "expansion"}
            for child in node.children
            if child.type in {"variable_name", "special_variable_name"}
        ]
        return Word(
            None if dynamic else unquote(raw),
            self._span(token.start, token.end),
            raw.decode(errors="surrogateescape"),
            tuple(names),
        )

    def _assignment(self, token: Token) -> Assignment:
        raw = self.data[token.start : token.end]
        match = _NAME.match(raw)
        name = match.group() if match else b""
        plain = raw[len(name) : len(name) + 1] == b"=" and not (
            expands(raw) or any(node.type in DYNAMIC | {"array"} for node in descendants(token.nodes))
        )
        value = unquote(raw[len(name) + 1 :]) if plain else None
        return Assignment(name.decode(errors="surrogateescape"), value, self._span(token.start, token.end))

    def _redirect(self, token: Token, bodies: Iterator[Token]) -> Redirect:
        target = None
        if token.target is not None:
            target = self._word(token._replace(kind="word", start=token.target))
        body = next(bodies, None) if token.text in _HEREDOCS else None
        lines = self._span(self._line_start(body.start), body.end) if body else None
        return Redirect(self._span(token.start, token.end), token.text, target, lines)

    def _line_start(self, position: int) -> int:
        return self.seen.rfind(b"\n", 0, position) + 1

    def _joiner(self, token: Token | None) -> Joiner | None:
        if token is None or token.kind != "joiner":
            return None
        return Joiner(cast("JoinerText", token.text), self._span(token.start, token.end))

    def _span(self, start: int, end: int) -> Span:
        return Span(start + self.offset, end + self.offset)


def _inside(nodes: Iterable[Node]) -> list[list[Node]]:
    return [node.children for node in substitutions(nodes)]


class _Mark(NamedTuple):
    guarded: bool
    piped: bool
    background: bool


def _ends_list(token: Token | None) -> bool:
    return token is None or token.kind == "separator" or token.text in TERMINATORS


def _marks(parts: Sequence[_Part]) -> list[_Mark]:
    """For each statement, what its and-or list makes of it."""
    marks: list[_Mark] = []
    start = 0
    for index, part in enumerate(parts):
        if not _ends_list(part.after):
            continue
        members = parts[start : index + 1]
        start = index + 1
        guarded = any(member.after is not None and member.after.text == "||" for member in members)
        background = part.after is not None and part.after.text == "&"
        for member in members:
            around = {
                token.text for token in (member.before, member.after) if token and token.kind == "joiner"
            }
            marks.append(_Mark(guarded, bool(around & PIPES), background))
    # A list may lack its last member where the text cannot be read.
    return marks + [_Mark(guarded=True, piped=False, background=False)] * (len(parts) - len(marks))


def _until_error(parts: Sequence[_Part]) -> tuple[Sequence[_Part], Sequence[_Part]]:
    """The statements before the list of the first syntax error, and that list with all that follows."""
    broken = next((index for index, part in enumerate(parts) if part.has("error")), None)
    if broken is None:
        dangling = bool(parts) and not _ends_list(parts[-1].after)
        if not dangling:
            return parts, ()
        broken = len(parts) - 1
    while broken and not _ends_list(parts[broken - 1].after):
        broken -= 1
    return parts[:broken], parts[broken:]
