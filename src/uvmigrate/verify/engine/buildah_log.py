"""What buildah prints while it builds, for podman as well: its steps, and where and why it failed.

Each instruction is announced as ``[1/2] STEP 3/5: RUN …`` (a single stage without its number), on one line
and otherwise as it is written, and followed by ``--> Using cache ID`` where it was not carried out
(imagebuildah, ``stage_executor.go``). The error comes last, and names no line.
"""

from __future__ import annotations

import re

from uvmigrate.dockerfile import parse
from uvmigrate.source import lazy_pattern
from uvmigrate.source.mask import mask
from uvmigrate.verify.engine.model import BuildFailed, BuildStep

_STEP = lazy_pattern(
    r"^(?:\[\d+/\d+\] )?STEP \d+/\d+: (?P<instruction>.*)$(?P<cached>\n--> Using cache )?", re.MULTILINE
)
#: What BuildKit has as steps, too: the others change the configuration only.
_WORKING = lazy_pattern(r"(?:ADD|COPY|RUN|WORKDIR)\s", re.IGNORECASE)
#: What the program itself logs about its doings.
_OWN_LOG = lazy_pattern(r'^time="[^"]*" level=.*\n', re.MULTILINE)
#: Its inner data with all build arguments: of it, only the instruction is for people.
_INNER = lazy_pattern(
    r" ?&imagebuilder\.Step\{.*\}|\{Env:\[.*\] Command:.* Original:(?P<instruction>.*)\}(?=: )", re.MULTILINE
)
_ERROR = lazy_pattern(r"^Error: ", re.MULTILINE)
#: Lines of a step's output that are kept: the reason is mostly among the last.
_LINES = 20


def tidy(log: str) -> str:
    """A log without what buildah logs and shows of its own inner data."""
    return _INNER.sub(lambda found: found["instruction"] or "", _OWN_LOG.sub("", log))


def unquoted(log: str) -> str:
    """A log without its steps' own words, so that what is left came of them."""
    text = tidy(log)
    for found in _STEP.finditer(text):
        text = text.replace(f'building at STEP "{found["instruction"]}": ', "")
    return _STEP.sub("", text)


def step_of(line: str) -> str:
    """The step that a line of the log begins, with its stage and number; empty where it begins none."""
    return line if _STEP.match(line) else ""


def steps(log: str) -> tuple[BuildStep, ...]:
    """What the build carried out or found in its cache, in order; ENV, CMD and the like are no steps."""
    return tuple(
        BuildStep(found["instruction"], found["cached"] is not None)
        for found in _STEP.finditer(log)
        if _WORKING.match(found["instruction"])
    )


def failure(log: str, dockerfile: bytes) -> BuildFailed:
    """Why the build failed: the end of what its last step printed and the error, masked.

    The line is that of the step in *dockerfile*, None where it stands there several times.
    """
    text = tidy(log)
    last = max(_STEP.finditer(text), key=lambda found: found.start(), default=None)
    said = _ERROR.sub("", text[last.end() :] if last else text).strip().splitlines()[-_LINES:]
    return BuildFailed(mask("\n".join(said)), line_of(last["instruction"], dockerfile) if last else None)


def line_of(instruction: str, dockerfile: bytes) -> int | None:
    """The line on which the one instruction starts that is announced so; None where none or several are."""
    parsed = parse(dockerfile)
    found = []
    for one in parsed.instructions:
        flags = (flag.span.of(dockerfile).decode(errors="replace") for flag in one.flags)
        if _plain(" ".join((one.keyword, *flags, one.arguments))) == _plain(instruction):
            found.append(parsed.line(one.keyword_span.start))
    return found[0] if len(found) == 1 else None


def _plain(instruction: str) -> str:
    keyword, _, rest = instruction.partition(" ")
    # How buildah joins continued lines is nobody's business: words are told apart by some blanks.
    return " ".join((keyword.upper(), *rest.split()))
