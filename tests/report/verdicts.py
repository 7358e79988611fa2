"""Verdicts to show, written by hand: one with everything in it."""

from __future__ import annotations

from pathlib import PurePosixPath

from uvmigrate.codemod import Refusal
from uvmigrate.verify.verdict import ImageVerdict, Row, Sizes, Timing, Verdict, Written

DOCKERFILE = PurePosixPath("shop/Dockerfile")


def image(*rows: Row, name: str = "web", target: str = "") -> ImageVerdict:
    """An image for which these rows were found."""
    return ImageVerdict(name, DOCKERFILE, target, rows)


#: Every form of a row, figures, a service that was tried, and steps of which one fails.
SHOP = image(
    Row("build", "", "same", "builds", "builds"),
    Row("distribution", "", "same", "23 distributions", "23 distributions"),
    Row("environment", "PATH", "meant", "/usr/bin", "/opt/venv/bin:/usr/bin", ("uv-switch",)),
    Row("system-package", "libpq5", "regression", "15.3", "", ("multi-stage",), "nobody means it"),
    Row(
        "import",
        "psycopg",
        "regression",
        "works",
        "fails",
        (),
        "it works before",
        "Traceback:\n\x1b[31mImportError\x1b[0m: libpq.so.5",
    ),
    Row("smoke", "", "unknown", because="curl is not in the image"),
    *(Row("file", f"/app/{n}.toml", "meant", "", "made", ("uv-switch", "uv-pin")) for n in range(1, 15)),
    target="run",
)._replace(
    sizes=(Sizes(412_000_000, 0, ((400_000_000, "RUN pip install"),)), Sizes(185_400_000, 12_300_000, ())),
    timings=(
        Timing("cold build", (10.0, 10.0, 20.0), (5.0, 6.0, 9.0)),
        Timing("rebuild after a source change", (10.0,), (0.42,)),
        Timing("start-up", (), (), "nothing answers in both images"),
    ),
    written=(
        Written(
            PurePosixPath("compose.yaml"),
            "web",
            ("/run/shop/pid", "/srv/x"),
            ("/run/shop:uid=7",),
            ("/srv",),
            works=True,
        ),
        Written(None, "", (), (), (), works=None),
    ),
    failed=("multi-stage",),
    prefixes=4,
)
VERDICT = Verdict(
    "Docker 28.1",
    (SHOP, image(Row("build", "", "same", "builds", "builds"), name="jobs")),
    (Refusal(DOCKERFILE, 3, "does-not-hold", "multi-stage: libpq5 is gone", "keep libpq5"),),
)
