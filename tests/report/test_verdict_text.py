"""The verdict for people."""

from __future__ import annotations

import os

from report.verdicts import DOCKERFILE, SHOP, VERDICT, image
from uvmigrate.report.verdict_text import verdict_text
from uvmigrate.report.words import spoken
from uvmigrate.verify.verdict import Row, Sizes, Timing, Verdict


def lines(*rows: Row) -> list[str]:
    """What is shown of an image below its title."""
    return verdict_text(Verdict("Docker 28.1", (image(*rows),))).split("\n\n")[1].splitlines()[1:]


def test_all_of_a_verdict_fits_a_screen() -> None:
    assert verdict_text(VERDICT, "'my shop'") == (
        "2 regressions in 1 of 2 images, 1 thing unknown, tried on Docker 28.1.\n"
        "\n"
        "web (shop/Dockerfile, stage run): 2 same, 15 meant, 2 REGRESSION, 1 unknown\n"
        "    REGRESSION import psycopg: works → fails\n"
        "        it works before\n"
        "        │ Traceback:\n"
        "        │ ImportError: libpq.so.5\n"
        "    REGRESSION system-package libpq5: 15.3 → nothing\n"
        "        nobody means it\n"
        "        changed by multi-stage\n"
        "    fails since multi-stage, of 4 steps that were built one after the other\n"
        "    unknown: smoke: curl is not in the image\n"
        "    environment PATH: meant (uv-switch): /opt/venv/bin in front\n"
        "    file /app/1.toml, /app/2.toml, /app/3.toml, /app/4.toml, /app/5.toml and 9 more: meant "
        "(uv-switch, uv-pin)\n"
        "    same: build (builds), distribution (23 distributions)\n"
        "    size: 0.42×: 412.0 MB → 173.1 MB, and 12.3 MB of new bytecode\n"
        "    cold build: 0.50× (0.45–0.60, 3 rounds)\n"
        "    rebuild after a source change: 0.042× (0.042–0.042, 1 round)\n"
        "    start-up: not measured: nothing answers in both images\n"
        "    web of compose.yaml runs read-only with tmpfs /run/shop:uid=7\n"
        "        it writes to /run/shop/pid, /srv/x\n"
        "        a tmpfs would hide files of the image in /srv\n"
        "    the image by itself was not tried read-only\n"
        "\n"
        "jobs (shop/Dockerfile): 1 same\n"
        "    same: build (builds)\n"
        "\n"
        "left out: shop/Dockerfile:3 does-not-hold: multi-stage: libpq5 is gone\n"
        "    → keep libpq5\n"
        "\n"
        "To leave out what fails:  uvmigrate --write --ignore multi-stage 'my shop'\n"
        "To keep what was seen:  "
        "uvmigrate verify --read-only --format json --output verify.json --ignore multi-stage 'my shop'\n"
        "To write these tmpfs:  "
        "uvmigrate --write --tmpfs-from verify.json --ignore multi-stage 'my shop'\n"
    )


def test_what_to_type_next_writes_what_was_verified() -> None:
    meant = Row("user", "", "meant", "root", "7", ("non-root",))
    fine = Verdict("", (image(meant),))
    target = "--select non-root web"
    assert commands(fine, target) == ["To write it:  uvmigrate --write --select non-root web"]
    assert commands(fine, target, "a", "b") == [
        "To write it:  uvmigrate --write --ignore a,b --select non-root web"
    ]
    assert commands(VERDICT._replace(images=fine.images), ".", "a", "multi-stage") == [
        "To write the rest:  uvmigrate --write --ignore a,multi-stage ."
    ]
    failing = Verdict("", (image(meant, meant._replace(status="regression")),))
    unbuilt = Verdict("", (*fine.images, image(Row("build", "", "unknown"))))
    assert commands(failing) == commands(unbuilt) == commands(Verdict("", (image(),))) == []


def commands(verdict: Verdict, target: str = ".", *ignored: str) -> list[str]:
    """The last lines of a verdict."""
    return [line for line in verdict_text(verdict, target, ignored).splitlines() if line.startswith("To ")]


