"""The distributions that only serve to install others, by which codemods say what they mean to drop."""

from uvmigrate.codemod import INSTALLERS, MANAGERS

#: Names as globs: poetry's library and its plugins are called after it.
TOOLS = (*sorted(INSTALLERS | MANAGERS), "poethepoet", "poetry-*")
