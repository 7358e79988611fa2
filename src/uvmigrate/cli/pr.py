"""``uvmigrate pr [PATH]``: the migration as a branch of its own and a pull request."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from uvmigrate.cli.options import STEERING, steering, typed


def _words(_: click.Context, __: click.Parameter, given: tuple[str, ...]) -> tuple[str, ...]:
    """Comma lists, several times over, as one tuple."""
    return tuple(dict.fromkeys(word.strip() for text in given for word in text.split(",") if word.strip()))


@click.command(
    epilog="The token is GITHUB_TOKEN, GH_TOKEN or GITLAB_TOKEN, or what git's credential helper knows. "
    "docs/bots.md has the files for jobs of GitHub and GitLab."
)
@click.argument("path", default=".", type=click.Path(readable=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Show what would be pushed where, and push nothing.")
@click.option("--draft", is_flag=True, help="Open it as a draft.")
@click.option(
    "--label", "labels", metavar="NAME,…", multiple=True, callback=_words, help="Labels for its opening."
)
@click.option(
    "--reviewer",
    "reviewers",
    metavar="NAME,…",
    multiple=True,
    callback=_words,
    help="Who is asked for a review when it is opened; ORG/TEAM is a team of GitHub's.",
)
@click.option(
    "--verdict",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Say what `uvmigrate verify --format json` found.",
)
@click.option(
    "--forge",
    "kind",
    type=click.Choice(["github", "gitlab"]),
    help="What hosts the repository, where its address does not tell.",
)
@click.option(
    "--forge-url",
    metavar="URL",
    default="",
    help="The forge's web address, where it is not the host of git's.",
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
