"""Python files that start programs: which are found, and how their calls follow a switch."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import pytest

from build.reading import build_in
from pycode.judge import damage
from uvmigrate.build import follow, installs, launchers, starts
from uvmigrate.source import apply_edits

if TYPE_CHECKING:
    from pathlib import Path

DOCKERFILE = (
    "FROM python:3.12-slim\nRUN pip install poetry\nWORKDIR /srv\nCOPY pyproject.toml .\n"
    "RUN poetry install --no-root\nCOPY . .\n"
)
MANIFEST = '[tool.poetry]\nname = "shop"\nversion = "1"\n[tool.poetry.dependencies]\npython = "^3.12"\n'
HEAD = "import os, subprocess, sys\n"


def after(text: str) -> str | list[str]:
    """The file once it followed; the reasons where it cannot."""
    files = {"Dockerfile": DOCKERFILE + 'CMD ["python", "start.py"]\n', "pyproject.toml": MANIFEST}
    build = build_in({**files, "start.py": HEAD + text})
    found = follow(build, installs(build), "/opt/venv")
    if found.problems:
        return [problem.why for problem in found.problems]
    before = (HEAD + text).encode()
    edited = apply_edits(before, found.edits.get(PurePosixPath("start.py"), ()))
    assert b"activate" in before or damage(before, edited) == []
    return edited.decode().removeprefix(HEAD)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('subprocess.run( [ "poetry" , "run","x" ,] ) # c', 'subprocess.run( [ "x" ,] ) # c'),
        ("subprocess.run(['tini', '--', 'pipenv', 'run', 'x'])", "subprocess.run(['tini', '--', 'x'])"),
        ('subprocess.run([("poetry"), ("run"), ("x")])', 'subprocess.run([("x")])'),
        ('os.system("""\n  poetry run x \\\n  -y\n""")', 'os.system("""\n  x \\\n  -y\n""")'),
        ('os.system("cd a; poetry run x | tee \\"b\\"")', 'os.system("cd a; x | tee \\"b\\"")'),
        (
            'os.execvp("/root/.local/bin/poetry", ["poetry", "run", "x", y])',
            'os.execvp("x", ["x", y])',
        ),
        (
            'os.execv("/usr/local/bin/poetry", ["poetry", "run", "/srv/x"])',
            'os.execv("/srv/x", ["/srv/x"])',
        ),
        (
            'os.execvp("tini", ["tini", "--", "poetry", "run", "x"])',
            'os.execvp("tini", ["tini", "--", "x"])',
        ),
        ('os.execlp("env", "env", "A=b", "poetry", "run", y)', 'os.execlp("env", "env", "A=b", y)'),
        (
            'os.system(". .venv/bin/activate && exec x")',
            'os.system(". /opt/venv/bin/activate && exec x")',
        ),
        ('subprocess.run(["poetry", "run"] + sys.argv[1:])', "subprocess.run([] + sys.argv[1:])"),
        ('os.system(f"poetry run {y}")', 'os.system(f"{y}")'),
        ('os.system("poetry run" " x")', 'os.system("x")'),
        (r'os.system(r"poetry run x \d")', r'os.system(r"x \d")'),
        ('os.system("poetry run %s -v" % y)', 'os.system("%s -v" % y)'),
    ],
)
def test_a_manager_goes_from_a_call(text: str, expected: str) -> None:
    assert after(text) == expected


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('os.system("poetry run " f"{y}")', "calls poetry in a text that cannot be edited with certainty"),
        ("os.system(\"poetry run \" 'x')", "calls poetry in a text that cannot be edited with certainty"),
        ('os.system("poetry run " + y)', "calls poetry in a text that cannot be edited with certainty"),
        ('os.system("poetry " + y)', "calls `poetry`, which the image does not need any more"),
        ('subprocess.run(["poetry", *y])', "calls `poetry`, which the image does not need any more"),
        (
            'subprocess.run(["poetry", "install"])',
            "calls `poetry install`, which the image does not need any more",
        ),
        (
            'os.execv("/usr/local/bin/poetry", ["poetry", "run", "x"])',
            "calls poetry by its path, and what follows is not certain to be found",
        ),
        (
            'os.execvp("poetry", ["poetry", "run", *y])',
            "calls poetry by its path, and what follows is not certain to be found",
        ),
        ('subprocess.run(["poetry", # c\n "run", "x"])', "calls poetry, with a comment between its words"),
        ('os.system(\n "poetry " # c\n "run x")', "calls poetry, with a comment between its words"),
    ],
)
def test_a_call_that_cannot_follow_is_a_problem(text: str, why: str) -> None:
    assert after(text) == [why]


STARTS = """
import asyncio, shlex
from subprocess import check_call

PREFIX = ["poetry", "run"]

def do(command):
    subprocess.run(command, shell=True, check=True)

subprocess.run(["poetry", "run", "say", "list", *sys.argv[1:]])
subprocess.run([*PREFIX, "say", "starred"])
subprocess.run(PREFIX + ["say", "added"])
subprocess.run(["sh", "-c", "poetry run say 'in a shell'; poetry run say again"])
subprocess.run("poetry run say split".split())
subprocess.run(shlex.split("poetry run say 'split as a shell does'"))
os.system("cd / && A=b poetry run say system")
os.popen("poetry run say popen").close()
os.system(f"poetry run say {len(PREFIX) * 0} {{}}")
os.system("poetry run "
    "say joined")
do("poetry run say handed on")
check_call(["env", "A=b", "poetry", "run", "say", "wrapped"])
os.spawnlp(os.P_WAIT, "poetry", "poetry", "run", "say", "spawned")

async def events():
    process = await asyncio.create_subprocess_exec("poetry", "run", "say", "asyncio")
    await process.wait()

