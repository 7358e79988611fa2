"""Write into the pages what is printed of each input, where it is not what they show: read every line of it.

python tests/hostile/accept.py [PAGE…]        only the pages of these names, all without one
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from hostile.reading import PAGES, arranged, printed, read_page, says


def main(names: list[str]) -> None:
    """Rewrite the pages."""
    for page in PAGES:
        if names and page.stem not in names:
            continue
        text = page.read_text("utf-8")
        for one in read_page(page):
            with tempfile.TemporaryDirectory() as folder:
                try:
                    said = printed(one, arranged(one, Path(folder)))
                except subprocess.SubprocessError as error:
                    print(f"{page.name}: {one.claim}: {error}", file=sys.stderr)
                    continue
            if not says(one.shown, said):
                before = f"{one.make}```\n\n```console\n"
                text = text.replace(f"{before}{one.shown}```", f"{before}{said}```")
        page.write_text(text, "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
