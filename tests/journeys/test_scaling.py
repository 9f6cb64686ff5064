"""More workers and fewer, in the middle of a thousand messages: some come later, none is lost or doubled."""

import json
import signal
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection

import pytest

from tests.events import EventClient
from tests.stack import COMMANDS, Stack
from tests.waiting import wait_until

MANY = 1_000
SENDERS = 8
TWO_WORKERS = {**COMMANDS, "another worker": COMMANDS["worker"]}


@pytest.fixture
def stack(tmp_path):
    with Stack(tmp_path, commands=TWO_WORKERS, WORKER_GRACE_S="0.5") as running:
        yield running


def submit_many(port: int, count: int) -> list[str]:
    """Submit over one kept-alive connection; the ids."""
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    ids = []
    for _ in range(count):
        connection.request("POST", "/submit/", '{"message": "hello"}', {"Content-Type": "application/json"})
        ids.append(json.loads(connection.getresponse().read())["id"])
    return ids


def test_a_worker_that_leaves_in_the_middle_of_a_thousand_messages_loses_none(stack):
    with EventClient(stack.port) as events, ThreadPoolExecutor(SENDERS) as senders:
        sent = [senders.submit(submit_many, stack.port, MANY // SENDERS) for _ in range(SENDERS)]
        wait_until(lambda: len(events.tasks("running")) > MANY // 4, 30, what="many to wait")

        stack.stop("worker")

        ids = {task_id for sending in sent for task_id in sending.result()}
        wait_until(lambda: len(events.tasks("done")) >= MANY, 60, what="all answers")
        answers = Counter(task["id"] for task in events.tasks("done"))
        assert answers == dict.fromkeys(ids, 1)
        assert min(task["duration_ms"] for task in events.tasks("done")) >= 3_000


def test_a_worker_that_is_killed_in_the_middle_of_a_thousand_messages_loses_none(tmp_path):
    settings = {"WORKER_HEARTBEAT_S": "1", "DEAD_WORKER_AFTER_S": "3"}
    with Stack(tmp_path, commands=TWO_WORKERS, **settings) as stack, EventClient(stack.port) as events:
        with ThreadPoolExecutor(SENDERS) as senders:
            sent = [senders.submit(submit_many, stack.port, MANY // SENDERS) for _ in range(SENDERS)]
            wait_until(lambda: len(events.tasks("running")) > MANY // 4, 30, what="many to wait")

            stack.signal("another worker", signal.SIGKILL)

            ids = {task_id for sending in sent for task_id in sending.result()}
        # News that nobody knows of whether it was told is told again; the row is answered once.
        wait_until(lambda: {task["id"] for task in events.tasks("done")} >= ids, 60, what="all answers")
