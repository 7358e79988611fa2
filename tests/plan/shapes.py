"""Repositories with Dockerfiles that install with pip, generated from a small grammar of common shapes."""

from __future__ import annotations

from hypothesis import strategies as st

COMMON_INSTALLS = [
    "pip install -r requirements.txt",
    "pip3 install --no-cache-dir -r requirements.txt",
    "python -m pip install --upgrade -r requirements.txt -r requirements/dev.txt",
    "pip install -r requirements.txt -c constraints.txt gunicorn==22.0.0",
    "pip install -r requirements/dev.txt",
    "pip install -Ur /app/requirements.txt",
    "pip install six==1.16.0 'idna<4'",
]
RARE_INSTALLS = [
    "pip install --user -r requirements.txt",
    "pip install .",
    "pip install -e .[web]",
    "pip install --no-deps -e .",
    "/opt/venv/bin/pip install -r requirements.txt",
    "$VENV/bin/pip install -r requirements.txt",
    "pip install --index-url https://pypi.example.org/simple six",
    "pip install --timeout 100 -r requirements.txt",
    "pip install -r $FILE",
    "pip install --root /x six",
    "pip wheel -w /wheels -r requirements.txt",
    "uv pip install --system six",
    "poetry install --no-root",
]
INSTALLS = st.sampled_from(COMMON_INSTALLS * 6 + RARE_INSTALLS)
OTHERS = st.sampled_from(
    [
        "pip install --upgrade pip",
        "python -m pip install -U pip setuptools wheel",
        "apt-get update && apt-get install -y gcc libpq-dev",
        "apt-get update",
        "rm -rf /var/lib/apt/lists/*",
        "rm -rf /root/.cache/pip",
        "pip cache purge",
        "pip check",
        "python -m venv /opt/venv",
        ". /opt/venv/bin/activate",
        "python manage.py collectstatic --noinput",
        "useradd app",
        "cd /app",
        "echo done",
        "export A=1",
    ]
)
#: How the commands of a RUN are joined; the last ones hold comments and a blank line.
JOINERS = st.sampled_from(
    [" && ", " \\\n && ", " && \\\n    ", "; ", " && \\\n    # why\n    ", " && \\\n\n  "]
)


@st.composite
def runs(draw: st.DrawFn) -> str:
    """A RUN with one to four commands, in shell form or in a heredoc."""
    commands = draw(st.lists(INSTALLS | OTHERS, min_size=1, max_size=4))
    if draw(st.integers(0, 9)) == 0:
        return "RUN <<EOF\n" + "\n".join(commands) + "\nEOF"
    mount = draw(st.sampled_from(["", "", "", "--mount=type=cache,target=/root/.cache/pip "]))
    joiner = draw(JOINERS)
    conditional = draw(st.sampled_from(["{}"] * 12 + ["if [ -f x ]; then {}; fi", "({})", "{} || true"]))
    return f"RUN {mount}" + joiner.join([*commands[:-1], conditional.format(commands[-1])])


PLAIN = st.sampled_from(
    [
        *["WORKDIR /app", "COPY . .", "COPY requirements.txt .", "COPY requirements ./requirements"] * 4,
        "WORKDIR app",
        "COPY requirements.txt /app/",
        "COPY requirements.txt constraints.txt ./",
        "COPY --chown=app:app requirements*.txt /tmp/",
        "COPY pyproject.toml ./",
        "COPY . /app",
        "COPY src ./src",
        "ADD . /app/",
        "ENV PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1",
        "ENV PYTHONDONTWRITEBYTECODE 1",
        "ENV VENV=/opt/venv",
        'ENV PATH="/opt/venv/bin:$PATH"',
        "ARG FILE=requirements.txt",
        "ARG FILE",
        "USER app",
        "USER root",
        "EXPOSE 8000",
        "LABEL a=b",
        'SHELL ["/bin/bash", "-c"]',
        "# a comment",
        "# uvmigrate: ignore because",
        "# uvmigrate: ignore[multi-stage]",
        "",
    ]
)
ENDS = st.sampled_from(
    [
        'CMD ["python", "-m", "app"]',
        "CMD gunicorn app:app",
        "CMD uv run app",
        'CMD ["/usr/local/bin/gunicorn", "app"]',
        'ENTRYPOINT ["/app/start.sh"]',
        "HEALTHCHECK CMD python check.py",
        "USER app",
    ]
)
BASES = st.sampled_from(
    ["python:3.12-slim", "python:3.12-slim", "python:3.11", "python:$VERSION"] * 4
    + ["python:3-slim", "python:3.12-alpine", "debian:12", "public.ecr.aws/lambda/python:3.12"]
    + ["nvidia/cuda:12.4.1-runtime-ubuntu22.04"]
)
CARRIED = st.sampled_from(
    [
        "COPY --from=build /opt/venv /opt/venv",
        "COPY --from=0 /root/.local /root/.local",
        "COPY --from=build /wheels /wheels",
        "COPY --from=build /usr/local/lib/python3.12/site-packages /usr/local/lib/python3.12/site-packages",
        "COPY --from=build /usr/local/bin /usr/local/bin",
        "COPY --from=build /app /app",
    ]
)


#: The usual ways to bring the files that an install needs.
BEGINNINGS = st.sampled_from(
    [
        [],
        ["WORKDIR /app", "COPY . ."],
        ["WORKDIR /app", "COPY requirements.txt constraints.txt ./", "COPY requirements requirements"],
        ["COPY . /app", "WORKDIR /app"],
    ]
)


