"""The codes of refusals: what each means, and what to do instead. `uvmigrate explain CODE` shows it.

A refusal says what stands in its own file; this is the rule behind it. Codes of other catalogues carry their
own prefix, and are explained there.
"""

from __future__ import annotations

from typing import Final

#: Code to meaning and advice, in alphabetical order.
CODES: Final[dict[str, tuple[str, str]]] = {
    "base-unknown": (
        "The image's base decides which Python there is and what is installed in it already, and the name in "
        "FROM does not tell: it is a variable without a default, or not one of the known Python images. An "
        "environment might then miss packages that the base brings, and the base may set an ENTRYPOINT.",
        "Use an official python image or give the ARG a default; otherwise migrate this image by hand.",
    ),
    "built-in-place": (
        "The project is installed editable, and its build may write files beside its sources: compiled "
        "modules, a file with the version. In a build stage they would be left behind.",
        "Install it with --no-editable.",
    ),
    "cache-copied": (
        "uv's cache folder is copied into the image or to another stage as files. A mount would hide it.",
        "Leave the cache out of the image.",
    ),
    "cache-linked": (
        "uv is told to link packages from its cache, and with a cache mount they would be links to what the "
        "image does not hold.",
        "Leave the link mode to uvmigrate.",
    ),
    "cache-non-root": (
        "uv runs as another user than root here, who cannot write to a cache mount of root's.",
        "Install before USER, or write a cache mount with that user's uid yourself.",
    ),
    "cache-off": (
        "UV_NO_CACHE turns uv's cache off, at a place that is not a setting of this install alone. A cache "
        "mount would not be used.",
        "Remove UV_NO_CACHE where it is set.",
    ),
    "cache-removed": (
        "A command removes uv's cache in the RUN that installs. With a cache mount that fails, because a "
        "mount cannot be removed, and it is not needed, because nothing of the cache is in the image.",
        "Take the command out, or write it as a plain command of the RUN.",
    ),
    "cache-unknown": (
        "A variable or an option whose value is not known decides where uv keeps its cache, so a cache mount "
        "might miss it.",
        "Set UV_CACHE_DIR to a fixed path.",
    ),
    "check-failed": (
        "A codemod made a change that one of the checks after it did not accept: the file would have been "
        "read differently elsewhere, a second run would have changed it again, or something would have "
        "vanished without a reason. The change was thrown away.",
        "Nothing is wrong with the file. Please report its shape; --ignore leaves the codemod out.",
    ),
    "compose-needs-edit": (
        "A compose file would have to change as well: a command or a mount counts on the packages' old "
        "place, a command calls `uv run` without --no-sync, or a build argument decides on the version of "
        "uv. This version does not edit compose files.",
        "Call programs by their bare names, which PATH finds; mount another folder, or choose --venv; or "
        "make the change that the refusal names.",
    ),
    "copies-ignored": (
        "A COPY takes the host's own environment or bytecode into the image, so they cannot be ignored.",
        "Install the packages in the image, then run uvmigrate again.",
    ),
    "cross-build": (
        "The build runs on the builder's platform (FROM --platform=$BUILDPLATFORM) and makes an image for "
        "another one, in which it runs nothing. A RUN there would need an emulator.",
        "Write the RUN by hand, if every builder has an emulator.",
    ),
    "entrypoint-arguments": (
        "In exec form, ENTRYPOINT is handed the words of CMD, and of a CMD in shell form the words "
        "`/bin/sh -c …`; in shell form it is handed nothing. Another form of either changes that.",
        "Write both in exec form by hand, where the program gets on with what it is then handed.",
    ),
    "environment-hidden": (
        "Compose mounts a folder over the environment that the image was built with. Today `uv run` makes "
        "another one there when the container starts; without a sync there would be none.",
        "Put the environment outside of the mount (UV_PROJECT_ENVIRONMENT=/opt/venv).",
    ),
    "exec-form-install": (
        'A RUN in exec form (["pip", "install", …]) installs packages. Such a RUN has no shell, and is not '
        "edited.",
        "Write the RUN in shell form.",
    ),
    "hidden-install": (
        "pip is called where no edit can reach it with certainty: through another program, inside a quoted "
        "script, or in a heredoc for another interpreter.",
        "Call pip directly in a RUN.",
    ),
    "ignored": (
        "A comment `# uvmigrate: ignore` above the instruction asks for it to stay as it is.",
        "Take the comment away if it should be migrated after all.",
    ),
    "install-as-non-root": (
        "The install runs as another user than root, who can neither make nor fill an environment in /opt.",
        "Move the install above USER, or choose a --venv that this user may write to.",
    ),
    "install-in-family": (
        "Two stages install, and one is built on the other. The environment would be copied twice, and what "
        "the second install takes out of it would stay in the first copy.",
        "Install in one of the two only, or base each on a stage that does not install.",
    ),
    "linked": (
        "The file is a symbolic link, or lies in a folder that is one. git applies no patch through a link, "
        "and a Dockerfile is planned once, where it really lies.",
        "Run uvmigrate on the file that the link leads to.",
    ),
    "lock-missing": (
        "uv.lock is missing, and some of the project's metadata is dynamic: only its build backend knows it, "
        "so that making the lock would run the project's own code.",
        "Run `uv lock` yourself and commit uv.lock, or allow it with --allow-build.",
    ),
    "lock-not-copied": (
        "uv sync should be held to uv.lock, and the file does not reach it: it is not copied or mounted "
        "beside pyproject.toml, or an ignore file keeps it out of the build context.",
        "Copy uv.lock beside pyproject.toml and let no ignore file keep it out.",
    ),
    "login-shell": (
        "SHELL is a login shell: it reads /etc/profile, which resets PATH, and would not find the "
        "environment. What such files set would be missing without the shell.",
        "Drop the shell's -l option.",
    ),
    "low-port": (
        "The application listens on a port below 1024. Docker lets every user do that, other runtimes, and "
        "Docker with the host's network, only root.",
        "Listen on a port from 1024 up, and publish it as the low one: `ports: [80:8000]`.",
    ),
    "managed-python": (
        "uv may download the Python that the environment is made with. An environment only links to its "
        "Python, and that would stay behind in the build stage.",
        "Use a base image that brings Python, and set UV_PYTHON_DOWNLOADS=never.",
    ),
    "mixed-uv-pip": (
        "uv and pip both install packages here. Which of them has the last word is not for a tool to decide.",
        "Install everything with one of them, then run uvmigrate again.",
    ),
    "needs-root": (
        "Something that starts the container, or that it counts on, is root's alone: a command that changes "
        "users or owners, a path that only root can write to or enter, an install at the start.",
        "Do it in a RUN when the image is built, keep data in a volume, and start the program directly.",
    ),
    "no-environment": (
        "`uv run` starts the container and nothing in the image makes the environment that it would run "
        "in: it is made when the container starts, every time.",
        "Add a `uv sync` that makes it when the image is built, at the path where it is used.",
    ),
    "no-project": (
        "--strategy sync was asked for, and the packages of this image are not one project: the requirement "
        "files contradict each other, are chosen or edited at build time, or say what a project cannot say.",
        "Leave the strategy to uvmigrate, which then uses `uv pip`, or mend what the reason names.",
    ),
    "no-venv": (
        "The packages are installed into the image's own Python (--system, UV_SYSTEM_PYTHON, an environment "
        "that is /usr/local), or to a place that is not known. No folder holds them all, to be copied from a "
        "build stage.",
        "Install into a virtual environment.",
    ),
    "not-text": (
        "The file bears the name of a Dockerfile and is UTF-16 or binary, which no builder reads.",
        "Save it as UTF-8, or give it another name if it is no Dockerfile.",
    ),
    "onbuild": (
        "ONBUILD installs in the images that are built on this one, whose other files are not known here.",
        "Move the install into those images.",
    ),
    "opaque-shell": (
        "The command stands inside of control flow, a subshell or a substitution, where taking it out or "
        "changing it could change what the rest does.",
        "Write it as a plain command of the RUN, joined by `&&` or `;`.",
    ),
    "other-interpreter": (
        "What pip installed is copied to a stage with another base. An environment only works with the "
        "Python that it was made with.",
        "Use one base image for both stages.",
    ),
    "other-manager": (
        "Another manager than pip installs the packages: poetry, pipenv, pdm, conda, a bare setup.py. This "
        "version switches pip only.",
        "Migrate this image by hand for now.",
    ),
    "other-python": (
        "The packages belong to another Python than the base image's own: pip is called from one, or a "
        "version is asked for that the base does not have.",
        "Use a base image with that Python, or migrate this image by hand.",
    ),
    "path-reset": (
        "PATH is set below the install so that the image's own Python is found before any environment.",
        "Put new folders in front of $PATH, and only those.",
    ),
    "pip-option": (
        "An option of `pip install` has no counterpart in uv, or means something else there.",
        "Say it another way, or do without it.",
    ),
    "pip-settings": (
        "A variable, a pip.conf or a secret changes what pip installs. uv reads none of them.",
        "Say it in the requirements file (--index-url, …), or migrate this image by hand.",
    ),
    "pip-verb": (
        "A subcommand of pip is used that uv does not have, and that does more than install or list, or pip "
        "is looked for in an environment that has none.",
        "Do without it, or migrate this image by hand.",
    ),
    "python-too-old": (
        "uv installs for Python 3.7 and newer, and the image's Python is older.",
        "Move the image to a supported Python first.",
    ),
    "requirement-left-out": (
        "A codemod builds on another one, and --select or --ignore leaves that one out.",
        "Select both, or neither.",
    ),
    "requirements-line": (
        "The packages are no project, and `uv pip` stops at a line of a requirements file that pip takes.",
        "Say it another way, so that uv can read it.",
    ),
    "run-adds": (
        "`uv run` adds packages when the container starts: it asks for an extra or a group that `uv sync` "
        "left out, or the project itself. Without a sync it would not find them.",
        "Let `uv sync` install them when the image is built.",
    ),
    "run-with": (
        "`uv run --with`, `--isolated`, a script with its own dependencies, `uvx` and `uv tool run` make "
        "an environment of their own when the container starts, whatever the image holds.",
        "Declare the packages as dependencies of the project and call the program from its environment.",
    ),
    "script-needs-edit": (
        "A script or a configuration file counts on the packages' old place (a program's path, a PATH of its "
        "own, a login shell, an environment that will not be there), installs packages, or calls `uv run` "
        "without --no-sync. This version does not edit such files.",
        "Call programs by their bare names, which PATH finds; install in the Dockerfile; write `uv run "
        "--no-sync`.",
    ),
    "several-venvs": (
        "The image makes several virtual environments, or fills one and its own Python as well. Which of "
        "them uv should fill is not for a tool to decide.",
        "Migrate this image by hand.",
    ),
    "shared-stage": (
        "Other stages or images are built on this one. With a USER in it, their own instructions would run "
        "as that user as well.",
        "Write USER by hand, and USER root where those images begin.",
    ),
    "shell": (
        "SHELL is not a POSIX shell, so the commands of a RUN cannot be read.",
        "Install in a stage whose SHELL is sh or bash.",
    ),
    "shell-feature": (
        "CMD or ENTRYPOINT uses what only a shell does: it fills in a variable or a pattern, joins or "
        "redirects commands, calls a command of the shell's own, or runs a file that has no `#!` line. In "
        "exec form nothing would do that.",
        "Keep it in shell form, and start the program with `exec`, so that signals reach it.",
    ),
    "sources-missing": (
        "The environment was made with the project as an editable install, which is a link to its sources, "
        "and these are not seen in the image that gets the environment: nothing finds the project there.",
        "Install the project with `uv sync --no-editable`, or copy its sources to the same place.",
    ),
    "sources-needed": (
        "A command that runs before the dependencies are installed may need the sources, so the install "
        "cannot be moved above them.",
        "Move that command below the install, or split it off into a RUN of its own.",
    ),
    "stage-number": (
        "A service of compose builds a stage by its number, and a stage that is put in above it shifts the "
        "numbers: the service would silently build another one.",
        "Give the stage a name (FROM … AS web) and build that: `target: web`.",
    ),
    "stale-build": (
        "uv takes a built project from its cache as long as the manifest has not changed. The manifest is "
        "copied above the sources here, so with a cache an older build could be installed.",
        "Copy the manifest together with the sources.",
    ),
    "start-unknown": (
        "What starts the container is not said, or cannot be read: a script that is not in the build "
        "context, a command that stands in a variable, a text that is not plain shell. It might need root.",
        "Keep start scripts in the build context, or write USER by hand once you know that it starts.",
    ),
    "still-used": (
        "A tool that only pip's users need is installed here, and something still calls it: another command "
        "of the build, a start script or a service.",
        "Let uv do that work as well, then run uvmigrate again.",
    ),
    "template": (
        "The file is a template ({% … %}, {{ … }}) from which a Dockerfile is made.",
        "Run uvmigrate on what it renders, and carry the patch over by hand.",
    ),
    "tied-command": (
        "The command means nothing any more, but another one depends on whether it fails (`||`), reads what "
        "it prints, or it prints into a file.",
        "Take it out by hand.",
    ),
    "too-large": (
        "The file is larger than 1 MiB, as no Dockerfile is that a person wrote.",
        "Give it another name if it is no Dockerfile.",
    ),
    "tool-visible": (
        "setuptools, wheel or another tool is installed where the application's own packages are, so the "
        "application may import it without naming it as a dependency.",
        "Declare it as a dependency if it is one, and take the line out by hand.",
    ),
    "unknown-ignore": (
        "A comment `# uvmigrate: ignore[…]` names a codemod that there is not, so it keeps nothing as it is.",
        "Spell the id as `uvmigrate codemods` does, or leave the brackets out to mean every codemod.",
    ),
    "unknown-part": (
        "A part of what pip installed in another stage is copied, or more than that. Which packages come "
        "along cannot be seen.",
        "Copy the whole of site-packages, or the environment.",
    ),
    "unknown-script": (
        "One COPY takes programs that pip installed, and others that it did not, to another stage.",
        "Copy the others in an instruction of their own.",
    ),
    "unreadable": (
        "The file cannot be read: it leads out of the repository or nowhere, or permission is missing.",
        "Make it a readable file of the repository.",
    ),
    "used-before-sync": (
        "A package is installed by its name, and may be used before the requirement files are there. One "
        "sync at a later place would come too late for it.",
        "Install it with the others, or use it below that install.",
    ),
    "user-exists": (
        "The image makes a user or a group already, or does a part of its work as another user, and which "
        "number the container should have is not known.",
        "Give the user a number, `useradd --uid 10001 …`, or write USER by hand.",
    ),
    "user-unknown": (
        "Whether the container starts as root is not known, or what the base adds users with: the base is "
        "not one of the official images, or USER is a variable without a default.",
        "Write USER by hand, with a number.",
    ),
    "uv-derived-image": (
        "The base is one of uv's derived images, by a tag that names no version of uv. The image moves with "
        "every release of uv, or, for those on Debian 12, Alpine 3.21 and Python 3.8, has got no new uv "
        "since 0.10.",
        "Use the image that it is derived from and copy uv from its own image, or put a version before the "
        "tag.",
    ),
    "uv-installer": (
        "uv is installed by pip or by its installer, without a version, and that cannot be replaced by a "
        "COPY from uv's image: other commands depend on it, or on the path where it put uv.",
        "Copy uv from its image: COPY --from=ghcr.io/astral-sh/uv:X.Y.Z /uv /uvx /bin/.",
    ),
    "uv-output": (
        "uv writes a file while the image is built (`uv export -o`, `uv pip freeze > …`), and the image may "
        "want it. In a build stage it would be left behind.",
        "Write it into the repository, or in a stage of its own and copy it from there.",
    ),
    "venv-moved": (
        "The environment is copied to another path than it was made at, where its scripts do not start.",
        "Copy it to the path that it was made at.",
    ),
    "wheels": (
        "Wheels are made here and then used in a way that is not followed: mounted, found by an option, or "
        "in the same stage.",
        "Carry them to the next stage with COPY --from, or install without making wheels first.",
    ),
    "windows": (
        "uv's image is for Linux containers, and this image is one of Windows.",
        "Migrate this image by hand.",
    ),
}
