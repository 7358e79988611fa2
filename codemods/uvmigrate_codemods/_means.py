"""Globs of what several codemods mean to change in an image (`Codemod.means`); ``*`` matches slashes, too."""

from uvmigrate.codemod import INSTALLERS, MANAGERS

#: Distributions that only serve to install others: poetry's library and its plugins are called after it.
TOOLS = (*sorted(INSTALLERS | MANAGERS), "poethepoet", "poetry-*")
#: What a project is installed from: an image has it where a COPY brings it, and not where it is mounted.
MANIFESTS = (
    "*requirements*.txt",
    "*requirements*.in",
    "*/requirements/*.txt",
    "*/requirements/*.in",
    "*constraints*.txt",
    "*/pyproject.toml",
    "*/uv.lock",
    "*/poetry.lock",
    "*/poetry.toml",
    "*/Pipfile",
    "*/Pipfile.lock",
    "*/setup.py",
    "*/setup.cfg",
)
#: Where poetry, pipenv and pipx keep what is their own, and packages that are in no environment of uv's.
HOMES = (
    "*/site-packages/*",
    "*/.local/share/virtualenvs/*",
    "*/.poetry/*",
    "*/pypoetry/*",
    "*/pipx/*",
    "/opt/poetry/*",
    "/usr/*/poetry/*",
    "*/bin/pipenv",
    "*/bin/pipx",
    "*/bin/poetry",
    "folder */.config*",
    "folder */.local*",
    "folder */pypoetry*",
)
#: uv itself.
UV = ("/uv", "/uvx", "*/bin/uv", "*/bin/uvx")
#: What setuptools leaves beside the sources that it builds, and wheels that were made to be installed.
BUILT = (
    "*.egg-info/*",
    "*/build/lib/*",
    "*/build/lib.*",
    "*/build/bdist.*",
    "*/build/temp.*",
    "*.whl",
)
#: The variables that say where the environment is.
ENVIRONMENT = ("PATH", "VIRTUAL_ENV", "UV_PROJECT_ENVIRONMENT")
#: What building alone needs, as apt and apk name it, and the virtual packages of apk (`.build-deps`).
BUILD_PACKAGES = (
    "*-dev",
    "*-dev-*",
    "autoconf",
    "automake",
    "autotools-dev",
    "binutils*",
    "bison",
    "build-base",
    "build-essential",
    "cargo*",
    "ccache",
    "clang*",
    "cmake*",
    "cpp",
    "cpp-*",
    "cython*",
    "fakeroot",
    "flex",
    "g++*",
    "gcc*",
    "gfortran*",
    "go",
    "golang*",
    "gperf",
    "help2man",
    "libtool*",
    "linux-headers",
    "llvm*",
    "m4",
    "make",
    "meson",
    "nasm",
    "ninja*",
    "patch",
    "pkg-config",
    "pkgconf*",
    "rust*",
    "samurai",
    "scons",
    "swig*",
    "texinfo",
    "yasm",
    ".*",
)
