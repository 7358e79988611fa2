"""``uvmigrate verify [PATH]``: the migration tried on a container engine, before against after."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from uvmigrate.cli.exits import Exit
from uvmigrate.cli.options import STEERING, output_file, steering

if TYPE_CHECKING:
    from collections.abc import Mapping


def _pairs(_: click.Context, __: click.Parameter, given: tuple[str, ...]) -> Mapping[str, str]:
    """``NAME=VALUE`` several times over; a name alone has its value from this process' environment."""
    found = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not name or (not equals and name not in os.environ):
            raise click.BadParameter(f"{text} is neither NAME=VALUE nor a variable of the environment")
        found[name] = value if equals else os.environ[name]
    return found


@click.command(
    epilog="Nothing is left on the engine but its build cache. docs/verify.md says what is compared, and how."
)
@click.argument("path", default=".", type=click.Path(readable=False, path_type=Path))
@steering
@click.option(
    "--engine",
    type=click.Choice(["docker", "podman", "buildah"]),
    help="The engine to use. Without it, the first that answers.",
)
@click.option(
    "--build-arg",
    "build_args",
    metavar="NAME=VALUE",
    multiple=True,
    callback=_pairs,
    help="A build argument, beside those of compose.",
)
@click.option("--secret", "secrets", metavar="id=ID,src=FILE", multiple=True, help="A secret of the builds.")
@click.option("--ssh", metavar="ID", multiple=True, help="An SSH agent socket or key of the builds.")
@click.option("--target", metavar="STAGE", default="", help="Verify the image of this stage only.")
@click.option("--platform", metavar="OS/ARCH", default="", help="The platform to build for.")
@click.option("--network", metavar="MODE", default="", help="The network of the builds' RUN instructions.")
@click.option(
    "--env",
    "environment",
    metavar="NAME=VALUE",
    multiple=True,
    callback=_pairs,
    help="A variable of the started containers.",
)
@click.option(
    "--no-frontend",
    is_flag=True,
    help="Build without the frontends that `# syntax=` names, where they cannot be pulled.",
)
@click.option(
    "--smoke",
    metavar="COMMAND|URL",
    default="",
    help="Ask the started container: by an address, or a command that runs beside it in the same image.",
)
@click.option("--read-only", is_flag=True, help="Start it read-only as well, and tell what it writes.")
@click.option(
    "--repeat",
    metavar="N",
    type=click.IntRange(0),
    default=0,
    help="Time builds and start-up, N rounds of before and after in turns.",
)
@click.option("--each", is_flag=True, help="Try every prefix of the series, and name the codemod that fails.")
@click.option("--drop-failing", is_flag=True, help="Leave out the codemods that fail until the rest holds.")
@click.option("--lock-in-container", is_flag=True, help="Run `uv lock` in a container, not on this machine.")
@click.option("--keep", is_flag=True, help="Keep the images that were built.")
@click.option("--jobs", metavar="N", type=click.IntRange(1), default=1, help="Try N images at a time.")
@click.option(
    "--timeout",
    metavar="SECONDS",
    type=click.FloatRange(1),
    default=1800,
    show_default=True,
    help="The most that one build may take.",
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json", "markdown", "html"]),
    default="text",
    help="The form of the verdict.",
)
@output_file
def verify(
    path: Path, config: Path | None, format_: str, output: Path | None, no_frontend: bool, **given: Any
) -> int:
    """Build and start the images as they are and as they would be, and compare them.

    PATH is a folder or one Dockerfile; nothing there is written. The builds run the repository's own code, in
    containers. Exits with 1 if anything differs that no codemod means to change, and with 4 if an image as it
    is cannot be built, or no engine answers.
    """
    steered = {key: given.pop(key) for key in STEERING}
    from uvmigrate.cli import show, verify_run
    from uvmigrate.verify import Options

    options = Options(frontend=not no_frontend, **given)
    migration, settings, verdict = verify_run.verified(path, config, steered, options)
    show.remark_empty(migration)
    show.remark_refusals(migration)
    again = {**steered, "ignore": None, "config": config, "lock_in_container": options.lock_in_container}
    result = verify_run.formed(migration, settings, verdict, format_, again, path)
    show.deliver(result, output, patch=False, paged=format_ == "text")
    show.remark_unbuilt(verdict)
    if not verdict.holds or verdict.dropped:
        return Exit.WOULD_CHANGE
    return Exit.DONE if all(image.builds for image in verdict.images) else Exit.ENVIRONMENT
