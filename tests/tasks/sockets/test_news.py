"""What `ws /ws/notifications/` tells, over real sockets to a real web process."""

import signal
import time

import psutil

from tests.api_client import ApiClient
from tests.tasks.sockets.hearing import id_of, numbers_of
from tests.waiting import wait_until


def test_the_progress_and_the_result_of_own_tasks_are_told(ada, connect):
    peer = connect(ada.access)

    task_id = ada.submit("reverse_string", text="hello")

    assert peer.hear_until("task_progress")["data"] == {"task_id": task_id, "progress": 0}
    told = peer.hear_until("task_result")
    assert told["data"] == {
        "task_id": task_id,
        "task_type": "reverse_string",
        "status": "completed",
        "result": {"reversed_text": "olleh"},
    }
    assert told["event_id"]


def test_text_is_a_result_as_well(ada, connect):
    peer = connect(ada.access)

    ada.submit("ping", text="hello")

    assert peer.hear_until("task_result")["data"]["result"] == "pong hello"


def test_a_failure_says_why(ada, connect):
    peer = connect(ada.access)

    ada.submit("generate_random_number", min_value=2, max_value=1)

    data = peer.hear_until("task_result")["data"]
    assert (data["status"], data["error"]) == ("failed", "min_value must not be greater than max_value.")
    assert "result" not in data


def test_a_result_that_is_too_large_for_the_news_is_told_in_full(ada, connect):
    peer = connect(ada.access)

    ada.submit("reverse_string", text="x" * 9_000)

    assert len(peer.hear_until("task_result")["data"]["result"]["reversed_text"]) == 9_000


def test_nobody_hears_of_anothers_tasks(stack, ada, connect):
    eve = ApiClient(stack.url)
    hers, his = connect(ada.access), connect(eve.access)

    ada.submit("ping", text="secret")
    hers.hear_until("task_result")
    own = eve.submit("ping", text="own")

    assert his.hear()["data"]["task_id"] == own


def test_every_socket_of_a_person_hears_everything(ada, connect):
    peers = [connect(ada.access) for _ in range(3)]

    task_id = ada.submit("ping", text="hello")

    assert {peer.hear_until("task_result")["data"]["task_id"] for peer in peers} == {task_id}


def test_who_comes_back_hears_what_was_missed_once_and_in_order(ada, connect, tell):
    person_id = id_of(ada)
    peer = connect(ada.access)
    tell(person_id, 1, 2)
    peer.hear()
    last = peer.hear()["event_id"]
    peer.connection.shutdown()
    tell(person_id, 3, 4)

    again = connect(ada.access, query={"since": last})
    tell(person_id, 5)

    assert numbers_of(again, 3) == [3, 4, 5]


def test_the_first_message_tells_from_where_to_go_on(ada, connect, tell):
    person_id = id_of(ada)
    tell(person_id, 1)
    peer = connect(ada.access)
    tell(person_id, 2)
    numbers_of(peer, 1)
    peer.connection.shutdown()

    connection = connect(ada.access, established=False)
    start = connection.hear()["last_event_id"]
    tell(person_id, 3)
    connection.connection.shutdown()

    assert numbers_of(connect(ada.access, query={"since": start}), 1) == [3]


def test_what_can_no_longer_be_replayed_is_said(ada, connect):
    peer = connect(ada.access, query={"since": "1-1"})

    assert peer.hear()["type"] == "reset"


def test_a_web_process_that_is_killed_loses_nothing(stack, ada, connect, tell):
    person_id = id_of(ada)
    peer = connect(ada.access)
    tell(person_id, 1)
    last = peer.hear()["event_id"]

    [worker] = psutil.Process(stack.pid("web")).children()
    worker.kill()
    tell(person_id, 2, 3)
    wait_until(lambda: psutil.Process(stack.pid("web")).children() not in ([], [worker]), 30)

    assert numbers_of(connect(ada.access, query={"since": last}), 2) == [2, 3]


def test_a_web_process_that_leaves_says_goodbye_and_is_gone_at_once(stack, ada, connect):
    peer = connect(ada.access)
    started_at_s = time.monotonic()

    stack.signal("web", signal.SIGTERM)

    assert peer.closed_with() == 1001
    wait_until(lambda: stack.has_ended("web"), 15)
    assert time.monotonic() - started_at_s < 10  # its grace is 20 s
    stack.start("web")
    wait_until(lambda: stack.answers("/readyz"), 60)
