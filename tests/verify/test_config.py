"""What an image starts, as whom and with which environment, before and after."""

from __future__ import annotations

import pytest

from uvmigrate.verify.compare.config import compare_config
from uvmigrate.verify.engine import Config
from verify.environments import meaning
from verify.images import differing

NOTHING = meaning()
USUAL = "/usr/local/bin:/usr/bin:/bin"


def rows(before: Config, after: Config, holds: str = "", **means: tuple[str, ...]) -> list[tuple[str, ...]]:
    """What differs, where *holds* are the only folders in the image."""
    folders = holds.split(":")
    return differing(compare_config(before, after, lambda path: path in folders, meaning(means)))


def test_what_is_set_and_the_same_is_a_row_and_what_is_not_set_is_none() -> None:
    config = Config(command=("python", "-m", "a b"), environment={"A": "1", "B": "2"}, ports=("80/tcp",))
    found = [(row.kind, row.status, row.before) for row in compare_config(config, config, bool, NOTHING)]
    assert found == [
        ("command", "same", "python -m 'a b'"),
        ("user", "same", "root"),
        ("workdir", "same", "/"),
        ("environment", "same", "2 variables"),
        ("port", "same", "1 port"),
    ]


@pytest.mark.parametrize(
    ("before", "after", "row"),
    [
        (Config(user="app"), Config(), ("user", "", "regression", "app", "root")),
        (Config(workdir="/app"), Config(workdir="/"), ("workdir", "", "regression", "/app", "/")),
        (
            Config(entrypoint=("a", "b")),
            Config(entrypoint=("a b",)),
            ("entrypoint", "", "regression", "a b", "'a b'"),
        ),
        (Config(ports=("80/tcp",)), Config(), ("port", "80/tcp", "regression", "80/tcp", "")),
        (Config(), Config(volumes=("/data",)), ("volume", "/data", "regression", "", "/data")),
        (Config(labels={"a": "1"}), Config(labels={"a": "2"}), ("label", "a", "regression", "1", "2")),
        (Config(stop_signal="SIGINT"), Config(), ("stop-signal", "", "regression", "SIGINT", "")),
        (
            Config(healthcheck=("CMD", "curl", "x")),
            Config(healthcheck=("NONE",)),
            ("healthcheck", "", "regression", "CMD curl x", "NONE"),
        ),
        (
            Config(health_options={"Interval": "5 s"}),
            Config(health_options={"Interval": "30 s"}),
            ("healthcheck", "Interval", "regression", "5 s", "30 s"),
        ),
        (Config(environment={"A": ""}), Config(), ("environment", "A", "regression", "", "")),
    ],
)
def test_each_setting_is_compared(before: Config, after: Config, row: tuple[str, ...]) -> None:
    assert rows(before, after) == [row]


@pytest.mark.parametrize("user", ["root", "0", "0:0", "root:root"])
def test_root_by_any_name_is_root(user: str) -> None:
    assert rows(Config(), Config(user=user)) == []


def test_a_variable_is_meant_by_its_name() -> None:
    before, after = Config(environment={"LANG": "C"}), Config(environment={"UV_NO_SYNC": "1"})
    assert [row[1:3] for row in rows(before, after, environment=("UV_*",))] == [
        ("LANG", "regression"),
        ("UV_NO_SYNC", "meant"),
    ]


@pytest.mark.parametrize(
    ("before", "after", "because"),
    [
        (USUAL, f"/opt/venv/bin:{USUAL}", ""),
        (f"/opt/gone/bin:{USUAL}", USUAL, ""),
        (f"/opt/tool/bin:{USUAL}", USUAL, "/opt/tool/bin is in the image and no longer on PATH"),
        (USUAL, "/usr/bin:/usr/local/bin:/bin", "/usr/bin has another place in the order of PATH"),
        (f"{USUAL}:/bin", f"/opt/venv/bin:{USUAL}", ""),
    ],
)
def test_path_keeps_what_is_in_the_image_even_where_a_change_is_meant(
    before: str, after: str, because: str
) -> None:
    holds = f"{USUAL}:/opt/tool/bin:/opt/venv/bin".split(":")
    configs = (Config(environment={"PATH": before}), Config(environment={"PATH": after}))
    found = compare_config(*configs, lambda path: path in holds, meaning({"environment": ("PATH",)}))
    (row,) = [row for row in found if row.kind == "environment"]
    assert row.status == ("regression" if because else "meant")
    assert row.because == (because or "another than before")


def test_secrets_are_not_shown() -> None:
    before = Config(
        command=("run", "--password", "hunter2"),
        environment={"API_TOKEN": "two words", "URL": "https://me:hunter2@example.com/", "db_password": "x"},
    )
    shown = str([*compare_config(before, Config(), bool, NOTHING)])
    for secret in ("two", "words", "hunter2", "'x'"):
        assert secret not in shown
    assert "https://***@example.com/" in shown


@pytest.mark.parametrize(
    ("before", "after", "status"),
    [
        (Config(), Config(user="app"), "meant"),
        (Config(user="app"), Config(), "regression"),
        (Config(user="app"), Config(user="other"), "regression"),
    ],
)
def test_who_means_a_user_means_no_root(before: Config, after: Config, status: str) -> None:
    assert [row[2] for row in rows(before, after, user=("",))] == [status]


def test_words_may_go_from_the_entrypoint_to_the_command() -> None:
    before = Config(entrypoint=("poetry",), command=("run", "gunicorn", "shop:app"))
    after = Config(command=("gunicorn", "shop:app"))
    found = rows(before, after, entrypoint=("",), command=("",))
    assert [row[2] for row in found] == ["meant", "meant"]
    less = after._replace(command=("gunicorn",))
    assert {row[2] for row in rows(before, less, entrypoint=("",), command=("",))} == {"regression"}


def test_no_health_check_is_meant_to_go() -> None:
    before = Config(healthcheck=("CMD-SHELL", "poetry run check"))
    assert rows(before, Config(), healthcheck=("",))[0][2] == "regression"
    after = Config(healthcheck=("CMD", "check"))
    assert rows(before, after, healthcheck=("",))[0][2] == "meant"
