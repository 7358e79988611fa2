"""A catalogue of somebody else's, as small as can be: the tests of the outer layers run it."""

from __future__ import annotations

from cli.acme import files, label, owner

CATALOGUE = (label.CODEMOD, owner.CODEMOD, files.CODEMOD)
