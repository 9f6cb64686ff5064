"""The Procfile: one `name: command` a line, the same in development and on a platform."""

import re
from pathlib import Path

from pingpong.ops.refusal import CannotStart

LINE = re.compile(r"(?P<name>[A-Za-z0-9_-]+):\s*(?P<command>\S.*)")
RELEASE = "release"


def read_procfile(path: Path) -> dict[str, str]:
    """Return the command of each name, in the file's order. Raises CannotStart if there is no such file."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise CannotStart(
            f"{path} cannot be read ({error.strerror}): run this from a complete clone."
        ) from error
    matches = (LINE.fullmatch(line.strip()) for line in lines)
    return {match["name"]: match["command"] for match in matches if match}


def long_running(procfile: dict[str, str]) -> dict[str, str]:
    """Return the processes that are to run all the time: all but `release`, which a deploy runs once."""
    return {name: command for name, command in procfile.items() if name != RELEASE}
