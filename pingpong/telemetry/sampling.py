"""Which traces are kept."""

from collections.abc import Sequence

from opentelemetry.context import Context
from opentelemetry.sdk.trace.sampling import (
    Decision,
    ParentBased,
    Sampler,
    SamplingResult,
    TraceIdRatioBased,
)
from opentelemetry.trace import Link, SpanKind, TraceState
from opentelemetry.util.types import Attributes

BEGINNINGS = {SpanKind.SERVER, SpanKind.CONSUMER}


class BegunByWork(Sampler):
    """Keeps a part of the traces that a request or a job begins, and no others.

    A worker asks Redis for jobs without end: without this, each question would be a trace.
    """

    def __init__(self, part: float) -> None:
        self._part = TraceIdRatioBased(part)

    def should_sample(  # noqa: PLR0917 - OpenTelemetry's signature
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        trace_state: TraceState | None = None,
    ) -> SamplingResult:
        """Decide for a span without a parent."""
        if kind not in BEGINNINGS:
            return SamplingResult(Decision.DROP)
        return self._part.should_sample(parent_context, trace_id, name, kind, attributes, links, trace_state)

    def get_description(self) -> str:
        """What it is called."""
        return f"BegunByWork{{{self._part.get_description()}}}"


def sampler_for(part: float) -> Sampler:
    """A trace is kept as a whole or not at all: what it begins with, which may be a browser, decides."""
    return ParentBased(root=BegunByWork(part))
