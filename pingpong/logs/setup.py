"""Where the lines of a process go, and what happens to each on its way."""

import logging
import os
import sys
from typing import TextIO

import structlog
from structlog.typing import EventDict, Processor

from pingpong.logs.handlers import OutputHandler, SharedFileHandler
from pingpong.logs.redaction import redact
from pingpong.logs.stacks import render_stack
from pingpong.logs.strays import StrayLines, catch_strays
from pingpong.settings import Settings, SettingsError
from pingpong.telemetry.log_fields import add_trace_id

# urllib3 tells addresses, which people wrote.
QUIET_LOGGERS = (
    *("rq.worker", "rq.job", "rq.queue", "rq_scheduler.scheduler"),
    *("alembic.runtime.plugins", "urllib3"),
)

PLAIN_STACK = structlog.dev.plain_traceback


def configure_logging(settings: Settings, process: str, stream: TextIO | None = None) -> None:
    """Send every log line of this process to standard output, marked with the process' name, and into
    `LOG_FILE` if there is one.

    What nobody has caught is logged, too, and in production whatever is written to standard error; with a
    `stream` of its own a process keeps that for people. Raises SettingsError for a file that cannot be
    written.
    """
    shared = _shared(process)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    _replace_handlers(_handlers(settings, shared, stream or sys.stdout))
    logging.getLogger().setLevel(settings.log_level.upper())
    for name in QUIET_LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)
    catch_strays()
    if settings.is_production and stream is None:
        StrayLines.take_over_stderr()


def _shared(process: str) -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.ExtraAdder(),
        add_trace_id,
        _naming(process),
    ]


def _handlers(settings: Settings, shared: list[Processor], stream: TextIO) -> list[logging.Handler]:
    output: list[logging.Handler] = [OutputHandler(stream)]
    output[0].setFormatter(_formatter(shared, as_json=settings.is_production, has_colours=stream.isatty()))
    if settings.log_file:
        try:
            file = SharedFileHandler(
                settings.log_file, max_bytes=settings.log_file_max_bytes, backups=settings.log_file_backups
            )
        except OSError as error:
            raise SettingsError(f"LOG_FILE: cannot be written: {error.strerror}") from None
        file.setFormatter(_formatter(shared, as_json=True))
        output.append(file)
    return output


def _replace_handlers(handlers: list[logging.Handler]) -> None:
    root = logging.getLogger()
    replaced, root.handlers[:] = root.handlers[:], handlers
    for handler in replaced:
        if isinstance(handler, SharedFileHandler):
            handler.close()


def _formatter(
    shared: list[Processor], *, as_json: bool, has_colours: bool = False
) -> structlog.stdlib.ProcessorFormatter:
    rendering: list[Processor] = (
        [
            structlog.processors.ExceptionRenderer(render_stack),
            redact,
            structlog.processors.JSONRenderer(default=str),
        ]
        if as_json
        else [
            redact,
            structlog.dev.ConsoleRenderer(colors=has_colours, exception_formatter=PLAIN_STACK),
        ]
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendering],
    )


def _naming(process: str) -> Processor:
    def name_process(_logger: object, _method: str, event: EventDict) -> EventDict:
        event.setdefault("process", process)
        event.setdefault("pid", os.getpid())
        return event

    return name_process
