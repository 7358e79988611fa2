"""Writes the pages of docs/ that are made from the source, and builds the site.

    python docs/build.py                 write docs/cli.md, docs/codemods.md and docs/refusals.md
    python docs/build.py --check         write nothing, and exit with 1 if one of them is stale
    python docs/build.py --site DIR      write them, then build the site into DIR; a warning is an error

The pages are committed, so that they can be read where the repository is.
"""

from __future__ import annotations

import argparse
import inspect
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from uvmigrate.cli.main import COMMANDS, command
from uvmigrate.codemod.codes import CODES
from uvmigrate.codemod.page import read_further_pages, read_page
from uvmigrate.plan.catalogue import in_order
from uvmigrate_codemods import CATALOGUE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from uvmigrate.codemod import Codemod

DOCS = Path(__file__).parent
ROOT = DOCS.parent
COMMAND = "python docs/build.py"
_NOTE = f"<!-- Written by `{COMMAND}`: edit what it is made from. -->\n"
_PAGES = "../codemods/uvmigrate_codemods"
_REFUSED = re.compile(r"^```refused\n(.*?)^```$", re.MULTILINE | re.DOTALL)
#: What each page begins with.
_COMMAND_LINE = """\
What steers a plan, from `--select` to `--allow-build`, can also stand in `[tool.uvmigrate]` of
pyproject.toml, in `uvmigrate.toml`, or in the file that `--config` names; the first two win over that,
and what is typed wins over all. Codemods are lists there, `ignore = ["multi-stage"]`. Three settings have no
option: `name`, of a project where the repository has none, `compose`, lists of compose files that are used
together, and `exclude`, folders or Dockerfiles that are planned only where PATH lies in them or names them.
"""
_CODEMODS = """\
One codemod makes one patch with one reason, and they run in this order. *safe* keeps commands, files and
packages as they are; *review* says what to look at; *opt-in* runs only where `--select` names it.
[Reviewing](reviewing.md) says what to look at in each, `uvmigrate explain ID` shows its page on the terminal.
"""
_REFUSALS = """\
What is not certain is refused: nothing is written for it, and the plan says where, why, and what to do. Each
refusal has a code; `uvmigrate explain CODE` shows what stands here. A refusal of one codemod leaves the
others' patches as they are. With `--strict` the exit code is 3 where something that needs migrating was
refused.
"""
#: Small ones, for each command.
EXAMPLES: Mapping[str, Sequence[str]] = {
    "uvmigrate": (
        "uvmigrate                                    # the plan of the repository around this folder",
        "uvmigrate --diff services/shop/Dockerfile    # the patches of one Dockerfile",
        "uvmigrate --write --ignore multi-stage       # all but one codemod",
        "uvmigrate --check --select uv-pin,no-sync    # two codemods, for CI",
    ),
    "uvmigrate verify": (
        "uvmigrate verify --smoke /health",
        "uvmigrate verify --env SECRET_KEY=test --each --drop-failing",
        "uvmigrate verify --read-only --format json --output verify.json",
    ),
    "uvmigrate pr": ("uvmigrate pr --dry-run", "uvmigrate pr --draft --label uv --reviewer ann"),
    "uvmigrate bulk": (
        "uvmigrate bulk repositories/*                            # a report",
        "uvmigrate bulk --file all.txt --output patches --jobs 8",
        "uvmigrate bulk --file all.txt --push --dry-run",
    ),
    "uvmigrate bulk retry": ("uvmigrate bulk retry --where failed --timeout 1800",),
    "uvmigrate bulk export": ("uvmigrate bulk export --format csv --output all.csv",),
    "uvmigrate codemods": ("uvmigrate codemods --format json",),
    "uvmigrate explain": ("uvmigrate explain multi-stage", "uvmigrate explain login-shell"),
}


def pages() -> dict[str, str]:
    """The pages that are made from the source, by their file names in docs/."""
    return {"cli.md": command_line(), "codemods.md": catalogue(), "refusals.md": refusals()}


def command_line() -> str:
    """Every command with every option, as click knows them, and the README's table of exit codes."""
    readme = (ROOT / "README.md").read_text("utf-8")
    exits = re.search(r"^\| exit code \|.*?(?=^\n)", readme, re.MULTILINE | re.DOTALL)
    if exits is None:
        raise ValueError("README.md has no table of exit codes")
    sections = [
        section
        for words in ("", *COMMANDS)
        for section in _command(f"uvmigrate {words}".strip(), command(words))
    ]
    intro = f"# Command line\n\n{_NOTE}\n{_COMMAND_LINE}\n"
    return intro + "\n".join(sections) + f"\n## Exit codes\n\n{exits[0]}"


