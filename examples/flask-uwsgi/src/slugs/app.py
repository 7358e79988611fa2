"""The service's addresses, as a WSGI application."""

from __future__ import annotations

from flask import Flask

from slugs.making import slug

app = Flask(__name__)


@app.get("/")
def index() -> str:
    """What there is to ask for."""
    return "Ask for /slug/Any title"


@app.get("/slug/<title>")
def make(title: str) -> dict[str, str]:
    """The slug of a title."""
    return {"slug": slug(title)}


@app.get("/health")
def health() -> dict[str, str]:
    """Whether the service answers."""
    return {"status": "ok"}
