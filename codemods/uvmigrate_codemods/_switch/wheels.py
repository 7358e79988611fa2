"""``poetry build`` for a wheel that pip installs: uv asks the same build backend."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.codemod import Refusal, managed_calls, quote, read_pyproject, replace_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvmigrate.codemod import Build, Call, ManagedCall
    from uvmigrate_codemods._switch.draft import Draft

_QUIET = frozenset({"--no-interaction", "--no-ansi", "--ansi", "--quiet", "--verbose", "--clean"})
_FORMATS = {"wheel": ("--wheel",), "sdist": ("--sdist",), "all": ("--sdist", "--wheel")}


def build_calls(build: Build) -> Iterator[Call]:
    """The calls of ``poetry build`` that `build_wheel` rewrites: their stages need uv."""
    for managed in managed_calls(build):
        if managed.tool.verb == "build" and not _has_hooks(build):
            yield managed.call


def build_wheel(draft: Draft, managed: ManagedCall) -> Refusal | None:
    """``uv build`` in its place; a refusal for an option that uv build does not have.

    It stays where poethepoet runs tasks of its own at a build: those are poetry's.
    """
    tool = managed.tool
    if _has_hooks(draft.build):
        return None
    form = (tool.values("--format") or ("all",))[-1]
    unknown = [a.option for a in tool.arguments if a.option not in {*_QUIET, "--format", "--output"}]
    if form not in _FORMATS or unknown or any(argument.dynamic for argument in tool.arguments):
        line = draft.build.line(managed.call.command.span.start)
        because = f"`poetry build`: uv build has no {unknown[0] if unknown else form}"
        return Refusal(draft.build.path, line, "manager-option", because, "say it another way")
    words = ["uv", "build", *_FORMATS[form]]
    words += ["--clear"] if tool.has("--clean") else []
    words += [word for path in tool.values("--output")[-1:] for word in ("--out-dir", quote(path))]
    draft.add(replace_words(tool.command, 0, len(tool.command.words), " ".join(words)))
    return None


def _has_hooks(build: Build) -> bool:
    """Whether a project of the repository lets poethepoet run tasks when poetry builds it."""
    repo = build.context.repo
    for path in repo.named("pyproject.toml"):
        if b"poetry_hooks" in repo.get(path, b""):
            data = getattr(read_pyproject(repo, path), "data", {})
            if data.get("tool", {}).get("poe", {}).get("poetry_hooks"):
                return True
    return False
