"""The environment that we pass to the processes that we start."""

import os
import sys
from pathlib import Path


def child_environment(**changes: str) -> dict[str, str]:
    """Return a copy of our environment with `changes`, in which the programs of our Python come first.

    It reads no setting, it hands on all of them, and what else a process needs to live (HOME, PATH, LANG).
    Beside the settings, only this touches os.environ, and `metrics/folder.py` for a variable of a library's.
    """
    programs = str(Path(sys.executable).parent)
    path = os.pathsep.join([programs, os.environ.get("PATH", os.defpath)])
    return {**os.environ, "PATH": path, "PYTHONUNBUFFERED": "1", **changes}
