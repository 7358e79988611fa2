"""Making slugs."""

from __future__ import annotations

import re
import unicodedata

_OTHER = re.compile(r"[^a-z0-9]+")


def slug(title: str) -> str:
    """A title as a part of an address: small letters without accents, figures, and hyphens between words."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    return _OTHER.sub("-", plain.lower()).strip("-")
