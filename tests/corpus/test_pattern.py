"""Each of the twelve properties is seen where it is fulfilled, and missed alone where it is not."""

from __future__ import annotations

import pytest

from corpus.pattern import NAMES, judge_pattern
from corpus.tiny import build

GOOD = """\
FROM python:3.12-slim AS build
COPY --from=ghcr.io/astral-sh/uv:0.13.8 /uv /uvx /bin/
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PROJECT_ENVIRONMENT=/opt/venv
WORKDIR /srv
RUN --mount=type=cache,target=/root/.cache/uv \\
    --mount=type=bind,source=uv.lock,target=/srv/uv.lock \\
    --mount=type=bind,source=pyproject.toml,target=/srv/pyproject.toml \\
    uv sync --locked --no-dev --no-install-project
COPY . .
RUN --mount=type=cache,target=/root/.cache/uv uv sync --locked --no-dev

FROM python:3.12-slim
WORKDIR /srv
COPY --from=build /opt/venv /opt/venv
ENV PATH="/opt/venv/bin:$PATH"
COPY shop shop
USER 10001
ENTRYPOINT ["./start.sh"]
CMD ["shop"]
"""
PIP = """\
FROM python:3.12-slim
COPY --from=ghcr.io/astral-sh/uv:0.13.8 /uv /bin/uv
ENV VIRTUAL_ENV=/opt/venv UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy PATH="/opt/venv/bin:$PATH"
RUN uv venv /opt/venv
COPY requirements.txt /srv/
RUN --mount=type=cache,target=/root/.cache/uv uv pip install --require-hashes -r /srv/requirements.txt
COPY . /srv/
USER 10001
"""
FILES = {
    "pyproject_toml": '[project]\nname = "shop"\nversion = "1"\n[build-system]\nrequires = []\n'
    '[dependency-groups]\ndev = ["pytest"]\ncharts = ["plotly"]\n',
    "uv_lock": "version = 1\n",
    "requirements_txt": "flask==3.1.0 --hash=sha256:00\n",
    "shop__start_py": "pass\n",
    "start_sh": '#!/bin/sh\nexec "$@"\n',
}
SYNC = "uv sync --locked --no-dev --no-install-project"


def missed(text: str, before: str | None = None, **files: str) -> set[str]:
    """The properties that a Dockerfile does not fulfil."""
    known = FILES | files
    judged = judge_pattern(build(before or text, **known), build(text, **known))
    assert tuple(sorted(judged)) == tuple(sorted(NAMES))
    return {name for name, holds in judged.items() if not holds}


def replaced(text: str, *pairs: tuple[str, str]) -> str:
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new)
    return text


def test_there_are_twelve_and_the_pattern_fulfils_them() -> None:
    assert len(NAMES) == 12
    assert missed(GOOD) == set()