@st.composite
def dockerfiles(draw: st.DrawFn) -> bytes:
    """A Dockerfile of one or two stages, some of them with CRLF, lower-case keywords or no final newline."""
    base = draw(BASES)
    lines = [draw(st.sampled_from(["", "", "# syntax=docker/dockerfile:1", "ARG VERSION=3.12"]))]
    two = draw(st.booleans())
    lines.append(f"FROM {base} AS build" if two else f"FROM {base}")
    lines += draw(BEGINNINGS)
    lines += draw(st.lists(PLAIN | runs(), min_size=1, max_size=7))
    if two:
        lines.append(f"FROM {draw(st.sampled_from([base, 'build', 'python:3.12-slim']))}")
        lines += draw(st.lists(PLAIN | CARRIED | runs(), max_size=5))
    lines += draw(st.lists(ENDS, max_size=2))
    text = "\n".join(lines).lstrip("\n") + draw(st.sampled_from(["\n", "\n", ""]))
    habit = draw(st.integers(0, 7))
    if habit == 0:
        text = text.replace("\n", "\r\n")
    elif habit == 1:
        text = "\n".join(_lower(line) for line in text.split("\n"))
    return text.encode()


KEYWORDS = frozenset(
    "FROM RUN COPY ADD ENV ARG WORKDIR USER EXPOSE LABEL SHELL CMD ENTRYPOINT HEALTHCHECK".split()
)


def _lower(line: str) -> str:
    keyword, blank, rest = line.partition(" ")
    return keyword.lower() + blank + rest if keyword in KEYWORDS else line


PACKAGED = b"""\
[project]
name = "app"
version = "1"
[project.optional-dependencies]
web = ["six"]
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
"""
MOUNTED = b"services:\n  web:\n    build: .\n    volumes:\n      - .:/app\n"
CALLED = b"services:\n  web:\n    build: .\n    command: /usr/local/bin/gunicorn app\n"
NONE: tuple[bytes | None, ...] = (None,)
PINNED = (b"six==1.16.0\nidna>=3\n", b"six==1.16.0\r\n", b"-r requirements/dev.txt\nsix\n")
INDEX = b"--extra-index-url https://pypi.example.org/simple\nsix==1.16.0\n"
RUFF = (b"[tool.ruff]\n", b"[tool.ruff]\r\n")
NAMED = b'[project]\nname = "app"\nversion = "1"\n'
OTHERS_OF_IT = (PACKAGED, NAMED, b'[tool.poetry]\nname = "app"\n', b"no TOML [")
#: Files and what they may hold; None where there is none.
FILES: dict[str, tuple[bytes | None, ...]] = {
    "requirements.txt": (*PINNED * 4, b"-e .\nsix\n", INDEX, None),
    "requirements/dev.txt": (
        *(b"pytest==8.3.0\n", b"pytest\n") * 3,
        b"-r ../requirements.txt\n",
        b"six==1.15.0\n",
    ),
    "constraints.txt": (b"idna==3.7\n",),
    "pyproject.toml": (*NONE * 8, *RUFF, *OTHERS_OF_IT),
    "setup.py": (*NONE * 9, b"from setuptools import setup\nsetup()\n"),
    "uv.lock": (*NONE * 6, b"version = 1\n"),
    ".dockerignore": (None, b".git\n", b"*\n!requirements.txt\n!src\n", b"*.lock\n*.toml\n"),
    "compose.yaml": (*NONE * 6, MOUNTED, MOUNTED, CALLED),
    "start.sh": (*NONE * 6, b"#!/bin/sh\nexec gunicorn app\n", b"#!/bin/sh\npip install six\n"),
    "src/app.py": (b"import six\n",),
    ".python-version": (*NONE * 6, b"3.11\n"),
}


@st.composite
def repositories(draw: st.DrawFn) -> dict[str, bytes]:
    """The files of a repository with one Dockerfile, or a second one for development."""
    files = {name: draw(st.sampled_from(choices)) for name, choices in FILES.items()}
    files["Dockerfile"] = draw(dockerfiles())
    if draw(st.integers(0, 3)) == 0:
        files["Dockerfile.dev"] = draw(dockerfiles())
    return {name: data for name, data in files.items() if data is not None}


#: What a text does not expect in the middle of it.
NASTY = st.sampled_from(
    [
        b"",
        b" ",
        b"\n",
        b"\r",
        b"\t",
        b"\\\n",
        b"\xff",
        b"\xc3\xa9",
        b"\xe2\x80\xa8",
        b"..",
        b"//",
        b"--",
        b"<<EOF",
        b"FROM a\n",
    ]
    + [bytes([character]) for character in b"\\'\"`$#[]{}()=!:-*&|;@/<>%?,"]
    + [b"${", b"$("]
)


@st.composite
def damaged(draw: st.DrawFn) -> dict[str, bytes]:
    """A repository in some of whose files a part is lost and something else stands there."""
    files = draw(repositories())
    for name in draw(st.lists(st.sampled_from(sorted(files)), min_size=1, max_size=4)):
        start = draw(st.integers(0, len(files[name])))
        end = draw(st.integers(start, min(len(files[name]), start + 12)))
        files[name] = files[name][:start] + draw(NASTY) + draw(NASTY) + files[name][end:]
    return files
