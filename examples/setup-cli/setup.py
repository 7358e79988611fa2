"""How postcards is built and installed."""

from pathlib import Path

from setuptools import find_packages, setup

HERE = Path(__file__).parent
TEXT = ["humanize==4.17.0"]
WEB = ["bottle==0.13.4"]

setup(
    name="postcards",
    version="1.4.0",
    description="A service that writes postcards",
    long_description=(HERE / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    packages=find_packages(exclude=["tests"]),
    # the text of the cards
    package_data={"postcards": ["cards/*.txt"]},
    python_requires=">=3.9",
    install_requires=TEXT + WEB,
    extras_require={"dev": ["pytest>=9,<10"]},
    entry_points={"console_scripts": ["postcards=postcards.cli:main"]},
)
