"""Traces, as a collector gets them: from real processes, one for each request and all that follows."""

import pytest
import requests

from tests.api_client import ApiClient
from tests.stack import Stack
from tests.telemetry.receiver import Received, SeenSpan, receiver, spans_of
from tests.telemetry.texts import TEXT, TOKEN, written_in
from tests.waiting import wait_until

BROWSERS_TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
BROWSERS_SPAN = "00f067aa0ba902b7"
POST = "pingpong-web: POST /submit/"
WITHIN_S = 30


@pytest.fixture(scope="module")
def stack(tmp_path_factory, received: Received):
    settings = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://{received.url}",
        "OTEL_EXPORTER_OTLP_HEADERS": "x-key=a%20key",
        "OTEL_BSP_SCHEDULE_DELAY": "100",
        "RELEASE": "1.2.3",
        "PING_DELAY_S": "0",
        "TASK_MODULES": "tests.telemetry.kinds",
    }
    with Stack(tmp_path_factory.mktemp("stack"), **settings) as running:
        yield running


class Trace:
    """The spans of one trace."""

    def __init__(self, spans: list[SeenSpan]) -> None:
        self.spans = spans
        self._by_id = {span.id: span for span in spans}

    def path(self, span: SeenSpan) -> list[str]:
        """The span and those that it is a part of, from the outermost."""
        parent = self._by_id.get(span.parent_id)
        return [*(self.path(parent) if parent else []), f"{span.service}: {span.name}"]

    def paths(self) -> set[tuple[str, ...]]:
        return {tuple(self.path(span)) for span in self.spans}

    def strangers(self) -> set[str]:
        """The parents that are not here."""
        return {span.parent_id for span in self.spans if span.parent_id not in self._by_id}


def trace_of(received: Received, request_id: str, *paths: tuple[str, ...]) -> Trace:
    """Wait for the trace that a request began, with these spans in it."""
    so_far: list[Trace] = []

    def complete() -> Trace | None:
        spans = spans_of(received)
        ids = {span.trace_id for span in spans if span.attributes.get("request_id") == request_id}
        so_far[:] = [Trace([span for span in spans if span.trace_id in ids])]
        is_whole = so_far[0].strangers() <= {"", BROWSERS_SPAN}  # a parent may come after its parts
        return so_far[0] if is_whole and set(paths) <= so_far[0].paths() else None

    try:
        return wait_until(complete, WITHIN_S)
    except AssertionError:
        raise AssertionError(f"{set(paths) - so_far[0].paths()} not in {so_far[0].paths()}") from None


def names_of(received: Received) -> set[str]:
    return {span.name for span in spans_of(received)}


def submit(stack: Stack, **headers: str) -> str:
    """Send a message; returns the request's id."""
    answer = requests.post(f"{stack.url}/submit/", json={"message": TEXT}, headers=headers, timeout=10)
    assert answer.status_code == 202
    return answer.headers["X-Request-ID"]


def test_one_trace_leads_from_the_post_to_the_published_answer(stack, received):
    enqueue = (POST, "pingpong-web: enqueue task")
    job = (*enqueue, "pingpong-worker: job ping")

    trace = trace_of(
        received,
        submit(stack),
        (POST, "pingpong-web: store task", "pingpong-web: WITH"),
        (*job, "pingpong-worker: claim task", "pingpong-worker: WITH"),
        (*job, "pingpong-worker: answer task", "pingpong-worker: WITH"),
        (*job, "pingpong-worker: publish", "pingpong-worker: EVAL"),
    )

    sent = (*enqueue, "pingpong-web: send job")
    assert any("RPUSH" in path[-1] for path in trace.paths() if path[:-1] == sent)
    assert trace.strangers() == {""}


