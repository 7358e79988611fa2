"""Imports each of the modules that standard input names, and prints which failed, and why.

Each has a process of its own, since a module may end the process, take it down, or never return.
"""

import contextlib
import json
import os
import signal
import sys
import time

SECONDS = 60
#: Large packages take memory as well as time, so there are few at a time.
AT_ONCE = 3
#: What a process tells that has come to the end.
DONE = b"+"


def attempt(name: str, out: int) -> None:
    """Import one module; *out* is told that it is done, or what went wrong. Never returns."""
    try:
        os.setsid()
        quiet = os.open(os.devnull, os.O_RDWR)
        for number in (0, 1, 2):
            os.dup2(quiet, number)
        __import__(name)
        os.write(out, DONE)
    except BaseException as error:  # noqa: BLE001 - a module may raise anything, SystemExit as well
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        told = type(error).__name__ + (": " + lines[0] if lines else "")
        os.write(out, told[:500].encode("utf-8", "replace"))
    finally:
        # Nothing that the module registered for the end runs.
        os._exit(0)


def begin(name: str) -> "tuple[str, int, int, float]":
    """Start the attempt with one module: its name, the process, where it tells, and until when it may run."""
    come, go = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(come)
        attempt(name, go)
    os.close(go)
    # What the module has started may keep the other end open.
    os.set_blocking(come, False)
    return name, child, come, time.time() + SECONDS


def outcome(status: int, come: int) -> str:
    """Why an import failed, or empty."""
    told = b""
    with contextlib.suppress(BlockingIOError):
        told = os.read(come, 4096)
    if told:
        return "" if told == DONE else told.decode("utf-8", "replace")
    if os.WIFSIGNALED(status):
        return "it was ended by " + signal.Signals(os.WTERMSIG(status)).name
    return "it ended the process with code " + str(os.WEXITSTATUS(status))


def kill(child: int) -> None:
    """End a process and all that it started."""
    for end in (os.killpg, os.kill):
        with contextlib.suppress(OSError):
            end(child, signal.SIGKILL)
    os.waitpid(child, 0)


def main() -> None:
    """Print a JSON object: the names of the modules that failed, and why."""
    if sys.path[:1] == [""]:
        # What lies in the working directory is no package, and would hide one of the same name.
        del sys.path[0]
    if "LAMBDA_TASK_ROOT" in os.environ:
        sys.path.insert(0, os.environ["LAMBDA_TASK_ROOT"])
    sys.dont_write_bytecode = True
    waiting = list(reversed(json.load(sys.stdin)))
    running = []  # type: list[tuple[str, int, int, float]]
    failed = {}  # type: dict[str, str]
    while waiting or running:
        while waiting and len(running) < AT_ONCE:
            running.append(begin(waiting.pop()))
        for one in list(running):
            name, child, come, until = one
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                told = outcome(status, come)
            elif time.time() > until:
                kill(child)
                told = "it took more than " + str(SECONDS) + " s"
            else:
                continue
            running.remove(one)
            os.close(come)
            if told:
                failed[name] = told
        time.sleep(0.005)
    print(json.dumps(failed))


if __name__ == "__main__":
    main()
