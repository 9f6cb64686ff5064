"""Bringing the database up to date, with the same line as a platform's release phase."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

from pingpong.ops.refusal import CannotStart


def migrate(command: str, folder: Path, environment: Mapping[str, str]) -> None:
    """Run the Procfile's release line; raises CannotStart with the last thing that it said if it fails."""
    migration = subprocess.run(  # noqa: S603 - the command is the Procfile's
        ["/bin/sh", "-c", command],
        check=False,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    if migration.returncode != 0:
        last_line = (migration.stdout.strip().splitlines() or ["it said nothing"])[-1]
        raise CannotStart(
            f"The database could not be migrated ({last_line}): `{command}` says more about it."
        )
