"""Each failure mode, as a client meets it."""

import time

import psutil
import pytest
import requests

from pingpong.dsp.sandbox.faults import FAULTS
from pingpong.dsp.sandbox.switch import Mode
from tests.dsp.sandbox.visits import poll, raw_submit, submit, submitted
from tests.dsp.sandbox_client import SandboxServer
from tests.waiting import wait_until


def test_every_mode_has_its_function():
    assert FAULTS.keys() == {*Mode}


@pytest.mark.parametrize(("mode", "status"), [("error_500", 500), ("too_many", 429), ("reject_400", 400)])
def test_nothing_is_created_by_what_is_refused(sandbox: SandboxServer, mode: str, status: int):
    sandbox.mode(mode)

    refused = submit(sandbox)

    assert refused.status_code == status
    assert refused.json()["error_message"]
    assert sandbox.stats()["created"] == 0


def test_polls_are_refused_as_well(sandbox: SandboxServer):
    entity_id = submitted(sandbox)
    sandbox.mode("error_500", times=1)

    assert [poll(sandbox, entity_id).status_code for _ in range(2)] == [500, 200]


def test_too_many_says_when_to_come_back_and_is_no_violation(sandbox: SandboxServer):
    sandbox.mode("too_many", retry_after_s=17)

    assert submit(sandbox).headers["Retry-After"] == "17"
    assert sandbox.stats()["violations"] == 0


def test_an_error_says_when_to_come_back_if_it_is_told_to(sandbox: SandboxServer):
    sandbox.mode("error_500")
    silent = submit(sandbox)
    sandbox.mode("error_500", retry_after_s=17)

    assert "Retry-After" not in silent.headers
    assert submit(sandbox).headers["Retry-After"] == "17"


def test_a_rejection_says_what_it_is_told_to_say(sandbox: SandboxServer):
    sandbox.mode("reject_400", error_message="budget: must be positive")

    assert submit(sandbox).json() == {"error_message": "budget: must be positive"}


def test_an_entity_fails_with_a_reason(sandbox: SandboxServer):
    sandbox.mode("failed", times=1, error_message="no such advertiser")
    entity_id, other_id = submitted(sandbox), submitted(sandbox)

    assert poll(sandbox, entity_id).json() == {"status": "failed", "error_message": "no such advertiser"}
    assert poll(sandbox, other_id).json() == {"status": "success"}


def test_an_entity_that_has_been_accepted_fails_as_well(sandbox: SandboxServer):
    entity_id = submitted(sandbox)
    sandbox.mode("failed", only="poll", times=1)

    assert [poll(sandbox, entity_id).json()["status"] for _ in range(2)] == ["failed", "failed"]


def test_an_entity_succeeds_slowly(sandbox: SandboxServer):
    sandbox.mode("slow", times=1, slow_s=0.5)
    entity_id = submitted(sandbox)

    assert poll(sandbox, entity_id).json() == {"status": "pending"}
    wait_until(lambda: poll(sandbox, entity_id).json() == {"status": "success"})
    created, *_, finished = (arrival["at"] for arrival in sandbox.arrivals())
    assert finished - created > 0.5


def test_what_is_no_json_has_the_right_status_and_is_done_all_the_same(sandbox: SandboxServer):
    sandbox.mode("wrong_json")

    answer = submit(sandbox, key="one")

    assert answer.status_code == 202
    with pytest.raises(requests.JSONDecodeError):
        answer.json()
    assert_was_done_once(sandbox)


def test_what_is_not_as_documented_has_the_right_status_and_is_done_all_the_same(sandbox: SandboxServer):
    sandbox.mode("wrong_shape")

    answer = submit(sandbox, key="one")

    assert answer.status_code == 202
    assert "id" not in answer.json()
    assert_was_done_once(sandbox)


@pytest.mark.parametrize("mode", ["wrong_json", "wrong_shape"])
def test_a_poll_is_answered_wrongly_with_the_right_status(sandbox: SandboxServer, mode: str):
    entity_id = submitted(sandbox)
    sandbox.mode(mode)

    answer = poll(sandbox, entity_id)

    assert answer.status_code == 200
    assert '"status"' not in answer.text


def test_an_answer_is_lost_but_the_entity_is_there(sandbox: SandboxServer):
    sandbox.mode("loses_answer")

    with pytest.raises(requests.ConnectionError):
        submit(sandbox, key="one")

    assert_was_done_once(sandbox)


def assert_was_done_once(sandbox: SandboxServer) -> None:
    """The entity of the key `one` is there, and whoever asks again is told its id."""
    (entity,) = sandbox.stats()["entities"]
    sandbox.mode("ok")
    assert submit(sandbox, key="one").json() == {"id": entity["id"]}
    assert sandbox.stats()["created"] == 1


@pytest.mark.parametrize(("mode", "created"), [("reset", 0), ("loses_answer", 1)])
def test_the_connection_is_reset_before_a_byte_of_an_answer(sandbox: SandboxServer, mode: str, created: int):
    sandbox.mode(mode)

    with raw_submit(sandbox) as connection, pytest.raises(ConnectionResetError):
        connection.recv(1)

    assert sandbox.stats()["created"] == created


def test_after_a_reset_all_goes_on(sandbox: SandboxServer):
    sandbox.mode("reset", times=1)
    with pytest.raises(requests.ConnectionError):
        submit(sandbox)

    assert submit(sandbox).status_code == 202


@pytest.mark.parametrize("body", [b"{}", b'{"name": "%s"}' % (b"x" * 1_000_000)], ids=["short", "long"])
def test_nothing_is_said_for_longer_than_a_client_waits(sandbox: SandboxServer, body: bytes):
    sandbox.mode("timeout")

    with raw_submit(sandbox, body) as connection, pytest.raises(TimeoutError):
        connection.settimeout(0.5)
        connection.recv(1)

    assert sandbox.stats()["created"] == 0


def test_a_client_that_is_held_holds_up_nobody(sandbox: SandboxServer):
    sandbox.mode("timeout", times=1)

    with raw_submit(sandbox):
        wait_until(lambda: sandbox.stats()["received"] == 1)

        assert submit(sandbox).elapsed.total_seconds() < 5


def test_a_client_is_not_held_for_ever(sandbox: SandboxServer):
    sandbox.mode("timeout", hold_s=0.3)
    began = time.monotonic()

    with raw_submit(sandbox) as connection, pytest.raises(ConnectionResetError):
        connection.recv(1)

    assert 0.3 < time.monotonic() - began < 5


def test_a_client_that_hangs_up_is_let_go(sandbox: SandboxServer):
    sandbox.mode("timeout", hold_s=600)
    wait_until(lambda: connections_of(sandbox) == 1)
    with raw_submit(sandbox):
        wait_until(lambda: connections_of(sandbox) == 2)

    wait_until(lambda: connections_of(sandbox) == 1)


def connections_of(sandbox: SandboxServer) -> int:
    """How many the sandbox has, the one that it listens on included."""
    return len(psutil.Process(sandbox.process.pid).net_connections("tcp"))
