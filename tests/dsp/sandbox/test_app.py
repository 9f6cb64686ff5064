"""The platform over HTTP, when all is well."""

import requests

from tests.dsp.sandbox.visits import WAITS_S, poll, submit, submitted
from tests.dsp.sandbox_client import SandboxServer
from tests.waiting import wait_until


def test_an_entity_is_accepted_with_an_id_and_becomes_a_success(sandbox: SandboxServer):
    answer = submit(sandbox, name="spring")

    assert answer.status_code == 202
    assert [*answer.json()] == ["id"]
    assert poll(sandbox, answer.json()["id"]).json() == {"status": "success"}


def test_an_entity_is_pending_for_between_half_the_processing_time_and_all_of_it():
    with SandboxServer(processing_s=1, limit=1_000) as sandbox:
        entity_id = submitted(sandbox)
        assert poll(sandbox, entity_id).json() == {"status": "pending"}
        wait_until(lambda: poll(sandbox, entity_id).json() == {"status": "success"})
        created, *_, finished = (arrival["at"] for arrival in sandbox.arrivals())

    assert 0.5 < finished - created < 1.2


def test_an_answer_takes_some_time():
    with SandboxServer(latency_min=0.2, latency_max=0.3) as sandbox:
        answer = submit(sandbox)

    assert 0.2 < answer.elapsed.total_seconds() < 1


def test_the_same_key_is_answered_with_the_same_id(sandbox: SandboxServer):
    first, second = (submit(sandbox, key="one", name="spring") for _ in range(2))

    assert (second.status_code, second.json()) == (202, first.json())
    assert sandbox.stats()["created"] == 1
    assert sandbox.stats()["replays"] == 1


def test_the_same_key_with_another_body_is_refused(sandbox: SandboxServer):
    submit(sandbox, key="one", name="spring")

    refused = submit(sandbox, key="one", name="autumn")

    assert refused.status_code == 422
    assert "Idempotency-Key" in refused.json()["error_message"]


def test_without_a_key_nothing_is_created(sandbox: SandboxServer):
    refused = requests.post(f"{sandbox.url}/v1/campaign", json={}, timeout=WAITS_S)

    assert refused.status_code == 400
    assert refused.json() == {"error_message": "The header Idempotency-Key is missing."}
    assert sandbox.stats()["created"] == 0


def test_a_body_that_is_no_object_is_refused(sandbox: SandboxServer):
    for body in ("[]", "no JSON", ""):
        refused = requests.post(
            f"{sandbox.url}/v1/campaign", data=body, headers={"Idempotency-Key": "one"}, timeout=WAITS_S
        )

        assert refused.status_code == 400
        assert refused.json() == {"error_message": "The body must be a JSON object."}


def test_what_is_unknown_is_404(sandbox: SandboxServer):
    entity_id = submitted(sandbox, "campaign")

    for answer in (poll(sandbox, "none"), poll(sandbox, entity_id, "creative")):
        assert answer.status_code == 404
        assert answer.json()["error_message"].startswith("There is no ")


def test_there_is_no_page_of_html_for_what_has_no_route(sandbox: SandboxServer):
    lost = requests.get(f"{sandbox.url}/v1/campaign", timeout=WAITS_S)

    assert lost.status_code == 405
    assert "method" in lost.json()["error_message"]


def test_one_more_than_the_limit_is_refused_and_let_in_later():
    with SandboxServer(limit=3, window=1.5) as sandbox:
        answers = [submit(sandbox) for _ in range(4)]
        stats = sandbox.stats()
        later = wait_until(lambda: (answer := submit(sandbox)).ok and answer)

    assert [answer.status_code for answer in answers] == [202, 202, 202, 429]
    assert answers[-1].headers["Retry-After"] == "2"
    assert answers[-1].json() == {"error_message": "Too many requests."}
    assert (stats["received"], stats["violations"], stats["most_in_window"]) == (4, 1, 4)
    assert later.status_code == 202


def test_the_limit_counts_all_that_comes_for_the_platform_and_nothing_else():
    with SandboxServer(limit=4) as sandbox:
        entity_id = submitted(sandbox)
        sandbox.mode("reject_400", times=1)
        visits = [poll(sandbox, entity_id), poll(sandbox, "none"), poll(sandbox, "none", "a/b/c")]
        for _ in range(10):
            sandbox.stats()

        assert [answer.status_code for answer in visits] == [400, 404, 404]
        assert sandbox.stats()["violations"] == 0
        assert poll(sandbox, entity_id).status_code == 429
        assert sandbox.stats()["violations"] == 1
