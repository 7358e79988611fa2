"""The service's addresses, as a WSGI application."""

from __future__ import annotations

from datetime import date

from flask import Flask

from lunch.menu import table

app = Flask(__name__)


@app.get("/")
def menu() -> tuple[str, dict[str, str]]:
    """The menu."""
    return table(date.today()), {"Content-Type": "text/plain"}


@app.get("/health")
def health() -> dict[str, str]:
    """Whether the service answers."""
    return {"status": "ok"}
