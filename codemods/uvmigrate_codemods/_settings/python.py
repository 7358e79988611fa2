"""Whether uv uses the Python of the base image, or may have to download another.

uv's documentation, "Python versions": a request on the command line or in UV_PYTHON counts first, then what
``.python-version`` says, then ``requires-python``. A Python that does not fit is passed over for a download.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from uvmigrate.codemod import Refusal, interpreter_of, read_uv

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvmigrate.codemod import Build, Call, StageFacts, UvCommand, UvInstall

#: Variables by which somebody chose where uv's Python comes from.
_CHOSEN = (
    "UV_PYTHON_INSTALL_DIR",
    "UV_PYTHON_PREFERENCE",
    "UV_MANAGED_PYTHON",
    "UV_NO_MANAGED_PYTHON",
    "UV_PYTHON",
)
_BRINGS_PYTHON = ("python", "lambda", "preinstalled", "distribution")

#: *base*: the image's own Python for certain. *unknown*: it may be another one.
Answer = Literal["base", "unknown"]


def python_of(build: Build, stage: StageFacts, installs: tuple[UvInstall, ...]) -> Answer | Refusal:
    """Which Python the stage's calls of uv use; a refusal where it cannot be that of the base image."""
    base, final = stage.base, stage.final
    calls = [(call, uv) for call in stage.calls(b"uv") if (uv := read_uv(call.command)) is not None]
    if base is None or base.kind not in _BRINGS_PYTHON or any(name in final.exported for name in _CHOSEN):
        return "unknown"
    if any(uv.verb == "python install" or uv.has("--managed-python") for _, uv in calls):
        return "unknown"
    if any(_asks(call, uv) for call, uv in calls):
        return "unknown"
    for call, spec, path in _wishes(installs, [call for call, _ in calls]):
        fits = _fits(interpreter_of(stage).version, base.tag or "", spec)
        if fits is None:
            return "unknown"
        if not fits:
            because = f"{path} asks for Python {spec}, and {base.reference} brings another: uv downloads one"
            instead = "use a base image with that Python, then run uvmigrate again"
            return Refusal(build.path, build.line(call.command.span.start), "other-python", because, instead)
    return "base"


def _asks(call: Call, uv: UvCommand) -> bool:
    """Whether a call names a Python; the folder of the environment that uv fills is none of its own."""
    state = call.state
    filled = {state.env.get(name) for name in ("UV_PROJECT_ENVIRONMENT", "VIRTUAL_ENV")} - {None}
    return any(argument.option == "--python" and argument.value not in filled for argument in uv.arguments)


def _wishes(installs: tuple[UvInstall, ...], calls: list[Call]) -> Iterator[tuple[Call, str, str]]:
    """What is asked of the Python, by which call, and where it is written: ``3.12`` or ``>=3.12``."""
    for install in installs:
        if install.project is not None and install.project.requires_python is not None:
            yield install.call, install.project.requires_python, str(install.project.path)
    for call in calls:
        path = call.locate(".python-version")
        if path is None:
            continue
        full = call.stage.context.folder / path
        text = call.stage.context.repo.get(full, b"").decode(errors="replace")
        lines = (line.strip() for line in text.splitlines())
        wish = next((line for line in lines if line and not line.startswith("#")), None)
        if wish is not None:
            yield call, wish, str(full)


def _fits(python: tuple[int, int] | None, tag: str, wish: str) -> bool | None:
    """Whether the base's Python answers the wish; None where it is not known."""
    if python is None:
        return None
    version = f"{python[0]}.{python[1]}"
    if wish == f"=={version}.*":
        # What uv-switch writes; packaging is a large import for a plain answer.
        return True
    pinned = re.fullmatch(r"(?:cpython[-@])?(3(?:\.\d+){0,2})", wish)
    if pinned:
        exact = pinned[1]
        patch = exact.count(".") == 2
        return tag.startswith(exact) if patch else exact in ("3", version)
    if not wish.startswith(("<", ">", "=", "!", "~")):
        return None
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        wanted = SpecifierSet(wish)
    except InvalidSpecifier:
        return None
    first, last = (wanted.contains(f"{version}.{patch}") for patch in (0, 99))
    return first if first == last else None
