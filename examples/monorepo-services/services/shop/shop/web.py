"""The shop's addresses, as a WSGI application."""

from __future__ import annotations

from flask import Flask, abort
from prices import price

app = Flask(__name__)


@app.get("/price/<thing>")
def ask(thing: str) -> dict[str, str]:
    """What a thing costs."""
    try:
        return {thing: price(thing)}
    except KeyError:
        abort(404)


@app.get("/health")
def health() -> dict[str, str]:
    """Whether the service answers."""
    return {"status": "ok"}
