"""The trace on every log line."""

import structlog

from pingpong.telemetry.spans import spans


def add_trace_id(
    _logger: object, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """A structlog processor: `trace_id`, where what happens is recorded in a trace."""
    event.update(spans.ids())
    return event
