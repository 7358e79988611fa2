"""The command `tides`."""

from __future__ import annotations

import click
from waitress import serve as serve_wsgi

from tides.clock import high_tides
from tides.web import app


@click.group()
def main() -> None:
    """Tell when the tide is high."""


@main.command("next")
@click.argument("count", type=int)
def next_(count: int) -> None:
    """Print the next high tides."""
    for tide in high_tides(count):
        click.echo(tide.isoformat(" "))


@main.command()
@click.option("--port", type=int, default=8000)
def serve(port: int) -> None:
    """Answer over HTTP."""
    serve_wsgi(app, host="0.0.0.0", port=port)
