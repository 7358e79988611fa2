"""What runs when a container does: of instructions, scripts and compose, in every form that they have."""

from __future__ import annotations

from build.reading import build, build_in
from uvmigrate.build import Build, service_starts, start_scripts, starts


def words(found: Build) -> list[list[str | None]]:
    """The words of everything that starts a container of the last stage."""
    return [list(start.command.argv) for start in starts(found, found.stages[-1])]


def test_exec_form_hands_entrypoint_and_cmd_on_as_one_command() -> None:
    assert words(build('FROM a\nENTRYPOINT ["tini", "--"]\nCMD ["uv", "run", "app"]\n')) == [
        ["tini", "--", "uv", "run", "app"]
    ]


def test_only_the_last_instruction_of_a_kind_counts() -> None:
    assert words(build("FROM a\nCMD first\nCMD second\n")) == [["second"]]


def test_a_stage_starts_as_its_parent_does() -> None:
    found = build('FROM a AS base\nENTRYPOINT ["base"]\nCMD ["one"]\nFROM base\nCMD ["two"]\n')
    assert words(found) == [["base", "two"]]


def test_an_entrypoint_takes_away_the_cmd_of_the_stages_before() -> None:
    assert words(build('FROM a AS base\nCMD ["one"]\nFROM base\nENTRYPOINT ["two"]\n')) == [["two"]]


def test_an_entrypoint_in_shell_form_takes_no_cmd() -> None:
    assert words(build('FROM a\nENTRYPOINT serve\nCMD ["one"]\n')) == [["serve"]]


def test_a_shell_s_text_is_read_as_commands_of_their_own() -> None:
    found = build('FROM a\nCMD ["tini", "--", "sh", "-c", "migrate && exec serve"]\n')
    assert words(found)[1:] == [["migrate"], ["exec", "serve"]]
    quoted = build("FROM a\nCMD bash -c 'migrate; serve'\n")
    assert words(quoted)[1:] == [["migrate"], ["serve"]]


def test_words_are_located_in_the_file_unless_they_are_escaped() -> None:
    text = 'FROM a\nCMD ["sh", "-c", "uv run app"]\nHEALTHCHECK CMD ["sh", "-c", "uv run \\"a b\\""]\n'
    found = build(text)
    inner = [start for start in starts(found, found.stages[-1]) if not start.array]
    assert [start.located for start in inner] == [True, False]
    assert inner[0].command.words[1].span.of(text.encode()) == b"run"


def test_lines_are_those_of_the_instructions() -> None:
    found = build("FROM a\nHEALTHCHECK CMD check || exit 1\n\nCMD serve\n")
    assert [(start.line, start.command.name) for start in starts(found, found.stages[-1])] == [
        (4, "serve"),
        (2, "check"),
        (2, "exit"),
    ]


def test_a_start_script_s_commands_start_too_and_those_of_the_scripts_that_it_calls() -> None:
    found = build_in(
        {
            "Dockerfile": 'FROM a\nWORKDIR /app\nCOPY . .\nCMD ["./bin/start"]\n',
            "bin/start": "#!/bin/sh\n./bin/setup.sh\nexec serve\n",
            "bin/setup.sh": "migrate\n",
            "bin/unused.sh": "unused\n",
        }
    )
    assert {str(path) for path in start_scripts(found)} == {"bin/start", "bin/setup.sh"}
    assert [start.command.name for start in starts(found, found.stages[-1]) if start.carrier == "script"] == [
        "migrate",
        "./bin/setup.sh",
        "exec",
    ]


def test_a_service_s_commands_belong_to_the_stage_that_it_runs() -> None:
    found = build_in(
        {
            "Dockerfile": "FROM a AS dev\nFROM a AS prod\n",
            "compose.yaml": "services:\n"
            "  web:\n    build: .\n    command: serve --port 80\n"
            "  shell:\n    build: {context: ., target: dev}\n    entrypoint: [sh, -c, debug]\n"
            "  db:\n    image: postgres\n    command: postgres\n",
        }
    )
    dev, prod = found.stages
    assert [start.command.argv for start in starts(found, prod)] == [("serve", "--port", "80")]
    assert [start.command.argv for start in starts(found, dev)] == [("sh", "-c", "debug"), ("debug",)]
    assert [(str(start.path), start.line) for start in starts(found, prod)] == [("compose.yaml", 4)]


def test_a_health_check_of_compose_may_be_a_text_or_a_list() -> None:
    for check in ('["CMD", "curl", "x"]', '["CMD-SHELL", "curl x"]', "curl x"):
        compose = f"services:\n  web:\n    build: .\n    healthcheck:\n      test: {check}\n"
        found = build_in({"Dockerfile": "FROM a\n", "compose.yaml": compose})
        assert [word for word in words(found)[0] if word != "CMD"] == ["curl", "x"]


def test_words_of_compose_stand_in_its_file_and_those_of_the_entrypoint_before_them() -> None:
    dockerfile = 'FROM a\nENTRYPOINT ["tini", "--"]\n'
    forms = {
        "serve one": [b"serve", b"one"],
        "[serve, 'one']": [b"serve", b"'one'"],
        'sh -c "serve one"': [b"sh", b"-c", b'"serve one"'],
    }
    for form, expected in forms.items():
        compose = f"services:\n  web:\n    build: .\n    command: {form}\n"
        found = build_in({"Dockerfile": dockerfile, "compose.yaml": compose})
        start = next(one for one in starts(found, found.stages[0]) if one.service is not None)
        assert start.located
        assert start.lead == 2
        assert start.command.argv[:2] == ("tini", "--")
        assert [word.span.of(compose.encode()) for word in start.command.words[2:]] == expected


def test_words_of_a_shell_s_text_in_compose_stand_in_its_file() -> None:
    text = "services:\n  web:\n    build: .\n    command:\n      - sh\n      - -c\n      - >-\n"
    text += "        migrate &&\n        serve ${PORT:-80}\n"
    found = build_in({"Dockerfile": "FROM a\n", "compose.yaml": text})
    inner = [start for start in starts(found, found.stages[0]) if not start.array]
    assert [start.command.words[0].span.of(text.encode()) for start in inner] == [b"migrate", b"serve"]
    assert inner[1].command.argv == ("serve", "80")
    assert inner[1].command.words[1].span.of(text.encode()) == b""


def test_a_service_s_own_words_take_the_place_of_the_image_s() -> None:
    text = (
        'FROM a\nWORKDIR /a\nCOPY . .\nENTRYPOINT ["tini", "--"]\nCMD ["./start.sh"]\nHEALTHCHECK CMD check\n'
    )
    services = {
        "plain": "{build: .}",
        "command": "{build: ., command: work}",
        "entrypoint": "{build: ., entrypoint: [serve]}",
        "checked": "{build: ., command: work, healthcheck: {test: other}}",
    }
    compose = "services:\n" + "".join(f"  {name}: {said}\n" for name, said in services.items())
    files = {"Dockerfile": text, "start.sh": "#!/bin/sh\nprepare\n", "compose.yaml": compose}
    found = build_in(files)
    names = {
        service.name: [
            start.command.argv[-1] for start in service_starts(found, found.stages[-1], file, service)
        ]
        for file, service in found.services
    }
    assert names == {
        "plain": ["./start.sh", "check", "prepare"],
        "command": ["--", "check", "work"],
        "entrypoint": ["check", "serve"],
        "checked": ["--", "work", "other"],
    }
