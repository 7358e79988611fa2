"""The parts of ``compose-venv``: which environment is hidden, who names its place, and how they follow."""
