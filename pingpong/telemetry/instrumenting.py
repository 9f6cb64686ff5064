"""The libraries that tell of themselves: Flask, psycopg and redis-py."""

from collections.abc import Sequence

from flask import Flask
from opentelemetry.instrumentation.flask import FlaskInstrumentor
from opentelemetry.instrumentation.psycopg import PsycopgInstrumentor
from opentelemetry.instrumentation.redis import RedisInstrumentor
from opentelemetry.propagate import set_global_textmap
from opentelemetry.propagators.textmap import TextMapPropagator
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import Span

# A stream or a socket is open for hours, and its span would be; the others are asked every few seconds.
UNTRACED = r"^[a-z]+://[^/?]+/(healthz|readyz|metrics|events/|ws/|[^?]*static/)"


def instrument(provider: TracerProvider, app: Flask | None, propagator: TextMapPropagator) -> None:
    """Have requests, statements and commands recorded: neither their parameters nor their values."""
    set_global_textmap(propagator)
    PsycopgInstrumentor().instrument(tracer_provider=provider)
    RedisInstrumentor().instrument(tracer_provider=provider)
    if app is not None:
        _instrument(app, provider)


def _instrument(app: Flask, provider: TracerProvider) -> None:
    FlaskInstrumentor.instrument_app(  # type: ignore[no-untyped-call]
        app,
        tracer_provider=provider,
        excluded_urls=UNTRACED,
        enable_commenter=False,
        response_hook=_note_request_id,
    )
    # It comes last, and what is done before each request belongs to the request, too.
    before: list[object] = app.before_request_funcs[None]  # type: ignore[assignment]
    before.insert(0, before.pop())


def _note_request_id(span: Span | None, _status: str, headers: Sequence[tuple[str, str]]) -> None:
    if span is not None:
        span.set_attribute("request_id", dict(headers).get("X-Request-ID", ""))
