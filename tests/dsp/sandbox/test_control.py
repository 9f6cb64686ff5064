"""What tests may ask of the sandbox and tell it."""

import time

import pytest
import requests

from tests.dsp.sandbox.visits import WAITS_S, poll, submit, submitted
from tests.dsp.sandbox_client import SandboxServer


def test_the_counts_are_shown(sandbox: SandboxServer):
    entity_id = submit(sandbox, key="one", name="spring").json()["id"]
    poll(sandbox, entity_id)

    stats = sandbox.stats()

    entities = stats.pop("entities")
    mode = stats.pop("mode")
    assert stats == {
        "received": 2,
        "created": 1,
        "replays": 0,
        "violations": 0,
        "most_in_window": 2,
        "by_type": {"campaign": {"created": 1, "pending": 0, "success": 1, "failed": 0}},
    }
    assert mode["mode"] == "ok"
    assert entities == [
        {
            "id": entity_id,
            "entity_type": "campaign",
            "idempotency_key": "one",
            "body": {"name": "spring"},
            "creations": 1,
            "status": "success",
        }
    ]


def test_the_mode_is_shown_with_what_is_left_of_it(sandbox: SandboxServer):
    sandbox.mode("error_500", times=3, only="submit", entity_type="campaign", share=1)
    submit(sandbox)

    mode = sandbox.stats()["mode"]

    assert {name: mode[name] for name in ("mode", "times", "only", "entity_type", "share")} == {
        "mode": "error_500",
        "times": 2,
        "only": "submit",
        "entity_type": "campaign",
        "share": 1,
    }


def test_arrivals_are_shown_with_their_times_and_what_they_met(sandbox: SandboxServer):
    began = time.monotonic()
    entity_id = submitted(sandbox)
    sandbox.mode("too_many", times=1)
    poll(sandbox, entity_id)

    arrivals = sandbox.arrivals()

    assert [(arrival["method"], arrival["path"], arrival["met"]) for arrival in arrivals] == [
        ("POST", "/v1/campaign", "ok"),
        ("GET", f"/v1/campaign/{entity_id}/status", "too_many"),
    ]
    assert began < arrivals[0]["at"] < arrivals[1]["at"] < time.monotonic()


def test_an_arrival_that_is_refused_by_the_limit_is_shown_as_such():
    with SandboxServer(limit=1) as sandbox:
        submit(sandbox)
        submit(sandbox)

        assert [arrival["met"] for arrival in sandbox.arrivals()] == ["ok", "limit"]
        assert 59 < sandbox.arrivals()[1]["refused_for_s"] < 60


def test_a_reset_forgets_everything():
    with SandboxServer(limit=1, mode="failed") as sandbox:
        submit(sandbox, key="one", name="spring")
        submit(sandbox)
        sandbox.mode("error_500")
        sandbox.reset()
        stats, arrivals = sandbox.stats(), sandbox.arrivals()
        again = submit(sandbox, key="one", name="autumn")

    assert stats.pop("mode")["mode"] == "failed"
    assert not any(stats.values())
    assert arrivals == []
    assert again.status_code == 202


@pytest.mark.parametrize("nonsense", [{"mode": "sulk"}, {"times": -1}, {"tmies": 1}, []])
def test_a_mode_that_makes_no_sense_is_refused_and_changes_nothing(sandbox: SandboxServer, nonsense: object):
    sandbox.mode("error_500")

    refused = requests.post(f"{sandbox.url}/sandbox/mode", json=nonsense, timeout=WAITS_S)

    assert refused.status_code == 400
    assert refused.json()["error_message"]
    assert sandbox.stats()["mode"]["mode"] == "error_500"
