"""What a build says already about the settings of the pattern: in variables, options and ``[tool.uv]``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.codemod import interpreter_of

if TYPE_CHECKING:
    from uvmigrate.codemod import StageFacts, UvInstall

COMPILE = "UV_COMPILE_BYTECODE"
_FLAGS = ("--compile-bytecode", "--compile", "--no-compile-bytecode", "--no-compile")
_OFF = ("0", "false", "")
_FIRST = (3, 7)


def is_known(stage: StageFacts, name: str) -> bool:
    """Whether the stage, or one below it, says something about a variable."""
    return name in stage.final.exported or name in stage.final.env


def configured(install: UvInstall, key: str) -> bool:
    """Whether the project that a sync installs from sets a key of ``[tool.uv]``."""
    return install.project is not None and key in install.project.uv


def compiles(stage: StageFacts, installs: tuple[UvInstall, ...]) -> bool | None:
    """Whether the installs of a stage compile bytecode; None where nobody has said anything about it.

    Python 3.6 cannot: what uv 0.13.8 runs to compile needs ``py_compile.PycInvalidationMode``.
    """
    for install in installs:
        option = next((a.option for a in install.uv.arguments if a.option in _FLAGS), None)
        if option is not None:
            return not option.startswith("--no-")
        assigned = [a.value for a in install.call.command.assignments if a.name == COMPILE]
        if assigned:
            return assigned[-1] not in _OFF
        if configured(install, "compile-bytecode"):
            return bool(install.project and install.project.uv["compile-bytecode"])
    if is_known(stage, COMPILE):
        return stage.final.env.get(COMPILE) not in _OFF
    version = interpreter_of(stage).version
    return False if version is not None and version < _FIRST else None
