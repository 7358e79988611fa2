"""How services are put together: merge keys, `extends`, and the documents of one file."""

from __future__ import annotations

from pathlib import PurePosixPath

from compose.reading import read, repository, services
from uvmigrate.compose import EnvFile, extended_elsewhere, load, overlaid

SHARED = """
    x-python: &python
      build: &build
        context: .
        target: runtime
      command: python -m app
      environment: &environment
        DEBUG: "0"
        LEVEL: info

    services:
"""


def test_a_merge_key_brings_what_the_service_does_not_say() -> None:
    web = services(SHARED + "      web:\n        <<: *python\n        command: gunicorn app:app\n")["web"]
    assert web.build is not None
    assert web.build.target == "runtime"
    assert web.command is not None
    assert web.command.text == "gunicorn app:app"
    assert web.environment == {"DEBUG": "0", "LEVEL": "info"}


def test_a_key_beside_a_merge_key_hides_all_that_the_anchor_has_under_it() -> None:
    web = services(SHARED + "      web:\n        <<: *python\n        environment: {DEBUG: '1'}\n")["web"]
    assert web.environment == {"DEBUG": "1"}


def test_of_several_merged_mappings_the_first_wins() -> None:
    text = """
        x-a: &a {image: a, user: "1"}
        x-b: &b {image: b, working_dir: /b}
        services:
          web:
            <<: [*a, *b]
    """
    web = services(text)["web"]
    assert (web.image, web.user, web.working_dir) == ("a", "1", "/b")


def test_an_alias_may_stand_for_a_whole_service_or_for_one_value() -> None:
    found = services(SHARED + "      web: *python\n      worker:\n        build: *build\n")
    assert found["web"].environment == {"DEBUG": "0", "LEVEL": "info"}
    assert found["worker"].build is not None
    assert found["worker"].build.target == "runtime"


def test_a_quoted_merge_key_is_a_key_like_others() -> None:
    assert services('services:\n  web:\n    "<<": {image: a}\n    user: "1"\n')["web"].image is None


def test_a_service_extends_another_of_its_file() -> None:
    text = """
        services:
          base:
            build: .
            command: [python, -m, app]
            environment: [DEBUG=0, LEVEL=info]
            volumes: [".:/app", "cache:/cache"]
            profiles: [base]
          web:
            extends: base
            build: {target: web}
            command: gunicorn app:app
            environment: {DEBUG: "1"}
            volumes: ["./src:/app"]
          worker:
            extends: {service: web}
            entrypoint: celery
    """
    found = services(text)
    web, worker = found["web"], found["worker"]
    assert (web.extends, worker.extends) == ("base", "web")
    assert web.build is not None
    assert (web.build.context, web.build.target) == (".", "web")
    assert web.command is not None
    assert (web.command.argv, web.command.text) == (None, "gunicorn app:app")
    assert web.environment == {"DEBUG": "1", "LEVEL": "info"}
    assert [(mount.source, mount.target) for mount in web.volumes] == [("./src", "/app"), ("cache", "/cache")]
    assert worker.command == web.command
    assert worker.build == web.build


def test_what_comes_from_another_file_keeps_its_folder_and_its_place() -> None:
    repo = repository(
        {
            "common/base.yaml": "services:\n  base:\n    build: ./app\n    command: serve\n",
            "compose.yaml": """
                services:
                  web:
                    extends:
                      file: common/base.yaml
                      service: base
                    build:
                      args: {DEBUG: 1}
            """,
        }
    )
    (web,) = load(repo, PurePosixPath("compose.yaml")).services
    assert web.build is not None
    assert web.build.folder() == PurePosixPath("common/app")
    assert web.build.args == {"DEBUG": "1"}
    assert (web.build.path, web.build.span) == (PurePosixPath("compose.yaml"), None)
    assert web.command is not None
    assert (web.command.path, web.command.line) == (PurePosixPath("common/base.yaml"), 4)
    assert web.command.span.of(repo[web.command.path]) == b"serve"


def test_reset_takes_a_key_away_and_override_replaces_it() -> None:
    text = """
        services:
          base:
            image: app
            command: serve
            environment: {A: "1"}
            volumes: ["./a:/a"]
          web:
            extends: base
            command: !reset null
            environment: !override {B: "2"}
            volumes: !override
              - ./b:/b
    """
    web = services(text)["web"]
    assert web.command is None
    assert web.reset == {"command"}
    assert web.environment == {"B": "2"}
    assert [mount.target for mount in web.volumes] == ["/b"]


