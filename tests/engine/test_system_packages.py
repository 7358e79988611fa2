"""The table of system packages holds for the package indexes of the releases that it names.

One container a release reads the index with apt itself; what is asked of it here is plain data. The files of
bookworm's image serve for the other releases, too, with the name of the release exchanged.
"""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from functools import cached_property
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pytest

from uvmigrate_codemods._stages.packages import RELEASES, System, SystemPackage, find_package

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.docker_cli import Engine

pytestmark = pytest.mark.engine

BASE = "debian:bookworm-slim"
PYTHON_IMAGE = "python:3.11-slim-bookworm"
TABLE: dict[str, Any] = tomllib.loads(
    (files("uvmigrate_codemods._stages") / "packages.toml").read_text(encoding="utf-8")
)["apt"]

#: Prints what the index of a release says, without what the image itself has installed.
READ_INDEX = """
set -e
sed -i 's/bookworm/RELEASE/g' /etc/apt/sources.list.d/debian.sources
apt-get -qq update >&2
apt-cache -o Dir::State::status=/dev/null dumpavail |
    grep -E '^(Package|Section|Essential|Priority|Depends|Pre-Depends|Recommends|Provides): |^$'
"""
INSTALLED = "dpkg-query --show --showformat '${Package}\\n'"

#: Build packages that a release does not have: others have them, of Debian, of Ubuntu, or third parties.
UBUNTU = {"libjpeg-turbo8-dev", "libjpeg8-dev", "libmysqlclient-dev"}
ABSENT = {
    "bullseye": UBUNTU | {"libgirepository-2.0-dev", "libidn-dev", "rustup"},
    "bookworm": UBUNTU | {"libgirepository-2.0-dev", "rustup"},
    "trixie": UBUNTU | {"libatlas-base-dev", "libgdk-pixbuf2.0-dev", "libpcre3-dev"},
}
#: Of these each release has some versions only.
VERSIONED = re.compile(r"(gcc|g\+\+)-\d+|(lib)?python3\.\d+-dev")

#: What comes with a package only because it recommends a compiler.
RECOMMENDED = {"cmake", "cython3", "dpkg-dev", "flex", "golang", "golang-go", "meson"}

#: Libraries that a header package depends on, and that the table leaves out.
LEFT_OUT = {
    "libfftw3-quad3": "some architectures do not have it",
    "rpcsvc-proto": "a program, although its section is libs",
}

#: Names in the lists of the table that no release of Debian has; versions of Python aside.
ELSEWHERE = {
    *("chromium-browser", "chromium-chromedriver", "mysql-client", "run-one"),
    *("docker-ce-cli", "google-chrome-stable", "google-cloud-cli", "google-cloud-sdk"),
    *("msodbcsql17", "msodbcsql18", "mssql-tools", "mssql-tools18"),
    *("libjemalloc1", "openjdk-8-jdk", "openjdk-8-jdk-headless", "openjdk-8-jre"),
    *("openjdk-8-jre-headless", "pstotext", "python-pip", "unrar"),
}
UBUNTUS_FAMILIES = {"language-pack-", "mysql-client-"}


class Index:
    """What apt knows about a release: made from what ``apt-cache dumpavail`` prints."""

    def __init__(self, text: str) -> None:
        stanzas = (dict(re.findall(r"^([\w-]+): (.*)$", one, re.MULTILINE)) for one in text.split("\n\n"))
        self.packages = {fields["Package"]: fields for fields in stanzas if "Package" in fields}
        self.providers: dict[str, set[str]] = defaultdict(set)
        for name in self.packages:
            for [provided] in self.related(name, "Provides"):
                self.providers[provided].add(name)

    def related(self, name: str, field: str) -> list[list[str]]:
        """The names in a field: one list of alternatives for each of its parts."""
        text = self.packages[name].get(field, "")
        return [re.findall(r"(?:^|\|)\s*([^\s(:|]+)", part) for part in text.split(",") if part.strip()]

    def real(self, name: str) -> str | None:
        """The package that apt-get would take for a name: the one, or the only one that provides it."""
        if name in self.packages:
            return name
        providers = self.providers[name]
        return min(providers) if len(providers) == 1 else None

    def direct(self, name: str) -> set[str]:
        """What a package depends on directly: of alternatives the first that there is."""
        parts = self.related(name, "Pre-Depends") + self.related(name, "Depends")
        chosen = (next(filter(None, map(self._any, alternatives)), None) for alternatives in parts)
        return {one for one in chosen if one}

    def closure(self, names: Iterable[str]) -> set[str]:
        """The packages of these names, and all that they depend on, without what is recommended."""
        seen: set[str] = set()
        waiting = [real for name in names if (real := self.real(name))]
        while waiting:
            name = waiting.pop()
            if name not in seen:
                seen.add(name)
                waiting += self.direct(name)
        return seen

    @cached_property
    def base(self) -> set[str]:
        """What every image of the release holds, for apt works in it."""
        needed = {
            name
            for name, fields in self.packages.items()
            if fields.get("Essential") == "yes" or fields.get("Priority") == "required"
        }
        return self.closure(needed | {"apt"})

    def is_library(self, name: str) -> bool:
        """Whether a package is a shared library, or describes one to programs that load it by name."""
        if name.endswith(("-dev", "-bin", "-tools")):
            return False
        section = self.packages[name].get("Section", "").rpartition("/")[2]
        return section in ("libs", "oldlibs") or name.startswith("gir1.2-")

    def _any(self, name: str) -> str | None:
        return name if name in self.packages else min(self.providers[name], default=None)


