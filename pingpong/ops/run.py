"""`make run`: everything that a ping needs, from one command, until Ctrl-C.

Exit codes: 0 after a stop that was asked for, 1 if something is missing or taken (said in one sentence).
"""

import argparse
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from pingpong.logs import configure_logging
from pingpong.ops.embedded.postgres import EmbeddedPostgres
from pingpong.ops.embedded.redis import EmbeddedRedis
from pingpong.ops.embedded.server import EmbeddedServer
from pingpong.ops.environment import child_environment
from pingpong.ops.migration import migrate
from pingpong.ops.parent import Make
from pingpong.ops.preflight import check_database, check_port, check_redis
from pingpong.ops.process import ProcfileProcess
from pingpong.ops.procfile import RELEASE, long_running, read_procfile
from pingpong.ops.readiness import ReadinessWatch
from pingpong.ops.refusal import CannotStart
from pingpong.ops.runner import STOP_SIGNALS, Runner
from pingpong.ops.sandbox import Sandbox, needs_sandbox
from pingpong.ops.signals import SignalInbox
from pingpong.settings import Settings, load_settings

CLONE = Path(__file__).resolve().parents[2]
URL_SETTINGS = {"postgres": "DATABASE_URL", "redis": "REDIS_URL"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until a signal comes; return the exit code."""
    options = _parse(arguments)
    settings = load_settings()
    configure_logging(settings, "runner", sys.stderr)
    make = Make() if options.end_with_make else None
    try:
        with SignalInbox([*_stop_signals(), signal.SIGCHLD]) as inbox:
            if options.only_migrate:
                _migrate(settings, inbox)
            else:
                _run(settings, inbox, make)
    except CannotStart as refusal:
        sys.stderr.write(f"{refusal}\n")
        return 1
    return 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m pingpong.ops.run", description=__doc__)
    parser.add_argument("--end-with-make", action="store_true", help="end when the make that started it ends")
    parser.add_argument("--only-migrate", action="store_true", help="bring the database up to date and end")
    return parser.parse_args(arguments)


def _stop_signals() -> list[signal.Signals]:
    """All of them, but after `nohup` a closed terminal is no reason to stop."""
    is_nohup = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    return [number for number in STOP_SIGNALS if not (is_nohup and number is signal.SIGHUP)]


def _migrate(settings: Settings, inbox: SignalInbox) -> None:
    with _migrated(settings, Runner(_servers(settings), inbox)):
        pass


def _run(settings: Settings, inbox: SignalInbox, make: Make | None) -> None:
    check_port(settings.port)
    if settings.metrics_port:
        check_port(settings.metrics_port, "METRICS_PORT")
    servers = _servers(settings)
    runner = Runner(servers, inbox)
    watch = ReadinessWatch(settings.port, lambda: _say_where(settings, servers))
    with _migrated(settings, runner) as environment:
        runner.start_processes(_processes(settings, environment))
        watch.start()
        runner.watch(is_over=make.was_interrupted if make else lambda: False)
        watch.stop()


@contextmanager
def _migrated(settings: Settings, runner: Runner) -> Iterator[dict[str, str]]:
    """Start the servers and migrate; the environment that knows them. In the end, everything is stopped."""
    try:
        urls = {URL_SETTINGS[name]: url for name, url in runner.start_servers().items()}
        environment = child_environment(PORT=str(settings.port), **urls)
        migrate(read_procfile(CLONE / "Procfile")[RELEASE], CLONE, environment)
        yield environment
    finally:
        runner.stop()


def _processes(settings: Settings, environment: Mapping[str, str]) -> list[ProcfileProcess]:
    commands = long_running(read_procfile(CLONE / "Procfile"))
    if needs_sandbox(settings):
        sandbox = Sandbox(settings)
        commands = {sandbox.name: sandbox.command, **commands}
        environment = {**environment, "DSP_API_URL": sandbox.url}
    return [ProcfileProcess(name, command, CLONE, environment) for name, command in commands.items()]


def _servers(settings: Settings) -> list[EmbeddedServer]:
    """Return the servers to start: those whose URL is not given. Those that are given must be there."""
    servers: list[EmbeddedServer] = []
    home = CLONE / settings.data_folder
    if "database_url" in settings.model_fields_set:
        check_database(settings)
    else:
        servers.append(EmbeddedPostgres(home))
    if "redis_url" in settings.model_fields_set:
        check_redis(settings)
    else:
        servers.append(EmbeddedRedis(home))
    return servers


def _say_where(settings: Settings, servers: Sequence[EmbeddedServer]) -> None:
    """Print the line that says that a ping would be answered."""
    home = CLONE / settings.data_folder
    elsewhere = [
        f"the data of {server.title} is in {server.folder}" for server in servers if _is_outside(server, home)
    ]
    note = f" ({'; '.join(elsewhere)}, where its user can reach it)" if elsewhere else ""
    sys.stdout.write(f"Pingpong is ready: http://localhost:{settings.port}/{note}\n")
    sys.stdout.flush()


def _is_outside(server: EmbeddedServer, home: Path) -> bool:
    return not server.folder.is_relative_to(home)


if __name__ == "__main__":
    sys.exit(main())
