"""The service's two addresses."""

from __future__ import annotations

from fastapi import FastAPI

from app import words

app = FastAPI(title="Word count")


@app.get("/")
def count(text: str = "") -> dict[str, int]:
    """The words of a text and how often each occurs."""
    return words.count(text)


@app.get("/health")
def health() -> dict[str, str]:
    """Whether the service answers."""
    return {"status": "ok"}
