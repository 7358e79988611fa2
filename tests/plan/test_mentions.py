"""Which lines beside the containers' own files are said to call or name what the migrated builds used."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import pytest

from uvmigrate.build import build_of
from uvmigrate.codemod import Settings
from uvmigrate.plan import BuildResult, load_catalogue, plan
from uvmigrate.plan.mentions import find_mentions
from uvmigrate.source import Repo

if TYPE_CHECKING:
    from uvmigrate.plan.migration import Status

DOCKERFILES = {
    "pip": b"FROM python:3.12-slim\nCOPY . .\nRUN pip install -r requirements.txt\n",
    "poetry": b"FROM python:3.12-slim\nRUN pip install poetry\nCOPY . .\nRUN poetry install\n",
    "pipenv": b"FROM python:3.12-slim\nRUN pip install pipenv\nCOPY . .\nRUN pipenv sync --system\n",
}


def mentions(
    files: dict[str, bytes], tool: str = "poetry", status: Status = "migrated", *, synced: bool = True
) -> list[tuple[str, int, str]]:
    """What is found where a Dockerfile in the root comes out with that status, besides others of *files*."""
    repo = Repo.of({"Dockerfile": DOCKERFILES[tool], **files})
    build = build_of(repo, PurePosixPath("Dockerfile"), ())
    result = BuildResult(build.path, build.context.folder, "sync" if synced else "pip", status, "")
    return [(str(one.path), one.line, one.tool) for one in find_mentions(repo, [build], [result])]


def lines(path: str, text: str, tool: str = "poetry", *, synced: bool = True) -> list[int]:
    """The lines of one file that are found."""
    return [line for _, line, _ in mentions({path: text.encode()}, tool, synced=synced)]


@pytest.mark.parametrize(
    ("tool", "line"),
    [
        ("poetry", "- run: poetry install --with test"),
        ("poetry", "  PYTHONPATH=. python3 -m poetry run pytest"),
        ("poetry", "- uses: acme/install-poetry@v2"),
        ("poetry", "cache: 'poetry'"),
        ("poetry", "key: venv-${{ hashFiles('**/poetry.lock') }}"),
        ("poetry", "path: ~/.cache/pypoetry"),
        ("poetry", "POETRY_VERSION: 1.8.2"),
        ("poetry", "curl -sSL https://install.python-poetry.org | python3 -"),
        ("poetry", "pip install poetry==1.8.2"),
        ("poetry", "version=$(tomlq -r .tool.poetry.version pyproject.toml)"),
        ("pipenv", "- pipenv run flake8"),
        ("pipenv", "PIPENV_NOSPIN: 1"),
        ("pipenv", "key: ${{ hashFiles('Pipfile.lock') }}"),
        ("pip", "- run: pip install -r requirements.txt"),
        ("pip", "/opt/shop/bin/pip3.12 --quiet install --upgrade build"),
        ("pip", "if python -m pip freeze | grep -q django; then"),
        ("pip", 'session.run("pip", "install", "-e", ".")'),
        ("pip", "$(PIP) install -r dev.txt"),
        ("pip", "pip-compile requirements.in"),
        ("pip", 'cache: "pip"'),
        ("pip", "build --build-arg PIP_INDEX_URL=$INDEX ."),
    ],
)
def test_calls_and_settings_are_mentions(tool: str, line: str) -> None:
    assert mentions({".github/workflows/ci.yml": f"on: push\n{line}\n".encode()}, tool) == [
        (".github/workflows/ci.yml", 2, tool)
    ]


@pytest.mark.parametrize(
    ("tool", "line"),
    [
        ("poetry", "# poetry install"),
        ("poetry", "run: uv sync  # was poetry install"),
        ("poetry", "- name: install what poetry locked"),
        ("poetry", "  name: Install Poetry"),
        ("poetry", "description: runs in poetry's environment"),
        ("poetry", "poetry:"),
        ("poetry", "file: docker/Dockerfile.poetry"),
        ("poetry", "file: poetry.Dockerfile"),
        ("poetry", "if: steps.cached-poetry-packages.outputs.cache-hit != 'true'"),
        ("poetry", "git tag v${poetry_version}"),
        ("poetry", "pip install poetry-core"),
        ("poetry", "pip install -r requirements.txt"),
        ("pipenv", "pip install -r requirements.txt"),
        ("pip", "uv pip install -r requirements.txt"),
        ("pip", "pipx install build"),
        ("pip", "apt-get install -y python3-pip"),
        ("pip", "set -o pipefail"),
        ("pip", "key: ${{ runner.os }}-pip-${{ hashFiles('requirements.txt') }}"),
        ("pip", "pip-licenses --summary"),
        ("pip", "poetry install"),
    ],
)
def test_comments_labels_names_and_other_tools_are_none(tool: str, line: str) -> None:
    assert lines(".github/workflows/ci.yml", f"{line}\n", tool) == []


@pytest.mark.parametrize(
    "path",
    """.github/workflows/ci.yaml .github/actions/setup/action.yml .gitlab-ci.yml .gitlab/ci/test.yml
    .circleci/config.yml .travis.yml azure-pipelines.yml bitbucket-pipelines.yml Jenkinsfile
    .devcontainer/devcontainer.json .devcontainer/gpu/devcontainer.json .devcontainer.json devcontainer.json
    .devcontainer/setup.sh web/.devcontainer/devcontainer.json Makefile web/Makefile GNUmakefile Makefile.ci
    ci.mk justfile Justfile Taskfile.yml Procfile Procfile.dev tox.ini noxfile.py .pre-commit-config.yaml
    .readthedocs.yaml""".split(),
)
def test_files_that_call_programs_are_read(path: str) -> None:
    assert lines(path, "\tpoetry install\n") == [1]


@pytest.mark.parametrize(
    "path",
    """README.md docs/setup.rst start.sh pyproject.toml web/Dockerfile tests/data.json
    web/.github/workflows/ci.yml""".split(),
)
def test_other_files_are_not_read(path: str) -> None:
    assert lines(path, "poetry install\n") == []


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("command: poetry run uvicorn shop:app", 1),
        ('entrypoint: ["poetry", "run"]', 1),
        ("image: example.com/poetry-box", 0),
        ("- poetry-cache:/root/.cache/pypoetry", 0),
        ("# command: poetry run uvicorn shop:app", 0),
    ],
)
def test_services_that_a_switch_leaves_are_mentions_where_they_call_the_manager(
    line: str, found: int
) -> None:
    for path in ("compose.prod.yaml", "deploy/docker-compose.yml"):
        assert len(lines(path, f"services:\n  web:\n    {line}\n")) == found


def test_comments_of_json_are_none_and_its_strings_are_whole() -> None:
    text = """{
  // poetry install
  "image": "https://acme.example/a", "postCreateCommand": "poetry install", // as ever
  /* poetry
     poetry */
  "files": "src/**/*", "onCreateCommand": ["poetry", "run", "make"],
  "service": "poetry"
}
"""
    assert lines(".devcontainer/devcontainer.json", text) == [3, 6]


def test_the_head_of_a_rule_is_a_name_and_its_recipe_a_call() -> None:
    text = (
        "POETRY ?= poetry\n.PHONY: poetry\npoetry.lock: pyproject.toml\n\tpoetry lock\ntest: ; poetry check\n"
    )
    assert lines("Makefile", text) == [1, 4, 5]


def test_dependabot_says_pip_for_poetry_and_pipenv_too() -> None:
    text = (
        'updates:\n  - package-ecosystem: "pip"\n  - package-ecosystem: docker\n  - package-ecosystem: uv\n'
    )
    for tool in DOCKERFILES:
        assert mentions({".github/dependabot.yml": text.encode()}, tool) == [
            (".github/dependabot.yml", 2, tool)
        ]


@pytest.mark.parametrize(
    ("tool", "manager"),
    [("poetry", "poetry"), ("pipenv", "pipenv"), ("pip", "pip_requirements"), ("pip", "pip-compile")],
)
@pytest.mark.parametrize(
    "path", ["renovate.json", ".github/renovate.json5", ".renovaterc", ".renovaterc.json"]
)
def test_the_managers_of_renovate_are_named(path: str, tool: str, manager: str) -> None:
    text = f'{{\n  // "{manager}"\n  "enabledManagers": ["{manager}", "pep621", "npm"]\n}}\n'
    assert lines(path, text, tool) == [3]


def test_who_keeps_requirement_files_up_to_date_goes_on_where_uv_installs_from_them() -> None:
    assert lines(".github/dependabot.yml", "- package-ecosystem: pip\n", "pip", synced=False) == []
    assert lines("renovate.json", '["pip_requirements"]\n', "pip", synced=False) == []
    assert lines("Makefile", "\tpip install -r requirements.txt\n", "pip", synced=False) == [1]


@pytest.mark.parametrize(("status", "found"), [("migrated", 1), ("partial", 1), ("refused", 0), ("noop", 0)])
def test_only_what_a_build_moves_away_from_is_looked_for(status: Status, found: int) -> None:
    assert len(mentions({"Makefile": b"\tpoetry install\n"}, "poetry", status)) == found


def test_a_line_that_names_two_tools_is_one_mention() -> None:
    both = DOCKERFILES["poetry"] + b"RUN pip install -r more.txt\n"
    files = {"Dockerfile": both, "Makefile": b"\tpip install poetry\n\tpip install -e .\n"}
    assert mentions(files) == [("Makefile", 1, "poetry"), ("Makefile", 2, "pip")]


def test_a_file_beside_the_context_is_about_another_build() -> None:
    call = b"\tpoetry install\n"
    files = {f"{folder}Makefile": call for folder in ("", "services/", "services/web/", "services/web/sub/")}
    others = {"services/mail/Makefile": call, "services/mail/.devcontainer/devcontainer.json": call}
    web = {
        "services/web/.devcontainer/devcontainer.json": call,
        "services/web/Dockerfile": DOCKERFILES["poetry"],
    }
    repo = Repo.of(files | others | web)
    build = build_of(repo, PurePosixPath("services/web/Dockerfile"), (), PurePosixPath("services/web"))
    result = BuildResult(build.path, build.context.folder, "sync", "migrated", "")
    found = {str(mention.path) for mention in find_mentions(repo, [build], [result])}
    assert found == {*files, "services/web/.devcontainer/devcontainer.json"}


@pytest.mark.parametrize("data", [b"\tpoetry install\n\0", b"\tpoetry install\n" + b"#" * 1024 * 1024])
def test_what_no_person_wrote_is_not_read(data: bytes) -> None:
    assert mentions({"Makefile": data}) == []


def test_a_line_that_is_no_text_is_shown_as_far_as_it_is() -> None:
    repo = Repo.of({"Dockerfile": DOCKERFILES["poetry"], "Makefile": b"\tpoetry run caf\xe9\r\n"})
    build = build_of(repo, PurePosixPath("Dockerfile"), ())
    result = BuildResult(build.path, build.context.folder, "sync", "migrated", "")
    assert [one.text for one in find_mentions(repo, [build], [result])] == [
        "poetry run caf\N{REPLACEMENT CHARACTER}"
    ]


def test_a_plan_carries_the_mentions_and_changes_none_of_their_files() -> None:
    files = {
        "Dockerfile": DOCKERFILES["pip"],
        "requirements.txt": b"six==1.16.0\n",
        "Makefile": b"dev:\n\tpip install -r requirements.txt\n",
    }
    migration = plan(Repo.of(files), PurePosixPath(), Settings(), load_catalogue())
    assert [build.status for build in migration.builds] == ["migrated"]
    assert [(str(one.path), one.line, one.tool, one.text) for one in migration.mentions] == [
        ("Makefile", 2, "pip", "pip install -r requirements.txt")
    ]
    assert all(PurePosixPath("Makefile") not in step.paths for step in migration.steps)
