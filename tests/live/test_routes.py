"""`GET /events/` as a client of the route sees it."""

import re

import pytest

from pingpong.live.publish import publish, publish_passing
from pingpong.live.update import Update
from tests.conftest import changed


@pytest.fixture
def stream(live):
    """Open streams; each is an iterator of text chunks."""
    opened = []

    def connect(path: str = "/events/", **headers: str):
        response = live.test_client().get(path, headers=headers)
        opened.append(response)
        return response, (chunk.decode() for chunk in response.response)

    yield connect
    for response in opened:
        response.close()


def tell(live, *texts: str) -> None:
    publish(
        live.extensions["redis"],
        live.extensions["bus"],
        [Update("task", "task", f'"{text}"') for text in texts],
    )


def beat(live) -> None:
    publish_passing(
        live.extensions["redis"], live.extensions["bus"], [Update("heartbeat", "heartbeat", '"beat"')]
    )


def test_a_stream_says_first_when_to_come_back_then_comments(stream):
    _, chunks = stream()

    retry_ms = int(re.fullmatch(r"retry: (\d+)\n: .*\n\n", next(chunks))[1])
    assert 1000 <= retry_ms <= 3000


def test_the_time_to_come_back_differs_between_clients(stream):
    assert len({next(stream()[1]) for _ in range(10)}) > 1


def test_the_headers_keep_proxies_from_holding_the_stream_back(stream):
    response, _ = stream()

    assert response.mimetype == "text/event-stream"
    assert response.headers["Cache-Control"] == "no-cache, no-transform"
    assert response.headers["X-Accel-Buffering"] == "no"


def test_news_is_streamed_with_its_id(stream, live):
    _, chunks = stream()
    next(chunks)

    tell(live, "hello")

    assert re.fullmatch(r'id: \d+-\d+\nevent: task\ndata: "hello"\n\n', next(chunks))


def test_heartbeats_have_no_id(stream, live):
    _, chunks = stream()
    next(chunks)

    beat(live)

    assert next(chunks) == 'event: heartbeat\ndata: "beat"\n\n'


def test_topics_narrow_the_stream(stream, live):
    _, chunks = stream("/events/?topics=heartbeat")
    next(chunks)

    tell(live, "hello")
    beat(live)

    assert "event: heartbeat" in next(chunks)


def test_unknown_topics_alone_are_refused(live):
    response = live.test_client().get("/events/?topics=user:5")

    assert response.status_code == 422
    assert "topics" in response.json["error"]["fields"]


@pytest.mark.parametrize("by", ["header", "query"])
def test_what_was_missed_is_replayed(stream, live, by):
    _, chunks = stream()
    next(chunks)
    tell(live, "one", "two", "three")
    first_id = re.search(r"id: (\S+)", next(chunks))[1]

    _, chunks = (
        stream(**{"Last-Event-ID": first_id})
        if by == "header"
        else stream(f"/events/?last_event_id={first_id}")
    )
    next(chunks)

    assert re.findall(r'data: "(\w+)"', next(chunks)) == ["two", "three"]


def test_an_id_that_nobody_remembers_resets(stream):
    _, chunks = stream(**{"Last-Event-ID": "1-0"})
    next(chunks)

    assert "event: reset" in next(chunks)


def test_silence_is_broken_by_comments(stream, live):
    with changed(live, live_comment_every_s=0.01):
        _, chunks = stream()
        next(chunks)

        assert next(chunks).startswith(":")


def test_a_closed_stream_leaves_the_hub(stream, live):
    response, chunks = stream()
    next(chunks)
    assert len(live.extensions["hub"]) == 1

    response.close()

    assert len(live.extensions["hub"]) == 0


def test_a_head_request_opens_no_stream(live):
    response = live.test_client().head("/events/")

    assert response.status_code == 200
    assert len(live.extensions["hub"]) == 0


def test_more_streams_than_a_process_bears_are_sent_elsewhere(stream, live):
    with changed(live, live_max_streams=1):
        stream()
        response, _ = stream()

    assert response.status_code == 503
    assert response.headers["Retry-After"]


def test_a_leaving_process_says_so_and_ends_the_stream(stream, live):
    _, chunks = stream()
    next(chunks)

    live.extensions["hub"].shut_down()

    assert "event: shutdown" in next(chunks)
    assert list(chunks) == []
