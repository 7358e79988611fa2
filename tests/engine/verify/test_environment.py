"""What images really hold: asked by whatever Python starts them, as their own user and without a network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from uvmigrate.verify.compare.environment import compare_environments
from uvmigrate.verify.engine import Order
from uvmigrate.verify.environment import Seen, look, read_environment
from uvmigrate.verify.meaning import Meaning

if TYPE_CHECKING:
    from pathlib import Path

    from uvmigrate.verify.engine import Docker

pytestmark = pytest.mark.engine

#: A package with a library that needs another, which only one of the images has.
SHOP = r"""
FROM python:3.11 AS build
WORKDIR /app
RUN python -m venv /opt/venv && /opt/venv/bin/pip install wheel==0.45.1
COPY <<'END' answer.c
int answer(void) { return 42; }
END
COPY <<'END' fast.c
int answer(void);
int fast(void) { return answer(); }
END
COPY <<'END' shop_fast/__init__.py
import ctypes, os.path
fast = ctypes.CDLL(os.path.join(os.path.dirname(__file__), "fast.so")).fast
END
COPY <<'END' setup.py
from setuptools import setup
data = {"shop_fast": ["fast.so"]}
setup(name="shop-fast", version="1.0", packages=["shop_fast"], package_data=data, install_requires=["six"])
END
RUN gcc -shared -fPIC -Wl,-soname,libanswer.so.1 -o /usr/lib/libanswer.so.1 answer.c \
    && gcc -shared -fPIC -o shop_fast/fast.so fast.c -l:libanswer.so.1
RUN /opt/venv/bin/pip install --no-build-isolation . six==1.16.0
COPY <<'END' cli/shop_cli.py
def main():
    print("open")
END
COPY <<'END' cli/setup.py
from setuptools import setup
points = {"console_scripts": ["shop = shop_cli:main"]}
setup(name="shop-cli", version="2.0", py_modules=["shop_cli"], entry_points=points)
END
RUN /opt/venv/bin/pip install --no-build-isolation --editable cli

FROM python:3.11-slim AS broken
COPY --from=build /app/cli /app/cli
COPY --from=build /opt/venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH
USER 10001
CMD ["shop"]

FROM broken AS whole
COPY --from=build /usr/lib/libanswer.so.1 /usr/lib/

FROM broken AS other
USER root
RUN pip uninstall --yes six && sed -i '1s,.*,#!/build/bin/python,' /opt/venv/bin/shop \
    && sed -i '1s,.*,#!/usr/local/bin/python,' /opt/venv/bin/wheel
USER 10001
"""
PYTHON = [("python",)]


def image(verifier: Docker, folder: Path, text: str, target: str = "") -> str:
    (folder / "Dockerfile").write_text(text)
    return verifier.build(Order(folder, folder / "Dockerfile", target), lambda _: None).image


@pytest.fixture(scope="module")
def seen(verifier: Docker, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Seen]:
    """What is seen in each of the images of SHOP."""
    folder = tmp_path_factory.mktemp("shop")
    found = {name: look(verifier, image(verifier, folder, SHOP, name), PYTHON) for name in ("whole", "other")}
    return {name: one for name, one in found.items() if one is not None}


def test_an_environment_is_told_as_it_is(seen: dict[str, Seen]) -> None:
    found = seen["whole"].environment
    assert (found.version.rpartition(".")[0], found.prefix, found.base_prefix) == (
        "3.11",
        "/opt/venv",
        "/usr/local",
    )
    assert found.sites == ("/opt/venv/lib/python3.11/site-packages",)
    assert found.distributions.keys() == {"pip", "setuptools", "shop-cli", "shop-fast", "six", "wheel"}
    cli, fast, six = (found.distributions[name] for name in ("shop-cli", "shop-fast", "six"))
    assert (cli.version, cli.editable, cli.imports) == ("2.0", "/app/cli", ("shop_cli",))
    assert [(one.name, one.path, one.fault, one.on_path) for one in cli.scripts] == [
        ("shop", "/opt/venv/bin/shop", "", True)
    ]
    assert (fast.requires, fast.imports) == (("six",), ("shop_fast",))
    assert "/opt/venv/lib/python3.11/site-packages/six.py" in six.files
    assert (six.version, six.requested, fast.editable) == ("1.16.0", True, "")
    assert (seen["whole"].failing, seen["whole"].missing) == ({}, frozenset())


def test_what_was_broken_is_told_each_by_its_own_row(seen: dict[str, Seen]) -> None:
    rows = [
        (row.kind, row.name, row.because)
        for row in compare_environments(seen["whole"], seen["other"], Meaning(()))
        if row.status == "regression"
    ]
    missing = "OSError: libanswer.so.1: cannot open shared object file: No such file or directory"
    assert rows == [
        ("distribution", "six", "shop-fast requires it"),
        ("requirement", "shop-fast: six", ""),
        ("import", "shop_fast", missing),
        ("library", "libanswer.so.1", "shop_fast/fast.so cannot load it"),
        ("console-script", "shop", "its interpreter /build/bin/python is not there"),
        ("console-script", "wheel", "its interpreter /usr/local/bin/python is not the environment's"),
    ]


def test_an_image_is_the_same_as_itself(seen: dict[str, Seen]) -> None:
    rows = compare_environments(seen["whole"], seen["whole"], Meaning(()))
    assert {(row.kind, row.status) for row in rows} == {
        (kind, "same")
        for kind in ("python", "distribution", "requirement", "import", "library", "console-script")
    }


WITH_UV = """
FROM python:3.11-slim
COPY --from=ghcr.io/astral-sh/uv:0.13.8 /uv /bin/
WORKDIR /app
COPY <<'END' pyproject.toml
[project]
name = "shop"
version = "1"
requires-python = ">=3.11"
dependencies = ["six==1.16.0"]
END
RUN uv sync
"""


def test_uv_run_leads_to_its_environment_without_a_network(verifier: Docker, tmp_path: Path) -> None:
    built = image(verifier, tmp_path, WITH_UV)
    absent, run = ("poetry", "run", "python"), ("uv", "run", "--no-sync", "--offline", "python")
    found = read_environment(verifier, built, [absent, run, ("python",)])
    assert found is not None
    assert (found.python, found.prefix) == (run, "/app/.venv")
    assert found.distributions.keys() == {"six"}


def test_an_image_without_a_python_has_no_environment(verifier: Docker, tmp_path: Path) -> None:
    built = image(verifier, tmp_path, "FROM debian:bookworm-slim\nRUN true\n")
    assert read_environment(verifier, built, [("uv", "run", "python"), *PYTHON, ("sh",)]) is None


def test_another_python_answers(verifier: Docker, tmp_path: Path) -> None:
    built = image(verifier, tmp_path, "FROM python:3.13-slim\nRUN pip install six==1.16.0\n")
    found = look(verifier, built, PYTHON)
    assert found is not None
    assert found.environment.version.startswith("3.13.")
    assert found.environment.distributions.keys() >= {"pip", "six"}
    assert found.failing == {}
    assert found.missing == frozenset()
