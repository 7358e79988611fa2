"""Which variables are settings of poetry, pipenv and pipx that nobody reads once they are gone."""

from __future__ import annotations

_PIPX = frozenset(
    "PIPX_HOME PIPX_BIN_DIR PIPX_MAN_DIR PIPX_DEFAULT_PYTHON PIPX_SHARED_LIBS PIPX_VERSION".split()
)


def belongs_to(name: str, value: str | None) -> str | None:
    """The tool that alone reads a variable, and that it goes with; None where it means more."""
    if name != "WORKON_HOME" and not name.startswith(("POETRY_", "PIPENV_", "PIPX_")):
        return None
    from uvmigrate.codemod import pipenv_variable, poetry_variable

    for tool, setting in (
        ("poetry", poetry_variable(name, value)),
        ("pipenv", pipenv_variable(name, value)),
    ):
        if setting is not None:
            return tool if setting.action == "drop" and not setting.secret else None
    return "pipx" if name in _PIPX else None
