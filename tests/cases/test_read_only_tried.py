"""``read-only`` for services that were tried on an engine: it answers what cannot be read, and no more."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from uvmigrate.codemod import Settings, Tried
from uvmigrate.plan import Migration, plan
from uvmigrate.source import Repo
from uvmigrate_codemods.read_only import CODEMOD

IMAGE = (
    "FROM python:3.12-slim\n"
    "COPY --from=ghcr.io/astral-sh/uv:0.13.8 /uv /uvx /bin/\n"
    "WORKDIR /app\n"
    "COPY requirements.txt .\n"
    "RUN uv pip install --system -r requirements.txt\n"
    "COPY . .\n"
)
UNREAD = 'CMD ["sh", "-c", "$START"]\n'
WEB = 'CMD ["gunicorn", "--bind", "unix:/run/shop/web.sock", "shop:app"]\n'
COMPOSE = PurePosixPath("compose.yaml")


def tried(
    *tmpfs: str,
    end: str = UNREAD,
    compose: str = "services:\n  web:\n    build: .\n",
    hidden: tuple[str, ...] = (),
    paths: tuple[str, ...] = (),
    **files: str,
) -> Migration:
    """What becomes of a service that ran with these entries; *files* are Python files of the repository."""
    texts = {"Dockerfile": IMAGE + end, "requirements.txt": "gunicorn\n", "compose.yaml": compose}
    texts |= {f"{name}.py": text for name, text in files.items()}
    repo = Repo.of({name: text.encode() for name, text in texts.items()})
    seen = {(COMPOSE, "web"): Tried(tmpfs, hidden, paths)}
    return plan(repo, PurePosixPath(), Settings(select=(CODEMOD.id,), tried=seen), [CODEMOD])


def added(migration: Migration) -> list[str]:
    """The lines that the compose file gets."""
    before = migration.before[COMPOSE].decode().splitlines()
    after = migration.after[COMPOSE].decode().splitlines()
    return [line.strip() for line in after if line not in before]


def refused(migration: Migration) -> list[str]:
    assert migration.after[COMPOSE] == migration.before[COMPOSE]
    return [f"{refusal.code}: {refusal.because}" for refusal in migration.refusals]


@pytest.mark.parametrize(
    ("end", "code"),
    [
        (UNREAD, "start-unknown"),
        ("", "start-unknown"),
        ('CMD ["uv", "run", "gunicorn", "shop:app"]\n', "uv-writes"),
        ("CMD python manage.py collectstatic && gunicorn shop:app\n", "writes-at-start"),
        ("CMD pip install -e . && gunicorn shop:app\n", "writes-at-start"),
        ('CMD ["supervisord"]\n', "writes-at-start"),
        ("CMD touch /app/started && gunicorn shop:app\n", "writes-at-start"),
    ],
)
def test_a_trial_answers_what_only_could_not_be_told(end: str, code: str) -> None:
    migration = tried("/srv/static:uid=7,gid=7", end=end)
    assert migration.refusals == ()
    assert added(migration)[:2] == ["read_only: true", "tmpfs:"]
    assert "- /srv/static:uid=7,gid=7" in added(migration)
    untried = plan(migration.before, PurePosixPath(), Settings(select=(CODEMOD.id,)), [CODEMOD])
    assert code in [refusal.code for refusal in untried.refusals]


def test_the_note_says_that_it_was_tried() -> None:
    [step] = tried().steps
    said = "web: tried on an engine: it started so; see whether it writes elsewhere when it is used"
    assert step.notes == (said,)


def test_a_tried_entry_takes_the_place_of_a_guess_and_the_others_stay() -> None:
    user = "RUN mkdir /run/shop && chown 1000 /run/shop\nUSER 1000\n"
    guessed = [line for line in added(tried(end=user + WEB)) if line.startswith("- /")]
    assert guessed == ["- /tmp", "- /run/shop:uid=1000"]
    entries = added(tried("/run/shop:uid=1000,gid=0", "/srv/x:uid=1000,gid=0", end=user + WEB))
    assert [line for line in entries if line.startswith("- /")] == [
        "- /tmp",
        "- /run/shop:uid=1000,gid=0",
        "- /srv/x:uid=1000,gid=0",
    ]


def test_what_is_mounted_gets_no_tmpfs_over_it() -> None:
    compose = "services:\n  web:\n    build: .\n    volumes: [kept:/srv/kept]\nvolumes:\n  kept:\n"
    assert "- /srv/kept" not in added(tried("/srv/kept", "/srv/kept/in", compose=compose))


def test_no_capability_is_dropped_that_it_would_not_lose_without_the_trial() -> None:
    """The trial had new volumes: root may need its powers for those of production."""
    assert "- ALL" not in added(tried())
    assert "- ALL" in added(tried(end=f"USER 1000\n{UNREAD}"))


@pytest.mark.parametrize(
    ("end", "said"),
    [
        ("CMD chown -R app /srv && exec gunicorn shop:app\n", "needs-root: web: chown is called"),
        ('CMD ["gosu", "app", "gunicorn", "shop:app"]\n', "needs-root: web: gosu is called"),
        ('CMD ["uvx", "gunicorn", "shop:app"]\n', "run-with: web: uvx makes an environment"),
        ('CMD ["mlflow", "server"]\n', "writes-at-start: web: mlflow keeps files of its own"),
        (f"RUN mkdir /srv/uploads && chown 7 /srv/uploads\n{WEB}", "writes-data: web: the image makes"),
    ],
)
def test_a_trial_does_not_answer_what_needs_root_or_keeps_data(end: str, said: str) -> None:
    [found] = refused(tried(end=end))
    assert found.startswith(said)


def test_data_of_the_sources_is_not_put_into_a_tmpfs() -> None:
    migration = tried("/app/carts", shop='import sqlite3\nDB = sqlite3.connect("carts/shop.db")\n')
    assert refused(migration) == [
        "writes-data: web: shop.py:2 keeps SQLite in a file, and no volume is seen that it lies in"
    ]


@pytest.mark.parametrize("folder", ["/app/uploads", "/srv/media/x", "/var/lib/shop_data", "/app/logs"])
def test_a_folder_that_is_called_like_data_is_not_put_into_a_tmpfs(folder: str) -> None:
    [found] = refused(tried(f"{folder}:uid=7,gid=7", end=WEB))
    assert found == f"writes-data: web: it was seen to write to {folder}, and nothing is mounted there"


@pytest.mark.parametrize("folder", ["/app/data/cache", "/run/data", "/var/cache/media", "/app/.cache"])
def test_scratch_may_lie_beside_data(folder: str) -> None:
    assert f"- {folder}" in added(tried(folder))


@pytest.mark.parametrize("name", ["shop.db", "shop.sqlite3", "shop.sqlite-wal"])
def test_a_database_that_it_was_seen_to_write_is_not_put_into_a_tmpfs(name: str) -> None:
    [found] = refused(tried("/srv/x", paths=(f"/srv/x/{name}",)))
    assert found.startswith(f"writes-data: web: it was seen to write to /srv/x/{name}, ")


def test_a_place_with_files_of_the_image_stays_a_refusal() -> None:
    [found] = refused(tried(hidden=("/app", "/srv"), end=WEB))
    assert found == (
        "writes-at-start: web: it was seen to write to /app, where a tmpfs would hide the image's files"
    )


def test_a_secret_that_compose_would_write_is_no_matter_of_the_trial() -> None:
    compose = (
        "services:\n  web:\n    build: .\n    secrets: [token]\n"
        "secrets:\n  token:\n    environment: SHOP_TOKEN\n"
    )
    [found] = refused(tried(compose=compose))
    assert found.startswith("writes-at-start: web: the secret token has no file")


def test_a_service_of_development_is_left_although_it_ran() -> None:
    compose = "services:\n  web:\n    build: .\n    volumes: [.:/app]\n"
    [found] = refused(tried(compose=compose, end=WEB))
    assert found.startswith("development-service: ")


def test_another_service_is_judged_by_itself() -> None:
    compose = "services:\n  web:\n    build: .\n  jobs:\n    build: .\n"
    migration = tried(compose=compose)
    assert [(refusal.code, refusal.because[:5]) for refusal in migration.refusals] == [
        ("start-unknown", "jobs:")
    ]
    assert migration.after[COMPOSE].count(b"read_only: true") == 1


def test_what_is_laid_over_it_was_not_tried() -> None:
    over = PurePosixPath("compose.override.yaml")
    migration = tried()
    repo = Repo.of(
        {str(path): data for path, data in migration.before.items()}
        | {str(over): b"services:\n  web:\n    command: [sh, -c, $$OTHER]\n"}
    )
    settings = Settings(select=(CODEMOD.id,), tried={(COMPOSE, "web"): Tried(())})
    assert "start-unknown" in refused(plan(repo, PurePosixPath(), settings, [CODEMOD]))[0]
