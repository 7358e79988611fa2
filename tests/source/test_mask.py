from __future__ import annotations

import pytest

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
    ],
)
def test_credentials_of_urls_are_masked_wherever_they_stand(text: str, shown: str) -> None:
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
    ],
)
def test_what_is_no_credential_stays(text: str) -> None:
    assert mask(text) == text
