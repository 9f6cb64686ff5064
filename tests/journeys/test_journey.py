"""The whole journey with real processes: what is promised, and what is promised when things break."""

import json
import signal
from collections import Counter
from datetime import datetime
from http.client import HTTPConnection, HTTPResponse
from itertools import pairwise

import pytest

from tests.events import EventClient
from tests.stack import Stack
from tests.waiting import wait_until


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    with Stack(tmp_path_factory.mktemp("stack"), WORKER_HEARTBEAT_S="1", DEAD_WORKER_AFTER_S="3") as running:
        yield running


@pytest.fixture
def events(stack):
    with EventClient(stack.port) as client:
        yield client


def post(stack: Stack, message: str) -> tuple[HTTPResponse, dict]:
    connection = HTTPConnection("127.0.0.1", stack.port, timeout=20)
    body = json.dumps({"message": message})
    connection.request("POST", "/submit/", body, {"Content-Type": "application/json"})
    response = connection.getresponse()
    return response, json.loads(response.read())


def submit(stack: Stack, message: str) -> str:
    response, answer = post(stack, message)
    assert response.status == 202, answer
    return str(answer["id"])


def result(stack: Stack, task_id: str) -> dict:
    connection = HTTPConnection("127.0.0.1", stack.port, timeout=20)
    connection.request("GET", f"/api/tasks/results/{task_id}/")
    return json.loads(connection.getresponse().read())


def ids_are_in_order_and_unique(client: EventClient) -> bool:
    ids = [
        tuple(map(int, event_id.split("-")))
        for event_id, event, _ in client.events
        if event_id and event == "task"
    ]
    return all(earlier < later for earlier, later in pairwise(ids))


def test_a_message_is_answered_three_seconds_later_and_everybody_sees_it(stack, events):
    with EventClient(stack.port) as other:
        task_id = submit(stack, "hello")

        answers = [events.answer_to(task_id), other.answer_to(task_id)]

    assert answers[0] == answers[1]
    assert answers[0]["reply"] == "pong hello"
    assert 3000 <= answers[0]["duration_ms"] < 4500
    assert result(stack, task_id)["reply"] == "pong hello"


def test_hundreds_of_messages_wait_at_once_and_none_is_early(stack, events):
    ids = [submit(stack, f"message {number}") for number in range(150)]

    answers = [events.answer_to(task_id, timeout=30) for task_id in ids]

    assert all(answer["duration_ms"] >= 3000 for answer in answers)
    assert max(Counter(answer["id"] for answer in events.tasks("done")).values()) == 1
    assert ids_are_in_order_and_unique(events)


def test_heartbeats_come_on_the_grid_one_by_one(events):
    wait_until(lambda: len(events.of("heartbeat")) >= 3, 20)

    beats = [beat["beat"] for beat in events.of("heartbeat")]
    assert beats == list(range(beats[0], beats[0] + len(beats)))
    for beat in events.of("heartbeat"):
        assert beat["message"] == "heartbeat successful"
        assert datetime.fromisoformat(beat["at"]).timestamp() // 3 == beat["beat"]


def test_messages_of_a_killed_worker_are_answered_once(stack, events):
    ids = [submit(stack, f"before the kill {number}") for number in range(20)]
    wait_until(lambda: len({task["id"] for task in events.tasks("running")} & set(ids)) == 20)

    stack.kill("worker")
    stack.start("worker")

    for task_id in ids:
        assert events.answer_to(task_id, timeout=40)["reply"].startswith("pong before the kill")
    assert {result(stack, task_id)["status"] for task_id in ids} == {"done"}


def test_messages_sent_while_no_worker_runs_are_answered_when_one_comes(stack, events):
    stack.stop("worker")
    task_id = submit(stack, "nobody is there")

    stack.start("worker")

    assert events.answer_to(task_id, timeout=40)


def test_a_web_process_that_leaves_says_so_and_nothing_is_missed(stack, events):
    task_id = submit(stack, "over a deploy")

    stack.stop("web")
    stack.start("web")

    wait_until(lambda: events.of("shutdown"))
    assert events.answer_to(task_id)
    assert ids_are_in_order_and_unique(events)


def test_a_killed_web_process_is_survived_by_its_streams(stack, events):
    task_id = submit(stack, "over a crash")

    stack.kill("web")
    stack.start("web")

    assert events.answer_to(task_id)


def test_a_killed_scheduler_beats_again(stack, events):
    wait_until(lambda: events.of("heartbeat"), 20)

    stack.kill("scheduler")
    stack.start("scheduler")
    seen = len(events.of("heartbeat"))
    wait_until(lambda: len(events.of("heartbeat")) >= seen + 2, 30)

    beats = [beat["beat"] for beat in events.of("heartbeat")]
    assert len(set(beats)) == len(beats)


def test_messages_survive_that_redis_forgets_everything(stack, events):
    ids = [submit(stack, f"before the flush {number}") for number in range(10)]

    stack.flush_redis()
    ids.append(submit(stack, "after the flush"))

    for task_id in ids:
        wait_until(lambda task_id=task_id: result(stack, task_id)["status"] == "done", 60)
    wait_until(lambda: stack.answers("/readyz"), 30)
    wait_until(lambda: set(ids) <= {task["id"] for task in events.tasks("done")}, 30, what="all the news")


def test_messages_sent_while_redis_hangs_are_accepted_and_answered_later(stack, events):
    with stack.paused_redis():
        task_id = submit(stack, "redis hangs")

    wait_until(lambda: result(stack, task_id)["status"] == "done", 60)


def test_a_worker_told_to_stop_gives_back_what_it_cannot_finish(stack, events):
    ids = [submit(stack, f"over a stop {number}") for number in range(10)]
    wait_until(lambda: len({task["id"] for task in events.tasks("running")} & set(ids)) == 10)

    stack.signal("worker", signal.SIGTERM)
    stack.signal("worker", signal.SIGTERM)
    stack.stop("worker")
    stack.start("worker")

    for task_id in ids:
        assert events.answer_to(task_id, timeout=40)
        assert result(stack, task_id)["attempts"] == 1


def test_while_postgres_is_away_nothing_is_accepted_and_what_was_is_answered_later(stack, events):
    task_id = submit(stack, "before postgres went away")
    wait_until(lambda: task_id in {task["id"] for task in events.tasks("running")})

    with stack.refused_by_postgres():
        response, answer = post(stack, "while postgres is away")
        wait_until(lambda: not stack.answers("/readyz"))

    assert response.status == 503
    assert int(response.headers["Retry-After"]) > 0
    assert answer["error"]["code"] == "unavailable"
    assert events.answer_to(task_id, timeout=60)
    assert events.answer_to(submit(stack, "after postgres came back"), timeout=30)


def test_a_body_of_ten_megabytes_is_refused_in_words(stack):
    connection = HTTPConnection("127.0.0.1", stack.port, timeout=30)
    connection.request("POST", "/submit/", b"x" * 10_000_000, {"Content-Type": "application/json"})

    response = connection.getresponse()

    assert response.status == 413
    assert json.loads(response.read())["error"]["code"] == "request_entity_too_large"


def test_headers_of_a_hundred_thousand_bytes_are_refused(stack):
    connection = HTTPConnection("127.0.0.1", stack.port, timeout=30)
    connection.request("GET", "/", headers={"X-Long": "x" * 100_000})

    assert 400 <= connection.getresponse().status < 500
