"""What the outside learns of how we run: error reports to Sentry, traces to an OTLP collector.

Both are off unless their address is set; nothing of their libraries is loaded then. What people wrote, and
secrets, leave by neither. See docs/observability.md.
"""

from collections.abc import Callable
from threading import Thread
from time import monotonic
from typing import TYPE_CHECKING

from pingpong.settings import Settings

if TYPE_CHECKING:
    from flask import Flask

END_WITHIN_S = 2.0
"""How long a process that leaves waits for a receiver that does not answer."""

_endings: list[Callable[[], None]] = []


def init_reports(settings: Settings, process: str) -> None:
    """Report errors from now on, if the settings say where to. Once in each process.

    Before its app is made: what breaks then is reported, too.
    """
    if settings.sentry_dsn:
        from pingpong.telemetry.sentry import end_sentry, start_sentry  # noqa: PLC0415 - only if wanted

        start_sentry(settings, process)
        _endings.append(end_sentry)


def init_traces(settings: Settings, process: str, app: "Flask | None" = None) -> None:
    """Send traces from now on, if the settings say where to: of the app's requests, and of jobs.

    Once in each process that does something worth tracing; the others spare its memory (8 MB).
    """
    if settings.otel_exporter_otlp_endpoint:
        from pingpong.telemetry.traces import start_traces  # noqa: PLC0415 - only if wanted

        _endings.append(start_traces(settings, process, app))


def end_telemetry(within_s: float = END_WITHIN_S) -> None:
    """Send what is still here, at the end of a process; what cannot be sent in time is lost."""
    threads = [Thread(target=ending, daemon=True) for ending in _endings]
    _endings.clear()
    for thread in threads:
        thread.start()
    give_up_at_s = monotonic() + within_s
    for thread in threads:
        thread.join(max(0.0, give_up_at_s - monotonic()))
