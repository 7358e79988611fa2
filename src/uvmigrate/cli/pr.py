"""``uvmigrate pr [PATH]``: the migration as a branch of its own and a pull request."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from uvmigrate.cli.options import STEERING, proposing, steering, typed


@click.command(
    epilog="The token is GITHUB_TOKEN, GH_TOKEN or GITLAB_TOKEN, or what git's credential helper knows. "
    "docs/bots.md has the files for jobs of GitHub and GitLab."
)
@click.argument("path", default=".", type=click.Path(readable=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Show what would be pushed where, and push nothing.")
@proposing
@click.option(
    "--verdict",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Say what `uvmigrate verify --format json` found.",
)
@click.option(
    "--lock-in-container", is_flag=True, help="Run `uv lock`, and what it has to build, in a container."
)
@steering
def pr(path: Path, config: Path | None, verdict: Path | None, **given: Any) -> int:
    """Push the migration to a branch of its own, and open or update its pull request.

    PATH is a git repository, whose origin is cloned: its default branch is what is migrated. Neither PATH nor
    that branch is touched, and commits that a person made on the migration's branch are not pushed over.
    """
    steered = {key: given.pop(key) for key in STEERING}
    from uvmigrate.cli import pr_run

    steering = typed({**steered, "config": config})
    asked = pr_run.Asked(verdict=verdict, steering=steering, **given)
    return pr_run.proposed(path, config, steered, asked)
