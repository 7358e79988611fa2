"""Every codemod of the catalogue is complete: its name, its page, its cases, its place in the order."""

from __future__ import annotations

import pkgutil
import re
from collections import Counter

import pytest

import uvmigrate_codemods
from cases.running import cases_of
from uvmigrate.codemod import LEVELS, Codemod
from uvmigrate.codemod.page import prose, read_further_pages, read_page
from uvmigrate_codemods import CATALOGUE

SECTIONS = ("## What it does", "## Why", "## When it refuses")

each = pytest.mark.parametrize("codemod", CATALOGUE, ids=lambda codemod: codemod.id)


def test_every_module_is_in_the_catalogue_and_every_id_is_its_modules_name() -> None:
    public = {info.name for info in pkgutil.iter_modules(uvmigrate_codemods.__path__) if info.name[0] != "_"}
    assert sorted(codemod.id for codemod in CATALOGUE) == sorted(name.replace("_", "-") for name in public)
    for codemod in CATALOGUE:
        assert codemod.run.__module__ == f"uvmigrate_codemods.{codemod.id.replace('-', '_')}"


def test_the_catalogue_stands_in_the_order_that_its_codemods_ask_for() -> None:
    ids = [codemod.id for codemod in CATALOGUE]
    for codemod in CATALOGUE:
        named = {*codemod.after, *codemod.requires}
        assert named <= {*ids}
        assert all(ids.index(other) < ids.index(codemod.id) for other in named)


@each
def test_the_names_keep_to_the_rules(codemod: Codemod) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", codemod.id)
    assert len(codemod.title) < 60
    assert codemod.title[0].isupper()
    assert not codemod.title.endswith(".")
    assert codemod.why.endswith(".")
    assert codemod.level in LEVELS
    assert codemod.docs.startswith("https://")


@each
def test_the_page_says_what_why_and_when_it_refuses(codemod: Codemod) -> None:
    text = prose(read_page(codemod))
    assert text.startswith(f"# {codemod.id}\n")
    assert [line for line in text.splitlines() if line.startswith("## ")] == list(SECTIONS)
    for section in SECTIONS:
        body = text.partition(section)[2].partition("\n## ")[0]
        assert len(body.split()) >= 8, f"{section} says nothing"


@each
def test_no_two_cases_make_the_same_claim(codemod: Codemod) -> None:
    claims = Counter(case.claim for case in cases_of(codemod))
    assert [claim for claim, number in claims.items() if number > 1] == []


@each
def test_further_pages_say_whose_cases_they_hold(codemod: Codemod) -> None:
    for name, text in read_further_pages(codemod).items():
        assert text.startswith(f"# {codemod.id}: "), name
        assert len(prose(text).split()) > 20, f"{name} does not say what its cases are about"


@each
def test_the_page_has_a_diff_a_noop_and_a_refusal(codemod: Codemod) -> None:
    expected = [case.expected for case in cases_of(codemod)]
    assert any("diff" in found for found in expected)
    assert any(not found for found in expected)
    assert any("refused" in found for found in expected)


@each
def test_no_two_cases_claim_the_same(codemod: Codemod) -> None:
    claims = [case.claim for case in cases_of(codemod)]
    assert len(claims) == len(set(claims))
