"""Dockerfiles: a total, span-tiling parser with BuildKit's rules, and typed views of its instructions."""

from uvmigrate.dockerfile.edits import delete_instruction, edit_pairs
from uvmigrate.dockerfile.expand import expand
from uvmigrate.dockerfile.nodes import (
    Blank,
    Comment,
    Directive,
    Dockerfile,
    Flag,
    Heredoc,
    Instruction,
    Item,
    Stage,
    Unknown,
)
from uvmigrate.dockerfile.parser import parse
from uvmigrate.dockerfile.second_reader import second_reader_disagrees
from uvmigrate.dockerfile.style import below, insertion_point, new_lines
from uvmigrate.dockerfile.template import template_line
from uvmigrate.dockerfile.views import (
    Command,
    Copy,
    From,
    Mount,
    Pair,
    Run,
    ScriptText,
    as_arg,
    as_cmd,
    as_copy,
    as_entrypoint,
    as_env,
    as_from,
    as_healthcheck,
    as_run,
    as_user,
    as_workdir,
)
from uvmigrate.dockerfile.words import Word

__all__ = [
    "Blank",
    "Command",
    "Comment",
    "Copy",
    "Directive",
    "Dockerfile",
    "Flag",
    "From",
    "Heredoc",
    "Instruction",
    "Item",
    "Mount",
    "Pair",
    "Run",
    "ScriptText",
    "Stage",
    "Unknown",
    "Word",
    "as_arg",
    "as_cmd",
    "as_copy",
    "as_entrypoint",
    "as_env",
    "as_from",
    "as_healthcheck",
    "as_run",
    "as_user",
    "as_workdir",
    "below",
    "delete_instruction",
    "edit_pairs",
    "expand",
    "insertion_point",
    "new_lines",
    "parse",
    "second_reader_disagrees",
    "template_line",
]