def test_a_file_that_installs_nothing_fulfils_little() -> None:
    assert missed("FROM python:3.12\n") == {
        "uv pinned",
        "locked",
        "dependencies first",
        "cache mount",
        "bytecode",
        "link mode",
        "venv on PATH",
        "no dev dependencies",
    }


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("uv pinned", "uv:0.13.8", "uv:latest"),
        ("uv pinned", "uv:0.13.8", "uv:0.13"),
        ("uv pinned", "uv:0.13.8", "uv"),
        ("uv pinned", "COPY --from=ghcr.io/astral-sh/uv:0.13.8 /uv /uvx /bin/", "RUN apk add uv"),
        (
            "uv pinned",
            "COPY --from=ghcr.io/astral-sh/uv:0.13.8 /uv /uvx /bin/",
            "RUN curl -LsSf https://astral.sh/uv/install.sh | sh",
        ),
        (
            "uv pinned",
            "COPY --from=ghcr.io/astral-sh/uv:0.13.8 /uv /uvx /bin/",
            "ADD https://astral.sh/uv/install.sh /tmp/install.sh",
        ),
        ("locked", "uv sync --locked --no-dev\n", "uv sync --no-dev\n"),
        ("dependencies first", SYNC, "echo"),
        ("dependencies first", "WORKDIR /srv\nRUN", "WORKDIR /srv\nCOPY . .\nRUN"),
        ("dependencies first", "WORKDIR /srv\nRUN", "WORKDIR /srv\nCOPY shop/start.py .\nRUN"),
        ("dependencies first", "WORKDIR /srv\nRUN", "WORKDIR /srv\nCOPY . $PLACE\nRUN"),
        ("dependencies first", "=bind,source=uv.lock,target=/srv/uv.lock", "=bind,target=/srv"),
        (
            "dependencies first",
            "WORKDIR /srv\nRUN",
            "WORKDIR /srv\nRUN git clone https://git.example/x .\nRUN",
        ),
        ("cache mount", "RUN --mount=type=cache,target=/root/.cache/uv uv", "RUN uv"),
        ("cache mount", "cache,target=/root/.cache/uv uv", "cache,target=/root/.cache/pip uv"),
        ("cache mount", "UV_LINK_MODE", "UV_NO_CACHE=1 UV_LINK_MODE"),
        ("cache mount", "UV_LINK_MODE", "UV_CACHE_DIR=/elsewhere UV_LINK_MODE"),
        ("cache mount", "WORKDIR /srv\nRUN", "WORKDIR /srv\nUSER shop\nRUN"),
        ("bytecode", "UV_COMPILE_BYTECODE=1 ", ""),
        ("bytecode", "UV_COMPILE_BYTECODE=1 ", "UV_COMPILE_BYTECODE=0 "),
        ("link mode", "UV_LINK_MODE=copy ", ""),
        ("link mode", "UV_LINK_MODE=copy ", "UV_LINK_MODE=symlink "),
        ("venv on PATH", 'ENV PATH="/opt/venv/bin:$PATH"\n', ""),
        ("venv on PATH", "/opt/venv/bin:$PATH", "$PATH:/opt/venv/bin"),
        ("venv on PATH", "COPY --from=build /opt/venv /opt/venv\n", "COPY --from=build /opt/venv /venv\n"),
        ("no dev dependencies", "uv sync --locked --no-dev\n", "uv sync --locked\n"),
        ("no dev dependencies", "uv sync --locked --no-dev\n", "uv sync --locked --no-dev --group test\n"),
        ("no dev dependencies", "uv sync --locked --no-dev\n", "uv sync --locked --no-dev --extra dev\n"),
        ("no dev dependencies", "uv sync --locked --no-dev\n", "uv sync --locked --no-dev --all-extras\n"),
        ("no dev dependencies", "uv sync --locked --no-dev\n", "uv sync --locked --no-dev --group $MORE\n"),
        ("no re-sync at start", '["shop"]', '["uv", "run", "shop"]'),
        ("no re-sync at start", '["shop"]', '["uv", "run", "--frozen", "shop"]'),
        ("no re-sync at start", '["shop"]', '["tini", "--", "uv", "run", "shop"]'),
        ("no re-sync at start", '["shop"]', '["sh", "-c", "uv sync --locked && shop"]'),
        ("no pip, poetry, pipenv", "COPY shop shop", "RUN pip list"),
        ("no pip, poetry, pipenv", "COPY shop shop", "RUN rm -rf /root/.cache/pip"),
        ("no pip, poetry, pipenv", "COPY shop shop", "RUN apt-get install -y python3-pip"),
        ("no pip, poetry, pipenv", "COPY shop shop", "RUN curl -O https://x.example/get-pip.py"),
        ("no pip, poetry, pipenv", "COPY shop shop", "ENV PIP_NO_CACHE_DIR=1"),
        ("no pip, poetry, pipenv", '["shop"]', '["poetry", "run", "shop"]'),
        (
            "no pip, poetry, pipenv",
            "FROM python:3.12-slim\n",
            "FROM python:3.12-slim\nRUN pip install -U pip\n",
        ),
    ],
)
def test_what_is_missing_is_missed_and_nothing_else(name: str, old: str, new: str) -> None:
    assert missed(replaced(GOOD, (old, new)), before=GOOD) == {name}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("uv:0.13.8", "uv@sha256:" + "0" * 64),
        ("uv:0.13.8", "uv:0.13.8-alpine"),
        ("/uvx /bin/", "/uvx /bin/\nCOPY --from=own/tools /all $PLACE\nADD https://x.example/all /all"),
        ("uv:0.13.8", "uv:latest@sha256:" + "0" * 64),
        (
            "COPY --from=ghcr.io/astral-sh/uv:0.13.8 /uv /uvx /bin/",
            "RUN curl -LsSf https://astral.sh/uv/0.13.8/install.sh | sh",
        ),
        ("--locked", "--frozen"),
        ("UV_LINK_MODE", "UV_LOCKED=1 UV_LINK_MODE"),
        ("target=/root/.cache/uv", "target=/root/.cache"),
        ("uv sync --locked --no-dev", "uv sync --link-mode=copy --compile-bytecode --locked --no-dev"),
        ("--no-dev", "--no-dev --group charts"),
        ("--no-dev", "--no-default-groups"),
        ("WORKDIR /srv\nRUN", "WORKDIR /srv\nCOPY nginx.conf README.md setup.py ./\nRUN"),
        ('["shop"]', '["uv", "run", "--no-sync", "shop"]'),
        ("/opt/venv/bin:$PATH", "/opt/venv/bin/:$PATH"),
        ("COPY . .\n", "COPY . .\nRUN uv pip check\n"),
    ],
)
def test_what_says_the_same_fulfils_it(old: str, new: str) -> None:
    assert missed(replaced(GOOD, (old, new)), before=GOOD) == set()