def test_a_verdict_without_regressions_says_so_first() -> None:
    assert verdict_text(Verdict("Docker 28.1", (image(), image()))).startswith(
        "No regression in 2 images, tried on Docker 28.1.\n"
    )
    assert verdict_text(Verdict("", ())) == "The migration changes no image: nothing to compare.\n"


def test_what_could_not_be_compared_is_no_part_of_a_good_result() -> None:
    unbuilt = image(Row("build", "", "unknown", because="the image as it is cannot be built"))
    asked = image(Row("run", "", "unknown"), Row("smoke", "", "unknown"))
    heads = [
        verdict_text(Verdict("Docker 28.1", images)).splitlines()[0].removesuffix(", tried on Docker 28.1.")
        for images in ((unbuilt,), (unbuilt, unbuilt), (image(), unbuilt), (image(), asked, unbuilt, unbuilt))
    ]
    assert heads == [
        "Nothing to compare: 1 image cannot be built as it is",
        "Nothing to compare: 2 images cannot be built as they are",
        "No regression in 1 image, 1 image cannot be built as it is",
        "No regression in 2 images, 2 things unknown, 2 images cannot be built as they are",
    ]


def test_steps_that_all_hold_are_counted() -> None:
    found = SHOP._replace(rows=SHOP.rows[:3], failed=())
    assert "    4 steps built one after the other, each holds\n" in verdict_text(Verdict("", (found,)))


def test_of_many_regressions_of_a_kind_the_first_are_shown() -> None:
    found = lines(*(Row("file", f"/app/{n}", "regression", "file", "") for n in range(8)))
    assert found == [
        *(f"    REGRESSION file /app/{n}: file → nothing" for n in range(5)),
        "    REGRESSION file: 3 more (--format json has all)",
    ]


def test_five_regressions_of_a_kind_are_all_shown() -> None:
    found = lines(*(Row("file", f"/app/{n}", "regression", "file", "") for n in range(5)))
    assert found == [f"    REGRESSION file /app/{n}: file → nothing" for n in range(5)]


def test_what_is_unknown_for_one_reason_stands_on_one_line() -> None:
    rows = (Row("import", name, "unknown", because="it took too long") for name in "abcdefg")
    assert lines(*rows) == ["    unknown: import a, b, c, d, e and 2 more: it took too long"]


def test_of_a_log_the_last_lines_are_shown() -> None:
    log = "\n".join(f"line {number}\n" for number in range(30)) + "x" * 500
    found = lines(Row("run", "", "regression", "answers", "ended", detail=log))
    assert found[1:6] == [f"        │ line {number}" for number in range(25, 30)]
    assert "".join(found[6:]).replace("        │ ", "") == "x" * 199 + "…" + "x" * 100


def test_of_a_very_long_line_both_ends_are_shown_for_the_reason_may_be_at_either() -> None:
    found = lines(Row("build", "", "regression", detail=f"process {'x' * 500} failed: exit code: 1"))
    assert found[1].startswith("        │ process xxx")
    assert found[-1].endswith("xxx failed: exit code: 1")
    assert max(map(len, found)) == 300 + len("        │ ")


def test_what_is_the_same_is_told_with_what_it_is() -> None:
    rows = [
        Row("run", "", "same", "answers on 80 (200)", "answers on 80 (200)"),
        Row("run", "health check", "same", "succeeds", "succeeds"),
        Row("smoke", "web", "same", "succeeds", "succeeds"),
        Row("smoke", "jobs", "same", "succeeds", "succeeds"),
    ]
    assert " ".join(lines(*rows)).split("same: ")[1] == (
        "run (answers on 80 (200)), run health check (succeeds), smoke web, jobs (succeeds)"
    )


def test_words_that_are_the_reason_are_not_said_twice() -> None:
    [line] = lines(
        Row("smoke", "", "unknown", because="it fails, too: :80 answers 404", detail=":80 answers 404")
    )
    assert line == "    unknown: smoke: it fails, too: :80 answers 404"


