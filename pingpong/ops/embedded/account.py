"""The system user that a server runs as. Postgres refuses to run as root."""

# ruff: noqa: S603 - the commands are our own

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from pingpong.ops.refusal import CannotStart

SERVER_USER = "pingpong"
TRIES = 20  # useradd gives up at once while another process has /etc/passwd locked


class PopenIdentity(TypedDict, total=False):
    """The arguments of `subprocess.Popen` that change the user."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True)
class Account:
    """A system user by its numbers."""

    uid: int
    gid: int

    @classmethod
    def myself(cls) -> "Account":
        """Return whoever runs this process."""
        return cls(os.geteuid(), os.getegid())

    @classmethod
    def for_servers(cls, data: Path) -> "Account":
        """Return who owns `data`; for new data, ourselves, or a user made for it if we are root."""
        if os.geteuid() != 0:
            return cls.myself()
        if data.exists() and (owner := data.stat()).st_uid != 0:
            return cls(owner.st_uid, owner.st_gid)
        entry = _server_user()
        return cls(entry.pw_uid, entry.pw_gid)

    @property
    def identity(self) -> PopenIdentity:
        """What to pass to Popen; empty if we are this user already."""
        if os.geteuid() == self.uid:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def can_enter(self, path: Path) -> bool:
        """Whether this user may enter a folder or run a program, tried for real."""
        attempt = subprocess.run(
            ["/bin/sh", "-c", 'test -x "$0"', path], check=False, cwd="/", **self.identity
        )
        return attempt.returncode == 0

    def make_folder(self, folder: Path) -> None:
        """Make a folder that only this user (and root) can enter. The folders above it stay as they are."""
        if not folder.exists():
            folder.mkdir(mode=0o700)
            os.chown(folder, self.uid, self.gid)


def _server_user() -> pwd.struct_passwd:
    for _ in range(TRIES):
        try:
            return pwd.getpwnam(SERVER_USER)
        except KeyError:
            problem = _add_user()
    raise CannotStart(
        f"Postgres does not run as root and a user for it could not be added ({problem}): "
        "run as an ordinary user, or set DATABASE_URL."
    )


def _add_user() -> str:
    command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SERVER_USER]
    try:
        return subprocess.run(command, check=False, capture_output=True, text=True).stderr.strip()
    except FileNotFoundError:
        return "there is no useradd"
