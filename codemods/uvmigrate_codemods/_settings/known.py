"""What a build says already about the settings of the pattern: in variables, options and ``[tool.uv]``."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from uvmigrate.codemod import StageFacts, UvInstall

COMPILE = "UV_COMPILE_BYTECODE"
_FLAGS = ("--compile-bytecode", "--compile", "--no-compile-bytecode", "--no-compile")
_OFF = ("0", "false", "")


def is_known(stage: StageFacts, name: str) -> bool:
    """Whether the stage, or one below it, says something about a variable."""
    return name in stage.final.exported or name in stage.final.env


def configured(install: UvInstall, key: str) -> bool:
    """Whether the project that a sync installs from sets a key of ``[tool.uv]``."""
    return install.project is not None and key in install.project.uv


def compiles(stage: StageFacts, installs: tuple[UvInstall, ...]) -> bool | None:
    """Whether the installs of a stage compile bytecode; None where nobody has said anything about it."""
    for install in installs:
        option = next((a.option for a in install.uv.arguments if a.option in _FLAGS), None)
        if option is not None:
            return not option.startswith("--no-")
        assigned = [a.value for a in install.call.command.assignments if a.name == COMPILE]
        if assigned:
            return assigned[-1] not in _OFF
        if configured(install, "compile-bytecode"):
            return bool(install.project and install.project.uv["compile-bytecode"])
    return stage.final.env.get(COMPILE) not in _OFF if is_known(stage, COMPILE) else None
