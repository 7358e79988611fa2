"""A service that mixes colours."""

from __future__ import annotations

from flask import Flask, abort

app = Flask(__name__)


@app.get("/mix/<first>/<second>")
def mix(first: str, second: str) -> dict[str, str]:
    """The colour half-way between two, each of six hexadecimal figures."""
    try:
        pairs = zip(bytes.fromhex(first), bytes.fromhex(second), strict=True)
        return {"colour": bytes((one + other) // 2 for one, other in pairs).hex()}
    except ValueError:
        abort(404)


@app.get("/health")
def health() -> dict[str, str]:
    """Whether the service answers."""
    return {"status": "ok"}
