"""Starts an image as a service does, and tells what came of it: what answers, how it ended, what it wrote.

Nothing is run in the container itself. A second one of the same image, with its Python, owns the network that
the container is started in, and so sees the first answer at once; further ones ask what else is to be asked.
"""

from __future__ import annotations

import contextlib
import json
import re
import shlex
import time
from typing import TYPE_CHECKING, Literal

from uvmigrate.source import NamedTuple, lazy_pattern
from uvmigrate.source.mask import mask
from uvmigrate.verify.engine import Launch, NotStarted, TimedOut
from uvmigrate.verify.hiding import Hiding, called_secret
from uvmigrate.verify.inside import read

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvmigrate.verify.engine import Engine, State
    from uvmigrate.verify.options import Options
    from uvmigrate.verify.subjects import Use

#: Seconds in which a service is expected to answer.
SECONDS = 30.0
#: Seconds after which a service that answers is taken to have opened all of its ports; the second is for one
#: that has not opened all that its image exposes.
_SETTLED, _SETTLED_LATE = 1.0, 4.0
#: Seconds that the container which asks has to start.
_READY = 60.0
#: Seconds that a health check or a smoke test is repeated for, at least.
_ASKING = 10.0
#: Seconds that one go of them may take.
_ONE_GO = 30.0
_PAUSE = 0.1
#: Lines of a log that are kept: servers print a traceback of their own below that of the application.
_LINES = 60
#: Characters that are kept of each of them.
_WIDTH = 2000
#: Added things of which it is asked whether they are folders; further ones count as files.
_LEAVES = 20
#: The exit code of a shell, and of the engine, where there is no such program.
_NO_PROGRAM = 127
_ADDRESS = lazy_pattern(r"https?://\S+|:\d+(?:/\S*)?")
#: A part of an address alone.
_PATH = lazy_pattern(r"/\S*")
_CURL_LONG = frozenset({"--fail", "--silent", "--show-error", "--location"})


class Check(NamedTuple):
    """How a health check or a smoke test went; ``said`` is its last output, masked. ``there`` is whether the
    image has the program that it needs, ``status`` that of an address that was asked, 0 without any."""

    works: bool
    said: str
    there: bool = True
    status: int = 0


class Outcome(NamedTuple):
    """What came of starting an image.

    It ``answers`` on ports (then they are listed with the status, 0 where no HTTP is spoken and None where
    it was closed again; ``local`` are those that only the container itself gets to), has ``ended`` (with
    ``code``), or ``runs`` and listens on nothing for ``within`` seconds. It is ``unseen`` where it runs, and
    no Python of the image could be started to look for ports.
    ``seconds`` is the time from its start to the first answer. ``said`` are the last lines of its log,
    masked, ``written`` what differs from the image (`Engine.written`; a folder that was added and is empty
    ends with a slash). ``healthy`` is the health check, ``smoke`` the
    smoke test; None where there is none, or nothing that could be asked.
    """

    kind: Literal["answers", "ended", "runs", "unseen"]
    answers: tuple[tuple[int, int | None], ...] = ()
    code: int = 0
    seconds: float | None = None
    said: str = ""
    written: tuple[tuple[str, str], ...] = ()
    healthy: Check | None = None
    smoke: Check | None = None
    within: float = SECONDS
    local: frozenset[int] = frozenset()


def observe(
    engine: Engine,
    image: str,
    use: Use,
    options: Options,
    python: tuple[str, ...],
    seconds: float = SECONDS,
) -> Outcome:
    """Start *image* as *use* says, and wait for an answer for as long as *seconds*.

    *python* are the words that start the image's Python, none where it has none. All containers are removed
    in the end. Raises EngineProblem.
    """
    config = engine.config(image)
    numbers = (port.removesuffix("/tcp") for port in config.ports)
    exposed = {int(number) for number in numbers if number.isdigit()}
    environment = {**use.launch.environment, **options.environment}
    hidden = Hiding(called_secret(environment)).text
    launch = use.launch._replace(environment=environment)
    with contextlib.ExitStack() as stack:
        asker = _asker(engine, image, python, seconds, stack)
        if asker:
            launch = launch._replace(network=f"container:{asker}")
        try:
            container = engine.start(image, launch)
        except NotStarted as failed:
            return Outcome("ended", code=failed.code, said=hidden(failed.said), within=seconds)
        stack.callback(engine.remove, container)
        state, found = _wait(engine, container, asker, exposed, seconds)
        running = container if state.running else ""
        beside = launch if asker or not running else launch._replace(network=f"container:{running}")
        # Ports that the image exposes first.
        http = sorted((port not in exposed, port) for port, status in found.statuses.items() if status)
        ports = tuple(port for _, port in http)
        asking = _Asking(engine, image, running, beside, python if asker else (), ports)
        healthy = asking.health(use.healthcheck or config.healthcheck) if running else None
        smoke = asking.smoke(options.smoke) if options.smoke else None
        state = engine.state(container) if running else state
        answers = tuple(sorted(found.statuses.items()))
        return Outcome(
            "ended" if not state.running else "answers" if answers else "runs" if asker else "unseen",
            answers=answers if state.running else (),
            code=state.code,
            seconds=found.first - state.started if found.first and state.running else None,
            said=hidden(_last(engine.logs(container))),
            written=tuple(_written(engine, container)),
            healthy=healthy and healthy._replace(said=hidden(healthy.said)),
            smoke=smoke and smoke._replace(said=hidden(smoke.said)),
            within=seconds,
            local=found.local if state.running else frozenset(),
        )


