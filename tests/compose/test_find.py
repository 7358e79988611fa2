"""Which files are compose files, and which services run what a Dockerfile builds."""

from __future__ import annotations

from pathlib import PurePosixPath

from compose.reading import repository
from uvmigrate.compose import find, load, services_of

SERVICE = "services:\n  web:\n    image: a\n"


def found(*paths: str, text: str = SERVICE) -> list[str]:
    return [str(path) for path in find(repository(dict.fromkeys(paths, text)))]


def test_a_name_as_compose_and_people_use_it_is_enough() -> None:
    names = [
        ".devcontainer/docker-compose.yml",
        "compose.override.yaml",
        "compose.yaml",
        "deploy/docker-compose-prod.yml",
        "dev.compose.yml",
        "docker/test-docker-compose.yaml",
        "docker-compose.YML",
    ]
    assert found(*names, text="unreadable: [") == names


def test_other_names_need_services_and_a_place() -> None:
    assert found("local.yml", "docker-compose/production.yml", "deep/local.yml", "notes.txt") == [
        "docker-compose/production.yml",
        "local.yml",
    ]
    assert found("ci.yml", text="services: [docker]\n") == []
    assert found("ci.yml", text="services:\n  web:\n    command: a\n") == []
    assert found("ci.yml", text="services: {web: [\n") == []
    assert found("values.yml", text="deployment:\n  services:\n    web: {image: a}\n") == []


def test_a_workflow_is_no_compose_file_whatever_its_name() -> None:
    assert found(".github/workflows/docker-compose.yml", ".github/workflows/x/docker-compose.yml") == [
        ".github/workflows/x/docker-compose.yml"
    ]


def test_what_a_compose_file_includes_is_one() -> None:
    repo = repository(
        {
            "compose.yaml": "include: [infra/stack.yml, missing.yml]\n",
            "infra/stack.yml": "include:\n  - path: more/stack.yml\n",
            "infra/more/stack.yml": "include: [../../compose.yaml]\n" + SERVICE,
            "infra/alone.yml": SERVICE,
        }
    )
    assert [str(path) for path in find(repo)] == ["compose.yaml", "infra/more/stack.yml", "infra/stack.yml"]


def users(files: dict[str, str], dockerfile: str = "Dockerfile") -> list[tuple[str, str, str | None]]:
    """The users of the Dockerfile: the file, the service and the target that it builds."""
    repo = repository(files)
    pairs = services_of([load(repo, path) for path in find(repo)], PurePosixPath(dockerfile))
    return [
        (str(file.path), service.name, service.build.target if service.build else None)
        for file, service in pairs
    ]


def test_services_use_the_dockerfile_that_they_build() -> None:
    files = {
        "compose.yaml": """
            services:
              web: {build: .}
              worker: {build: {context: ., target: worker}}
              docs: {build: ./docs}
              other: {build: {context: ., dockerfile: Dockerfile.dev}}
              db: {image: postgres}
        """
    }
    assert users(files) == [("compose.yaml", "web", None), ("compose.yaml", "worker", "worker")]
    assert users(files, "docs/Dockerfile") == [("compose.yaml", "docs", None)]


def test_a_service_of_an_override_file_has_the_build_of_the_file_below() -> None:
    files = {
        "docker-compose.yml": "services: {web: {build: {context: ., target: web}}, db: {image: postgres}}",
        "docker-compose.override.yml": "services: {web: {image: web:dev, command: serve}, db: {user: me}}",
        "docker-compose.prod.yml": "services: {web: {command: serve}}",
    }
    assert users(files) == [
        ("docker-compose.override.yml", "web", "web"),
        ("docker-compose.prod.yml", "web", "web"),
        ("docker-compose.yml", "web", "web"),
    ]


def test_a_build_without_a_context_completes_the_one_below() -> None:
    files = {
        "compose.yaml": "services: {web: {build: {context: ., dockerfile: docker/Dockerfile, target: web}}}",
        "compose.dev.yaml": "services: {web: {build: {target: dev}}}",
    }
    assert users(files, "docker/Dockerfile") == [
        ("compose.dev.yaml", "web", "dev"),
        ("compose.yaml", "web", "web"),
    ]


def test_an_override_file_that_says_the_context_again_keeps_the_dockerfile_below() -> None:
    below = "services: {web: {build: {context: ., dockerfile: docker/Dockerfile}}}"
    over = "services: {web: {build: {context: ., target: dev}}}"
    assert ("compose.override.yaml", "web", "dev") in users(
        {"compose.yaml": below, "compose.override.yaml": over}, "docker/Dockerfile"
    )
    # Another file may be used alone, where the default is what counts.
    assert ("compose.dev.yaml", "web", "dev") in users({"compose.yaml": below, "compose.dev.yaml": over})


def test_a_file_that_resets_the_build_or_has_its_own_image_does_not_use_it() -> None:
    files = {
        "compose.yaml": "services: {web: {build: .}, api: {build: .}}",
        "compose.override.yaml": "services: {web: {build: !reset null, image: web}}",
        "compose.prod.yaml": "services: {api: {image: registry.example/api:1}}",
    }
    assert users(files) == [("compose.yaml", "web", None), ("compose.yaml", "api", None)]


def test_a_service_uses_what_another_one_builds_under_the_name_of_its_image() -> None:
    files = {
        "compose.yaml": """
            services:
              web: {build: {context: ., target: web}, image: "registry:5000/app:${TAG:-dev}"}
              worker: {image: "registry:5000/app:${TAG}", command: work}
              other: {image: "registry:5000/other"}
        """,
        "compose.prod.yaml": "services: {web: {image: 'registry:5000/app@sha256:0'}}",
    }
    assert users(files) == [
        ("compose.prod.yaml", "web", "web"),
        ("compose.yaml", "web", "web"),
        ("compose.yaml", "worker", "web"),
    ]


def test_files_of_other_folders_are_laid_over_nothing() -> None:
    files = {
        "compose.yaml": "services: {web: {build: .}}",
        "e2e/compose.yaml": "services: {web: {command: serve}}",
    }
    assert users(files) == [("compose.yaml", "web", None)]
