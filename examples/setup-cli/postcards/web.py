"""The service's addresses, as a WSGI application."""

from __future__ import annotations

from bottle import Bottle, abort

from postcards.writing import write

app = Bottle()


@app.get("/<card>/<name>/<day:int>")
def card(card: str, name: str, day: int) -> str:
    """A card."""
    try:
        return write(card, name, day)
    except KeyError:
        abort(404, "There is no such card")


@app.get("/health")
def health() -> dict[str, str]:
    """Whether the service answers."""
    return {"status": "ok"}
