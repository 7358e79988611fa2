"""What ``non-root`` reads out of single words: modes, ports, the numbers of users."""

from __future__ import annotations

import itertools
import subprocess
from typing import TYPE_CHECKING

import pytest

from cases.running import run
from uvmigrate.codemod import parse_shell
from uvmigrate_codemods._non_root.modes import closes, closing_mode
from uvmigrate_codemods._non_root.ports import low_port
from uvmigrate_codemods.non_root import CODEMOD

if TYPE_CHECKING:
    from pathlib import Path

WHO = ("", "u", "g", "o", "a", "ug", "go", "uo")
MODES = [
    *map("".join, itertools.product(WHO, "+=-", ("", "r", "w", "x", "X", "rx", "rwX", "u", "g", "o"))),
    *("700", "0744", "640", "750", "755", "0644", "1777", "511", "7"),
    *("u=rwX,go=rX", "u=rw,go=r", "go-w,u+x", "a+x,o-x", "u+x,a+x", "u+s", "+t"),
]


def test_a_mode_shuts_others_out_where_chmod_leaves_them_less_than_the_owner(tmp_path: Path) -> None:
    paths = {}
    for number, mode in enumerate(MODES):
        paths[mode] = [tmp_path / f"{number}-644", tmp_path / f"{number}-755"]
        for path in paths[mode]:
            path.touch()
            path.chmod(int(path.name.partition("-")[2], 8))
    script = "".join(f"chmod -- '{mode}' {paths[mode][0]} {paths[mode][1]}\n" for mode in MODES)
    subprocess.run(["sh", "-euc", f"umask 022\n{script}"], check=True)
    for mode in MODES:
        after = [path.stat().st_mode for path in paths[mode]]
        assert closes(mode) is any((bits >> 6) & ~bits & 0o5 for bits in after), mode


@pytest.mark.parametrize("mode", ["u+rw-x", "u+x,,o+x", "rwx", ""])
def test_a_mode_that_is_not_read_counts_as_shutting_out(mode: str) -> None:
    assert closes(mode)


@pytest.mark.parametrize(
    ("text", "mode"),
    [
        ("chmod -R 700 /app", "chmod 700"),
        ("chmod -x tool", None),
        ("chmod -Rv o-x tool", "chmod o-x"),
        ('chmod "$MODE" tool', 'chmod "$MODE"'),
        ("umask 077", "umask 077"),
        ("umask 022", None),
        ("umask", None),
        ("chmod --reference=a b", "chmod --reference=a"),
        ("chmod --recursive 755 a", None),
        ("chown 700 tool", None),
    ],
)
def test_the_mode_is_found_among_the_words(text: str, mode: str | None) -> None:
    [command] = parse_shell(text.encode()).commands
    assert closing_mode(command) == mode


@pytest.mark.parametrize(
    ("text", "port"),
    [
        ("gunicorn -b :80 shop:app", 80),
        ("gunicorn -b0.0.0.0:443 shop:app", 443),
        ("gunicorn --bind=[::]:80 shop:app", 80),
        ("uvicorn shop:app --port 80", 80),
        ("uvicorn shop:app --port=81", 81),
        ("flask run -p 80", 80),
        ("streamlit run shop.py --server.port=80", 80),
        ("waitress-serve --listen=*:80 shop:app", 80),
        ("python manage.py runserver 0.0.0.0:80", 80),
        ("python -m http.server 80", 80),
        ("curl -f http://localhost:80/health", 80),
        ("gunicorn -b :8000 --workers 4 --timeout 60 shop:app", None),
        ("wait-for-it smtp.example.com:25 -- python -m shop", None),
        ("celery -A shop worker --concurrency 8", None),
        ("mkdir -p 80s", None),
    ],
)
def test_a_low_port_is_told_from_other_numbers(text: str, port: int | None) -> None:
    [command] = parse_shell(text.encode()).commands
    assert low_port(command) == port


@pytest.mark.parametrize(
    ("made", "user"),
    [
        ("useradd --uid 1234 shop", "USER 1234"),
        ("useradd --uid=1234 --shell /bin/sh shop", "USER 1234"),
        ("useradd -Mru1234 shop", "USER 1234"),
        ("useradd -ms /bin/sh -u 1234 shop", "USER 1234"),
        ("useradd -k 5 --comment --uid -u 1234 shop", "USER 1234"),
        ("adduser -D -S -H -u 1234 shop", "USER 1234"),
        ("adduser --disabled-password --gecos '' --uid 1234 shop", "USER 1234"),
        ("groupadd -g 1234 shop && useradd -u 1234 -g shop shop", "USER 1234"),
        ("useradd shop", None),
        ("useradd -u $NUMBER shop", None),
        ("useradd -o -u 0 shop", None),
        ("useradd -u 1234 shop || true", None),
        ("if true; then useradd -u 1234 shop; fi", None),
        ("useradd -u 1234 shop && useradd -u 1235 other", None),
        ("groupadd shop", None),
    ],
)
def test_a_user_with_a_number_is_taken_and_any_other_is_refused(made: str, user: str | None) -> None:
    dockerfile = (
        "FROM python:3.13-slim\n"
        "COPY --from=ghcr.io/astral-sh/uv:0.13.8 /uv /bin/\n"
        f"RUN uv pip install --system flask\nRUN {made}\n"
        'CMD ["flask", "run"]\n'
    )
    outcome = run(CODEMOD, {"Dockerfile": dockerfile.encode()})
    codes = [refusal.code for refusal in outcome.refusals]
    added = [
        line[1:] for line in outcome.patch.decode().splitlines() if line.startswith("+") and line[1] != "+"
    ]
    assert (added, codes) == (([user], []) if user else ([], ["user-exists"]))
