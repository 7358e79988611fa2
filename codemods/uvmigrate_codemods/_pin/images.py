"""References to uv's own image: which of them say a version, and what the others are to say.

uv's guide "Using uv in Docker" lists the tags. A distroless image bears nothing but a version; a derived one
names another image too, and what is published under a name without a version may have stopped moving.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from uvmigrate.codemod import (
    UV_IMAGE,
    Change,
    Edit,
    NamedTuple,
    Refusal,
    Span,
    as_arg,
    as_copy,
    as_from,
    as_run,
    expand,
    lazy_pattern,
    read_image,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvmigrate.codemod import Build, Settings, StageFacts

#: uv's image at GitHub and Docker Hub, and mirrors that keep its name.
_UV = lazy_pattern(r"(?:[^/]+/)*astral-sh/uv|(?:docker\.io/)?astral/uv", words=("astral",))
_MIRRORED = lazy_pattern(r"(?:docker\.io/)?astral/uv")
#: Derived tags that get no new uv any more (uv's changelog, 0.10.0).
_STOPPED = lazy_pattern(r".*(bookworm|alpine3\.21|python3\.8)")


class _Reference(NamedTuple):
    text: str
    span: Span


def is_uv_image(reference: str) -> bool:
    """Whether a reference names uv's image, distroless or derived."""
    return bool(_UV.fullmatch(read_image(reference).name))


def copies_uv(stage: StageFacts, before: int) -> str | None:
    """The image that uv is copied from above an offset, in the stage or one that it is FROM, or None."""
    earlier = [facts for facts in stage.earlier if facts.base and not facts.parent]
    images = {facts.name: facts.base.reference for facts in earlier if facts.base}
    for facts in stage.lineage:
        for instruction in facts.instructions:
            copy = as_copy(instruction)
            origin = copy.from_ if copy and instruction.span.start < before else None
            origin = images.get(origin.lower(), origin) if origin is not None else None
            if origin is not None and is_uv_image(origin):
                return origin
    return None


def repository(settings: Settings) -> str:
    """The repository that uv's image is taken from, without tag and digest."""
    return read_image(settings.uv_image).name


def pin_images(build: Build, settings: Settings) -> Iterator[Change | Refusal]:
    """One change for each reference that says no version; a refusal where it names a derived image."""
    for found in _references(build):
        if not is_uv_image(found.text) or _says_version(found.text):
            continue
        new = _pinned(found.text, settings)
        if new is None:
            yield _derived(build, found, settings)
        else:
            yield Change(
                {build.path: (Edit(found.span, new.encode(errors="surrogateescape")),)}, builds=(build.path,)
            )
    yield from _arguments(build, settings)


def pinned_image(build: Build) -> str | None:
    """The first reference of the Dockerfile to uv's distroless image that says a version."""
    found = (one.text for one in _references(build) if is_uv_image(one.text) and _says_version(one.text))
    return next((text for text in found if not re.search(r"[a-z]", read_image(text).tag or "a")), None)


def _says_version(reference: str) -> bool:
    tag = read_image(reference).tag or ""
    return "@" in reference or bool(re.match(r"\d+\.\d", tag))


def _pinned(reference: str, settings: Settings) -> str | None:
    """The reference with the version that is set; None for a derived image."""
    image = read_image(reference)
    if image.tag not in (None, "latest"):
        return None
    if image.name == UV_IMAGE or _MIRRORED.fullmatch(image.name):
        return settings.uv_reference
    # A mirror stays the mirror.
    return f"{image.name}:{settings.uv_version}"


def _references(build: Build) -> Iterator[_Reference]:
    """Every literal image reference of the Dockerfile, with its place."""
    data = build.dockerfile.data
    everything = build.dockerfile.instructions
    for instruction in (*everything, *(item.inner for item in everything if item.inner)):
        source = as_from(instruction)
        # What a variable says is looked at where it is declared.
        if (
            source is not None
            and "$" not in source.image
            and source.image_span.of(data) == source.image.encode(errors="surrogateescape")
        ):
            yield _Reference(source.image, source.image_span)
        copy, run = as_copy(instruction), as_run(instruction)
        if copy is not None and copy.from_ is not None:
            flag = next(flag for flag in instruction.flags if flag.name == "from")
            if flag.value_span is not None and flag.value_span.of(data) == copy.from_.encode(
                errors="surrogateescape"
            ):
                yield _Reference(copy.from_, flag.value_span)
        for mount in run.mounts if run is not None else ():
            origin, span = mount.options.get("from"), mount.flag.value_span
            at = (
                span.of(data).find(f"from={origin}".encode(errors="surrogateescape"))
                if origin and span
                else -1
            )
            if origin and span and at >= 0:
                start = span.start + at + len("from=")
                yield _Reference(origin, Span(start, start + len(origin.encode(errors="surrogateescape"))))


def _derived(build: Build, found: _Reference, settings: Settings) -> Refusal:
    tag = read_image(found.text).tag or ""
    stopped = ", and no new uv has been published under it since 0.10" if _STOPPED.match(tag) else ""
    return Refusal(
        build.path,
        build.line(found.span.start),
        "uv-derived-image",
        f"the tag {tag} names no version of uv{stopped}",
        f"use the image that it is derived from, with COPY --from={settings.uv_reference} /uv /uvx /bin/",
    )


def _arguments(build: Build, settings: Settings) -> Iterator[Change | Refusal]:
    """A build argument whose default makes uv's image a moving one: ``ARG UV_VERSION=latest``."""
    pairs = [pair for item in build.dockerfile.preamble for pair in as_arg(item) or ()]
    known = {pair.key: pair.value for pair in pairs if pair.value is not None}
    for facts in build.stages:
        source = as_from(facts.stage.from_)
        image = expand(source.image, known) if source else None
        if source is None or image is None or image == source.image:
            continue
        new = _pinned(image, settings) if is_uv_image(image) and not _says_version(image) else None
        for pair in pairs:
            for value in (new, (new or "").rpartition(":")[2]):
                settled = value and expand(source.image, {**known, pair.key: value}) == new
                if new is not None and value and settled and pair.value_span is not None:
                    yield _default(
                        build, pair.key, Edit(pair.value_span, value.encode(errors="surrogateescape"))
                    )
                    new = None


def _default(build: Build, key: str, edit: Edit) -> Change | Refusal:
    for file, service in build.services:
        if service.build and key in service.build.args:
            because = f"the build argument {key} decides which image of uv {build.path} takes"
            return Refusal(
                file.path, service.build.line, "compose-needs-edit", because, "pin uv's version there"
            )
    return Change({build.path: (edit,)}, builds=(build.path,))
