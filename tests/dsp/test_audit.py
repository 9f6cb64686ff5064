"""What the audit has of each request."""

import json
import time

import pytest
from flask import Flask

from pingpong.dsp.creating import create
from pingpong.dsp.models import Entity
from pingpong.dsp.states import EntityStatus
from tests.conftest import changed
from tests.dsp.conftest import load, new
from tests.dsp.party import Party, Reply
from tests.dsp.past import (
    audit_of,
    knows_the_window,
    seconds_until,
    send_next,
)

PENDING = EntityStatus.PENDING
TOKEN = "t0ken-of-ours"
WITHIN_S = 5


@pytest.fixture
def mine(dsp: Flask, submit) -> Entity:
    """It is due, and Redis knows that nothing was sent lately."""
    knows_the_window()
    return submit(mine=[])[0]


def test_the_audit_has_the_request_and_its_answer(mine: Entity, party: Party):
    send_next()

    [row] = audit_of(mine)
    assert (row.url, row.request) == (f"{party.url}/v1/campaign", '{"name": "mine"}')
    assert (row.http_status, row.response) == (202, '{"id": "remote-mine"}')
    assert (row.backoff_secs, row.retry_after_s, row.error, row.is_outage) == (None, None, None, False)
    assert row.duration_ms is not None
    assert 0 <= row.duration_ms < WITHIN_S * 1000
    assert load(mine.id).updated_at >= row.at


@pytest.mark.parametrize(
    ("reply", "status", "response", "error", "is_outage"),
    [
        pytest.param(Reply(500, b"oops"), 500, "oops", "HTTP 500: oops", True, id="500"),
        pytest.param(
            Reply(429, {"error": "slowly"}), 429, '{"error": "slowly"}', "HTTP 429: slowly", False, id="429"
        ),
        pytest.param(
            Reply(202, b"<html>"),
            202,
            "<html>",
            "The answer is not as documented: it has no usable 'id'",
            True,
            id="not-json",
        ),
        pytest.param(
            Reply(202, {"ok": 1}),
            202,
            '{"ok": 1}',
            "The answer is not as documented: it has no usable 'id'",
            True,
            id="not-as-documented",
        ),
        pytest.param(
            Reply(307, b"", {"Location": "/elsewhere"}),
            307,
            "",
            "HTTP 307 is not an answer that is documented",
            True,
            id="redirect",
        ),
        pytest.param(
            None,
            None,
            None,
            "RemoteDisconnected: Remote end closed connection without response",
            True,
            id="cut-off",
        ),
    ],
)
def test_what_failed_is_kept_and_tried_again(
    mine: Entity, party: Party, *, reply, status, response, error, is_outage
):
    party.answers(reply)

    send_next()

    [row] = audit_of(mine)
    assert (row.http_status, row.response, row.error, row.is_outage) == (status, response, error, is_outage)
    now = load(mine.id)
    assert (now.status, now.attempts, now.failures, now.last_error) == (PENDING, 1, 1, error)
    assert row.backoff_secs is not None
    assert 0 <= row.backoff_secs <= 2
    assert seconds_until(mine) == pytest.approx(row.backoff_secs, abs=1)
    assert len(party.asked) == 1


def test_an_answer_that_takes_too_long_is_none(mine: Entity, dsp: Flask, party: Party):
    party.script = lambda _: time.sleep(0.5) or Reply(202, {"id": "r-1"})

    with changed(dsp, dsp_timeout_s=0.2):
        send_next()

    [row] = audit_of(mine)
    assert row.error == f"{party.url.removeprefix('http://')} did not answer in time"
    assert (row.is_outage, load(mine.id).status) == (True, PENDING)


def test_where_nobody_listens_that_is_kept_too(mine: Entity, dsp: Flask):
    with changed(dsp, dsp_api_url="http://127.0.0.1:1"):
        send_next()

    [row] = audit_of(mine)
    assert row.error is not None
    assert row.error.startswith("ConnectionRefusedError")
    assert row.is_outage


def test_no_secret_is_kept_wherever_the_third_party_repeats_it(dsp: Flask, party: Party, ada):
    knows_the_window()
    payload = {"name": "one", "api_key": "hush"}
    [entity_id] = create(ada, [new("one", [], payload=payload)], as_graph=True)
    party.script = lambda asked: Reply(400, {"error": f"{asked.headers['Authorization']} is not known"})

    with changed(dsp, dsp_api_token=TOKEN):
        send_next()

    entity = load(entity_id)
    [row] = audit_of(entity)
    assert party.asked[0].body == payload
    assert json.loads(row.request or "") == {"name": "one", "api_key": "[blanked]"}
    kept = f"{row.request} {row.response} {row.error} {row.url} {entity.last_error}"
    assert TOKEN not in kept
    assert "[blanked] is not known" in kept


def test_of_long_bodies_64_kilobytes_are_kept(dsp: Flask, party: Party, ada):
    knows_the_window()
    [entity_id] = create(ada, [new("one", [], payload={"name": "ü" * 32_700})], as_graph=True)
    party.answers(Reply(500, b"x" * 200_000))

    send_next()

    [row] = audit_of(load(entity_id))
    assert len((row.response or "").encode()) == 64 * 1024
    assert len((row.request or "").encode()) <= 64 * 1024


def test_an_answer_without_an_end_is_not_read_to_its_end(mine: Entity, dsp: Flask, party: Party):
    party.answers(Reply(200, b"x" * 100_000))

    with changed(dsp, dsp_max_answer_bytes=1000):
        send_next()

    assert audit_of(mine)[0].error == "The answer has more than 1000 bytes."
