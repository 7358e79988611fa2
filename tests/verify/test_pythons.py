"""The Python that is asked about an environment is the one that the image starts with."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from build.reading import build
from uvmigrate.verify.pythons import candidates
from uvmigrate.verify.subjects import Recipe, Side

UV_RUN = ("uv", "run", "--no-sync", "--offline")
USUAL = [("python",), ("python3",)]


def found(text: str) -> list[tuple[str, ...]]:
    read = build(f"FROM debian\n{text}")
    recipe = Recipe(PurePosixPath(), PurePosixPath("Dockerfile"))
    return list(candidates(Side(read, read.stages[-1], recipe, ())))


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        ('CMD ["gunicorn", "app:app"]', []),
        ('CMD ["python", "-m", "app"]', []),
        ('CMD ["python3.11", "-m", "app"]', [("python3.11",)]),
        ('CMD ["/opt/venv/bin/gunicorn", "app:app"]', [("/opt/venv/bin/python",)]),
        ('CMD ["tini", "--", ".venv/bin/gunicorn"]', [(".venv/bin/python",)]),
        ("CMD . /opt/venv/bin/activate && exec gunicorn", [("/opt/venv/bin/python",)]),
        ('CMD ["poetry", "run", "gunicorn"]', [("poetry", "run", "python")]),
        ('CMD ["/opt/poetry/bin/poetry", "run", "x"]', [("/opt/poetry/bin/poetry", "run", "python")]),
        ('CMD ["tini", "pipenv", "run", "x"]', [("pipenv", "run", "python")]),
        ('CMD ["uv", "run", "gunicorn", "--directory", "x"]', [(*UV_RUN, "python")]),
        (
            'CMD ["uv", "run", "--frozen", "--project", "/srv", "x"]',
            [(*UV_RUN, "--project", "/srv", "python")],
        ),
        ('CMD uv run --directory "$HERE" x', [(*UV_RUN, "python")]),
        ('CMD ["uvx", "gunicorn"]', []),
        ('CMD ["/usr/local/bin/entrypoint.sh"]', []),
    ],
)
def test_what_starts_comes_first(start: str, expected: list[tuple[str, ...]]) -> None:
    assert found(f"{start}\n") == [*expected, *USUAL]


def test_the_system_s_python_comes_last() -> None:
    assert found('CMD ["/usr/bin/python3", "tool.py"]\n') == [*USUAL, ("/usr/bin/python3",)]


def test_a_health_check_says_nothing() -> None:
    assert found('HEALTHCHECK CMD /srv/check/bin/python check.py\nCMD ["gunicorn"]\n') == USUAL
