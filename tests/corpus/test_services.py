"""The judge of services: what became of each, and what differs that should not."""

from __future__ import annotations

from pathlib import PurePosixPath

from corpus.measure import Checkout
from corpus.services import Composed, judge_services, stray
from corpus.tables import as_markdown
from corpus.tiny import OLD
from uvmigrate.build import build_of
from uvmigrate.codemod import Settings
from uvmigrate.compose import find, load
from uvmigrate.plan import load_catalogue, plan
from uvmigrate.source import Repo

COMPOSE = """\
services:
  web:
    build: .
    command: /usr/local/bin/flask run
  old:
    build: {dockerfile: old.Dockerfile}
  db:
    image: postgres:17
"""


def judged(compose: str) -> tuple[tuple[Composed, ...], tuple[str, ...]]:
    files = {
        "Dockerfile": OLD,
        "old.Dockerfile": "FROM python:2.7\nCOPY . .\nRUN pip install -r requirements.txt\n",
        "requirements.txt": "flask==3.1.0\n",
        "compose.yaml": compose,
    }
    repo = Repo.of({path: text.encode() for path, text in files.items()})
    migration = plan(repo, PurePosixPath(), Settings(), load_catalogue())
    found = tuple(load(repo, path) for path in find(repo))
    builds = [build_of(repo, PurePosixPath(path), found) for path in ("Dockerfile", "old.Dockerfile")]
    return judge_services(migration, found, builds)


def test_services_are_edited_or_refused_and_others_do_not_count() -> None:
    services, strays = judged(COMPOSE)
    assert [(one.name, one.outcome, one.codes[:1]) for one in services if one.name == "old"] == [
        ("old", "refused", ("image-refused",))
    ]
    assert [one.outcome for one in services if one.name == "web"] == ["edited"]
    assert [one.name for one in services] == ["web", "old"]
    assert strays == ()


def test_what_no_codemod_edits_is_found() -> None:
    path = PurePosixPath("compose.yaml")
    web = {"build": ".", "command": "a", "ports": ["80"]}
    assert list(stray(path, {"web": web}, {"web": web | {"command": "b", "read_only": True}})) == []
    assert list(stray(path, {"web": web}, {"web": web | {"ports": ["81"]}})) == ["compose.yaml: web.ports"]
    assert list(stray(path, {"web": web}, {})) == ["compose.yaml: web"]


def test_the_table_says_why_services_are_refused() -> None:
    services = (Composed("a", "web", "edited", ()), Composed("a", "old", "refused", ("image-refused",)))
    text = as_markdown([Checkout("shop", composes=1, services=services)])
    assert "| services that run an image with Python | 2 |" in text
    assert "| — image-refused | 1 |" in text
