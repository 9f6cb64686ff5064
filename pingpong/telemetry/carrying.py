"""How a trace goes on from a client to us, and with our jobs."""

from opentelemetry.context import Context
from opentelemetry.propagators.textmap import CarrierT, Getter, default_getter
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

TRACEPARENT = "traceparent"


class Traceparent(TraceContextTextMapPropagator):
    """W3C Trace Context without `tracestate`; nor is there baggage.

    Both may hold anything that a client writes, and it would end up in Redis and at the collector.
    """

    def extract(
        self, carrier: CarrierT, context: Context | None = None, getter: Getter[CarrierT] = default_getter
    ) -> Context:
        """Where in which trace the carrier says that we are."""
        said = getter.get(carrier, TRACEPARENT)
        return super().extract({TRACEPARENT: said[0]} if said else {}, context)
