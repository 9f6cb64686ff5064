"""The systems that are measured beside each other: pingpong, and the same app on Django and Celery."""

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import psutil

from benchmarks.machine import CLONE, PEERS, Processes, own_python, peers_python
from benchmarks.servers import Servers
from pingpong.ops.procfile import RELEASE, read_procfile
from tests.stack import free_port
from tests.waiting import wait_until

READY_WITHIN_S = 60
DJANGO = PEERS / "django_celery"
POOLS = {
    "gevent": ["-P", "gevent", "-c", "1000"],
    "threads": ["-P", "threads", "-c", "200"],
    "prefork": ["-P", "prefork", "-c", "2"],
}
PROCESSES = ("web", "worker", "scheduler")
"""Those of the Procfile that a ping needs; it has no work for the cruncher."""
PREFETCH = {"gevent": "1", "threads": "4", "prefork": "64"}


@dataclass(frozen=True)
class System:
    """A running system."""

    name: str
    port: int
    servers: Servers
    processes: Processes

    def family(self) -> list[psutil.Process]:
        """All its processes, Postgres and Redis included."""
        return [*self.processes.family(), *self.servers.family()]


@contextmanager
def pingpong(delay_s: float, **settings: str) -> Iterator[System]:
    """Ours, as the Procfile starts it; `settings` are further variables of the environment."""
    with running("pingpong") as system:
        environment = environment_of(system) | {"PING_DELAY_S": str(delay_s), **settings}
        procfile = read_procfile(CLONE / "Procfile")
        run_once(system, "migrate", _in_shell(procfile[RELEASE]), CLONE, environment)
        for name in PROCESSES:
            system.processes.start(name, _in_shell(procfile[name]), CLONE, **environment)
        wait_until(lambda: answers(system.port, "/readyz"), READY_WITHIN_S, what="pingpong")
        yield system


def environment_of(system: System) -> dict[str, str]:
    """What ours finds in its environment, whatever it is to do."""
    return {
        "DATABASE_URL": system.servers.database_url,
        "REDIS_URL": system.servers.redis.url,
        "PORT": str(system.port),
        "LOG_LEVEL": "warning",
        "PATH": f"{own_python().parent}:{os.environ['PATH']}",
        "SUBMIT_RATE_LIMIT": "1000000/second",
    }


@contextmanager
def django_celery(delay_s: float, pool: str, *, countdown: bool = False) -> Iterator[System]:
    """The peer: gunicorn with two gevent workers, one Celery worker with this pool, Celery's beat."""
    python = peers_python()
    with running(f"Celery {pool}{' countdown' if countdown else ''}") as system:
        environment = {
            "DATABASE_URL": for_django(system.servers.database_url),
            "REDIS_URL": system.servers.redis.url,
            "PEER_DELAY": str(delay_s),
            "PEER_COUNTDOWN": "1" if countdown else "0",
            "PEER_PREFETCH": PREFETCH[pool],
            "DJANGO_SETTINGS_MODULE": "app.settings",
        }
        persistent, pooled = environment | {"PEER_DB": "persistent"}, environment | {"PEER_DB": "pool"}
        run_once(system, "migrate", [python, "manage.py", "migrate", "-v", "0"], DJANGO, persistent)
        web = ["-m", "gunicorn", "-k", "gevent", "-w", "2", "--worker-connections", "2000", "--reuse-port"]
        web += ["-b", f"127.0.0.1:{system.port}", "--keep-alive", "30", "--graceful-timeout", "3", "app.wsgi"]
        system.processes.start("web", [python, *web, "--no-control-socket"], DJANGO, **pooled)
        worker = ["-m", "celery", "-A", "app", "worker", *POOLS[pool], "--loglevel", "WARNING"]
        worker += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        its = persistent if pool == "prefork" else pooled
        system.processes.start("worker", [python, *worker], DJANGO, **its)
        schedule = str(system.processes.home / "beat-schedule")
        beat = ["-m", "celery", "-A", "app", "beat", "-s", schedule, "--pidfile=", "--loglevel", "WARNING"]
        system.processes.start("beat", [python, *beat], DJANGO, **persistent)
        wait_until(lambda: answers(system.port, "/history/"), READY_WITHIN_S, what=system.name)
        yield system


def answers(port: int, path: str) -> bool:
    """Whether a GET is answered with 200."""
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200  # noqa: PLR2004
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


@contextmanager
def running(name: str) -> Iterator[System]:
    """A system's servers and a place for its processes, which end with it."""
    with tempfile.TemporaryDirectory(prefix="pingpong-bench-") as folder:
        home = Path(folder)
        with Servers(home) as servers:
            system = System(name, free_port(), servers, Processes(home))
            try:
                yield system
            finally:
                system.processes.stop()


def _in_shell(command: str) -> list[str]:
    """A shell reads the line, as on a platform, and leaves itself out of what is measured."""
    return ["/bin/sh", "-c", f"exec {command}"]


def run_once(
    system: System, name: str, command: Sequence[str | Path], cwd: Path, environment: dict[str, str]
) -> None:
    """Run a command of the system to its end. Raises SystemExit with its output if it fails."""
    process = Processes(system.processes.home).start(name, command, cwd, **environment)
    if process.wait(READY_WITHIN_S):
        raise SystemExit((system.processes.home / f"{name}.log").read_text())


def for_django(url: str) -> str:
    """dj-database-url wants the socket's folder as the host."""
    folder = url.partition("?host=")[2].partition("&")[0]
    return f"postgres://postgres@{folder}/pingpong"
