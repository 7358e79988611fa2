"""``python -m uvmigrate`` is the console script."""

from uvmigrate.cli import main

main()
