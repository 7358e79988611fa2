"""What was passed in confidence is in no part of a verdict."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

from uvmigrate.codemod import Refusal
from uvmigrate.verify.hiding import Hiding
from uvmigrate.verify.options import Options
from uvmigrate.verify.verdict import ImageVerdict, Row, Sizes, Timing, Verdict

SECRET = "hunter2-hunter2"


def verdict(said: str) -> Verdict:
    """One that says something wherever a program's words may be."""
    path = PurePosixPath("Dockerfile")
    sizes = Sizes(1, 0, ((1, said),))
    row = Row("run", "web", "unknown", said, said, because=said, detail=said)
    timing = Timing("start-up", (), (), said)
    image = ImageVerdict("Dockerfile", path, "", (row,), (sizes, sizes), (timing,))
    return Verdict("Docker", (image,), (Refusal(path, 0, "not-verified", said, said),))


@pytest.mark.parametrize(
    "options",
    [
        Options(build_args={"INDEX_TOKEN": SECRET}),
        Options(environment={"db_password": SECRET}),
        Options(secrets=("id=UVMIGRATE_TEST",)),
        Options(secrets=("id=a,env=UVMIGRATE_TEST",)),
        Options(secrets=("id=a,type=env,src=x,env=UVMIGRATE_TEST",)),
    ],
)
def test_what_is_passed_in_confidence_is_shown_nowhere(
    options: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UVMIGRATE_TEST", SECRET)
    shown = Hiding.of(options).verdict(verdict(f"it is {SECRET}!"))
    assert SECRET not in str(shown)
    assert shown == verdict("it is ***!")


def test_a_secret_in_a_file_is_its_line(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(f"{SECRET}\n")
    (tmp_path / "pip.conf").write_text("[global]\ntimeout = 5\n")
    options = Options(
        secrets=(
            f"id=a,src={tmp_path}/token",
            f"id=b,source={tmp_path}/pip.conf",
            f"id=c,src={tmp_path}/gone",
        )
    )
    assert Hiding.of(options).text(f"[global] {SECRET}") == "[global] ***"


def test_what_everybody_may_know_and_what_is_too_short_stay() -> None:
    options = Options(environment={"MODE": "production", "API_KEY": "x"}, build_args={"PORT": "8000"})
    assert Hiding.of(options).text("production on 8000, x") == "production on 8000, x"
