"""The builds of an image as graphs: their stages, what copies from what, and what is said of it."""

from __future__ import annotations

from pathlib import PurePosixPath

from uvmigrate.codemod import Settings
from uvmigrate.plan import load_catalogue, plan
from uvmigrate.report.html.graphs import Graph, images
from uvmigrate.source import Repo

MANY = b"""\
ARG PY=3.11
FROM python:$PY-slim AS base
ENV LANG=C.UTF-8

FROM node:22 AS front
RUN npm install

FROM busybox
RUN echo two > /two

FROM scratch AS assets
COPY --from=front /dist /dist

FROM base AS aside
RUN echo "nobody needs it"

FROM base
WORKDIR /app
COPY --from=2 /two /two
COPY --from=assets /dist static
COPY --from=nginx:1.27 /etc/nginx/mime.types /etc/
RUN --mount=type=bind,from=front,source=/dist,target=/mnt cp -r /mnt more
COPY . .
RUN <<EOF
pip install -r requirements.txt
EOF
CMD ["python", "-m", "shop.web"]
"""
FILES = {
    "requirements.txt": b"six==1.17.0\n",
    "shop/__init__.py": b"",
    "shop/web.py": b"print(1)\n",
    ".dockerignore": b".git\n",
}


def both(dockerfile: bytes) -> tuple[Graph, Graph]:
    """The last stage's image before and after."""
    files = {**FILES, "Dockerfile": dockerfile}
    settings = Settings()
    migration = plan(Repo.of(files), PurePosixPath(), settings, load_catalogue())
    [image] = [one for one in images(migration, settings) if "aside" not in one.name]
    return image.before, image.after


def arrows(graph: Graph) -> set[tuple[str, str]]:
    """Which stage leads to which."""
    titles = {column.id: column.title for column in graph.columns}
    found = {(titles[column.parent], column.title) for column in graph.columns if column.parent}
    return found | {
        (titles[box.source], column.title) for column in graph.columns for box in column.boxes if box.source
    }


def test_the_stages_that_an_image_needs_are_named_as_docker_names_and_counts_them() -> None:
    before, _ = both(MANY)
    assert [column.title for column in before.columns] == ["base", "front", "stage 2", "assets", "stage 5"]
    assert [column.title for column in before.columns if column.is_image] == ["stage 5"]


def test_arrows_are_copies_mounts_and_from() -> None:
    before, after = both(MANY)
    assert arrows(before) == {
        ("base", "stage 5"),
        ("front", "assets"),
        ("stage 2", "stage 5"),
        ("assets", "stage 5"),
        ("front", "stage 5"),
    }
    assert any(source.startswith("build") for source, _ in arrows(after))


def test_an_install_in_a_heredoc_is_seen() -> None:
    before, _ = both(MANY)
    [box] = [box for column in before.columns for box in column.boxes if box.installs]
    assert box.text == "<<EOF pip install -r requirements.txt"
    assert box.again == "rebuilt"
    assert before.said == "2 of 9 layers are built again, among them the install of packages"


def test_of_a_long_instruction_the_end_is_shown() -> None:
    mounts = " ".join(f"--mount=type=cache,target=/var/cache/number-{number}" for number in range(9))
    before, _ = both(
        b"FROM python:3.11-slim\nCOPY . .\nRUN %s pip install -r requirements.txt\n" % mounts.encode()
    )
    [box] = [box for column in before.columns for box in column.boxes if box.installs]
    assert box.text.startswith("--mount=type=cache")
    assert "…" in box.text
    assert box.text.endswith(" pip install -r requirements.txt")