def test_null_over_a_value_leaves_it_but_a_command_goes_back_to_the_image() -> None:
    text = """
        services:
          base: {image: app, user: "1", command: serve}
          web: {extends: base, user: , command: }
    """
    web = services(text)["web"]
    assert web.user == "1"
    assert web.command is None


def test_a_later_document_of_the_file_is_laid_over_the_earlier_one() -> None:
    text = """
        services:
          web: {build: ., command: [a], tmpfs: /run}
          old: {image: old}
        ---
        services:
          web: {build: {dockerfile: Dockerfile.dev}, command: b, tmpfs: [/tmp]}
          old: !reset null
        ...
        ---
    """
    found = services(text)
    assert found.keys() == {"web"}
    web = found["web"]
    assert web.build is not None
    assert (web.build.context, web.build.dockerfile) == (".", "Dockerfile.dev")
    assert web.command is not None
    assert web.command.text == "b"
    assert {mount.target for mount in web.volumes} == {"/run", "/tmp"}


def test_extending_what_is_not_there_is_a_problem() -> None:
    problem = read("services:\n  web:\n    extends: base\n").problem
    assert problem is not None
    assert (problem.line, problem.why) == (3, "extends base, which is not there")
    problem = read("services:\n  web:\n    extends: {file: no.yaml, service: base}\n").problem
    assert problem is not None
    assert problem.why == "extends base of no.yaml, which is not there"


def test_extending_a_file_that_cannot_be_read_names_both_places() -> None:
    text = "services:\n  web:\n    extends: {file: common.yaml, service: base}\n"
    problem = read(text, common="services:\n  base:\n    image: a\n    image: b\n").problem
    assert problem is not None
    assert problem.line == 3
    assert problem.why == (
        'extends base of common.yaml, whose file has the key "image" twice in one mapping (line 4)'
    )


def test_services_that_extend_each_other_are_a_problem() -> None:
    problem = read("services:\n  a: {extends: b}\n  b: {extends: a}\n").problem
    assert problem is not None
    assert problem.why == 'has a service "b" that extends itself'


def test_extending_from_outside_the_repository_is_a_problem() -> None:
    problem = read("services:\n  web:\n    extends: {file: ../common.yaml, service: base}\n").problem
    assert problem is not None
    assert problem.why == "extends what is not known here or not in the repository"


def test_includes_are_named_as_files_of_the_repository() -> None:
    text = """
        include:
          - infra/compose.yaml
          - path: [a.yaml, ../outside.yaml]
          - path: b.yaml
          - ${WHICH}
    """
    assert [str(path) for path in read(text).includes] == ["infra/compose.yaml", "a.yaml", "b.yaml"]


def test_a_file_is_laid_over_another_one() -> None:
    base = read("services: {web: {image: a, cap_add: [A], volumes: ['one:/a'], ports: ['80:8000']}}")
    over = read("services: {web: {user: '1', cap_add: [B], volumes: ['two:/a', /b], ports: [9000]}}")
    web = overlaid(base, over, "web")
    assert web is not None
    assert (web.image, web.user, web.cap_add, web.ports) == ("a", "1", ("A", "B"), ("8000", "9000"))
    assert [(mount.source, mount.target) for mount in web.volumes] == [("two", "/a"), (None, "/b")]


def test_a_service_of_another_file_is_named_that_one_extends() -> None:
    far = "services:\n  web: {extends: {file: far/base.yaml, service: base}}\n  own: {extends: web}\n"
    repo = repository({"compose.yaml": far, "far/base.yaml": "services: {base: {image: a}}\n"})
    file = load(repo, PurePosixPath("compose.yaml"))
    assert extended_elsewhere(file, "web") == (PurePosixPath("far/base.yaml"), "base")
    assert extended_elsewhere(file, "own") is None
    assert extended_elsewhere(load(repo, PurePosixPath("far/base.yaml")), "base") is None


def test_ports_are_those_of_the_container() -> None:
    text = """
        services:
          web:
            privileged: true
            ports: ["127.0.0.1:80:8000/tcp", 9000, "1-2:8001-8002", {target: 53, protocol: udp}]
            expose: ["7000"]
    """
    web = services(text)["web"]
    assert web.privileged
    assert web.ports == ("8000", "9000", "8001-8002", "53", "7000")


def test_files_of_variables_are_named_in_any_form() -> None:
    text = """
        services:
          one: {env_file: a.env}
          two: {env_file: [b.env, {path: c.env, required: false, format: raw}]}
    """
    here, found = PurePosixPath(), services(text)
    assert found["one"].env_files == (EnvFile("a.env", here, required=True, raw=False),)
    assert [(one.path, one.required, one.raw) for one in found["two"].env_files] == [
        ("b.env", True, False),
        ("c.env", False, True),
    ]