def test_an_environment_that_is_left_behind_helps_nobody() -> None:
    text = replaced(GOOD, ("COPY --from=build /opt/venv /opt/venv\n", ""))
    assert missed(text) == {"venv on PATH", "no dev dependencies"}


def test_uv_in_the_image_counts_unless_it_was_there() -> None:
    more = replaced(GOOD, ("COPY shop shop", "COPY --from=build /bin/uv /bin/uv\nCOPY shop shop"))
    assert missed(more, before=GOOD) == {"no uv in the image"}
    assert missed(more, before=more) == set()
    unseen = replaced(GOOD, ("COPY shop shop", "RUN uv --version"))
    assert missed(unseen, before=GOOD) == set(), "a call without a verb is none"
    called = replaced(GOOD, ("COPY shop shop", "RUN uv cache clean && uv pip check"))
    assert missed(called, before=GOOD) == {"no uv in the image"}


def test_uv_comes_by_a_folder_of_another_stage_too() -> None:
    text = replaced(
        GOOD,
        ("COPY --from=ghcr.io/astral-sh/uv:0.13.8 /uv /uvx /bin/", "RUN pip install uv==0.13.8"),
        ("COPY shop shop", "COPY --from=build /usr/local/bin /usr/local/bin"),
    )
    assert missed(text, before=GOOD) == {"no uv in the image", "no pip, poetry, pipenv"}
    loose = replaced(text, ("uv==0.13.8", "'uv>=0.13'"))
    assert missed(loose, before=loose) == {"uv pinned", "no pip, poetry, pipenv"}


def test_a_mounted_uv_is_not_in_the_image() -> None:
    text = replaced(
        PIP, ("COPY --from=ghcr.io/astral-sh/uv:0.13.8 /uv /bin/uv\n", ""),
        ("RUN ", "RUN --mount=from=ghcr.io/astral-sh/uv:0.13.8,source=/uv,target=/bin/uv "),
    )  # fmt: skip
    assert missed(text, before=GOOD) == set()


def test_the_user_is_the_one_that_it_was() -> None:
    root = replaced(GOOD, ("USER 10001\n", ""))
    assert missed(root, before=GOOD) == {"non-root kept"}
    assert missed(replaced(GOOD, ("USER 10001", "USER 0")), before=GOOD) == {"non-root kept"}
    assert missed(root, before=root) == set()


def test_the_user_of_a_parent_stage_counts() -> None:
    text = replaced(
        GOOD,
        ("USER 10001\n", "USER 10001\nFROM 1\n"),
        ("\nFROM python:3.12-slim\n", "\nFROM python:3.12-slim AS one\n"),
        ("FROM 1\n", "FROM one\n"),
    )
    assert missed(text, before=GOOD) == set()


