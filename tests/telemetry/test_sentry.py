"""Error reports, as Sentry gets them: from real processes, each error once, and nothing that people wrote."""

import contextlib

import pytest
import requests
from redis import Redis
from rq_scheduler import Scheduler

from tests.api_client import ApiClient
from tests.people import PASSWORD
from tests.stack import Stack
from tests.telemetry.receiver import Received, items_of
from tests.telemetry.texts import TEXT, TOKEN, written_in
from tests.waiting import wait_until

WITHIN_S = 30


@pytest.fixture(scope="module")
def stack(tmp_path_factory, received: Received):
    settings = {
        "SENTRY_DSN": f"http://key@{received.url}/42",
        "SENTRY_TRACES_SAMPLE_RATE": "1",
        "RELEASE": "1.2.3",
        "TASK_MODULES": "tests.telemetry.kinds",
    }
    with Stack(tmp_path_factory.mktemp("stack"), **settings) as running:
        yield running


@pytest.fixture
def events(received: Received):
    """The errors of one type that one process has reported since the test began."""
    begun = len(items_of(received, "event"))

    def since(process: str, kind: str) -> list[dict]:
        return [
            event
            for event in items_of(received, "event")[begun:]
            if event["server_name"] == process and type_of(event) == kind
        ]

    return since


def type_of(event: dict) -> str | None:
    errors = event.get("exception", {}).get("values", [])
    return errors[-1]["type"] if errors else None


def wait_for_report(events, process: str, kind: str, count: int = 1) -> list[dict]:
    """Wait for so many reports, and return all that came."""
    wait_until(lambda: len(events(process, kind)) >= count, WITHIN_S, what=f"{kind} from the {process}")
    return events(process, kind)


@pytest.mark.parametrize(("kind", "process"), [("stumble", "worker"), ("stumble_computing", "cruncher")])
def test_the_error_of_a_task_is_reported_once_with_its_ids(ada, events, kind, process):
    # A second report of the first error would come before that of the second error.
    task_ids = [ada.wait_for(ada.submit(kind, text=TEXT), "failed")["id"] for _ in "12"]

    reports = wait_for_report(events, process, "ValueError", 2)

    assert [event["tags"]["task_id"] for event in reports] == task_ids
    assert [event["tags"]["job_id"] for event in reports] == [f"{task_id}_1" for task_id in task_ids]
    assert {(event["environment"], event["release"], event["tags"]["kind"]) for event in reports} == {
        ("test", "1.2.3", kind)
    }
    assert reports[0]["exception"]["values"][-1]["stacktrace"]["frames"][-1]["function"] == kind


def test_the_error_of_a_request_is_reported_once_with_its_id(ada, stack, received, events):
    with broken_table(stack, "idempotency_keys"):
        answers = [break_a_request(ada) for _ in "12"]
    assert {answer.status_code for answer in answers} == {500}

    reports = wait_for_report(events, "web", "ProgrammingError", 2)

    sent = [answer.headers["X-Request-ID"] for answer in answers]
    assert [event["tags"]["request_id"] for event in reports] == sent
    assert {(event["environment"], event["release"]) for event in reports} == {("test", "1.2.3")}
    assert [(event["transaction"], event["request"]) for event in reports] == [
        ("/submit/", {"method": "POST"})
    ] * 2
    assert written_in(received, ada) == []


def break_a_request(ada: ApiClient) -> requests.Response:
    return requests.post(
        f"{ada.url}/submit/?token={TOKEN}",
        json={"message": TEXT},
        headers={"Idempotency-Key": TOKEN, "Cookie": f"pieces={TOKEN}", "Referer": TOKEN, **ada.headers},
        timeout=10,
    )


def test_an_error_in_the_scheduler_is_reported(stack, events):
    with Redis.from_url(stack.redis_url) as redis:
        redis.hset("rq:job:unreadable", mapping={"created_at": TEXT, "data": TEXT})
        redis.zadd(Scheduler.scheduled_jobs_key, {"unreadable": 0})

    [event] = wait_for_report(events, "scheduler", "ValueError")

    assert event["logentry"]["message"].startswith("scheduled job %s cannot be moved")
    assert (event["environment"], event["release"]) == ("test", "1.2.3")


def test_what_is_expected_is_not_reported(ada, stack, received, events):
    ada.wait_for(ada.submit("decline", text=TEXT), "failed")
    requests.post(f"{stack.url}/submit/", json={"message": ""}, timeout=10)
    requests.get(f"{stack.url}/nowhere/", timeout=10)

    # What comes after them has come.
    ada.wait_for(ada.submit("stumble", text=TEXT), "failed")
    wait_for_report(events, "worker", "ValueError")
    assert not events("worker", "TaskFailed")
    assert not events("web", "InvalidInput")


def test_nothing_that_people_wrote_is_in_any_byte_of_it(ada, stack, received, events):
    with contextlib.suppress(AssertionError):
        ada.post("/api/users/login/", email=ada.email, password=f"{PASSWORD}s")
    for kind in ("stumble", "stumble_computing"):
        ada.wait_for(ada.submit(kind, text=TEXT), "failed")
    requests.get(f"{stack.url}/history/?q={TEXT}&token={TOKEN}", timeout=10)
    wait_for_report(events, "worker", "ValueError")
    wait_for_report(events, "cruncher", "ValueError")
    wait_until(lambda: {"/history/", "job stumble"} <= timed(received))

    assert written_in(received, ada) == []


def timed(received: Received) -> set[str]:
    return {transaction["transaction"] for transaction in items_of(received, "transaction")}


@contextlib.contextmanager
def broken_table(stack: Stack, name: str):
    """A table that is not there for a while: the fault of a program and its migrations."""
    with stack.postgres() as postgres:
        postgres.execute(f"ALTER TABLE {name} RENAME TO hidden")
        yield
        postgres.execute(f"ALTER TABLE hidden RENAME TO {name}")
