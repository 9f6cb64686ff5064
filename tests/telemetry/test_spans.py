"""Spans of what is done for many at once, and of what is done where no trace is."""

import threading

import pytest
import structlog
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from pingpong.queue.batching import Batcher
from pingpong.telemetry.log_fields import add_trace_id
from pingpong.telemetry.sampling import sampler_for
from pingpong.telemetry.spans import Origin, spans
from pingpong.telemetry.traces import Traces
from tests.waiting import wait_until

SAMPLED = 1
"""The flag of a trace that is kept (W3C Trace Context)."""


@pytest.fixture
def recorded(monkeypatch):
    """The spans that are recorded, once they have ended."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider(sampler=sampler_for(1), shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(spans, "tracing", Traces(provider))
    return exporter.get_finished_spans


def named(recorded, name):
    return [span for span in recorded() if span.name == name]


def a_job(number: int, step) -> None:
    with spans.job("ping", f"job {number}", {}):
        step()


def test_what_is_done_for_one_is_a_part_of_its_trace(recorded):
    def write(items):
        with spans.step("write"):
            return items

    a_job(1, lambda: Batcher(write, name="wait")(1))

    [job], [wait], [written] = (named(recorded, name) for name in ("job ping", "wait", "write"))
    assert wait.parent.span_id == job.context.span_id
    assert written.parent.span_id == wait.context.span_id


def test_what_is_done_for_many_and_their_waits_refer_to_each_other(recorded):
    may_go, begun = threading.Event(), []

    def write(items):
        begun.append(items)
        assert may_go.wait(10)
        return items

    call = Batcher(write, name="wait")
    jobs = [threading.Thread(target=a_job, args=(n, lambda n=n: call(n))) for n in range(4)]
    jobs[0].start()
    wait_until(lambda: begun)
    for job in jobs[1:]:
        job.start()
    wait_until(lambda: call._waiting.qsize() == 3)
    may_go.set()
    for job in jobs:
        job.join(10)

    [together] = named(recorded, "wait (together)")
    waits = {span.context.span_id: span for span in named(recorded, "wait")}
    linked = {link.context.span_id for link in together.links}
    assert together.parent.span_id in linked
    assert len(linked & waits.keys()) == 3
    assert {link.context.span_id for each in linked for link in waits[each].links} == {
        together.context.span_id
    }


def test_what_has_no_name_is_no_span_though_it_is_done_for_many(recorded):
    asked: list[Origin] = []
    for number in range(2):
        a_job(number, lambda: asked.append(spans.here()))

    with spans.together("", asked):
        pass

    assert {span.name for span in recorded()} == {"job ping"}


def test_of_what_a_client_sends_only_where_it_is_goes_on(recorded):
    sent = {"traceparent": f"00-{'ab' * 16}-{'cd' * 8}-01", "tracestate": "said=anything"}

    carried: dict[str, str] = {}
    with spans.job("ping", "job 1", sent):
        carried.update(spans.carrier())

    [job] = recorded()
    assert format(job.context.trace_id, "032x") == "ab" * 16
    assert carried.keys() == {"traceparent"}


def test_what_is_done_for_others_is_no_part_of_the_trace_around_it(recorded):
    # A greenlet that does it inherits the context of the request that happened to start it.
    asked: list[Origin] = [None]
    a_job(1, lambda: asked.append(spans.here()))
    traces = []

    with spans.job("ping", "job 2", {}):
        for origin in asked:
            with spans.together("write", [origin]):
                traces.append(spans.ids().get("trace_id"))

    first, _ = named(recorded, "job ping")
    assert traces == [None, format(first.context.trace_id, "032x")]


def test_a_step_that_belongs_to_no_work_is_not_recorded(recorded):
    with spans.step("look around"):
        assert spans.here() is None

    assert recorded() == ()


def test_a_job_that_is_made_in_a_job_goes_on_in_its_trace(recorded):
    carried: dict[str, str] = {}
    a_job(1, lambda: carried.update(spans.carrier()))

    with spans.job("next", "job 2", carried):
        pass

    [first], [second] = named(recorded, "job ping"), named(recorded, "job next")
    assert second.context.trace_id == first.context.trace_id
    assert second.parent.span_id == first.context.span_id


def test_a_part_of_the_traces_is_kept_as_a_whole(monkeypatch):
    provider = TracerProvider(sampler=sampler_for(0), shutdown_on_exit=False)
    monkeypatch.setattr(spans, "tracing", Traces(provider))

    with spans.job("ping", "1", {}):
        here, traceparent = spans.here(), spans.carrier()["traceparent"]

    assert here is None
    assert int(traceparent[-2:], 16) & SAMPLED == 0


def test_a_log_line_tells_its_trace(recorded):
    lines: list[dict] = []
    a_job(1, lambda: lines.append(add_trace_id(None, "info", {"event": "answered"})))
    lines.append(add_trace_id(None, "info", {"event": "idle"}))

    [job] = recorded()
    assert lines == [
        {"event": "answered", "trace_id": format(job.context.trace_id, "032x")},
        {"event": "idle"},
    ]
    assert structlog.contextvars.get_contextvars().get("trace_id") is None
