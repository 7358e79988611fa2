"""Files, system packages, settings and sizes of real images, of which one has less or more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from uvmigrate.verify.compare.config import compare_config
from uvmigrate.verify.compare.files import Image, compare_files
from uvmigrate.verify.compare.packages import compare_packages, system_packages
from uvmigrate.verify.compare.size import compare_sizes, read_sizes, uv_bytes
from uvmigrate.verify.engine import Order
from uvmigrate.verify.listing import read_files
from uvmigrate.verify.ours import Ours
from verify.environments import meaning
from verify.images import differing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from uvmigrate.verify.engine import Docker
    from uvmigrate.verify.meaning import Meaning

pytestmark = pytest.mark.engine

BEFORE = """
FROM python:3.11-slim
RUN useradd --uid 4000 baker && mkdir /data && chown baker /data && echo {noise} > /tmp/noise
WORKDIR /bakery
COPY --chown=4000 . .
RUN chmod 0750 secret.txt && ln secret.txt same.txt && python -m compileall -q .
ENV FLOUR=rye OVEN_TOKEN=hot
EXPOSE 8000
USER baker
CMD ["python", "bread.py"]
"""
SOURCES = {"bread.py": "print('bread')\n", "rolls/poppy.py": "print('rolls')\n", "secret.txt": "sourdough\n"}
NOTHING = meaning()
WORSE = {
    "COPY --chown=4000 . .": "COPY --chown=4000 *.py *.txt ./",
    "chmod 0750": "chmod 0700",
    " && chown baker /data": "",
    "USER baker": "USER root",
    "FLOUR=rye OVEN_TOKEN=hot": "FLOUR=wheat",
    "EXPOSE 8000": "",
    "RUN useradd": "RUN dpkg --purge --force-all hostname; useradd",
}
LARGE = "USER root\nRUN head -c 5000000 /dev/urandom > /opt/uv && cp -r /opt /bin/uv\n"


@pytest.fixture
def read(verifier: Docker, tmp_path: Path) -> Callable[[str], tuple[str, Image]]:
    """Builds a Dockerfile with some sources, and reads the files of the image."""

    def build(dockerfile: str) -> tuple[str, Image]:
        context = tmp_path / "context"
        for name, text in SOURCES.items():
            (context / name).parent.mkdir(exist_ok=True, parents=True)
            (context / name).write_text(text)
        (tmp_path / "Dockerfile").write_text(dockerfile.format(noise="1"))
        image = verifier.build(Order(context, tmp_path / "Dockerfile"), lambda _: None).image
        listing = read_files(verifier, image)
        return image, Image(listing, system_packages(listing))

    return build


def files(before: Image, after: Image, means: Meaning = NOTHING) -> list[tuple[str, ...]]:
    return differing(compare_files(before, after, lambda _: False, means, Ours()))


def test_an_image_is_as_itself_in_all_its_files(
    read: Callable[[str], tuple[str, Image]], verifier: Docker
) -> None:
    image, before = read(BEFORE)
    _, after = read(BEFORE.replace("{noise}", "2"))
    assert files(before, after) == []
    (row,) = compare_files(before, after, lambda _: False, NOTHING, Ours())
    assert row.status == "same"
    assert int(row.before.split()[0]) > 5000
    (packages,) = compare_packages(before.packages, after.packages, NOTHING)
    assert packages.status == "same"
    found = before.listing
    assert found.files["/bakery/secret.txt"] == found.files["/bakery/same.txt"]
    assert found.files["/bakery/secret.txt"].mode == 0o750
    assert found.files["/bakery/rolls/poppy.py"].uid == 4000
    # Debian's own lists say /lib, which is a link there.
    owned = before.packages.packages["libc6"].files & found.files.keys()
    assert any(path.endswith("/libc.so.6") and path.startswith("/usr/lib/") for path in owned)
    sizes = read_sizes(verifier, image, found)
    assert sizes.total == verifier.size(image) > sizes.bytecode > 0


def test_each_loss_has_its_own_row(read: Callable[[str], tuple[str, Image]], verifier: Docker) -> None:
    image, before = read(BEFORE)
    worse = BEFORE
    for what, instead in WORSE.items():
        assert what in worse
        worse = worse.replace(what, instead)
    other, after = read(worse)
    configs = (verifier.config(image), verifier.config(other))
    found = [
        *differing(compare_config(*configs, after.listing.holds, NOTHING)),
        *differing(compare_packages(before.packages, after.packages, NOTHING)),
        *files(before, after),
    ]
    assert [row[:3] for row in found] == [
        ("user", "", "regression"),
        ("environment", "FLOUR", "regression"),
        ("environment", "OVEN_TOKEN", "regression"),
        ("port", "8000/tcp", "regression"),
        ("system-package", "hostname", "regression"),
        ("file", "/bakery/rolls/poppy.py", "regression"),
        ("file", "/bakery/same.txt", "regression"),
        ("file", "/bakery/secret.txt", "regression"),
        ("file", "/data", "regression"),
    ]
    assert "hot" not in str(found)


def test_a_larger_image_names_the_layer(read: Callable[[str], tuple[str, Image]], verifier: Docker) -> None:
    image, before = read(BEFORE)
    other, after = read(BEFORE + LARGE)
    sizes = read_sizes(verifier, image, before.listing), read_sizes(verifier, other, after.listing)
    (row,) = compare_sizes(*sizes, uv_bytes(before.listing, after.listing), NOTHING)
    assert (row.status, row.because) == ("regression", "10.0 MB larger")
    assert row.detail.startswith("10.0 MB RUN")
