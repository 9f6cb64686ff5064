"""What of a span leaves this process: nothing that people wrote, and no secret.

The libraries that make the spans note more than that: addresses with their query (a token, a search), who
asked, and what an exception says, in which Postgres quotes the values of a row.
"""

from collections.abc import Sequence

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.trace import SpanKind, Status
from opentelemetry.util.types import AttributeValue

LONGEST_NAME = 100
OF_A_REQUEST = {
    *("http.method", "http.route", "http.status_code", "http.scheme", "http.flavor"),
    # The same by their newer names, for OTEL_SEMCONV_STABILITY_OPT_IN=http.
    *("http.request.method", "http.response.status_code", "url.scheme", "network.protocol.version"),
    *("error.type", "request_id"),
}


class DiscreetExporter(OTLPSpanExporter):
    """Sends spans without what is nobody's business."""

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send them. Called in a thread of its own."""
        return super().export([discreet(span) for span in spans])


def discreet(span: ReadableSpan) -> ReadableSpan:
    """The span as it may leave: of an exception only its type, of a request only what is on the list."""
    return ReadableSpan(
        name=_name(span),
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=_attributes(span),
        links=span.links,
        kind=span.kind,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _name(span: ReadableSpan) -> str:
    """The name of a request without a route would be its path, which may be anything."""
    attributes = span.attributes or {}
    if span.kind is SpanKind.SERVER and "http.route" not in attributes:
        return str(attributes.get("http.method") or attributes.get("http.request.method") or "HTTP")
    return span.name[:LONGEST_NAME]


def _attributes(span: ReadableSpan) -> dict[str, AttributeValue]:
    attributes = dict(span.attributes or {})
    for event in span.events:
        if event.attributes and "exception.type" in event.attributes:
            attributes["error.type"] = event.attributes["exception.type"]
    if span.kind is SpanKind.SERVER:
        return {name: value for name, value in attributes.items() if name in OF_A_REQUEST}
    return attributes