def _written(engine: Engine, container: str) -> Iterator[tuple[str, str]]:
    """What differs from the image, with a slash behind each added folder that has nothing in it."""
    changes = engine.written(container)
    added = {path for letter, path in changes if letter == "A"}
    above = {path.rpartition("/")[0] for _, path in changes}
    asked = 0
    for letter, path in changes:
        parent, _, name = path.rpartition("/")
        is_leaf = letter == "A" and path not in above and parent not in added
        if is_leaf and not name.endswith(".pyc") and asked < _LEAVES:
            asked += 1
            yield letter, f"{path}/" if engine.is_folder(container, path) else path
        else:
            yield letter, path


def _asker(
    engine: Engine, image: str, python: tuple[str, ...], seconds: float, stack: contextlib.ExitStack
) -> str:
    """A container that looks for ports in a network of its own: its id, empty where that cannot be."""
    if not python:
        return ""
    try:
        # It begins to look before there is something to see.
        asker = engine.start(image, _program(python, "watch", f"{seconds + _READY}"))
    except NotStarted:
        return ""
    stack.callback(engine.remove, asker)
    late = time.monotonic() + _READY
    while time.monotonic() < late and engine.state(asker).running:
        if any(_lines(engine.logs(asker))):
            return asker
        time.sleep(_PAUSE)
    return ""


def _program(python: tuple[str, ...], *words: str) -> Launch:
    """Runs `inside/ask.py`, isolated from modules of the application that are called like the library's."""
    return Launch(entrypoint=(*python, "-I", "-c", read("ask"), *words))


class _Found(NamedTuple):
    """The ports, each with its status (None while it has not answered), those that are not listened on for
    others than the container itself, and when the first one answered."""

    statuses: dict[int, int | None]
    waiting: frozenset[int]
    first: float
    local: frozenset[int]


def _lines(log: str) -> Iterator[dict[str, object]]:
    """What the container that asks has printed; whatever else its Python prints is none of it."""
    for line in log.splitlines():
        if line.startswith("{"):
            with contextlib.suppress(ValueError, RecursionError):
                found = json.loads(line)
                if isinstance(found, dict):
                    yield found


def _number(line: dict[str, object], key: str) -> float:
    value = line.get(key)
    return value if isinstance(value, int | float) else 0


def _found(log: str) -> _Found:
    """What the container that asks has seen so far."""
    opened: dict[int, float] = {}
    statuses: dict[int, int | None] = {}
    waiting: set[int] = set()
    local: set[int] = set()
    first = []
    for line in _lines(log):
        port, at = int(_number(line, "port")), float(_number(line, "time"))
        if port and "status" not in line:
            opened[port] = at
            statuses.setdefault(port, None)
            waiting.add(port)
            # One that reloads may listen elsewhere then.
            local = local | {port} if line.get("local") is True else local - {port}
        elif port:
            statuses[port] = None if line["status"] is None else int(_number(line, "status"))
            waiting.discard(port)
            # What speaks no HTTP answers as soon as it listens.
            first += [at if statuses[port] else opened.get(port, at)] if statuses[port] is not None else []
    return _Found(statuses, frozenset(waiting), min(first, default=0.0), frozenset(local))


