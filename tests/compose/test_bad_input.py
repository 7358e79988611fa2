"""No bytes make the reader raise: what cannot be used has a problem, with its line."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

from compose.reading import read
from uvmigrate.compose import find, load
from uvmigrate.source import Repo

PROBLEMS = [
    ("is not UTF-8", b"services:\n  web:\n    image: caf\xe9\n", 3),
    ("is not UTF-8", "services: {}".encode("utf-16"), 1),
    ("is not YAML: it has a control character", b"services:\n  web: \x00\n", 2),
    ("is not YAML: found character '\\t' that cannot start any token", b"services:\n\tweb:\n", 2),
    ("is not YAML: found undefined alias 'base'", b"services:\n  web: *base\n", 2),
    ("is not YAML: mapping values are not allowed here", b"services: web: x\n", 1),
    ("is not YAML", b'services: "\\UFFFFFFFF"\n', 1),
    ("is not YAML", b"%YAML 1.99\n---\nservices:\n", 1),
    ("is not YAML: it escapes half a character", b'services:\n  web: {image: "\\ud800"}\n', 2),
    ("is not a mapping", b"- services\n", 1),
    ("is not a mapping", b"\nservices\n", 2),
    ("has services that are no mapping", b"services: [docker]\n", 1),
    ('has a service "web" that is no mapping', b"services:\n  web: nginx\n", 2),
    ('has the key "image" twice in one mapping', b"services:\n  web:\n    image: a\n    image: b\n", 4),
    ('has the key "<<" twice in one mapping', b"a: &a {}\nb:\n  <<: *a\n  <<: *a\n", 4),
    ("has a merge key that names no mapping", b"services:\n  web:\n    <<: text\n", 3),
    ("has a key that is no text", b"services:\n  ? [a, b]\n  : c\n", 2),
    ('has a "build" that is a list', b"services:\n  web:\n    build: [.]\n", 3),
    (
        'has a "command" that is neither a text nor a list of texts',
        b"services:\n  web:\n    command:\n      - echo: a\n",
        3,
    ),
    (
        "has no services: key, as in the first version of Compose, which is gone",
        b"web:\n  build: .\n",
        1,
    ),
    ("is a template", b"services:\n  {{ name }}:\n    image: a\n", 2),
    ("is a template", b"services:\n  web:\n    image: {{ image }}\n", 3),
    ("is a template", b"services:\n  web:\n    image: '{{ image }}'\n", 2),
    ("is a template", b"services:\n  web:\n    build: '{{ cookiecutter.folder }}'\n", 2),
    ("is a template", b"services:\n{%- if worker %}\n  web:\n    image: a\n{% endif %}\n", 2),
    ("is a template", b"services:\n  web: {{ a }} b\n", 2),
]


@pytest.mark.parametrize(("why", "data", "line"), PROBLEMS)
def test_a_file_that_cannot_be_used_says_why_and_where(why: str, data: bytes, line: int) -> None:
    file = read(data)
    assert file.problem is not None
    assert (file.problem.why, file.problem.line) == (why, line)
    assert file.services == ()
    assert file.data == data


def test_a_path_of_a_template_makes_the_file_one() -> None:
    problem = read("services: {web: {image: a}}", "{{cookiecutter.name}}/compose.yaml").problem
    assert problem is not None
    assert problem.why == "is a template"


def test_the_templates_of_docker_itself_make_no_file_one() -> None:
    file = read("services:\n  web:\n    image: a\n    command: docker ps --format '{{.Names}}'\n")
    assert file.problem is None


@pytest.mark.parametrize(
    "data", [b"", b"\n# nothing\n", b"---\n...\n", b"services:\n", b"volumes: {data: }\n"]
)
def test_a_file_without_services_is_no_problem(data: bytes) -> None:
    file = read(data)
    assert (file.problem, file.services) == (None, ())


def test_a_file_that_is_not_there_or_too_large_says_so() -> None:
    missing = load(Repo.of({}), PurePosixPath("compose.yaml")).problem
    assert missing is not None
    assert missing.why == "is not there"
    large = read(b"services:\n" + b"# much\n" * 40_000).problem
    assert large is not None
    assert large.why == "is larger than 256 KiB"


def test_a_link_out_of_the_repository_is_a_problem(tmp_path: Path) -> None:
    outside = tmp_path / "compose.yaml"
    outside.write_text("services: {web: {image: a}}")
    root = tmp_path / "repository"
    root.mkdir()
    (root / "compose.yaml").symlink_to(outside)
    repo = Repo.open(root)
    assert find(repo) == (PurePosixPath("compose.yaml"),)
    problem = load(repo, PurePosixPath("compose.yaml")).problem
    assert problem is not None
    assert problem.why == "leads out of the repository"


def test_a_path_that_no_file_system_takes_is_not_there(tmp_path: Path) -> None:
    text = f'include: [{"a" * 300}, "a\\0b"]\nservices: {{web: {{build: {"b" * 300}}}}}\n'
    (tmp_path / "compose.yaml").write_text(text)
    repo = Repo.open(tmp_path)
    assert find(repo) == (PurePosixPath("compose.yaml"),)
    assert load(repo, PurePosixPath("compose.yaml")).problem is None


def bomb(of: str) -> bytes:
    """Aliases of aliases, ten to each: a few lines that stand for 10¹² values."""
    lines = ["a0: &a0 {k: v}" if "<<" in of else "a0: &a0 [v]"]
    for level in range(12):
        aliases = ", ".join([f"*a{level}"] * 10)
        lines += [f"a{level + 1}: &a{level + 1} {of.format(aliases)}"]
    return "\n".join([*lines, "services: {web: {image: a}}", ""]).encode()


@pytest.mark.parametrize("of", ["[{}]", "{{<<: [{}]}}"])
def test_aliases_of_aliases_are_bounded(of: str) -> None:
    problem = read(bomb(of)).problem
    assert problem is not None
    assert problem.why == "its aliases expand to more than 50000 values"


def test_many_services_that_extend_each_other_are_bounded() -> None:
    chain = [f"  s{n}: {{extends: s{n + 1}, volumes: [/v{n}]}}" for n in range(400)]
    problem = read("\n".join(["services:", *chain, "  s400: {image: a}", ""])).problem
    assert problem is not None


@pytest.mark.parametrize("data", [b"services: &a\n  web: *a\n", b"services:\n  web: &a\n    <<: *a\n"])
def test_an_anchor_that_contains_itself_is_a_problem(data: bytes) -> None:
    problem = read(data).problem
    assert problem is not None
    assert problem.why == "is nested too deeply, or an anchor contains itself"


@pytest.mark.parametrize("data", [b"[" * 10_000, b"- " * 10_000, b"{a: " * 10_000, b"? " * 10_000])
def test_deep_nesting_is_a_problem(data: bytes) -> None:
    problem = read(data).problem
    assert problem is not None
    assert problem.why == "is nested too deeply"


def test_an_anchor_defined_twice_means_the_last_one() -> None:
    # An anchor that is defined again is no error, and no warning on standard error.
    file = read("a: &x {image: a}\nb: &x {image: b}\nservices:\n  web: *x\n")
    assert [service.image for service in file.services] == ["b"]
