"""What an application keeps in files of its own: SQLite, uploads, logs, as sources and settings say."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from uvmigrate.codemod import NamedTuple, Refusal, lazy_pattern, once_a_view, within
from uvmigrate_codemods._read_only.places import clean
from uvmigrate_codemods._read_only.starts import VERIFY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import PurePosixPath

    from uvmigrate.codemod import Build
    from uvmigrate_codemods._read_only.places import Places

_PYTHON = lazy_pattern(r".*\.py")
_INTEREST = lazy_pattern(
    rb"sqlite|MEDIA_ROOT|UPLOAD_|STATIC_ROOT|FileHandler|mkdir|open\(|write_|basicConfig|loguru"
    rb"|TinyDB|diskcache|PersistentClient|FileSystemCache|SESSION_TYPE|nltk|huggingface|whisper"
    rb"|from_pretrained|SentenceTransformer|torch"
)
_WRITES = lazy_pattern(
    r"\.mkdir\(|\bmakedirs\(|\bos\.mkdir\(|\.write_(text|bytes)\(|\bopen\([^()\n]*,\s*(mode=)?[\"'][wax]b?\+?[\"']"
)
_SHOWN = 3
_ASIDE = frozenset(
    "tests test testing migrations alembic docs examples scripts node_modules benchmarks".split()
)
_URL = lazy_pattern(r"sqlite(?:\+\w+)?:///(?P<path>[^\"'\s?`]*)")
_CONNECT = lazy_pattern(r"\b(?:aio)?sqlite3?\.connect\(\s*f?[\"'](?P<path>[^\"']*)")
_DJANGO = lazy_pattern(r"django\.db\.backends\.sqlite3|contrib\.gis\.db\.backends\.spatialite")
_OTHER = lazy_pattern(r"postgres|psycopg|mysql|mariadb|environ|getenv|\benv\b|DATABASE_URL|config\(")
_SERVER = lazy_pattern(r"postgres|postgis|mysql|mariadb|timescale|cockroach|mssql|oracle")
_SETTING = lazy_pattern(
    r"(?m)^[ \t]*(?:app\.config\[[\"'])?(?P<name>MEDIA_ROOT|UPLOAD_FOLDER|UPLOAD_DIR(?:ECTORY)?|UPLOAD_PATH)"
    r"(?:[\"']\])?[ \t]*(?::[^=\n]*)?=[ \t]*(?P<value>[^\n#]+)"
)
_STATIC = lazy_pattern(r"(?m)^[ \t]*STATIC_ROOT[ \t]*(?::[^=\n]*)?=[ \t]*(?P<value>[^\n#]+)")
_LOG = lazy_pattern(
    r"FileHandler\((?:\s*filename\s*=)?\s*(?:f?[\"'](?P<path>[^\"']*))?|[\"'][\w.]*FileHandler[\"']"
)
#: Other ways to a log file: the standard library's, and loguru's.
_LOGGED = lazy_pattern(r"\bbasicConfig\([^()]*\bfilename\s*=\s*(?:f?[\"'](?P<path>[^\"']*))?")
_LOGURU = lazy_pattern(r"\blogger\.add\(\s*(?:sink\s*=\s*)?f?[\"'](?P<path>[^\"']*)")
_STORES = lazy_pattern(
    r"\b(?P<name>shelve\.open|dbm\.open|TinyDB|diskcache\.\w*Cache|PersistentClient|FileSystemCache)\("
    r"\s*(?:\w+\s*=\s*)?(?:[\"'](?P<path>[^\"']*))?"
)
_SESSIONS = lazy_pattern(r"\bSESSION_TYPE(?:[\"']\])?\s*[:=]\s*[\"']filesystem[\"']")
#: What downloads into the user's home, unless it is told another folder or finds there what it needs.
_DOWNLOADS = lazy_pattern(
    r"\b(?P<name>nltk\.download|\w+\.from_pretrained|SentenceTransformer|whisper\.load_model|torch\.hub\.load"
    r"|snapshot_download|hf_hub_download)\((?!\s*[\"'][./])"
)
_QUOTED = lazy_pattern(r"[\"']([^\"']+)[\"']")
_VARIABLE = lazy_pattern(r".*(DATABASE|DB|SQLALCHEMY|SQLITE).*(URL|URI|DSN|PATH|FILE|NAME)")
_FOLDER = lazy_pattern(r".*(UPLOAD|MEDIA|STORAGE|DATA|LOG)S?_?(DIR|FOLDER|ROOT|PATH|FILE)(ECTORY)?")

#: What a module does when it is imported: it stands at the start of a line.
_MADE = lazy_pattern(
    r"(?m)^(?:(?P<on>\w+)|[\w.]*Path\((?P<path>[^\n]*))\.mkdir\(|^os\.(?:mkdir|makedirs)\((?P<given>[^\n]*)"
)

Kind = Literal["sqlite", "folder", "log", "made", "store", "download"]


class Fact(NamedTuple):
    """A place in the sources that says where something is kept; ``text`` is the path, as it is written.

    ``switched`` says that the environment may choose something else.
    """

    kind: Kind
    file: PurePosixPath
    line: int
    name: str
    text: str | None
    switched: bool = False


class Sources(NamedTuple):
    """What the sources of an image say; ``static`` is the last part of Django's STATIC_ROOT.

    ``writes`` are the first places that make files or folders whose path is not known.
    """

    facts: tuple[Fact, ...]
    static: str | None
    writes: tuple[str, ...]


@once_a_view
def sources(build: Build) -> Sources:
    """The facts in the Python files that the build copies."""
    facts: list[Fact] = []
    static = None
    writes: list[str] = []
    for path in _copied(build):
        data = build.context.repo.get(path, b"")
        if _INTEREST.search(data):
            text = data.decode(errors="replace")
            facts += _facts(path, text)
            found = _STATIC.search(text)
            static = _last_part(found["value"]) if found is not None else static
            made = _WRITES.search(text)
            writes += [f"{path}:{_line(text, made.start())}"] if made is not None else []
    return Sources(tuple(facts), static, tuple(writes[:_SHOWN]))


def _copied(build: Build) -> Iterator[PurePosixPath]:
    folder = build.context.folder
    for inside in build.context.matching(_PYTHON):
        aside = set(inside.parts[:-1]) & _ASIDE or re.match(
            r"(unit_?)?tests?[_.]|conftest|.*_tests?\.py|setup\.py", inside.name
        )
        if not aside and any(within(inside, one) for one in build.sources) and build.context.has(inside):
            yield folder / inside


def _facts(path: PurePosixPath, text: str) -> Iterator[Fact]:
    lines = text.split("\n")
    code = "\n".join("" if line.lstrip().startswith("#") else line for line in lines)
    switched = _OTHER.search(code) is not None
    for pattern, chosen in ((_URL, switched), (_CONNECT, False)):
        for found in pattern.finditer(code):
            if found["path"] not in ("", ":memory:"):
                line = _line(code, found.start())
                yield Fact("sqlite", path, line, "SQLite", found["path"], chosen)
    django = _DJANGO.search(code)
    if django is not None:
        yield Fact("sqlite", path, _line(code, django.start()), "SQLite", None, switched)
    for found in _SETTING.finditer(code):
        value = found["value"]
        named = re.search(r"environ|getenv|\benv\b|config\(", value) is not None
        line = _line(code, found.start())
        yield Fact("folder", path, line, found["name"], _last_part(value), named)
    for pattern in (_LOG, _LOGGED, *((_LOGURU,) if "loguru" in code else ())):
        for found in pattern.finditer(code):
            yield Fact("log", path, _line(code, found.start()), "a log file", found["path"])
    yield from _made(path, code)
    yield from _stores(path, code)


def _stores(path: PurePosixPath, code: str) -> Iterator[Fact]:
    """The files and folders of libraries that keep what they are given, or what they download."""
    for found in _STORES.finditer(code):
        name = f"what {found['name']} holds"
        yield Fact("store", path, _line(code, found.start()), name, found["path"])
    for found in _SESSIONS.finditer(code):
        # Flask-Session's documentation, "SESSION_FILE_DIR".
        yield Fact("store", path, _line(code, found.start()), "sessions", "flask_session")
    for found in _DOWNLOADS.finditer(code):
        yield Fact("download", path, _line(code, found.start()), found["name"], None)


def _made(path: PurePosixPath, code: str) -> Iterator[Fact]:
    """The folders that a module makes when it is imported, by the last part of their names."""
    for found in _MADE.finditer(code):
        value = found["path"] or found["given"] or ""
        variable = found["on"] or (re.match(r"\s*(\w+)\s*[,)]", value) or [None, None])[1]
        if variable is not None:
            said = re.search(rf"(?m)^{re.escape(variable)}[ \t]*(?::[^=\n]*)?=[ \t]*([^\n#]+)", code)
            value = said[1] if said is not None else ""
        yield Fact("made", path, _line(code, found.start()), f"{path}", _last_part(value))


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1


def _last_part(value: str) -> str | None:
    """The last text of an expression: that of ``BASE_DIR / "media"`` is media."""
    texts = _QUOTED.findall(value)
    return texts[-1] if texts else None


def kept(places: Places, found: Sources) -> Iterator[Refusal]:
    """One refusal for each thing that the service keeps in the image's own file system."""
    use = places.use
    instead = f"mount a volume there, or use a server; then {VERIFY}"
    for path in places.made():
        because = f"{use.service.name}: the image makes {path} to be written to, and nothing is mounted there"
        yield Refusal(use.file.path, use.service.line, "writes-data", because, instead)
    for name, value in sorted(places.state.env.items()):
        named = _named_path(name, value, places)
        if named is not None and not places.allow(named):
            because = f"{use.service.name}: {name} names {named}, and nothing is mounted there"
            yield Refusal(use.file.path, use.service.line, "writes-data", because, instead)
    seen: set[str] = set()
    for fact in found.facts:
        if fact.name not in seen and not _is_safe(places, fact):
            seen.add(fact.name)
            what = f"{fact.file}:{fact.line} keeps {fact.name} in a file"
            if fact.kind == "folder":
                what = f"{fact.file}:{fact.line} keeps files in {fact.name}"
            elif fact.kind == "made":
                what = f"{fact.file}:{fact.line} makes {fact.text or 'a folder'} when it is imported"
            elif fact.kind == "download":
                what = f"{fact.file}:{fact.line} may download files by {fact.name}"
            because = f"{use.service.name}: {what}, and no volume is seen that it lies in"
            yield Refusal(use.file.path, use.service.line, "writes-data", because, instead)