def _wait(
    engine: Engine, container: str, asker: str, exposed: set[int], seconds: float
) -> tuple[State, _Found]:
    """Wait until the container ended, or all that listens has answered, or the time is over."""
    began = changed = time.monotonic()
    seen = _found("")
    while True:
        state = engine.state(container)
        now = time.monotonic()
        found = _found(engine.logs(asker)) if asker else seen
        if found != seen:
            seen, changed = found, now
        patience = _SETTLED if exposed <= seen.statuses.keys() else _SETTLED_LATE
        settled = seen.statuses and not seen.waiting and now - changed >= patience
        if not state.running or settled or now - began >= seconds:
            return state, seen
        time.sleep(_PAUSE)


class _Asking(NamedTuple):
    """What asks a container: others of its image, started as *launch* says in its network.

    ``container`` is empty where it has ended: commands can be run all the same. ``ports`` are those that
    answer HTTP there, the one to ask first.
    """

    engine: Engine
    image: str
    container: str
    launch: Launch
    python: tuple[str, ...]
    ports: tuple[int, ...]

    def health(self, test: tuple[str, ...]) -> Check | None:
        """Run a health check until it succeeds or it is too late; None where there is none."""
        match test:
            case ("CMD", *words) if words:
                return self._repeat(tuple(words))
            case ("CMD-SHELL", text):
                return self._repeat(("/bin/sh", "-c", text))
        return None

    def smoke(self, said: str) -> Check:
        """Ask the address, or run the command, that a person gave."""
        is_path = _PATH.fullmatch(said) is not None
        if not self.container and (is_path or address_of(said)[0]):
            return Check(False, "it had ended before it was asked")
        if is_path:
            if not self.ports:
                return Check(False, f"no port answers HTTP that could be asked for {mask(said)}")
            said = f":{self.ports[0]}{said}"
        address, follow = address_of(said)
        if not address:
            return self._repeat(("sh", "-c", said))
        if not self.python:
            return Check(False, "no Python of the image starts that could ask it", there=False)
        follows = "follow" if follow else ""
        asking = _program(self.python, "get", f"{_ASKING}", address, follows)
        try:
            ended = self.engine.output(self.image, asking._replace(network=self.launch.network), _ASKING * 3)
        except TimedOut as late:
            return Check(False, str(late))
        answer = next(_lines(ended.out), None)
        if answer is None:
            return Check(False, _last(mask(ended.err)))
        status = int(_number(answer, "status"))
        words = f"{mask(address)} answers {status}" if status else mask(f"{address}: {answer.get('error')}")
        return Check(0 < status < 400, words, status=status)

    def _repeat(self, words: tuple[str, ...]) -> Check:
        """Run a program beside the container until it succeeds, or the time is over.

        Where the container has ended it is run once.
        """
        pid = f"container:{self.container}" if self.container else ""
        launch = self.launch._replace(entrypoint=words, command=None, pid=pid)
        late = time.monotonic() + _ASKING
        while True:
            try:
                ended = self.engine.output(self.image, launch, _ONE_GO)
            except TimedOut as slow:
                return Check(False, str(slow))
            if ended.code in (0, _NO_PROGRAM) or not self.container or time.monotonic() >= late:
                said = _last(mask(ended.out + ended.err))
                return Check(not ended.code, said, there=ended.code != _NO_PROGRAM)
            if not self.engine.state(self.container).running:
                return Check(False, "the container ended")
            time.sleep(_PAUSE * 5)


def address_of(said: str) -> tuple[str, bool]:
    """The address that a smoke test asks, and whether redirections are followed.

    An address is ``http://…``, or ``:8000/health``, or a curl of one with no options but those of how it
    reports and ``-L``: the image need not have curl then. Empty for any other command.
    """
    if _ADDRESS.fullmatch(said):
        return (f"http://localhost{said}" if said.startswith(":") else said), False
    try:
        words = shlex.split(said)
    except ValueError:
        return "", False
    if words[:1] != ["curl"]:
        return "", False
    options = [word for word in words[1:] if word.startswith("-")]
    rest = [word for word in words[1:] if not word.startswith("-")]
    understood = all(word in _CURL_LONG or re.fullmatch(r"-[fsSL]+", word) for word in options)
    if not understood or len(rest) != 1 or re.search(r"[$`|;&<>()]", said):
        return "", False
    address = rest[0] if "://" in rest[0] else f"http://{rest[0]}"
    follow = any(word == "--location" or (word[1] != "-" and "L" in word) for word in options)
    return (address, follow) if _ADDRESS.fullmatch(address) else ("", False)


def _last(said: str) -> str:
    return "\n".join(line[:_WIDTH] for line in said.strip().splitlines()[-_LINES:])