def _command(name: str, command: click.Command) -> Iterator[str]:
    """The section of a command, and of those below it."""
    context = click.Context(command, info_name=name)
    parts = [f"## {name}", f"```sh\n{' '.join([name, *command.collect_usage_pieces(context)])}\n```"]
    parts += [_marked(inspect.cleandoc(command.help or "")), "\n".join(_options(command, context))]
    examples = EXAMPLES.get(name, ())
    parts += ["```sh\n" + "\n".join(examples) + "\n```"] if examples else []
    yield "\n\n".join(part for part in parts if part) + "\n"
    if isinstance(command, click.Group):
        for word, below in command.commands.items():
            yield from _command(f"{name} {word}", below)


def _options(command: click.Command, context: click.Context) -> Iterator[str]:
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        # What is said of an argument stands in the command's own text.
        if record is not None and record[1]:
            yield f"- `{record[0]}`: {_marked(record[1])}"


def _marked(text: str) -> str:
    """Text for terminals with its options as code, where they are not yet."""
    return re.sub(r"`[^`]*`|(?<![\w-])--[a-z-]+", lambda found: f"`{found[0].strip('`')}`", text)


def catalogue() -> str:
    """Every codemod with its level, what it does and why, and its pages."""
    rows = "".join(
        f"| [`{codemod.id}`]({_PAGES}/{_module(codemod)}.md) | {codemod.level} "
        f"| **{codemod.title}.** {codemod.why}{_more(codemod)} |\n"
        for codemod in in_order(CATALOGUE)
    )
    head = "| codemod | level | what it does, and why |\n|---|---|---|\n"
    return f"# Codemods\n\n{_NOTE}\n{_CODEMODS}\n{head}{rows}"


def _module(codemod: Codemod) -> str:
    return codemod.run.__module__.rpartition(".")[2]


def _more(codemod: Codemod) -> str:
    further = [f"[{name.split('.')[1]}]({_PAGES}/{name})" for name in read_further_pages(codemod)]
    return f" More cases: {', '.join(further)}." if further else ""


def refusals() -> str:
    """Every code of a refusal: what it means, what to do, and the codemods in whose cases it stands."""
    texts = {
        codemod: read_page(codemod) + "".join(read_further_pages(codemod).values())
        for codemod in in_order(CATALOGUE)
    }
    refused = {codemod: "".join(_REFUSED.findall(text)) for codemod, text in texts.items()}
    sections = []
    for code, (means, instead) in CODES.items():
        by = [codemod for codemod, lines in refused.items() if f" {code}: " in lines]
        links = ", ".join(f"[`{codemod.id}`]({_PAGES}/{_module(codemod)}.md)" for codemod in by)
        sections.append(
            f"## {code}\n\n{_marked(means.strip())}\n\n**What to do:** {_marked(instead.strip())}\n"
            + (f"\nRefused by {links}.\n" if links else "")
        )
    return f"# Refusals\n\n{_NOTE}\n{_REFUSALS}\n" + "\n".join(sections)


def stale(docs: Path) -> list[Path]:
    """The pages in *docs* that are not as the source would have them."""
    return [
        docs / name
        for name, text in pages().items()
        if not (docs / name).is_file() or (docs / name).read_text("utf-8") != text
    ]


def build_site(folder: Path) -> int:
    """Build the site into *folder*; MkDocs' exit code. It fails at the first warning."""
    command = [sys.executable, "-m", "mkdocs", "build", "--strict"]
    command += ["--config-file", str(ROOT / "mkdocs.yml"), "--site-dir", str(folder.resolve())]
    return subprocess.run(command, env=os.environ | {"NO_MKDOCS_2_WARNING": "1"}, check=False).returncode


def main(arguments: Sequence[str], say: Callable[[str], None] = print) -> int:
    """Run one command line, and return its exit code."""
    parser = argparse.ArgumentParser(
        prog=COMMAND, description="Write the pages that are made from the source."
    )
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a page is stale")
    parser.add_argument("--site", metavar="DIR", type=Path, help="build the site into DIR")
    given = parser.parse_args(arguments)
    old = stale(DOCS)
    if given.check:
        for path in old:
            say(f"{path.relative_to(ROOT)} is stale: run `{COMMAND}`")
        if old:
            return 1
    for path in old:
        path.write_text(pages()[path.name], "utf-8")
        say(f"{path.relative_to(ROOT)} is written")
    return build_site(given.site) if given.site is not None else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
