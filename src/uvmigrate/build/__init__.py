"""What each Dockerfile's build does: context, stage graph, the state before each instruction, who uses it."""

from uvmigrate.build.context import ROOT, Context, join
from uvmigrate.build.discover import build_of, find_dockerfiles, is_dockerfile
from uvmigrate.build.environment import Carried, MadeVenv, carried, consumes_wheels, made_venvs
from uvmigrate.build.ignorefile import IgnoreFile, read_ignorefile
from uvmigrate.build.image import BaseImage, read_image
from uvmigrate.build.installs import Install, ProjectArgument, installs, uv_calls
from uvmigrate.build.model import Build, Call, StageFacts, read_build
from uvmigrate.build.state import Copied, State, read_copied

__all__ = [
    "ROOT",
    "BaseImage",
    "Build",
    "Call",
    "Carried",
    "Context",
    "Copied",
    "IgnoreFile",
    "Install",
    "MadeVenv",
    "ProjectArgument",
    "StageFacts",
    "State",
    "build_of",
    "carried",
    "consumes_wheels",
    "find_dockerfiles",
    "installs",
    "is_dockerfile",
    "join",
    "made_venvs",
    "read_build",
    "read_copied",
    "read_ignorefile",
    "read_image",
    "uv_calls",
]
