"""Shows all prices over HTTP."""

from __future__ import annotations

from bottle import Bottle
from prices import CENTS, price

app = Bottle()


@app.get("/")
def board() -> str:
    """All prices, one a line."""
    return "".join(f"{thing}: {price(thing)}\n" for thing in CENTS)


@app.get("/health")
def health() -> dict[str, str]:
    """Whether the service answers."""
    return {"status": "ok"}


app.run(host="0.0.0.0", port=8000)
