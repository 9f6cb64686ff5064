"""Error reports, to Sentry or what speaks its protocol."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import sentry_sdk
from sentry_sdk.integrations import Integration
from sentry_sdk.integrations.argv import ArgvIntegration
from sentry_sdk.integrations.atexit import AtexitIntegration
from sentry_sdk.integrations.logging import ignore_logger, ignore_logger_for_sentry_logs
from sentry_sdk.integrations.threading import ThreadingIntegration

from pingpong.settings import Settings
from pingpong.telemetry.discretion import breadcrumb, report, timing
from pingpong.telemetry.reports import reports

WATCHDOG = "pingpong.queue.worker.watchdog"
AT_EXIT_S = 1.0
"""For a process that crashes; one that leaves has sent all before."""


def start_sentry(settings: Settings, process: str) -> None:
    """Report errors from now on: those that nobody caught, and those that are logged as errors."""
    ignore_logger("opentelemetry.*")  # a collector that is away is no error of ours, and says so every 5 s
    # Its lines come from a thread that gevent does not know, which must not take locks of greenlets.
    ignore_logger(WATCHDOG)
    ignore_logger_for_sentry_logs(WATCHDOG)
    options = _options(settings, process)
    sentry_sdk.init(**options)
    # A child would send what its parent is about to send, on its parent's connection.
    os.register_at_fork(after_in_child=partial(sentry_sdk.init, **options))
    reports.reporting = JobReports()


def end_sentry() -> None:
    """Send what is still here."""
    sentry_sdk.get_client().close()


def _options(settings: Settings, process: str) -> dict[str, Any]:
    return {
        "dsn": settings.sentry_dsn,
        "environment": settings.env.value,
        "release": settings.release or None,
        "server_name": process,
        "traces_sample_rate": settings.sentry_traces_sample_rate or None,
        "trace_propagation_targets": [],  # third parties are told nothing
        "send_default_pii": False,
        "max_request_body_size": "never",
        "include_local_variables": False,
        "auto_session_tracking": False,
        "before_send": report,
        "before_send_transaction": timing,
        "before_breadcrumb": breadcrumb,
        "auto_enabling_integrations": False,
        "integrations": _integrations(process),
        "disabled_integrations": [ArgvIntegration()],
        "shutdown_timeout": AT_EXIT_S,
    }


def _integrations(process: str) -> list[Integration]:
    # A thread that works for everybody is started by whoever comes first, and has nothing of theirs.
    chosen = [AtexitIntegration(_say_nothing), ThreadingIntegration(propagate_scope=False)]
    if process != "web":
        return chosen
    from sentry_sdk.integrations.flask import FlaskIntegration  # noqa: PLC0415 - loads Flask

    return [*chosen, FlaskIntegration(transaction_style="url")]


def _say_nothing(_pending: int, _timeout: float) -> None:
    """Instead of a text on standard error."""


class JobReports:
    """Reports the errors of jobs where they happen: where they are logged, the job's ids are gone."""

    @contextmanager
    def job(self, kind: str) -> Iterator[None]:
        """Each job has breadcrumbs of its own: hundreds may run at once."""
        with (
            sentry_sdk.isolation_scope() as scope,
            sentry_sdk.start_transaction(op="queue.process", name=f"job {kind}"),
        ):
            scope.set_tag("kind", kind)
            try:
                yield
            except Exception as error:
                sentry_sdk.capture_exception(error)  # once: the log line about it is recognized
                raise
