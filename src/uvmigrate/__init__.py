"""uvmigrate rewrites pip-, poetry- and pipenv-based container builds into the uv pattern."""

__version__ = "0.1.0"
