"""What a Python file starts: which calls are read, where their words stand, and what is not read."""

from __future__ import annotations

import textwrap

import pytest

from uvmigrate.pycode import Launches, read_launches


def read(text: str, *tasks: str) -> Launches:
    return read_launches(textwrap.dedent(text).encode(), frozenset(tasks))


def texts(found: Launches) -> list[list[str | None]]:
    return [[one.text.text if one.text else None for one in launch.elements] for launch in found.launches]


IMPORTS = "import asyncio, os, shlex, subprocess as sp, sys\nfrom subprocess import run as start\n"


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ('sp.run(["poetry", "run", "x"])', ["poetry", "run", "x"]),
        ('start(args=["poetry", "run", "x"], check=True)', ["poetry", "run", "x"]),
        ('sp.Popen("poetry run x", shell=True)', ["poetry run x"]),
        ('sp.check_output("poetry run x".split())', ["poetry run x"]),
        ('sp.check_call(shlex.split("poetry run x"))', ["poetry run x"]),
        ('os.system("poetry run x")', ["poetry run x"]),
        ('os.system("poetry " "run x")', ["poetry run x"]),
        ('os.system("poetry run x " + y)', ["poetry run x ${_}"]),
        ('os.system("poetry run x %s" % y)', ["poetry run x %s"]),
        ('os.system("poetry run x {}".format(y))', ["poetry run x {}"]),
        ('os.system(f"poetry run x {y} {{}}")', ["poetry run x ${_} {}"]),
        ('os.system(" ".join(["poetry", "run", y]))', ["poetry", "run", None]),
        ('sp.run([sys.executable, "-m", "pip", "list"])', ["python", "-m", "pip", "list"]),
        ('sp.run(["poetry", "run", *y])', ["poetry", "run", None]),
        ('sp.run(["poetry", "run"] + y)', ["poetry", "run"]),
        ('os.execvp("poetry", ["poetry", "run", "x"])', ["poetry", "run", "x"]),
        ('os.execlp("poetry", "poetry", "run", "x")', ["poetry", "run", "x"]),
        ('os.execlpe("poetry", "poetry", "run", "x", os.environ)', ["poetry", "run", "x"]),
        ('os.spawnlp(os.P_WAIT, "poetry", "poetry", "run", "x")', ["poetry", "run", "x"]),
        ('asyncio.create_subprocess_exec("poetry", "run", "x")', ["poetry", "run", "x"]),
        ('asyncio.create_subprocess_shell("poetry run x")', ["poetry run x"]),
        ('sp.run(["poetry", "run", "x"], env={**os.environ, "A": "b"})', ["poetry", "run", "x"]),
        ('sp.run(["poetry", "run", "x"], shell=False, **y)', ["poetry", "run", "x"]),
        ('os.environ["PATH"] += ":/x"; sp.run(["poetry", "run", "x"])', ["poetry", "run", "x"]),
        ('sp.run(["poetry", "run", "x"], env=os.environ.copy())', ["poetry", "run", "x"]),
    ],
)
def test_a_call_that_starts_a_program_is_read(call: str, expected: list[str | None]) -> None:
    found = read(IMPORTS + call)
    assert texts(found) == [expected]
    assert found.unread == ()
    assert found.launches[0].line == 3


@pytest.mark.parametrize(
    "call",
    [
        'sp.run(("poetry", "run", "x"))',
        'sp.run(["poetry", "run", "x"], shell=y)',
        'sp.run(y + ["poetry", "run", "x"])',
        'sp.run([y("poetry"), "run", "x"])',
        'sp.run(["poetry", "run", "x"], env={"A": "b"})',
        'sp.run(["poetry", "run", "x"], env=dict(os.environ, PATH="/bin"))',
        'sp.run(["poetry", "run", "x"], env=y)',
        'os.system("poetry run \\x41")',
        'os.system({"a": "poetry run x"}[y])',
        'os.execvp("poetry", y)',
        'os.execvp(file="poetry", args=["poetry", "run", "x"])',
        'os.environ["PATH"] = "/bin"; sp.run(["poetry", "run", "x"])',
        'sp.run(["poetry", "run", "x"], **y(env={}))',
        'os.execvp("poetry", ["web", "run", "x"])',
        'y("poetry run x")',
        'y.run("poetry run x")',
        'y(["poetry", "run", "x"])',
        'COMMAND = "poetry run x"',
        'shutil.which("poetry")',
    ],
)
def test_what_looks_like_a_call_and_cannot_be_read_is_said(call: str) -> None:
    found = read(IMPORTS + call)
    assert found.launches == ()
    assert {one.line for one in found.unread} == {3}


@pytest.mark.parametrize(
    "text",
    [
        '"""poetry run x"""',
        'print("poetry run x")',
        'logger.warning("poetry install: first")',
        'raise RuntimeError("poetry install")',
        'y("do poetry run x first")',
        'if tool == "poetry":\n    pass',
        'DATA["tool"]["poetry"]',
        'y.get("poetry", {})',
        'sp.run(["git", "clone", "x"], cwd="/srv/poetry")',
        "# poetry run x",
    ],
)
def test_what_only_speaks_of_a_tool_is_left_alone(text: str) -> None:
    assert read(IMPORTS + text) == Launches()


