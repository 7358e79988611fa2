"""The command line: ``uvmigrate [PATH]``, ``uvmigrate codemods``, ``uvmigrate explain ID``."""

from uvmigrate.cli.main import main

__all__ = ["main"]