def test_the_user_of_a_base_that_the_repository_makes_counts() -> None:
    files = {"build_sh": "docker build -t base base\n", "base__Dockerfile": "FROM python:3.12\nUSER app\n"}
    old = "FROM acme/base\nRUN pip install six\n"
    new = "FROM acme/base\nUSER root\nRUN uv pip install six\nUSER app\n"
    assert "non-root kept" not in missed(new, before=old, **files)
    assert "non-root kept" in missed(new.replace("USER app", "USER root"), before=old, **files)


def test_what_a_start_script_or_a_service_runs_counts() -> None:
    sync = FILES["start_sh"].replace("exec", "uv sync --locked\nexec")
    assert missed(GOOD, start_sh=sync) == set(), "the image has no such script"
    there = replaced(GOOD, ("COPY shop shop", "COPY . ."))
    assert missed(there, start_sh=sync) == {"no re-sync at start"}
    service = "services:\n  shop:\n    build: .\n    command: uv run shop\n"
    assert missed(GOOD, compose_yml=service) == {"no re-sync at start"}
    assert missed(GOOD, compose_yml=service.replace("uv run", "UV_NO_SYNC=1 uv run")) == set()
    migrate = service.replace("uv run shop", "sh -c 'pip install -r more.txt && shop'")
    assert missed(GOOD, compose_yml=migrate) == {"no re-sync at start", "no pip, poetry, pipenv"}


def test_a_run_of_uv_in_the_build_is_a_sync() -> None:
    again = "RUN --mount=type=cache,target=/root/.cache/uv uv run --locked manage.py"
    text = replaced(GOOD, ("uv sync --locked --no-dev\n", f"uv sync --locked --no-dev\n{again}\n"))
    assert missed(text) == {"no dev dependencies"}
    assert missed(replaced(text, ("uv run", "uv run --no-sync"))) == set()


def test_no_flag_is_needed_where_there_are_no_development_groups() -> None:
    text = replaced(GOOD, (" --no-dev", ""))
    plain = FILES["pyproject_toml"].replace('dev = ["pytest"]\n', "")
    assert missed(text, pyproject_toml=plain) == set()
    assert missed(text) == {"no dev dependencies"}
    chosen = plain + '[tool.uv]\ndefault-groups = ["charts"]\n'
    assert missed(text, pyproject_toml=chosen) == set()
    assert missed(text, pyproject_toml=chosen.replace("charts", "test")) == {"no dev dependencies"}
    assert missed(text, pyproject_toml="[project") == {"no dev dependencies"}


def test_installs_of_other_images_of_the_file_are_not_the_image_s() -> None:
    sync = "RUN --mount=type=cache,target=/root/.cache/uv uv sync --locked\n"
    test = f"FROM build AS test\n{sync}\nFROM python:3.12-slim\n"
    assert missed(replaced(GOOD, ("\nFROM python:3.12-slim\n", test))) == set()


def test_uv_pip_is_judged_by_the_same_rules() -> None:
    assert missed(PIP, before=PIP) == set()
    assert missed(PIP, before=GOOD) == {"no uv in the image"}


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("locked", "--require-hashes ", ""),
        ("locked", "-r /srv/requirements.txt", "-r /srv/requirements.txt gunicorn"),
        ("dependencies first", "COPY requirements.txt /srv/", "COPY . /srv/"),
        ("venv on PATH", "uv pip install", "uv pip install --system"),
        ("venv on PATH", "uv pip install", "uv pip install --target /srv/lib"),
        ("venv on PATH", "uv pip install", "uv pip install --python /other/bin/python"),
        ("no dev dependencies", "/srv/requirements.txt", "/srv/requirements/dev.txt"),
        ("no dev dependencies", "/srv/requirements.txt", "/srv/requirements-test.txt"),
    ],
)
def test_what_uv_pip_misses(name: str, old: str, new: str) -> None:
    text = replaced(PIP, (old, new))
    assert missed(text, before=text) == {name}