def test_a_variable_is_followed_where_it_does_nothing_but_start_programs() -> None:
    good = """
        import os
        command = ["poetry", "run", "web"]
        command += ["--reload"]
        command.append("-v")
        print(f"starting {command}", " ".join(command))
        os.execvp(command[0], command)
    """
    assert texts(read(good)) == [["poetry", "run", "web"]]
    assert read(good).unread == ()
    for more in ("command.insert(0, 'tini')", "save(command)", "command = command[1:]", "del command[0]"):
        found = read(textwrap.dedent(good) + more)
        assert (found.launches, [one.line for one in found.unread]) == ((), [3]), more


def test_a_variable_with_two_values_is_followed_to_both() -> None:
    found = read("""
        import subprocess
        if debug:
            command = ["poetry", "run", "debug"]
        else:
            command = ["poetry", "run", "web"]
        subprocess.run(command)
    """)
    assert texts(found) == [["poetry", "run", "debug"], ["poetry", "run", "web"]]


def test_one_call_with_an_environment_of_its_own_is_enough_to_refuse_a_command() -> None:
    found = read("""
        import subprocess
        command = ["poetry", "run", "web"]
        subprocess.run(command)
        subprocess.run(command, env={"A": "b"})
    """)
    assert (found.launches, [one.line for one in found.unread]) == ((), [3])


def test_a_function_that_hands_its_argument_on_is_followed_to_its_calls() -> None:
    found = read("""
        import subprocess

        def run(command, *, check=True):
            print(command)
            subprocess.run(command, shell=True, check=check)

        def twice(text):
            run(text)
            run(command=text)

        run("poetry run one", check=False)
        run(command="poetry run two")
        twice("poetry run three")
    """)
    assert texts(found) == [["poetry run one"], ["poetry run two"], ["poetry run three"]]
    assert found.unread == ()


def test_a_function_that_hands_its_options_on_may_not_be_given_an_environment_or_a_shell() -> None:
    text = """
        import subprocess
        def run(command, **options):
            if isinstance(command, str):
                command = command.split()
            subprocess.run(command, check=True, **options)
        run(["poetry", "run", "one"])
        run("poetry run two")
    """
    assert texts(read(text)) == [["poetry", "run", "one"], ["poetry run two"]]
    assert read(text).unread == ()
    found = read(textwrap.dedent(text) + "run(['web'], env={})")
    assert (found.launches, [one.line for one in found.unread]) == ((), [7, 8])


def test_a_function_that_calls_itself_ends() -> None:
    found = read("""
        import subprocess
        def run(command):
            subprocess.run(command) or run(command)
        run(["poetry", "run", "x"])
    """)
    assert texts(found) == [["poetry", "run", "x"]]


def test_a_text_s_bytes_have_places_in_the_file() -> None:
    data = "import os\nos.system(f'é\\n {x}' f'poetry run é' \"y\")\n".encode()
    text = read_launches(data).launches[0].elements[0].text
    assert text is not None
    assert text.text == "é\n ${_}poetry run éy"
    at = text.text.encode().index(b"poetry")
    assert text.places[at] == data.index(b"poetry")
    assert text.places[text.text.encode().index(b"run")] == data.index(b"run")
    # From here on the quotes are others.
    assert text.places[-2] is None


def test_tasks_that_are_not_asked_for_do_not_count() -> None:
    text = """
        from invoke import task
        def helper(c):
            c.run("poetry run other")
        @task
        def one(c):
            c.run("poetry run one")
        @task(pre=[one])
        def two_more(context):
            context.run("poetry run two")
        @task
        def install(c):
            c.run("poetry install")
    """
    assert texts(read(text, "two-more", "--flag")) == [["poetry run one"], ["poetry run two"]]
    assert read(text, "two-more").unread == ()
    assert texts(read(text, "unknown")) == texts(read(text))


def test_fabric_s_own_run_may_be_on_another_host() -> None:
    found = read("""
        from fabric.api import local, run
        def deploy():
            local("poetry run one")
            run("poetry run two")
    """)
    assert texts(found) == [["poetry run one"]]
    assert [one.line for one in found.unread] == [5]


def test_a_session_of_nox_has_an_environment_of_its_own_unless_it_says_otherwise() -> None:
    session = """
        import nox
        @nox.session{how}
        def serve(session):
            session.run("poetry", "run", "x", external=True)
    """
    assert texts(read(session.format(how='(venv_backend="none")'))) == [["poetry", "run", "x"]]
    assert texts(read(session.format(how="(python=False)"))) == [["poetry", "run", "x"]]
    for how in ("", "(python='3.12')"):
        found = read(session.format(how=how))
        assert (found.launches, [one.line for one in found.unread]) == ((), [5])


def test_pip_within_the_program_is_said() -> None:
    found = read('import pip\npip.main(["install", "six"])\n')
    assert [(one.line, one.text) for one in found.unread] == [(2, "pip install six")]


def test_a_file_that_is_not_read_is_said_where_it_seems_to_call_a_tool() -> None:
    for data in (
        b'import os\nprint "x"\nos.system("poetry run x")\n',
        b'# coding: latin-1\n# \xe9\nos.system("poetry run x")\n',
        b'\xef\xbb\xbfimport os\n\nos.system("poetry run x")\n',
    ):
        assert [one.line for one in read_launches(data).unread] == [3]
    assert read_launches(b'print "poetry is a tool"\n') == Launches()