asyncio.run(events())
command = ["poetry", "run", "say"]
command.append("at last")
os.execvp(command[0], command)
"""


def test_an_edited_file_starts_the_same_programs_as_before_without_poetry(tmp_path: Path) -> None:
    edited = after(STARTS)
    assert isinstance(edited, str)
    said = {}
    for name, text in {"before": STARTS, "after": edited}.items():
        folder = tmp_path / name
        folder.mkdir()
        # Does as `poetry run` does, and says so.
        poetry = f'#!/bin/sh\ntouch {folder}/called\nshift\nexec "$@"\n'
        say = f'#!/bin/sh\necho "$A:" "$@" >> {folder}/said\n'
        for program, script in {"poetry": poetry, "say": say}.items():
            (folder / program).write_text(script)
            (folder / program).chmod(0o755)
        (folder / "start.py").write_text(HEAD + text)
        environment = {"PATH": f"{folder}:{os.environ['PATH']}"}
        subprocess.run([sys.executable, "start.py", "more"], cwd=folder, env=environment, check=True)
        said[name] = (folder / "said").read_text().splitlines()
        assert (folder / "called").exists() is (name == "before")
    assert len(said["before"]) == 16
    assert said["after"] == said["before"]


def found(*lines: str, **files: str) -> list[str]:
    """The Python files that start containers of a Dockerfile with these last lines."""
    named = {name.replace("__", "/").replace("_PY", ".py"): text for name, text in files.items()}
    dockerfile = "FROM a\nWORKDIR /srv\nCOPY . .\n" + "\n".join(lines) + "\n"
    build = build_in({"Dockerfile": dockerfile, **named})
    return [str(path) + "".join(f" {task}" for task in sorted(tasks)) for path, tasks in launchers(build)]


def test_files_are_found_by_the_ways_in_which_they_are_started() -> None:
    shop = {"start_PY": "", "shop__start_PY": "", "shop__cli____main___PY": "", "other_PY": ""}
    assert found('CMD ["python", "start.py"]', **shop) == ["start.py"]
    assert found("CMD exec python -u start.py", **shop) == ["start.py"]
    assert found('CMD ["poetry", "run", "python", "-u", "-m", "shop.start"]', **shop) == ["shop/start.py"]
    assert found("CMD python -m shop.start && python start.py", **shop) == ["shop/start.py", "start.py"]
    assert found("CMD gunicorn -m shop.start", **shop) == []
    assert found('ENTRYPOINT ["python", "-m"]', 'CMD ["shop.start"]', **shop) == ["shop/start.py"]
    script = {"run.sh": "#!/bin/sh\nexec python start.py\n", **shop}
    assert found('CMD ["./run.sh"]', **script) == ["start.py"]
    chain = {**shop, "start_PY": 'import os\nos.system("python other.py; pip list")\n'}
    assert found('CMD ["python", "start.py"]', **chain) == ["other.py", "start.py"]


def test_files_of_tasks_are_found_by_their_runners() -> None:
    files = {"tasks_PY": "", "fabfile_PY": "", "noxfile_PY": ""}
    assert found('CMD ["invoke", "serve"]', **files) == ["tasks.py serve"]
    assert found("CMD inv -e --config x.yml migrate serve --port 80 && echo", **files)[0].startswith(
        "tasks.py 80 migrate serve"
    )
    assert found('CMD ["python", "-m", "nox", "-s", "serve"]', **files) == ["noxfile.py serve"]
    assert found("CMD fab serve", **files) == ["fabfile.py serve"]
    assert found("CMD invoke one; invoke two", **files) == ["tasks.py one two"]
    assert found("CMD invoke one; invoke", **files) == ["tasks.py"]


def test_a_file_that_only_a_mount_brings_is_found() -> None:
    build = build_in(
        {
            "docker/Dockerfile": "FROM a\nWORKDIR /srv\n",
            "compose.yaml": "services:\n  web:\n    build: {context: ., dockerfile: docker/Dockerfile}\n"
            "    command: python start.py\n    volumes: ['./src:/srv', /etc/start.py:/srv/x.py]\n",
            "src/start.py": "",
        },
        "docker/Dockerfile",
    )
    assert [str(path) for path, _ in launchers(build)] == ["src/start.py"]


def test_words_of_a_launcher_stand_in_its_file() -> None:
    text = 'import os\nos.execvp("uv", ["uv", "run", f"{x}"])\nos.system("cd a && uv run \\"b\\"")\n'
    build = build_in({"Dockerfile": 'FROM a\nCOPY . .\nCMD ["python", "start.py"]\n', "start.py": text})
    mine = [start for start in starts(build, build.stages[0]) if start.carrier == "launcher"]
    assert [(start.line, start.array, start.located) for start in mine] == [
        (2, True, True),
        (3, False, True),
        (3, False, True),
    ]
    assert mine[0].command.argv == ("uv", "run", None)
    spans = [word.span.of(text.encode()).decode() for start in mine for word in start.command.words]
    assert spans == ['"uv"', '"run"', 'f"{x}"', "cd", "a", "uv", "run", ""]


@pytest.mark.parametrize(
    ("text", "is_read"), [("# uv run\n'uv run'\nuv = 1\n", False), ('x = "pip"\n', True)]
)
def test_libcst_is_imported_for_a_file_that_names_a_tool_alone(
    text: str, is_read: bool, tmp_path: Path
) -> None:
    (tmp_path / "Dockerfile").write_text('FROM python:3.12\nCOPY . .\nCMD ["python", "start.py"]\n')
    (tmp_path / "start.py").write_text(text)
    command = [sys.executable, "-X", "importtime", "-m", "uvmigrate", "--diff", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    assert ("libcst" in done.stderr) is is_read
