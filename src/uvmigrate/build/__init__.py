"""What each Dockerfile's build does: context, stage graph, the state before each instruction, who uses it."""

from typing import TYPE_CHECKING

from uvmigrate.build.bootstraps import bootstraps
from uvmigrate.build.configurations import commands_in, configurations, is_cron
from uvmigrate.build.context import ROOT, Context, join, within
from uvmigrate.build.discover import build_of, find_dockerfiles, is_dockerfile
from uvmigrate.build.environment import (
    Carried,
    MadeVenv,
    carried,
    made_venvs,
    prefix_is_carried,
    wheel_folders,
)
from uvmigrate.build.following import Following, follow, moved_programs
from uvmigrate.build.handed import Handed, exports_requirements, handed
from uvmigrate.build.ignorefile import IgnoreFile, read_ignorefile
from uvmigrate.build.image import BaseImage, Made, read_image
from uvmigrate.build.installs import (
    Install,
    ProjectArgument,
    installs,
    installs_manager,
    is_about_pip,
    run_pip,
    uv_calls,
)
from uvmigrate.build.interpreters import (
    Interpreter,
    interpreter_of,
    is_public,
    keeps,
    roots_call,
    starts_as_root,
    version_of,
)
from uvmigrate.build.launchers import launched, unread
from uvmigrate.build.managed import (
    ManagedCall,
    environment_place,
    find_manager,
    managed_calls,
    manager_cwd,
    manager_root,
    mentions_managers,
    serves_a_manager,
)
from uvmigrate.build.managers_python import managers_python
from uvmigrate.build.model import Build, Call, StageFacts, read_build
from uvmigrate.build.modules import modules_holding
from uvmigrate.build.mounts import binds, mount_over, mounted_files, uncovered
from uvmigrate.build.pip_settings import PipSetting, Unread, pip_settings
from uvmigrate.build.programs import OldPath, Programs, programs
from uvmigrate.build.start_scripts import launchers, start_scripts
from uvmigrate.build.starting import stage_of
from uvmigrate.build.starts import Start, service_starts, starts
from uvmigrate.build.state import Copied, State, bind_mounts, read_copied, stage_mounts
from uvmigrate.build.touches import SHELL_STATE, SYSTEM, Reach, command_reach, reach
from uvmigrate.build.users import (
    Handover,
    handover,
    is_own_user,
    is_root,
    returning_user,
    starts_as_another,
    user_id,
)
from uvmigrate.build.uv_installs import UvInstall, is_set, uv_installs
from uvmigrate.build.wheels import Taken, consumes_wheels, is_idle_tool, taken_wheels
from uvmigrate.source import later

if TYPE_CHECKING:
    from uvmigrate.build.own_images import OwnImages

__getattr__ = later(__name__, {"OwnImages": "uvmigrate.build.own_images"})

__all__ = [
    "ROOT",
    "SHELL_STATE",
    "SYSTEM",
    "BaseImage",
    "Build",
    "Call",
    "Carried",
    "Context",
    "Copied",
    "Following",
    "Handed",
    "Handover",
    "IgnoreFile",
    "Install",
    "Interpreter",
    "Made",
    "MadeVenv",
    "ManagedCall",
    "OldPath",
    "OwnImages",
    "PipSetting",
    "Programs",
    "ProjectArgument",
    "Reach",
    "StageFacts",
    "Start",
    "State",
    "Taken",
    "Unread",
    "UvInstall",
    "bind_mounts",
    "binds",
    "bootstraps",
    "build_of",
    "carried",
    "command_reach",
    "commands_in",
    "configurations",
    "consumes_wheels",
    "environment_place",
    "exports_requirements",
    "find_dockerfiles",
    "find_manager",
    "follow",
    "handed",
    "handover",
    "installs",
    "installs_manager",
    "interpreter_of",
    "is_about_pip",
    "is_cron",
    "is_dockerfile",
    "is_idle_tool",
    "is_own_user",
    "is_public",
    "is_root",
    "is_set",
    "join",
    "keeps",
    "launched",
    "launchers",
    "made_venvs",
    "managed_calls",
    "manager_cwd",
    "manager_root",
    "managers_python",
    "mentions_managers",
    "modules_holding",
    "mount_over",
    "mounted_files",
    "moved_programs",
    "pip_settings",
    "prefix_is_carried",
    "programs",
    "reach",
    "read_build",
    "read_copied",
    "read_ignorefile",
    "read_image",
    "returning_user",
    "roots_call",
    "run_pip",
    "serves_a_manager",
    "service_starts",
    "stage_mounts",
    "stage_of",
    "start_scripts",
    "starts",
    "starts_as_another",
    "starts_as_root",
    "taken_wheels",
    "uncovered",
    "unread",
    "user_id",
    "uv_calls",
    "uv_installs",
    "version_of",
    "wheel_folders",
    "within",
]
