"""The page of a plan in a real browser: everybody can read and use it, and it asks nobody for anything."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from report.drawn import COMMANDS, drawn, example_page
from report.examples import EXAMPLES, ROOT, example
from report.pages import EVIL
from report.planning import hostile
from report.verdicts import VERDICT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from browser.pages import Opened

    Opens = Callable[..., Opened]

PHONE = {"viewport": {"width": 375, "height": 740}}
#: What has to do without scrolling to the side (WCAG 2.2, 1.4.10).
NARROW = {"viewport": {"width": 320, "height": 740}}
SHOP = "fastapi-pip"


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_page_of_every_example_shows_its_diffs_and_its_graphs(name: str, opened: Opens) -> None:
    found = opened(example_page(name, tried=True))
    steps = example(name).steps
    assert found.texts(".step h3") == [
        f"{number}. {step.codemod.title}" for number, step in enumerate(steps, 1)
    ]
    for step in steps:
        files = found.texts(f"#step-{step.codemod.id} .diff > summary code")
        assert files == sorted(map(str, step.paths))
        changed = found.page.locator(f"#step-{step.codemod.id} .differs").count()
        assert (changed > 0) == bool(step.paths)
    images = found.page.locator(".image").count()
    assert found.texts(".graph figcaption strong") == ["Before", "After"] * images
    assert images > 0
    assert found.page.locator(".stage.final").count() == 2 * images
    assert found.page.locator("svg.arrows").count() == 2 * images


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nobody_is_kept_from_reading_it(name: str, scheme: str, opened: Opens) -> None:
    assert opened(example_page(name, tried=True), color_scheme=scheme).faults() == []


@pytest.mark.parametrize("name", EXAMPLES)
def test_it_fits_a_phone(name: str, opened: Opens) -> None:
    found = opened(example_page(name, tried=True), **PHONE)
    assert found.overflow() == 0
    assert found.faults() == []


def test_words_without_an_end_are_broken(opened: Opens) -> None:
    found = opened(drawn(hostile("x" * 300), VERDICT), **NARROW)
    assert found.overflow() == 0


def test_the_gain_is_seen(opened: Opens) -> None:
    found = opened(example_page(SHOP))
    before, after = (f".graph >> nth={number} >> li" for number in (0, 1))
    assert [text for text in found.texts(before) if "built again" in text] == [
        "COPY . . built again",
        "RUN pip install --no-cache-dir --upgrade pip && pip install --no-cache-dir -r requirements.txt "
        "installs packages built again",
    ]
    assert [text for text in found.texts(after) if "built again" in text] == ["COPY . . built again"]
    colour = "element => getComputedStyle(element).borderLeftColor"
    colours = {
        kind: found.page.locator(f".graph li.{kind}").first.evaluate(colour) for kind in ("rebuilt", "kept")
    }
    assert colours["rebuilt"] != colours["kept"]


def test_the_legend_is_drawn_as_the_graphs_are(opened: Opens) -> None:
    page = opened(example_page(SHOP)).page
    left = """element => {
        const { borderLeftColor, borderLeftStyle, color } = getComputedStyle(element);
        const isSeen = borderLeftStyle !== "none" && borderLeftColor !== "rgba(0, 0, 0, 0)";
        return isSeen ? borderLeftColor : color;
    }"""
    for kind in ("rebuilt", "kept", "setting"):
        keys, boxes = (page.locator(f"{where}.{kind}").first for where in (".key", ".graph li"))
        assert keys.evaluate(left) == boxes.evaluate(left)


def test_an_arrow_leads_from_the_stage_to_what_copies_from_it(opened: Opens) -> None:
    found = opened(example_page(SHOP))
    assert found.page.locator(".graph >> nth=0 >> .arrows path").count() == 0
    assert found.page.locator(".graph >> nth=1 >> .arrows .head").count() == 1
    head = found.page.locator(".graph >> nth=1 >> .arrows .head").bounding_box()
    copy = found.page.locator(".graph >> nth=1 >> li[data-source]").bounding_box()
    assert head
    assert copy
    assert abs(head["x"] + head["width"] - copy["x"]) < 6
    assert copy["y"] < head["y"] + head["height"] / 2 < copy["y"] + copy["height"]


def test_what_is_accepted_is_what_is_typed(opened: Opens, tmp_path: Path) -> None:
    found = opened(example_page(SHOP))
    page = found.page
    assert page.locator("#command").text_content() == f"uvmigrate --write {COMMANDS.whole}"
    # Its blanks are seen as they are, so that it can be copied by hand.
    assert page.locator("#command").inner_text() == f"uvmigrate --write {COMMANDS.whole}"
    page.get_by_label("accept multi-stage").uncheck()
    page.get_by_label("accept dockerignore").uncheck()
    left = [
        one.codemod.id for one in example(SHOP).steps if one.codemod.id not in ("multi-stage", "dockerignore")
    ]
    typed = page.locator("#command").text_content()
    assert typed == f"uvmigrate --write --select {','.join(left)} {COMMANDS.rest}"
    assert found.texts("#accepted") == [f"{len(left)} of {len(left) + 2} codemods accepted"]

    shutil.copytree(ROOT / "examples" / SHOP, tmp_path / "my  shop")
    words = shlex.split(typed)[1:]
    ended = subprocess.run(
        [sys.executable, "-m", "uvmigrate", *words, "--no-lock"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    written = set(re.findall(r"[\w-]+", "".join(re.findall(r"\(.*\)", ended.stdout))))
    assert written == set(left)


def test_what_needs_a_codemod_goes_with_it_and_brings_it_back(opened: Opens) -> None:
    found = opened(example_page(SHOP))
    page = found.page
    page.get_by_label("accept uv-switch").uncheck()
    needing = [one.codemod.id for one in example(SHOP).steps if "uv-switch" in one.codemod.requires]
    assert len(needing) > 2
    for name in needing:
        assert not page.get_by_label(f"accept {name}").is_checked()
    page.get_by_label(f"accept {needing[0]}").check()
    assert page.get_by_label("accept uv-switch").is_checked()
    for name in [one.codemod.id for one in example(SHOP).steps]:
        page.get_by_label(f"accept {name}").uncheck()
    assert found.texts("#command") == ["Nothing is accepted: nothing to type."]
    assert page.locator("#copy").is_disabled()


def test_steps_are_chosen_by_level_and_by_file(opened: Opens) -> None:
    found = opened(example_page(SHOP))
    page = found.page
    page.get_by_label("review", exact=True).uncheck()
    safe = [one.codemod.title for one in example(SHOP).steps if one.level == "safe"]
    assert [title.partition(". ")[2] for title in found.texts(".step h3")] == safe
    page.get_by_label("review", exact=True).check()
    page.get_by_role("combobox", name="file").select_option("pyproject.toml")
    assert found.texts(".step h3") == ["1. Install with uv instead of pip"]
    assert found.texts(".diff > summary code") == ["pyproject.toml"]
    assert found.texts("#shown-steps") == [f"1 of {len(example(SHOP).steps)} codemods shown"]


def test_entries_of_the_ledger_are_chosen_by_fate_and_word(opened: Opens) -> None:
    found = opened(example_page(SHOP))
    page = found.page
    total = len(example(SHOP).ledger)
    kept = sum(entry.fate == "kept" for entry in example(SHOP).ledger)
    assert found.texts("#shown-entries") == [f"{total - kept} of {total} entries shown"]
    page.locator("[name=fate][value=kept]").check()
    assert found.page.locator("#entries tbody tr:visible").count() == total
    page.get_by_label("holding").fill("UVICORN")
    assert [row for row in found.texts("#entries tbody tr") if "uvicorn" not in row] == []


def test_keys_lead_through_the_steps(opened: Opens) -> None:
    found = opened(example_page(SHOP))
    page = found.page

    def here() -> Any:
        return page.evaluate("document.activeElement.dataset.id")

    ids = [step.codemod.id for step in example(SHOP).steps]
    for key, expected in (("j", ids[0]), ("j", ids[1]), ("j", ids[2]), ("k", ids[1])):
        page.keyboard.press(key)
        assert here() == expected
    page.keyboard.press("x")
    assert not page.get_by_label(f"accept {ids[1]}").is_checked()
    page.get_by_label("holding").focus()
    page.keyboard.type("jxk")
    assert page.get_by_label("holding").input_value() == "jxk"


def test_the_command_is_copied_or_marked(opened: Opens) -> None:
    found = opened(example_page(SHOP), permissions=["clipboard-read", "clipboard-write"])
    found.page.locator("#copy").click()
    found.page.wait_for_function("document.getElementById('accepted').textContent.includes('opied')")
    assert found.page.evaluate("navigator.clipboard.readText()") == f"uvmigrate --write {COMMANDS.whole}"
    other = opened(example_page(SHOP))
    other.page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('no')); }")
    other.page.keyboard.press("c")
    other.page.wait_for_function("document.getElementById('accepted').textContent.includes('Marked')")
    assert other.page.evaluate("getSelection().toString()").startswith("uvmigrate --write")


def test_it_is_read_on_paper(opened: Opens) -> None:
    found = opened(example_page(SHOP, tried=True))
    found.page.locator(".diff > summary").first.click()
    assert not found.page.locator(".diff").first.evaluate("element => element.open")
    found.page.emulate_media(media="print")
    found.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert found.texts(".controls, #copy, nav, .accept") == []
    assert found.page.locator(".diff").first.evaluate("element => element.open")
    assert (
        found.page.locator(".command").evaluate("element => getComputedStyle(element).position") == "static"
    )
    assert len(found.page.pdf()) > 20_000


def test_it_is_read_without_its_script(opened: Opens) -> None:
    found = opened(example_page(SHOP), java_script_enabled=False)
    assert found.texts(".controls, #copy, .accept") == []
    assert found.texts("#command") == ["uvmigrate --write --python 3.11 --ignore exec-form 'my shop'"]
    assert len(found.texts(".graph li")) > 10
    assert found.page.locator(".differs:visible").count() > 10


@pytest.mark.parametrize("evil", EVIL)
def test_what_a_repository_says_is_text(evil: str, opened: Opens) -> None:
    found = opened(drawn(hostile(evil), VERDICT))
    # No mark-up of a repository's has become an element; what it says can be read.
    assert found.page.locator("script").count() == 1
    assert found.page.locator("img, b:not(li b), main h1, em, iframe, form").count() == 0
    hrefs = found.page.locator("a").evaluate_all("all => all.map(one => one.getAttribute('href'))")
    assert {href for href in hrefs if not href.startswith("#")} <= {
        step.codemod.docs for step in hostile(evil).steps
    }
    assert " ".join(evil.replace("\x1b[31m", "").partition("\x1b")[0].split())[:20] in " ".join(
        found.texts("#refusals")
    )


def test_a_path_is_masked_and_printable_wherever_it_stands(opened: Opens) -> None:
    html = drawn(hostile("TOKEN=hunter2 \u202etxt"))
    assert "hunter2" not in html
    assert "\u202e" not in html
    found = opened(html)
    files = found.page.get_by_role("combobox", name="file")
    files.select_option(index=1)
    assert found.page.locator(".step:visible").count() > 0


def test_what_would_get_in_is_not_run(opened: Opens) -> None:
    found = opened(example_page(SHOP))
    found.page.evaluate(
        """() => {
            const [script, style] = ["script", "style"].map((name) => document.createElement(name));
            script.textContent = "window.hit = true";
            style.textContent = "h1 { color: rgb(1, 2, 3) !important }";
            document.body.append(script, style);
            const button = document.createElement("button");
            button.setAttribute("onclick", "window.hit = true");
            document.body.append(button);
            button.click();
        }"""
    )
    assert found.page.evaluate("window.hit") is None
    assert found.page.locator("h1").evaluate("one => getComputedStyle(one).color") != "rgb(1, 2, 3)"
    assert [line for line in found.said if "Content Security Policy" not in line] == []
    assert len(found.said) == 3
    found.said.clear()


def test_a_repository_without_a_dockerfile_has_a_page(opened: Opens) -> None:
    migration = example(SHOP)._replace(builds=(), steps=(), refusals=(), ledger=(), locks=(), mentions=())
    found = opened(drawn(migration))
    assert found.texts("main p") == ["There is no Dockerfile: nothing to do."]
    assert found.faults() == []
