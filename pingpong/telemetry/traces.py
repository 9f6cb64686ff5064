"""Traces: what a request or a job did and how long each step took, sent to an OTLP collector.

The SDK reads its own variables of the environment, too (`OTEL_BSP_*`, `OTEL_RESOURCE_ATTRIBUTES`, …).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from flask import Flask
from opentelemetry import trace
from opentelemetry.context import Context, attach, detach, get_current
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind
from opentelemetry.util.re import parse_env_headers

from pingpong.settings import Settings
from pingpong.telemetry.carrying import Traceparent
from pingpong.telemetry.exporting import DiscreetExporter
from pingpong.telemetry.instrumenting import instrument
from pingpong.telemetry.sampling import sampler_for
from pingpong.telemetry.spans import Origin, spans

LONGEST_ATTRIBUTE = 2_000
"""Characters; a batch of hundreds of commands has a long name."""

PROPAGATOR = Traceparent()


def start_traces(settings: Settings, process: str, app: Flask | None) -> Callable[[], None]:
    """Record traces from now on; returns what sends the rest in the end."""
    exporter = DiscreetExporter(
        endpoint=f"{settings.otel_exporter_otlp_endpoint}/v1/traces",
        headers=parse_env_headers(settings.otel_exporter_otlp_headers, liberal=True),
    )
    provider = TracerProvider(
        sampler=sampler_for(settings.otel_traces_sampler_arg),
        resource=_resource(settings, process),
        shutdown_on_exit=False,  # it would wait for a collector that does not answer
        span_limits=SpanLimits(max_span_attribute_length=LONGEST_ATTRIBUTE),
    )
    provider.add_span_processor(BatchSpanProcessor(exporter))
    instrument(provider, app, PROPAGATOR)
    spans.tracing = Traces(provider)
    return provider.shutdown


def _resource(settings: Settings, process: str) -> Resource:
    return Resource.create(
        {
            "service.namespace": "pingpong",
            "service.name": f"pingpong-{process}",
            "service.version": settings.release,
            "deployment.environment": settings.env.value,
            "deployment.environment.name": settings.env.value,  # as it is called since 2024
        }
    )


class Traces:
    """Records what `Spans` is told."""

    def __init__(self, provider: TracerProvider) -> None:
        self._tracer = provider.get_tracer("pingpong")

    def here(self) -> Context | None:
        """Where we are; None outside of a trace that is recorded."""
        return get_current() if trace.get_current_span().is_recording() else None

    def carrier(self) -> dict[str, str]:
        """Where we are, as text."""
        carrier: dict[str, str] = {}
        PROPAGATOR.inject(carrier)
        return carrier

    def ids(self) -> dict[str, str]:
        """The trace's id, as collectors show it."""
        context = trace.get_current_span().get_span_context()
        return {"trace_id": trace.format_trace_id(context.trace_id)} if context.trace_flags.sampled else {}

    def step(self, name: str) -> AbstractContextManager[object]:
        """A span of our own."""
        return self._tracer.start_as_current_span(name)

    @contextmanager
    def together(self, name: str, origins: Sequence[Origin]) -> Iterator[None]:
        """Do something on behalf of all of these."""
        recorded = [origin for origin in origins if origin is not None]
        # Whatever was current when this thread was started has nothing to do with it.
        token = attach(recorded[0] if recorded else Context())
        try:
            if name and len(recorded) > 1:
                with self._tracer.start_as_current_span(f"{name} (together)") as span:
                    span.set_attribute("pingpong.together", len(origins))
                    _link(span, [trace.get_current_span(origin) for origin in recorded])
                    yield
            else:
                yield
        finally:
            detach(token)

    def job(self, kind: str, job_id: str, meta: Mapping[str, Any]) -> AbstractContextManager[object]:
        """The span of a job. One whose maker left nothing in its meta begins a trace."""
        return self._tracer.start_as_current_span(
            f"job {kind}",
            context=PROPAGATOR.extract(meta, Context()),
            kind=SpanKind.CONSUMER,
            attributes={"messaging.system": "rq", "messaging.message.id": job_id, "pingpong.kind": kind},
        )


def _link(span: trace.Span, others: Sequence[trace.Span]) -> None:
    for other in others:
        span.add_link(other.get_span_context())
        if other.is_recording():
            other.add_link(span.get_span_context())