@pytest.fixture(scope="module")
def indexes(engine: Engine) -> dict[str, Index]:
    """The indexes of all releases of Debian that the table names."""
    return {
        release: Index(engine.script(BASE, READ_INDEX.replace("RELEASE", release)))
        for release in RELEASES["debian"]
    }


@pytest.fixture(params=RELEASES["debian"])
def release(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


def build_packages(index: Index, release: str) -> dict[str, SystemPackage]:
    """The build packages of the table that a release has, by the names that its index has for them."""
    system = System("apt", release, "debian", python_image=False)
    named = {index.real(name): find_package(name, system) for name in TABLE["build"]}
    return {real: package for real, package in named.items() if real and package}


def test_every_build_package_is_one(indexes: dict[str, Index], release: str) -> None:
    absent = {name for name in TABLE["build"] if not indexes[release].real(name)}
    assert {name for name in absent if not VERSIONED.fullmatch(name)} == ABSENT[release]
    assert len(build_packages(indexes[release], release)) > 300


def test_the_table_knows_what_each_brings(indexes: dict[str, Index], release: str) -> None:
    packages = build_packages(indexes[release], release)
    assert [package.name for package in packages.values() if package.brings is None] == []


def test_what_a_package_brings_is_installed_by_it(indexes: dict[str, Index], release: str) -> None:
    index = indexes[release]
    wrong = []
    for real, package in build_packages(index, release).items():
        closure = index.closure([real]) | index.base
        brought = {name: index.real(name) for name in package.brings or ()}
        strange = {name for name, one in brought.items() if one not in closure}
        if package.name in RECOMMENDED:
            assert strange <= {"libatomic1", "libgomp1", "libstdc++6"}, package.name
            assert strange, f"{package.name} depends on a compiler now"
        elif strange:
            wrong.append((package.name, sorted(strange)))
    assert wrong == []


def test_what_brings_a_compilers_libraries_recommends_it(indexes: dict[str, Index]) -> None:
    for name in RECOMMENDED:
        recommended = {
            other
            for index in indexes.values()
            for one in index.closure([name])
            for alternatives in index.related(one, "Recommends")
            for other in alternatives
        }
        assert recommended & {"gcc", "g++", "dpkg-dev", "build-essential"}, name


def test_the_libraries_of_header_packages_are_brought(indexes: dict[str, Index], release: str) -> None:
    index = indexes[release]
    missing = []
    for real, package in build_packages(index, release).items():
        section = index.packages[real].get("Section", "")
        if not (real.endswith("-dev") or section.endswith("libdevel")):
            continue
        libraries = {name for name in index.direct(real) if index.is_library(name)}
        covered = index.closure(package.brings or ()) | index.base | set(LEFT_OUT)
        if libraries - covered:
            missing.append((package.name, sorted(libraries - covered)))
    assert missing == []


def test_every_other_name_is_one_of_some_release(indexes: dict[str, Index]) -> None:
    known = {name for index in indexes.values() for name in (*index.packages, *index.providers)}
    unknown = {name for role in ("both", "runtime") for name in TABLE[role] if name not in known}
    assert {name for name in unknown if not re.match(r"python3\.\d+", name)} == ELSEWHERE
    families = {
        prefix for prefix in TABLE["runtime-prefixes"] if not any(n.startswith(prefix) for n in known)
    }
    assert families == UBUNTUS_FAMILIES


def test_a_python_image_holds_what_is_not_brought_to_it(engine: Engine) -> None:
    installed = set(engine.script(PYTHON_IMAGE, INSTALLED).split())
    plain, image = (System("apt", "bookworm", "debian", python_image=python) for python in (False, True))
    for name in TABLE["build"]:
        before, after = find_package(name, plain), find_package(name, image)
        assert before is not None
        assert after is not None
        spared = set(before.brings or ()) - set(after.brings or ())
        # Debian's own Python: the image has another, of its own.
        debians = {
            one for one in spared if re.fullmatch(r"(lib)?python3(\.\d+|-distutils)?|python-is-python3", one)
        }
        assert spared - debians <= installed, name
