"""Structured logs: one event per line, JSON in production and readable colours in development.

Everything goes through the standard library's logging, so that the lines of gunicorn, RQ and SQLAlchemy look
like ours. What is bound with `structlog.contextvars` (request, task and job ids) is on every line.
"""

import logging
import sys
from typing import TextIO

import structlog

from pingpong.settings import Settings

QUIET_LOGGERS = ("rq.worker", "rq.job", "rq.queue", "rq_scheduler.scheduler", "alembic.runtime.plugins")

# Local variables hold what people wrote, and secrets: no stack shows them.
STACK_AS_DATA = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
PLAIN_STACK = structlog.dev.plain_traceback


def configure_logging(settings: Settings, process: str, stream: TextIO | None = None) -> None:
    """Send every log line of this process to standard output, marked with the process' name."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.ExtraAdder(),
        _naming(process),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream or sys.stdout)
    handler.setFormatter(_formatter(settings, shared))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level.upper())
    for name in QUIET_LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)


def _formatter(
    settings: Settings, shared: list[structlog.typing.Processor]
) -> structlog.stdlib.ProcessorFormatter:
    rendering: list[structlog.typing.Processor] = (
        [structlog.processors.ExceptionRenderer(STACK_AS_DATA), structlog.processors.JSONRenderer()]
        if settings.is_production
        else [structlog.dev.ConsoleRenderer(colors=sys.stdout.isatty(), exception_formatter=PLAIN_STACK)]
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendering],
    )


def _naming(process: str) -> structlog.typing.Processor:
    def name_process(
        _logger: object, _method: str, event: structlog.typing.EventDict
    ) -> structlog.typing.EventDict:
        event.setdefault("process", process)
        return event

    return name_process
