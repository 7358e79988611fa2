from __future__ import annotations

import pytest

from growth import keeps_pace
from uvmigrate.source.mask import mask


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://bob:s3cret@pkgs.example.org/simple", "https://***@pkgs.example.org/simple"),
        ("git+https://ghp_token@example.org/a/b@v1", "git+https://***@example.org/a/b@v1"),
        ("https://bob:p@ss@example.org", "https://***@example.org"),
        ("https://${USER}:${TOKEN}@example.org/x", "https://***@example.org/x"),
        ("ssh://bob:s3cret@example.org/x", "ssh://***@example.org/x"),
        ("https://example.org/x?access_token=abc&page=2", "https://example.org/x?access_token=***&page=2"),
        (
            "https://example.org/x?page=2&X-Amz-Signature=abc",
            "https://example.org/x?page=2&X-Amz-Signature=***",
        ),
        (
            "one https://a:b@x.org and two https://c:d@y.org",
            "one https://***@x.org and two https://***@y.org",
        ),
        ("ENV UV_INDEX_SHOP_PASSWORD=hunter2 A=1", "ENV UV_INDEX_SHOP_PASSWORD=*** A=1"),
        ("export TOKEN='hun ter2' && pip install six", "export TOKEN=*** && pip install six"),
        ("ENV GITHUB_TOKEN hunter2", "ENV GITHUB_TOKEN ***"),
        ("machine a.example login ci password hunter2", "machine a.example login ci password ***"),
        ("twine upload --password hunter2 --token=hunter2", "twine upload --password *** --token=***"),
        ("app --secret-key=hunter2 --api-key='hun ter2'", "app --secret-key=*** --api-key=***"),
        ('CMD ["app", "--password", "hunter2", "-v"]', 'CMD ["app", "--password", ***, "-v"]'),
        ('CMD ["app", "--db-password=hunter2"]', 'CMD ["app", "--db-password=***"]'),
        ("curl -sS -u bob:hunter2 https://a.example", "curl -sS -u *** https://a.example"),
        ("curl --user 'bob:hunter2' -O https://a.example", "curl --user *** -O https://a.example"),
        (
            'curl -H "Authorization: Bearer hunter2" a.example',
            'curl -H "Authorization: Bearer ***" a.example',
        ),
        ("curl -H 'authorization: hunter2' a.example", "curl -H 'authorization: ***' a.example"),
        (
            "echo '//npm.example/:_authToken=hunter2' > .npmrc",
            "echo '//npm.example/:_authToken=***' > .npmrc",
        ),
        ("poetry config http-basic.shop ci hunter2", "poetry config http-basic.shop ci ***"),
        ("poetry config 'http-basic.my-shop' ci hunter2", "poetry config 'http-basic.my-shop' ci ***"),
        ('poetry config "pypi-token.shop" hunter2', 'poetry config "pypi-token.shop" ***'),
        ("poetry publish -u ci -p hunter2 --build", "poetry publish -u ci -p *** --build"),
        ("POETRY_HTTP_BASIC_SHOP_PASSWORD: hunter2", "POETRY_HTTP_BASIC_SHOP_PASSWORD: ***"),
        ("POETRY_PYPI_TOKEN_SHOP: 'hunter2'", "POETRY_PYPI_TOKEN_SHOP: ***"),
        ('{"A": 1, "PIP_TOKEN":"hunter2" }', '{"A": 1, "PIP_TOKEN":*** }'),
    ],
)
def test_credentials_are_masked_wherever_they_stand(text: str, shown: str) -> None:
    assert mask(text) == shown
    assert mask(shown) == shown


@pytest.mark.parametrize(
    "text",
    [
        "https://example.org/simple",
        "git+ssh://git@example.org/a/b@v1",
        "https://example.org/a/b@v1?page=2",
        "mail bob@example.org",
        "https://example.org:8080/a",
        "ARG TOKEN",
        "ENV UV_INDEX_SHOP_PASSWORD=$TOKEN",
        'export TOKEN="$(cat /run/secrets/token)"',
        "ENV TOKENIZERS_PARALLELISM=false",
        "adduser --disabled-password --gecos '' app",
        "docker run --no-password app",
        "curl -fsSL https://a.example && useradd -u 1000 app",
        'curl -H "Authorization: Bearer $TOKEN" a.example',
        "echo '//npm.example/:_authToken=${NPM_TOKEN}' > .npmrc",
        "--mount=type=secret,id=npm,target=/root/.npmrc",
        "poetry config http-basic.shop ci $TOKEN",
        "`poetry config http-basic.shop`: uv reads UV_INDEX_SHOP_USERNAME and UV_INDEX_SHOP_PASSWORD for it",
        "`poetry config pypi-token.shop`: it only publishes",
        "poetry publish -u ci -p $TOKEN",
        "poetry publish --build && mkdir -p dist",
        "POETRY_PYPI_TOKEN_SHOP: ${{ secrets.SHOP }}",
        'POETRY_HTTP_BASIC_SHOP_PASSWORD: "${SHOP}"',
        "image: acme/TOKEN:2",
    ],
)
def test_what_is_no_credential_stays(text: str) -> None:
    assert mask(text) == text


@pytest.mark.parametrize(
    "part",
    [
        "a.",
        "&token",
        "POETRY_PYPI_TOKEN_",
        "poetry publish ",
        "http-basic.",
        "pypi-token.",
        "a://",
        "TOKEN",
        "--token",
        "-",
        "curl ",
        "Authorization: ",
    ],
)
def test_a_text_takes_as_long_as_it_is(part: str) -> None:
    assert keeps_pace(lambda size: mask(part * size), 5_000, 64)
