"""The service's two addresses, as a WSGI application."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tides.clock import high_tides

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIEnvironment


def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Answer one request."""
    answers = {
        "/": {"high": [tide.isoformat() for tide in high_tides(4)]},
        "/health": {"status": "ok"},
    }
    answer = answers.get(environ["PATH_INFO"])
    start_response("404 Not Found" if answer is None else "200 OK", [("Content-Type", "application/json")])
    return [json.dumps(answer).encode()]
