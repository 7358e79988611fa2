"""What people are told where only the name of a base is known."""

from __future__ import annotations

from pathlib import PurePosixPath

from uvmigrate.codemod import Settings
from uvmigrate.plan import load_catalogue, plan
from uvmigrate.source import Repo

ON_TOP = b"FROM example/shop:main\nRUN pip install six\n"
ROOT_ON_TOP = b"FROM example/shop:main\nUSER root\nRUN pip install six\n"
OFFICIAL = b"FROM python:3.12-slim\nRUN pip install markdown\n"


def notes(**dockerfiles: bytes) -> str:
    """All notes of the plan for Dockerfiles, which are named before the dot."""
    return notes_in({f"{name}.Dockerfile": text for name, text in dockerfiles.items()})


def notes_in(files: dict[str, bytes]) -> str:
    """All notes of the plan for a repository."""
    migration = plan(Repo.of(files), PurePosixPath(), Settings(), load_catalogue())
    return "\n".join(note for step in migration.steps for note in step.notes)


def test_the_pip_of_a_base_is_to_be_looked_at() -> None:
    assert "check that its pip is the same one's" in notes(app=ROOT_ON_TOP)
    assert "check that its pip" not in notes(app=OFFICIAL)


def test_an_image_that_is_known_to_be_root_s_is_not_asked_about() -> None:
    assert "taken to run as root" not in notes(app=b"FROM tiangolo/uwsgi-nginx-flask\nRUN pip install six\n")
    assert "taken to run as root" in notes(app=b"FROM pytorch/pytorch\nRUN pip install six\n")


def test_what_may_be_built_on_an_image_and_stays_with_pip_is_named() -> None:
    told = "would install beside the environment: look at dev.Dockerfile"
    assert told in notes(app=OFFICIAL, dev=ON_TOP)
    assert "beside the environment" not in notes(app=OFFICIAL, dev=ROOT_ON_TOP)


def test_which_dockerfile_a_base_was_found_to_be_of_is_said() -> None:
    files = {"main.Dockerfile": OFFICIAL, "top.Dockerfile": ON_TOP}
    script = b"docker build -t shop:$TAG -f main.Dockerfile .\n"
    told = notes_in({**files, "publish.sh": script})
    assert (
        "example/shop:main is taken for an image of main.Dockerfile (publish.sh:1), which ends as root"
        in told
    )
    assert "anew first" not in told


def test_a_base_that_has_pip_s_packages_at_home_is_to_be_built_anew_first() -> None:
    main = b"FROM python:3.12-slim\nRUN useradd app\nUSER app\nRUN pip install --user markdown\n"
    script = b"docker build -t shop:$TAG -f main.Dockerfile .\n"
    told = notes_in({"main.Dockerfile": main, "top.Dockerfile": ON_TOP, "publish.sh": script})
    assert "build example/shop:main anew first" in told
    assert "root installs in the place of app" in told


def test_what_is_limited_to_one_dockerfile_does_not_count_on_the_other() -> None:
    main = b"FROM python:3.12-slim\nRUN useradd app\nUSER app\nRUN pip install markdown\n"
    script = b"docker build -t shop:$TAG -f main.Dockerfile .\n"
    repo = Repo.of({"main.Dockerfile": main, "top.Dockerfile": ON_TOP, "publish.sh": script})
    alone = plan(repo, PurePosixPath("top.Dockerfile"), Settings(), load_catalogue())
    assert [(str(refusal.path), refusal.code) for refusal in alone.refusals] == [
        ("top.Dockerfile", "pip-option")
    ]
    assert not plan(repo, PurePosixPath(), Settings(), load_catalogue()).refusals


def test_an_argument_that_named_the_environment_has_no_effect_any_more() -> None:
    made = b"RUN python -m venv $VIRTUAL_ENV\nENV PATH=$VIRTUAL_ENV/bin:$PATH\nRUN pip install six\n"
    told = "the environment stays at /opt/shop: `--build-arg {}=…` does not move it any more"
    assert told.format("VIRTUAL_ENV") in notes(app=b"FROM python:3.13\nARG VIRTUAL_ENV=/opt/shop\n" + made)
    assert "stays at" not in notes(app=b"FROM python:3.13\nENV VIRTUAL_ENV=/opt/shop\n" + made)
    of_another = b"ARG HOME_OF=/opt\nENV VIRTUAL_ENV=$HOME_OF/shop\n"
    assert told.format("HOME_OF") in notes(app=b"FROM python:3.13\n" + of_another + made)
    synced = made.replace(b"install six", b"install -r requirements.txt")
    files = {
        "Dockerfile": b"FROM python:3.13\nCOPY . .\nARG VIRTUAL_ENV=/opt/shop\n" + synced,
        "requirements.txt": b"six==1.17.0\n",
    }
    assert told.format("VIRTUAL_ENV") in notes_in(files)


def test_a_module_that_starts_pip_is_named_where_the_environment_has_none() -> None:
    files = {
        "Dockerfile": b"FROM python:3.13\nRUN pip install six\nCOPY shop tests /app/\n",
        "shop/plugins.py": b'run([sys.executable, "-m", "pip", "install", name])\n',
        "tests/plugins.py": b'run([sys.executable, "-m", "pip", "install", name])\n',
        "tools/plugins.py": b"from pip._internal.cli.main import main\n",
        "shop/help.py": b'"""Install it with "python -m pip install shop[db]" first."""\n',
    }
    told = "pip is started there, which the environment has only if a requirement names it"
    assert f"shop/plugins.py: {told}" in notes_in(files)
    assert "help.py" not in notes_in(files)
    assert "tests/plugins.py" not in notes_in(files)
    assert "tools/plugins.py" not in notes_in(files)
    for number in range(4):
        files[f"shop/more{number}.py"] = b"os.system(f'{sys.executable} -m pip install {name}')\n"
    assert f"shop/more0.py, shop/more1.py, shop/more2.py and 2 more: {told}" in notes_in(files)
    # In the image's own Python there is one.
    kept = {**files, "Dockerfile": b"FROM pytorch/pytorch\nRUN pip install six\nCOPY . /app\n"}
    assert told not in notes_in(kept)
