"""What a setup.cfg hands to setuptools, as the keywords of ``setup()`` (setuptools' docs, "setup.cfg")."""

from __future__ import annotations

import configparser
import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from uvmigrate.project.contents import NotAProject
from uvmigrate.project.lines import within
from uvmigrate.project.static import FileText, Given, Unknown
from uvmigrate.source import Unreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from uvmigrate.source import Repo

_ALIASES = {"home_page": "url", "summary": "description", "classifier": "classifiers"}
_TEXTS = frozenset(
    "name author author_email maintainer maintainer_email license long_description_content_type url"
    " download_url python_requires".split()
)
#: What stays in setup.cfg: setuptools alone needs it. Only whether it is there matters.
_KEPT = frozenset(
    "packages py_modules package_dir include_package_data zip_safe scripts ext_modules cmdclass"
    " dependency_links namespace_packages platforms provides obsoletes license_file license_files".split()
)


class Cfg:
    """The sections of one setup.cfg, and where their keys stand."""

    def __init__(self, repo: Repo, folder: PurePosixPath, text: str) -> None:
        self.repo = repo
        self.folder = folder
        self.path = folder / "setup.cfg"
        self.parser = configparser.RawConfigParser()
        self._lines = text.splitlines()
        # setuptools reads it like this, and takes a dash in a key for an underscore. Setting optionxform is
        # the documented way; its type is that of a method.
        self.parser.optionxform = lambda optionstr: optionstr.replace("-", "_").lower()  # type: ignore[method-assign]
        self.plain = configparser.RawConfigParser()
        self.plain.optionxform = str  # type: ignore[assignment, method-assign] # its documented way
        for parser in (self.parser, self.plain):
            parser.read_string(text, source=str(self.path))

    def section(self, name: str, *, plain: bool = False) -> Mapping[str, str]:
        """The section's keys and values; ``plain`` keeps the keys as they are written."""
        parser = self.plain if plain else self.parser
        return dict(parser.items(name)) if parser.has_section(name) else {}

    def line(self, section: str, key: str = "") -> int:
        """The line of the key, from 1; that of the section where there is none."""
        start = next((at for at, line in enumerate(self._lines) if line.strip() == f"[{section}]"), -1)
        for at in range(start + 1, len(self._lines)):
            name = re.split(r"[=:]", self._lines[at], maxsplit=1)[0].strip()
            if self._lines[at].startswith("["):
                break
            if key and name.replace("-", "_").lower() == key.replace("-", "_").lower():
                return at + 1
        return start + 1

    def given(self, value: object, section: str, key: str = "") -> Given:
        """*value* with its place."""
        return Given(value, self.path, self.line(section, key))

    def text_of(self, value: str) -> str:
        """The value, or the texts of the files that it names by ``file:``."""
        if not value.startswith("file:"):
            return value
        texts = []
        for name in value.removeprefix("file:").split(","):
            path = within(self.folder, name.strip())
            data = None if path is None else self.repo.get(path)
            if path is not None and data is not None:
                # setuptools passes over files that are not there.
                texts.append(FileText(data.decode(errors="replace").replace("\r\n", "\n"), path))
        return texts[0] if len(texts) == 1 else "\n".join(texts)


def read_cfg(repo: Repo, folder: PurePosixPath) -> dict[str, Given] | NotAProject:
    """The keywords that the setup.cfg in *folder* stands for; none where it is missing."""
    path = folder / "setup.cfg"
    try:
        cfg = Cfg(repo, folder, repo[path].decode())
    except KeyError:
        return {}
    except Unreadable as error:
        return NotAProject("unreadable-file", error.why, path, 0)
    except UnicodeDecodeError:
        return NotAProject("unreadable-file", "it is not UTF-8", path, 0)
    except configparser.Error as error:
        line = getattr(error, "lineno", None) or next(iter(getattr(error, "errors", [(0,)])))[0]
        return NotAProject("invalid-setup", f"setuptools cannot read it: {type(error).__name__}", path, line)
    tags = [key for key in ("tag_build", "tag_date", "tag_svn_revision") if cfg.section("egg_info").get(key)]
    if tags and cfg.section("egg_info")[tags[0]].lower() not in ("0", "false", "no"):
        return NotAProject(
            "setup-code", f"[egg_info] {tags[0]} makes another version", path, cfg.line("egg_info", tags[0])
        )
    return _keywords(cfg)


