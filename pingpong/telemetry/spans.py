"""What the code tells the traces, in words that cost next to nothing while there are none.

Only requests and jobs begin a trace; a step, a statement or a command outside of one is not recorded.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Protocol

Origin = Any
"""Where in which trace something was asked for: OpenTelemetry's Context. None is nowhere."""

OFF: AbstractContextManager[object] = nullcontext()


class Tracing(Protocol):
    """What records, when there are traces."""

    def here(self) -> Origin: ...  # noqa: D102 - as in Spans, each
    def carrier(self) -> dict[str, str]: ...  # noqa: D102
    def ids(self) -> dict[str, str]: ...  # noqa: D102
    def step(self, name: str) -> AbstractContextManager[object]: ...  # noqa: D102
    def together(self, name: str, origins: Sequence[Origin]) -> AbstractContextManager[object]: ...  # noqa: D102
    def job(self, kind: str, job_id: str, meta: Mapping[str, Any]) -> AbstractContextManager[object]: ...  # noqa: D102


class Spans:
    """The traces of this process, or none."""

    def __init__(self) -> None:
        self.tracing: Tracing | None = None

    def here(self) -> Origin:
        """Where we are, for what is done elsewhere on our behalf; None outside of a trace."""
        return self.tracing.here() if self.tracing else None

    def carrier(self) -> dict[str, str]:
        """Where we are, as text that travels with a job (`traceparent`, W3C Trace Context)."""
        return self.tracing.carrier() if self.tracing else {}

    def ids(self) -> dict[str, str]:
        """The `trace_id` to look for, if what happens here is recorded."""
        return self.tracing.ids() if self.tracing else {}

    def step(self, name: str) -> AbstractContextManager[object]:
        """A span of what is done in the block; none without a name."""
        return self.tracing.step(name) if self.tracing and name else OFF

    def together(self, name: str, origins: Sequence[Origin]) -> AbstractContextManager[object]:
        """What is done in the block is done for all of these.

        For one, it is a part of that one's trace. For many it is a span of its own, in the first one's trace;
        it and theirs refer to each other. Without a name there is no span.
        """
        return self.tracing.together(name, origins) if self.tracing else OFF

    def job(self, kind: str, job_id: str, meta: Mapping[str, Any]) -> AbstractContextManager[object]:
        """The span of a job, in the trace of whoever made it, which is known from the job's meta."""
        return self.tracing.job(kind, job_id, meta) if self.tracing else OFF


spans = Spans()
