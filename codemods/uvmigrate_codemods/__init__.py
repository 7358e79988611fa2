"""The catalogue: every codemod that comes with uvmigrate, in the order of the series."""

from uvmigrate_codemods.dockerignore import CODEMOD as DOCKERIGNORE
from uvmigrate_codemods.uv_switch import CODEMOD as UV_SWITCH

CATALOGUE = (
    UV_SWITCH,
    DOCKERIGNORE,
)
