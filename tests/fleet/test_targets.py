from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from source.git import committed, git
from uvmigrate.fleet.targets import Target, TargetError, expand, expand_all, read_file, target

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


@pytest.mark.parametrize(
    "text",
    [
        "https://github.com/acme/shop",
        "https://github.com/acme/shop.git",
        "https://token@GitHub.com/acme/shop.git/",
        "ssh://git@github.com/acme/shop.git",
        "git@github.com:acme/shop.git",
        "github.com:acme/shop",
    ],
)
def test_a_repository_has_one_name_however_it_is_reached(text: str) -> None:
    assert target(text) == Target("github.com/acme/shop", text)


def test_a_port_is_part_of_the_name() -> None:
    assert target("git://localhost:9418/shop.git").name == "localhost:9418/shop"
    assert target("file:///srv/git/shop.git").name == "file:///srv/git/shop"


def test_the_same_repository_twice_is_one_target(tmp_path: Path) -> None:
    committed(tmp_path / "shop", {"a": b""})
    texts = ["git@github.com:acme/shop.git", "https://github.com/acme/shop", str(tmp_path / "shop")]
    found = expand_all([*texts, f"{tmp_path}/shop/../shop/"])
    assert [one.source for one in found] == [texts[0], texts[2]]


def test_a_folder_is_its_repository_and_the_part_that_is_meant(tmp_path: Path) -> None:
    committed(tmp_path / "shop", {"api/Dockerfile": b""})
    root = str(tmp_path.resolve() / "shop")
    assert target(f"{root}/api") == Target(f"{root}/api", root, "api")
    (tmp_path / "plain").mkdir()
    assert target(str(tmp_path / "plain")).below == "."


def test_a_repository_without_a_work_tree_is_a_folder_too(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "--bare", "shop.git")
    assert target(str(tmp_path / "shop.git")).source == str(tmp_path.resolve() / "shop.git")


@pytest.mark.parametrize(
    "text",
    [
        "--upload-pack=evil",
        "-oProxyCommand=evil:x",
        "nowhere",
        "./nowhere",
        "ext::sh -c evil",
        "fd::17",
        "https://github.com",
        "https:///acme/shop",
        "ftp://github.com/acme/shop",
        "host:",
        "https://github.com/acme/sh\x1b[2Jop",
        "https://github.com/acme/shop\n",
        "",
    ],
)
def test_what_is_no_target_is_said_before_anything_is_done(text: str) -> None:
    with pytest.raises(TargetError) as found:
        target(text)
    assert str(found.value).isprintable()


def test_credentials_are_not_said() -> None:
    with pytest.raises(TargetError) as found:
        target("https://bob:s3cret@github.com")
    assert "s3cret" not in str(found.value)
    assert "token" not in target("https://token@github.com/acme/shop").name


def test_organisations_are_listed_by_whoever_can() -> None:
    def list_of(forge: str, name: str) -> Iterable[str]:
        return [f"https://{forge}.example/{name}/{shop}.git" for shop in "ab"]

    assert [one.name for one in expand("gitlab:acme/europe", list_of)] == [
        "gitlab.example/acme/europe/a",
        "gitlab.example/acme/europe/b",
    ]
    with pytest.raises(TargetError, match="cannot be listed here"):
        list(expand("github:acme"))


@pytest.mark.parametrize("scheme", ["", "file://"])
def test_a_forge_names_no_folder_of_this_machine(scheme: str, tmp_path: Path) -> None:
    with pytest.raises(TargetError, match=r"^github:acme: .* is a folder of this machine"):
        expand_all(["github:acme"], lambda *_: [f"{scheme}{tmp_path}"])


def test_a_file_has_one_target_a_line() -> None:
    data = b"# all of Acme's\nhttps://a.example/x#y\r\n\n  git@a.example:z.git  # the last\n"
    assert read_file(data, "all.txt") == ("https://a.example/x#y", "git@a.example:z.git")
    assert read_file(b"\xef\xbb\xbfhttps://a.example/x\n", "all.txt") == ("https://a.example/x",)
    with pytest.raises(TargetError, match=r"all\.txt: not readable as UTF-8"):
        read_file(b"\xff", "all.txt")


@pytest.mark.parametrize(
    "text",
    ["https://a.example/../../etc/x", "https://a.example/.git/x", "https://a.example/x/%2e", "a b:c d"],
)
def test_a_file_about_a_repository_lies_where_it_may(text: str, tmp_path: Path) -> None:
    name = target(text).file_name
    assert (tmp_path / name).resolve().is_relative_to(tmp_path.resolve())
    assert not any(part.startswith(".") for part in name.split("/"))
    assert target("https://a.example/acme/shop").file_name == "a.example/acme/shop"


def test_files_about_two_repositories_never_have_one_name() -> None:
    texts = [
        "https://a.example/x_y",
        "https://a.example/x%y",
        "https://a.example/x~y",
        "https://a.example/X_y",
    ]
    names = [target(text).file_name for text in texts]
    assert len(set(names)) == len(texts)
