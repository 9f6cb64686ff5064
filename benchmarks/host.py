"""The machine and the programs that were measured, in words."""

# ruff: noqa: S603 - the commands are our own

import platform
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import psutil

from benchmarks.machine import peers_python
from benchmarks.report import table
from pingpong.ops.embedded.account import Account
from pingpong.ops.embedded.places import postgres_programs
from pingpong.ops.embedded.redis import redis_program

OURS = ("flask", "gunicorn", "gevent", "rq", "rq-scheduler", "redis", "sqlalchemy", "psycopg")
THEIRS = (
    *("django", "celery", "gunicorn", "gevent", "redis", "psycopg"),
    *("channels", "channels_redis", "uvicorn", "uvloop", "websockets"),
)
VERSIONS = "import sys; from importlib.metadata import version; print(*map(version, sys.argv[1:]))"


def machine_table() -> str:
    """What the figures were measured on."""
    return table(
        ["Machine", ""],
        [
            ["Processor", f"{_processor()}, {psutil.cpu_count()} cores"],
            ["Memory", f"{psutil.virtual_memory().total / 2**30:.1f} GiB"],
            ["System", f"{platform.system()} {platform.release()}"],
            ["Python", platform.python_version()],
            ["Postgres", _version(postgres_programs(Account.myself()) / "postgres")],
            ["Redis", _version(redis_program())],
            ["Ours", ", ".join(f"{name} {metadata.version(name)}" for name in OURS)],
            ["Peers", ", ".join(_peers_versions())],
        ],
    )


def _processor() -> str:
    try:
        found = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    except OSError:
        found = None
    return found[1] if found else platform.processor() or platform.machine()


def _version(program: str | Path) -> str:
    """Its name and number: `Valkey 9.1.2`."""
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"\d+(\.\d+)+", said)
    return f"{said.split()[0].strip('()').capitalize()} {found[0] if found else said.strip()}"


def _peers_versions() -> list[str]:
    said = subprocess.run(
        [peers_python(), "-c", VERSIONS, *THEIRS], capture_output=True, text=True, check=True
    ).stdout
    return [f"{name} {version}" for name, version in zip(THEIRS, said.split(), strict=True)]


if __name__ == "__main__":
    sys.stdout.write(machine_table())