def test_a_base_s_own_python_counts_where_its_packages_must_stay() -> None:
    text = replaced(PIP, ("uv pip install", "uv pip install --system"))
    cuda = replaced(text, ("python:3.12-slim", "pytorch/pytorch:2.5.1-cuda12.4-cudnn9-runtime"))
    assert missed(cuda, before=cuda) == set()
    custom = replaced(text, ("python:3.12-slim", "own/base"))
    assert missed(custom, before=custom) == {"venv on PATH"}
    found = replaced(custom, ("--system", '--python "$(command -v python3)"'))
    assert missed(found, before=found) == set()
    plain = replaced(found, ("own/base", "python:3.12-slim"))
    assert missed(plain, before=plain) == {"venv on PATH"}
    target = replaced(PIP, ("uv pip install", "uv pip install --target /var/task"))
    assert missed(target, before=target) == {"venv on PATH"}
    function = replaced(target, ("python:3.12-slim", "public.ecr.aws/lambda/python:3.12"))
    assert missed(function, before=function) == set()


def test_what_is_exported_from_the_lock_is_locked() -> None:
    export = "uv export --frozen -o /srv/requirements.txt && uv pip install "
    text = replaced(PIP, ("uv pip install --require-hashes ", export))
    assert missed(text, before=text) == set()
    text = replaced(text, ("--frozen ", ""))
    assert missed(text, before=text) == {"locked"}


def test_a_folder_without_its_dependencies_needs_no_lock() -> None:
    install = "RUN --mount=type=cache,target=/root/.cache/uv uv pip install --no-deps /srv\n"
    text = replaced(PIP, ("USER", f"{install}USER"))
    assert missed(text, before=text) == set()
    text = replaced(text, ("--no-deps ", ""))
    assert missed(text, before=text) == {"locked"}


def test_sources_that_another_stage_brings_are_sources() -> None:
    text = replaced(
        PIP,
        ("FROM python", "FROM alpine AS sources\nCOPY . /all\nFROM python"),
        ("COPY requirements.txt /srv/", "COPY --from=sources /all /srv"),
    )
    assert missed(text, before=text) == {"dependencies first"}


def test_a_folder_of_manifests_is_none_of_sources() -> None:
    text = replaced(
        PIP, ("COPY requirements.txt /srv/", "COPY need /srv"), ("/srv/requirements.txt", "/srv/all.txt")
    )
    hashed = {"need__all_txt": "flask==3.1.0 --hash=sha256:00\n"}
    assert missed(text, before=text, **hashed) == set()
    assert missed(text, before=text, need__more_py="", **hashed) == {"dependencies first"}


NEEDS = {"uv pinned", "link mode"}


@pytest.mark.parametrize(
    ("run", "without"),
    [
        ("pip install -r requirements.txt", {"cache mount", "venv on PATH"}),
        ("pip install --no-compile -r requirements.txt", {"cache mount", "venv on PATH", "bytecode"}),
        ("poetry install --only main", {"cache mount", "venv on PATH", "bytecode"}),
        ("poetry install", {"cache mount", "venv on PATH", "bytecode", "no dev dependencies"}),
        ("poetry update --only main", {"cache mount", "venv on PATH", "bytecode", "locked"}),
        ("pipenv install --deploy", {"cache mount", "venv on PATH", "bytecode"}),
        ("pipenv sync --dev", {"cache mount", "venv on PATH", "bytecode", "no dev dependencies"}),
        ("pipenv install", {"cache mount", "venv on PATH", "bytecode", "locked"}),
    ],
)
def test_the_older_managers_are_judged_alike(run: str, without: set[str]) -> None:
    text = f"FROM python:3.12\nCOPY *.txt *.toml *.lock Pipfile.lock ./\nRUN {run}\nCOPY . .\n"
    poetry = '[tool.poetry.group.test.dependencies]\npytest = "*"\n'
    files = {"pyproject_toml": poetry, "poetry_lock": "", "Pipfile_lock": ""}
    assert missed(text, **files) == NEEDS | without | {"no pip, poetry, pipenv"}


def test_the_cache_of_pip_counts_for_pip() -> None:
    mount = "--mount=type=cache,target=/root/.cache"
    text = f"FROM python:3.12\nCOPY *.txt ./\nRUN {mount} pip install -r requirements.txt\n"
    assert "cache mount" not in missed(text)
    assert "cache mount" in missed(
        text.replace("FROM python:3.12\n", "FROM python:3.12\nENV PIP_NO_CACHE_DIR=1\n")
    )
