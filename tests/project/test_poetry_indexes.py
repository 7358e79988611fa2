from __future__ import annotations

import tomllib

import pytest

from project.test_poetry import BUILD, HEAD, PYTHON, converted, refused

URL = "https://packages.acme.example/simple"
#: Where both tools look by themselves, by a host's labels.
DEFAULT = f"https://{'.'.join(('py' + 'pi', 'org'))}/simple/"


def source(priority: str = "", name: str = "acme", url: str | None = URL) -> str:
    """A source of poetry's; *priority* is the line that says it."""
    said = f'url = "{url}"\n' if url else ""
    return f'\n[[tool.poetry.source]]\nname = "{name}"\n{said}{priority}\n'


def lock(**taken: str) -> dict[str, str]:
    """A poetry.lock with packages by name, each with the source that it was taken from (empty: none)."""
    text = ""
    for name, origin in taken.items():
        text += f'[[package]]\nname = "{name}"\nversion = "1"\npython-versions = "*"\nfiles = []\n'
        text += '[package.dependencies]\ndeep = "*"\n' if name == "a" else ""
        if origin:
            text += f'[package.source]\ntype = "legacy"\nurl = "{URL}"\nreference = "{origin}"\n'
    return {"poetry.lock": text + '[metadata]\nlock-version = "2.0"\n'}


def uv(sources: str, files: dict[str, str] | None = None, said: str = 'a = "*"\n') -> dict[str, object]:
    """``[tool.uv]`` of the project."""
    found = converted(HEAD + PYTHON + said + sources + BUILD, files)
    table: dict[str, object] = tomllib.loads(found.manifest.decode()).get("tool", {}).get("uv", {})
    return table


def why(sources: str, files: dict[str, str] | None = None, said: str = 'a = "*"\n') -> tuple[str, int]:
    found = refused(HEAD + PYTHON + said + sources + BUILD, files)
    return found.code, found.line


@pytest.mark.parametrize("said", ['priority = "default"', "default = true"])
def test_a_default_source_is_the_default_index(said: str) -> None:
    assert uv(source(said)) == {"index": [{"name": "acme", "url": URL, "default": True}]}


def test_an_explicit_source_is_asked_for_what_names_it() -> None:
    said = 'a = { version = "*", source = "acme eu" }\n'
    assert uv(source('priority = "explicit"', "acme eu"), said=said) == {
        "sources": {"a": {"index": "acme-eu"}},
        "index": [{"name": "acme-eu", "url": URL, "explicit": True}],
    }


@pytest.mark.parametrize("said", ["", 'priority = "primary"'])
def test_a_primary_source_is_searched_together_with_the_default_index(said: str) -> None:
    beside = {"index-strategy": "unsafe-best-match", "index": [{"name": "acme", "url": URL}]}
    assert uv(source(said)) == beside
    assert uv(source(said), lock(a="acme", deep="")) == beside
    assert uv(source(said) + source(name="PyPI", url=None), lock(a="acme", deep="acme")) == beside


def test_a_primary_source_that_held_everything_is_the_default_index() -> None:
    assert uv(source(), lock(a="acme", deep="acme")) == {
        "index": [{"name": "acme", "url": URL, "default": True}]
    }


@pytest.mark.parametrize("said", ['priority = "supplemental"', "secondary = true"])
def test_a_supplemental_source_is_asked_for_what_the_lock_took_from_it(said: str) -> None:
    explicit = [{"name": "acme", "url": URL, "explicit": True}]
    assert uv(source(said), lock(a="Acme", deep="")) == {
        "sources": {"a": {"index": "acme"}},
        "index": explicit,
    }
    assert uv(source(said)) == {"index": explicit}


def test_what_came_from_a_supplemental_source_for_another_packages_sake_cannot_be_said() -> None:
    assert why(source('priority = "supplemental"'), lock(a="", deep="acme")) == ("supplemental-source", 11)


@pytest.mark.parametrize("url", [None, DEFAULT, DEFAULT.replace("//", "//www.")])
def test_the_index_that_both_know_is_not_written(url: str | None) -> None:
    assert uv(source(name="PyPI", url=url), said='a = { version = "*", source = "PyPI" }\n') == {}


def test_another_default_index_beside_the_one_that_both_know_is_refused() -> None:
    both = source('priority = "default"') + source('priority = "explicit"', name="PyPI", url=None)
    assert why(both) == ("default-index", 11)


def test_credentials_are_never_copied() -> None:
    found = refused(HEAD + PYTHON + source(url=URL.replace("//", "//me:hidden@")) + BUILD)
    assert found.code == "index-credentials"
    assert "hidden" not in found.why


@pytest.mark.parametrize("text", ['priority = "first"', "url = 3"])
def test_a_source_that_poetry_would_not_take_is_refused(text: str) -> None:
    assert why(source(text, url=None)) == ("unreadable-source", 11)
