"""The catalogue: every codemod that comes with uvmigrate, in the order of the series."""

from uvmigrate_codemods.cache_mounts import CODEMOD as CACHE_MOUNTS
from uvmigrate_codemods.compose_venv import CODEMOD as COMPOSE_VENV
from uvmigrate_codemods.compose_watch import CODEMOD as COMPOSE_WATCH
from uvmigrate_codemods.dockerignore import CODEMOD as DOCKERIGNORE
from uvmigrate_codemods.exec_form import CODEMOD as EXEC_FORM
from uvmigrate_codemods.layer_split import CODEMOD as LAYER_SPLIT
from uvmigrate_codemods.multi_stage import CODEMOD as MULTI_STAGE
from uvmigrate_codemods.no_sync import CODEMOD as NO_SYNC
from uvmigrate_codemods.non_root import CODEMOD as NON_ROOT
from uvmigrate_codemods.old_manifests import CODEMOD as OLD_MANIFESTS
from uvmigrate_codemods.old_tool_leftovers import CODEMOD as OLD_TOOL_LEFTOVERS
from uvmigrate_codemods.read_only import CODEMOD as READ_ONLY
from uvmigrate_codemods.smoke_test import CODEMOD as SMOKE_TEST
from uvmigrate_codemods.uv_mount import CODEMOD as UV_MOUNT
from uvmigrate_codemods.uv_pin import CODEMOD as UV_PIN
from uvmigrate_codemods.uv_settings import CODEMOD as UV_SETTINGS
from uvmigrate_codemods.uv_switch import CODEMOD as UV_SWITCH

CATALOGUE = (
    UV_SWITCH,
    UV_PIN,
    OLD_TOOL_LEFTOVERS,
    COMPOSE_VENV,
    LAYER_SPLIT,
    MULTI_STAGE,
    CACHE_MOUNTS,
    UV_MOUNT,
    UV_SETTINGS,
    NO_SYNC,
    DOCKERIGNORE,
    NON_ROOT,
    EXEC_FORM,
    COMPOSE_WATCH,
    READ_ONLY,
    SMOKE_TEST,
    OLD_MANIFESTS,
)