def _named_path(name: str, value: str, places: Places) -> PurePosixPath | None:
    """The path of data that a variable of the image or the service names."""
    if name not in places.state.exported or "$" in value:
        return None
    url = _URL.match(value)
    text = url["path"] if url is not None else value
    if url is not None and text in ("", ":memory:"):
        return None
    is_file = _VARIABLE.fullmatch(name) and re.search(r"\.(db|sqlite3?)$", text)
    is_folder = (
        _FOLDER.fullmatch(name)
        and text.startswith("/")
        and not places.use.stage.locate(clean(text), places.state)
    )
    return places.state.absolute(text) if url is not None or is_file or is_folder else None


def _is_safe(places: Places, fact: Fact) -> bool:
    """Whether what a fact tells of is mounted, or is not used by the service."""
    text = fact.text
    if text is not None and text.startswith("/") and "{" not in text:
        return places.allow(clean(text))
    if fact.kind == "sqlite":
        return _server(places, fact)
    if fact.kind == "log":
        return places.named("log", "logs")
    if fact.kind == "store":
        full = places.state.absolute(text) if text and "{" not in text else None
        return full is not None and places.allow(full)
    if fact.kind == "download":
        return places.holds_downloads()
    if fact.switched and text in places.state.exported:
        # The variable itself is looked at with the others.
        return True
    last = (text or "").strip("/").rpartition("/")[2]
    return bool(last) and (places.named(last) or (fact.kind == "made" and places.has_named(last)))


def _server(places: Places, fact: Fact) -> bool:
    """Whether the sources choose by the environment, and the environment chooses a server."""
    env = places.state.env
    chosen = any(
        _VARIABLE.fullmatch(name) and "://" in value and not value.startswith("sqlite")
        for name, value in env.items()
    )
    images = [service.image or "" for service in places.use.file.services]
    return fact.switched and (chosen or any(_SERVER.search(image) for image in images))