def _keywords(cfg: Cfg) -> dict[str, Given]:
    found: dict[str, Given] = {}
    readers: dict[str, Callable[[str], object]] = {
        "version": lambda value: _version(cfg, value),
        "description": cfg.text_of,
        "long_description": cfg.text_of,
        "keywords": listed,
        "classifiers": lambda value: listed(cfg.text_of(value)),
        "project_urls": _pairs,
        "install_requires": lambda value: requirements(cfg.text_of(value)),
        "setup_requires": lambda value: listed(value, ";"),
        "entry_points": cfg.text_of,
        **dict.fromkeys(_TEXTS, str),
        **dict.fromkeys(_KEPT, str),
    }
    for section in ("metadata", "options"):
        for key, value in cfg.section(section).items():
            name = _ALIASES.get(key, key)
            if name in readers and value.strip():
                found[name] = cfg.given(readers[name](value.strip()), section, key)
    for section, name in (
        ("options.extras_require", "extras_require"),
        ("options.entry_points", "entry_points"),
    ):
        inner = cfg.section(section, plain=True)
        if inner:
            extras = {key: requirements(cfg.text_of(value.strip())) for key, value in inner.items()}
            found[name] = cfg.given(extras if name == "extras_require" else dict(inner), section)
    return found


def listed(value: str, separator: str = ",") -> list[str]:
    """A list as setuptools reads it: by lines where there are several, else by the separator."""
    pieces = value.splitlines() if "\n" in value else value.split(separator)
    return [piece.strip() for piece in pieces if piece.strip()]


def requirements(value: str) -> list[str]:
    """The requirements of a list, without comment lines."""
    return [piece for piece in listed(value, ";") if not piece.startswith("#")]


def _pairs(value: str) -> dict[str, str]:
    split = [line.partition("=") for line in listed(value)]
    return {name.strip(): text.strip() for name, _, text in split}


def _version(cfg: Cfg, value: str) -> object:
    if value.startswith("file:"):
        return cfg.text_of(value).strip()
    if not value.startswith("attr:"):
        return value
    return _attribute(cfg, value.removeprefix("attr:").strip())


def _attribute(cfg: Cfg, name: str) -> object:
    """The literal that the module first gives to the attribute, which is what setuptools takes, too."""
    import ast

    module, _, attribute = name.rpartition(".")
    found = first_literal(
        cfg.repo, _module_files(cfg, module or attribute if module else "__init__"), attribute
    )
    if isinstance(found, list | tuple):
        return ".".join(map(str, found))
    if isinstance(found, str):
        return found
    return Unknown(ast.Name(f"attr: {name}", lineno=cfg.line("metadata", "version")), cfg.path)


def first_literal(repo: Repo, files: Iterable[PurePosixPath], attribute: str) -> object:
    """What the first of some modules that is there first gives to an attribute; None for what is no literal.

    setuptools takes it without importing the module then.
    """
    import ast

    from uvmigrate.project.static import CannotReadError, parse

    file = next((file for file in files if file in repo), None)
    try:
        tree = parse(repo[file], file) if file is not None else ast.Module([], [])
    except (CannotReadError, Unreadable):
        return None
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if not any(isinstance(target, ast.Name) and target.id == attribute for target in targets):
            continue
        try:
            return ast.literal_eval(getattr(node, "value", None) or ast.Name("?"))
        except (ValueError, TypeError, SyntaxError, RecursionError):
            return None
    return None


def _module_files(cfg: Cfg, module: str) -> list[PurePosixPath]:
    """Where setuptools looks for the module: below what ``package_dir`` says of it."""
    folders = _pairs(cfg.section("options").get("package_dir", ""))
    first, _, rest = module.partition(".")
    if first in folders:
        stem = PurePosixPath(folders[first], *rest.split(".")) if rest else PurePosixPath(folders[first])
    else:
        stem = PurePosixPath(folders.get("", ""), *module.split("."))
    stem = cfg.folder / stem
    return [stem / "__init__.py", stem.with_name(f"{stem.name}.py")]