def test_work_that_computes_is_in_the_trace_of_its_request(ada, received):
    answer = requests.post(
        f"{ada.url}/api/tasks/count_primes/", json={"limit": 10}, headers=ada.headers, timeout=10
    )
    post = ("pingpong-web: POST /api/tasks/<kind:kind>/", "pingpong-web: enqueue task")
    job = (*post, "pingpong-cruncher: job count_primes")

    trace = trace_of(
        received,
        answer.headers["X-Request-ID"],
        (*job, "pingpong-cruncher: claim task", "pingpong-cruncher: WITH"),
        (*job, "pingpong-cruncher: answer task", "pingpong-cruncher: WITH"),
        (*job, "pingpong-cruncher: publish", "pingpong-cruncher: EVAL"),
    )

    assert trace.strangers() == {""}


def test_the_trace_of_a_browser_goes_on(stack, received):
    request_id = submit(stack, traceparent=f"00-{BROWSERS_TRACE}-{BROWSERS_SPAN}-01")

    trace = trace_of(received, request_id, (POST, "pingpong-web: store task"))

    assert {span.trace_id for span in trace.spans} == {BROWSERS_TRACE}
    assert trace.strangers() == {BROWSERS_SPAN}


def test_a_trace_that_a_browser_does_not_keep_is_not_kept(stack, received):
    dropped = submit(stack, traceparent=f"00-{BROWSERS_TRACE[::-1]}-{BROWSERS_SPAN}-00")
    trace_of(received, submit(stack), (POST,))

    assert dropped not in {span.attributes.get("request_id") for span in spans_of(received)}


def test_nobody_traces_what_is_open_for_hours_or_asked_every_second(stack, received):
    begun = len(spans_of(received))
    for path in ("/healthz", "/readyz", "/static/pages/base.css"):
        requests.get(stack.url + path, timeout=10)
    requests.get(f"{stack.url}/events/", stream=True, timeout=10).close()
    trace_of(received, submit(stack), (POST,))

    since = {span.name for span in spans_of(received)[begun:]}
    assert POST.partition(": ")[2] in since
    assert [name for name in since if name.startswith("GET /")] == []


def test_nothing_that_people_wrote_is_in_any_byte_of_it(ada, stack, received):
    ada.wait_for(ada.submit("stumble", text=TEXT), "failed")
    for path in (f"/history/?q={TEXT}&token={TOKEN}", f"/{TEXT}/"):
        requests.get(stack.url + path, headers={"User-Agent": TEXT.encode(), "Referer": TOKEN}, timeout=10)
    submit(stack, traceparent=f"00-{BROWSERS_TRACE[::-1]}-{BROWSERS_SPAN}-01", tracestate=f"said={TOKEN}")
    submit(stack, baggage=f"said={TOKEN}")
    assert requests.post(f"{stack.url}/submit/", json={"message": "\ud800"}, timeout=10).status_code >= 400
    wait_until(lambda: {"GET /history/", "job stumble", "GET"} <= names_of(received), WITHIN_S)

    assert written_in(received, ada) == []


def test_an_error_is_known_by_its_type(ada, received):
    ada.wait_for(ada.submit("stumble", text=TEXT), "failed")

    wait_until(
        lambda: (
            {span.attributes.get("error.type") for span in spans_of(received) if span.name == "job stumble"}
            == {"ValueError"}
        ),
        WITHIN_S,
    )


def test_the_collector_is_told_what_runs_where_and_gets_its_key(stack, received):
    trace = trace_of(received, submit(stack), (POST,))

    assert trace.spans[0].attributes["resource"].items() >= {
        ("service.version", "1.2.3"),
        ("deployment.environment", "test"),
    }
    assert {headers["x-key"] for headers in received.headers} == {"a key"}
    assert set(received.paths) == {"/v1/traces"}


def test_what_is_left_is_sent_when_processes_leave(tmp_path):
    with receiver() as received:
        settings = {
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://{received.url}",
            "OTEL_BSP_SCHEDULE_DELAY": "3600000",
            "OTEL_BSP_MAX_QUEUE_SIZE": "100000",
            "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "100000",  # asking for the answer makes spans, too
            "PING_DELAY_S": "0",
        }
        with Stack(tmp_path, **settings) as stack:
            ada = ApiClient(stack.url)
            ada.wait_for(ada.submit("ping", text=TEXT), "done")
            assert names_of(received) == set()

        assert {"POST /api/tasks/<kind:kind>/", "job ping", "answer task"} <= names_of(received)
