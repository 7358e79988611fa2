"""What pip's variables and configuration files say, and what that is for uv."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from uv import find_uv_bin

from uvmigrate.commands import Said, config_option, distrusted, is_harmless, pip_option, said_in_uv

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("variable", "option"),
    [
        ("PIP_INDEX_URL", "--index-url"),
        ("PIP_NO_DEPS", "--no-deps"),
        ("PIP_CONFIG_FILE", "--config-file"),
        ("PIP_VERSION", None),
        ("PIP_PACKAGES", None),
        ("pip_index_url", None),
        ("MY_PIP_INDEX_URL", None),
    ],
)
def test_a_variable_is_the_option_of_its_name(variable: str, option: str | None) -> None:
    assert pip_option(variable) == option


@pytest.mark.parametrize("key", ["index-url", "index_url", "INDEX-URL", "--index-url"])
def test_a_key_of_a_file_is_the_option_however_it_is_written(key: str) -> None:
    assert config_option(key) == "--index-url"


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--index-url", "https://a.example/simple", Said(("UV_DEFAULT_INDEX",))),
        ("--index-url", None, Said(("UV_DEFAULT_INDEX",))),
        ("--extra-index-url", None, Said(("UV_INDEX",))),
        ("--trusted-host", "a b", Said(("UV_INSECURE_HOST",))),
        ("--constraint", None, Said(("UV_CONSTRAINT", "UV_BUILD_CONSTRAINT"))),
        ("--find-links", "/wheels", Said(("UV_FIND_LINKS",))),
        ("--keyring-provider", "subprocess", Said(("UV_KEYRING_PROVIDER",))),
        ("--pre", "Yes", Said(flags=("--pre",))),
        ("--pre", "off", Said()),
        ("--no-dependencies", "1", Said(flags=("--no-deps",))),
        ("--no-binary", "a,b", Said(flags=("--no-binary a,b",))),
        ("--cert", "/etc/ssl/certs/ca-certificates.crt", Said(settings=(("UV_SYSTEM_CERTS", "1"),))),
        ("--cert", "/own.pem", Said(flags=("--cert /own.pem",))),
        ("--timeout", "60", Said(settings=(("UV_HTTP_TIMEOUT", "60"),))),
        ("--timeout", None, Said()),
        ("--retries", "0", Said()),
        ("--no-cache-dir", "off", Said()),
        ("--disable-pip-version-check", None, Said()),
    ],
)
def test_a_setting_is_said_by_variables_flags_or_settings(option: str, value: str | None, said: Said) -> None:
    assert said_in_uv(option, value) == said


@pytest.mark.parametrize(
    ("option", "value", "why"),
    [
        ("--pre", None, "only known when the image is built"),
        ("--find-links", None, "only known when the image is built"),
        ("--find-links", "/a https://b.example", "several places"),
        ("--pre", "maybe", "neither true nor false"),
        ("--no-binary", "a; rm x", "not one value"),
        ("--keyring-provider", "import", "no keyring provider"),
        ("--target", "/x", "no word for it"),
        ("--proxy", "http://p.example", "no word for it"),
        ("--no-build-isolation", "0", "no word for it"),
    ],
)
def test_what_uv_cannot_be_told_has_a_reason(option: str, value: str | None, why: str) -> None:
    said = said_in_uv(option, value)
    assert isinstance(said, str)
    assert why in said


def test_what_says_nothing_about_packages_is_harmless() -> None:
    assert is_harmless("--no-input")
    assert is_harmless("--cache-dir")
    assert not is_harmless("--index-url")


@pytest.mark.parametrize(
    ("hosts", "urls", "told"),
    [
        (("a.example",), ("http://a.example/simple",), ()),
        (("a.example:8080",), ("http://a.example:8080/simple",), ()),
        (("a.example",), ("https://a.example/simple",), ("a.example",)),
        (("a.example",), ("http://a.example/simple", "https://a.example/more"), ("a.example",)),
        (("b.example",), ("http://me:pw@a.example/simple",), ("b.example",)),
    ],
)
def test_uv_is_told_of_hosts_with_certificates_only(
    hosts: tuple[str, ...], urls: tuple[str, ...], told: tuple[str, ...]
) -> None:
    assert distrusted(hosts, urls) == told


@pytest.mark.parametrize("option", ["--index-url", "--extra-index-url", "--trusted-host", "--constraint"])
def test_uv_takes_the_variables_of_a_build_argument_that_is_empty(option: str, tmp_path: Path) -> None:
    said = said_in_uv(option, None)
    assert isinstance(said, Said)
    (tmp_path / "none.txt").write_text("")
    command = [
        find_uv_bin(),
        "pip",
        "install",
        "--offline",
        "--dry-run",
        "--no-cache",
        "--python",
        sys.executable,
    ]
    given = dict.fromkeys(said.variables, "")
    done = subprocess.run(
        [*command, "-r", "none.txt"],
        cwd=tmp_path,
        env=os.environ | given,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
