FROM python:3.13-slim AS build

WORKDIR /src

COPY --from=ghcr.io/astral-sh/uv:0.13.8 /uv /uvx /bin/
ENV UV_COMPILE_BYTECODE=1 \
    UV_LINK_MODE=copy \
    UV_PYTHON_DOWNLOADS=never \
    VIRTUAL_ENV=/opt/venv
RUN uv venv /opt/venv
# The lock of a project names the index that it was made with. The hashes in requirements-dev.txt do not, and
# as constraints they hold what is installed to the same versions and bytes that the tests ran with.
RUN --mount=type=cache,target=/root/.cache/uv \
    --mount=type=bind,source=pyproject.toml,target=/src/pyproject.toml \
    --mount=type=bind,source=requirements-dev.txt,target=/src/requirements-dev.txt \
    uv pip install --require-hashes --constraint requirements-dev.txt -r pyproject.toml
COPY . .
RUN --mount=type=cache,target=/root/.cache/uv \
    uv pip install --no-deps --build-constraint requirements-dev.txt .

FROM python:3.13-slim

COPY --from=build /opt/venv /opt/venv
# The user below has no home; what uv keeps while it makes a lock is as temporary as the container.
ENV HOME=/tmp \
    PATH="/opt/venv/bin:$PATH" \
    PYTHONDONTWRITEBYTECODE=1

WORKDIR /work

USER 10001

ENTRYPOINT ["uvmigrate"]