def test_what_comes_in_front_of_a_path_is_shown_alone() -> None:
    old = ":".join(f"/usr/local/share/{name}" for name in "abcdefgh")
    [line] = lines(Row("environment", "PATH", "meant", old, f"/opt/venv/bin:{old}", ("uv-switch",)))
    assert line == "    environment PATH: meant (uv-switch): /opt/venv/bin in front"


def test_an_image_does_not_get_smaller_by_losing_bytecode_it_had() -> None:
    sizes = (Sizes(100_000_000, 20_000_000, ()), Sizes(100_000_000, 0, ()))
    assert "size: 1.00×: 100.0 MB → 100.0 MB\n" in verdict_text(Verdict("", (image()._replace(sizes=sizes),)))


def test_what_is_left_out_says_so_in_a_few_lines() -> None:
    [refusal] = VERDICT.dropped
    long = refusal._replace(because="it fails: " + "word " * 1000)
    [found, instead] = verdict_text(Verdict("", (), (long,))).split("\n\n")[1].splitlines()
    assert found.startswith("left out: shop/Dockerfile:3 does-not-hold: it fails: word")
    assert len(found) < 450
    assert instead == "    → keep libpq5"


def test_an_image_is_named_once() -> None:
    whole = str(DOCKERFILE)
    titles = [
        verdict_text(Verdict("", (image(Row("build", "", "same"), name=name, target=target),))).splitlines()[
            2
        ]
        for name, target in (("web", ""), ("web", "run"), (whole, ""), (whole, "run"), (f"{whole} (web)", ""))
    ]
    assert [title.removesuffix(": 1 same") for title in titles] == [
        "web (shop/Dockerfile)",
        "web (shop/Dockerfile, stage run)",
        "shop/Dockerfile",
        "shop/Dockerfile (stage run)",
        "shop/Dockerfile (web)",
    ]


def test_a_size_is_told_once() -> None:
    found = image(Row("size", "", "same", "2 MB", "1 MB"))
    assert "same: size (2 MB → 1 MB)" in verdict_text(Verdict("", (found,)))
    text = verdict_text(Verdict("", (found._replace(sizes=(Sizes(2, 0, ()), Sizes(1, 0, ()))),)))
    assert text.splitlines()[3:] == ["    size: 0.50×: 0.0 MB → 0.0 MB"]


def test_of_a_file_that_is_meant_to_change_nothing_more_is_told() -> None:
    row = Row("file", "/app/Dockerfile", "meant", "12 bytes", "13 bytes", ("uv-switch",))
    assert lines(row) == ["    file /app/Dockerfile: meant (uv-switch)"]
    assert lines(row._replace(status="regression"))[0].endswith(": 12 bytes → 13 bytes")


def test_a_ratio_needs_a_time_to_be_compared_with() -> None:
    found = image()._replace(timings=(Timing("start-up", (0.0,), (1.0,)),))
    assert "    start-up: not measured\n" in verdict_text(Verdict("", (found,)))


def test_no_code_for_a_terminal_passes_from_wherever_it_comes() -> None:
    evil = "\x1b]0;title\x07\x1b[2Jbad\x1b[31m \u202ered\x07\x9b1m"
    row = Row("run", evil, "regression", evil, f"{evil}2", (), evil, f"{evil}\r\n100%\rdone\n{evil}")
    verdict = Verdict(evil, (image(row, name=evil, target=evil),), VERDICT.dropped)
    text = verdict_text(verdict)
    assert "bad \\u202ered\\x07\\x9b1m" in text
    assert "│ done\n" in text
    assert all(letter.isprintable() or letter == "\n" for letter in text)


def test_credentials_are_masked_wherever_they_stand() -> None:
    secret = "https://me:hunter2@acme.example"
    coloured = "https://me:hun\x1b[1mter2@acme.example"
    row = Row("environment", "INDEX", "regression", secret, coloured, (), secret, f"{coloured}\n{secret}")
    text = verdict_text(Verdict("", (image(row),)))
    assert "ter2" not in text
    assert text.count("https://***@acme.example") == 5


def test_lines_that_a_program_wrote_over_are_gone() -> None:
    assert spoken(f"10%\r20%\r100%{os.linesep}done\n\n") == ["100%", "done"]
