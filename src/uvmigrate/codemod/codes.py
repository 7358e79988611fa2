"""The codes of refusals: what each means, and what to do instead. `uvmigrate explain CODE` shows it.

A refusal says what stands in its own file; this is the rule behind it. Codes of other catalogues carry their
own prefix, and are explained there.
"""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import Final

#: Code to meaning and advice, in alphabetical order.
CODES: Final[dict[str, tuple[str, str]]] = {
    code: (texts["means"], texts["instead"])
    for code, texts in tomllib.loads(
        files("uvmigrate.codemod").joinpath("codes.toml").read_text("utf-8")
    ).items()
}
