"""The page of many repositories in a real browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fleet.rows import row
from report.pages import EVIL
from uvmigrate.fleet.outcome import Outcome, SavedRefusal
from uvmigrate.fleet.table import as_html
from uvmigrate.fleet.targets import Target

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from browser.pages import Opened
    from uvmigrate.fleet.store import Row

    Opens = Callable[..., Opened]

#: The first cell, without the mark of what is sorted.
NAMES = "#repositories tbody th"


def table(rows: Iterable[Row]) -> str:
    return "".join(as_html(rows))


def test_rows_are_sorted_by_any_column_and_back(opened: Opens) -> None:
    found = opened(table(map(row, range(20))))
    seconds = "#repositories tbody td:nth-child(7)"
    button = found.page.get_by_role("button", name="seconds")
    button.click()
    times = [float(text) for text in found.texts(seconds)]
    assert times == sorted(times)
    assert found.page.locator("th[aria-sort=ascending]").count() == 1
    button.click()
    assert [float(text) for text in found.texts(seconds)] == sorted(times, reverse=True)
    found.page.get_by_role("button", name="repository").click()
    assert found.texts(NAMES) == [row(number).target.name for number in range(20)]


def test_rows_are_chosen_by_outcome_reason_and_word(opened: Opens) -> None:
    found = opened(table(map(row, range(100))))
    page = found.page
    for status in ("migrated", "partial", "noop", "failed"):
        page.get_by_label(status, exact=True).uncheck()
    assert found.texts("#shown") == ["20 of 100 repositories"]
    page.get_by_label("refused for").select_option("code-3")
    assert found.texts("#repositories tbody td:nth-child(5)") == ["code-3"] * 3
    page.get_by_label("holding").fill("00052")
    assert found.texts(NAMES) == ["forge.example/shop/00052"]
    page.get_by_text("more about").click()
    assert "because → instead" in found.texts("details li")[0]


def test_five_thousand_rows_stay_fast(opened: Opens) -> None:
    def seconds(count: int) -> float:
        found = opened(table(map(row, range(count))))
        assert found.texts("#shown") == [f"{count} of {count} repositories"]
        # From the click until the next frame is drawn, the median of five.
        took = found.page.evaluate(
            """async () => {
                const button = document.querySelectorAll("thead button")[6];
                const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
                const times = [];
                for (let round = 0; round < 5; round += 1) {
                    const start = performance.now();
                    button.click();
                    await frame();
                    times.push(performance.now() - start);
                }
                return times.sort((a, b) => a - b)[2];
            }"""
        )
        assert found.page.locator("#repositories tbody tr").count() == min(count, 200)
        return float(took)

    few, many = seconds(250), seconds(5000)
    # Twenty times as many rows; what is laid out is as much.
    assert many < few * 10


def test_all_rows_are_there_when_they_are_asked_for_or_printed(opened: Opens) -> None:
    found = opened(table(map(row, range(300))))
    assert found.page.locator("#repositories tbody tr").count() == 200
    found.page.get_by_role("button", name="Show 100 more").click()
    assert found.page.locator("#repositories tbody tr").count() == 300
    assert not found.page.locator("#more").is_visible()
    plain = opened(table(map(row, range(300))), java_script_enabled=False)
    assert plain.page.locator("#repositories tbody tr").count() == 300
    assert plain.texts(".controls") == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nobody_is_kept_from_reading_it(scheme: str, opened: Opens) -> None:
    found = opened(table(map(row, range(30))), color_scheme=scheme, viewport={"width": 375, "height": 740})
    assert found.faults() == []
    assert found.overflow() == 0


@pytest.mark.parametrize("evil", [*EVIL, "javascript:alert(1)", "https://me:secret@forge.example/a.git"])
def test_what_a_repository_says_is_text_and_no_address_is_carried_out(evil: str, opened: Opens) -> None:
    outcome = Outcome("failed", evil, refusals=(SavedRefusal(evil, evil, evil, evil),), log=f"{evil}\n{evil}")
    bad = row(1, target=Target(evil, evil), outcome=outcome, pull=evil, finished=evil)
    found = opened(table([bad, row(2)]))
    assert found.page.locator("script").count() == 1
    assert found.page.locator("img, b, h3, em, iframe, form").count() == 0
    links = found.page.locator("main a").evaluate_all("all => all.map(one => one.href)")
    assert [link for link in links if not link.startswith(("https://forge.example/", "https://acme"))] == []
    assert "secret" not in found.page.content()


def test_nothing_is_a_page_too(opened: Opens) -> None:
    found = opened(table([]))
    assert found.texts("h1") == ["0 repositories"]
    assert found.texts("#shown") == ["0 of 0 repositories"]
