"""The service's addresses."""

from __future__ import annotations

from bottle import Bottle
from house_style import amount

app = Bottle()


@app.get("/<cents:int>")
def invoice(cents: int) -> str:
    """An invoice over a number of cents."""
    return f"Please pay {amount(cents)} within thirty days.\n"


@app.get("/health")
def health() -> dict[str, str]:
    """Whether the service answers."""
    return {"status": "ok"}


app.run(host="0.0.0.0", port=8000)
