"""The service's two addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

if TYPE_CHECKING:
    from starlette.requests import Request

NOTES = ["buy milk", "call the plumber"]


def notes(_request: Request) -> JSONResponse:
    """All notes, the oldest first."""
    return JSONResponse(NOTES)


def health(_request: Request) -> JSONResponse:
    """Whether the service answers."""
    return JSONResponse({"status": "ok"})


app = Starlette(routes=[Route("/", notes), Route("/health", health)])
