"""What an answer means, whatever it is."""

import json
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pingpong.dsp.answers import (
    LONGEST_ERROR,
    Accepted,
    Answer,
    Fault,
    Meaning,
    Refused,
    StillPending,
    Succeeded,
    seconds_to_wait,
    understand,
)
from pingpong.dsp.models import LONGEST_REMOTE_ID
from pingpong.dsp.states import Action

SUBMIT, POLL = Action.SUBMIT, Action.POLL
NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
NO_ID = Fault("The answer is not as documented: it has no usable 'id'")
NO_STATUS = Fault("The answer is not as documented: it has no usable 'status'")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["id", "status", "error", "x"]), inner),
)


@pytest.mark.parametrize(
    ("action", "status", "body", "meaning"),
    [
        pytest.param(SUBMIT, 202, {"id": "r-1"}, Accepted("r-1"), id="accepted"),
        pytest.param(SUBMIT, 201, {"id": "r-1", "x": 1}, Accepted("r-1"), id="created"),
        pytest.param(SUBMIT, 202, {"id": 17}, Accepted("17"), id="a-number-for-an-id"),
        pytest.param(SUBMIT, 202, {"id": "a/b ü"}, Accepted("a/b ü"), id="an-odd-id"),
        pytest.param(POLL, 200, {"status": "pending"}, StillPending(), id="pending"),
        pytest.param(POLL, 200, {"status": "success"}, Succeeded(), id="success"),
        pytest.param(
            POLL, 200, {"status": "failed", "error_message": "too wide"}, Refused("too wide"), id="failed"
        ),
        pytest.param(
            POLL,
            200,
            {"status": "failed"},
            Refused("The third party says that it failed, and not why."),
            id="failed-without-a-word",
        ),
    ],
)
def test_an_answer_as_documented(action: Action, status: int, body: object, meaning: Meaning):
    assert understand(action, answer(status, body)) == meaning


@pytest.mark.parametrize(
    ("status", "body", "meaning"),
    [
        pytest.param(400, {"message": "no budget"}, Refused("HTTP 400: no budget"), id="message"),
        pytest.param(404, {"error": {"message": "gone"}}, Refused("HTTP 404: gone"), id="error-in-error"),
        pytest.param(409, {"detail": "twice"}, Refused("HTTP 409: twice"), id="detail"),
        pytest.param(422, {"error": "bad\n\0size"}, Refused("HTTP 422: bad size"), id="on-one-line"),
        pytest.param(422, {"error": 5}, Refused('HTTP 422: {"error": 5}'), id="no-words-for-it"),
        pytest.param(401, b"who are you?", Refused("HTTP 401: who are you?"), id="text"),
        pytest.param(403, b"", Refused("HTTP 403"), id="nothing"),
        pytest.param(429, {"error": "slowly"}, Fault("HTTP 429: slowly", is_outage=False), id="too-many"),
        pytest.param(500, b"<html>", Fault("HTTP 500: <html>"), id="server-error"),
        pytest.param(503, b"\xff", Fault("HTTP 503: �"), id="bytes"),
        pytest.param(301, b"", Fault("HTTP 301 is not an answer that is documented"), id="redirect"),
        pytest.param(101, b"", Fault("HTTP 101 is not an answer that is documented"), id="below-200"),
    ],
)
@pytest.mark.parametrize("action", Action)
def test_an_error(action: Action, status: int, body: object, meaning: Refused | Fault):
    understood = understand(action, answer(status, body))

    assert isinstance(understood, type(meaning))
    assert understood.error == meaning.error
    assert getattr(understood, "is_outage", None) == getattr(meaning, "is_outage", None)


@pytest.mark.parametrize(
    ("action", "status", "is_of_entity"),
    [
        *[(SUBMIT, status, True) for status in (400, 404, 410, 413, 422)],
        *[(SUBMIT, status, False) for status in (401, 403, 408, 409)],
        *[(POLL, status, True) for status in (404, 410)],
        *[(POLL, status, False) for status in (400, 401, 403, 422)],
    ],
)
def test_a_no_is_about_the_entity_or_about_the_request(action: Action, status: int, *, is_of_entity: bool):
    assert understand(action, Answer(status)) == Refused(f"HTTP {status}", is_of_entity=is_of_entity)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"\xff\xfe",
        b"[" * 100_000,
        b"1" * 10_000,
        [],
        ["id"],
        "id",
        None,
        {},
        {"id": None},
        {"id": ""},
        {"id": True},
        {"id": 1.5},
        {"id": {"id": 1}},
        {"id": ".."},
        {"id": "a\0b"},
        {"id": "a\nb"},
        b'{"id": "\\ud800"}',
        {"id": "x" * (LONGEST_REMOTE_ID + 1)},
        {"id": "ü" * (LONGEST_REMOTE_ID // 2)},
    ],
    ids=lambda body: repr(body)[:20],
)
def test_who_takes_it_without_a_usable_name_for_it_has_not_answered(body: object):
    assert understand(SUBMIT, answer(202, body)) == NO_ID


@pytest.mark.parametrize("body", [b"", [], {}, {"status": "done"}, {"status": ["success"]}, {"id": "r-1"}])
def test_a_status_that_is_not_documented_is_none(body: object):
    assert understand(POLL, answer(200, body)) == NO_STATUS


@given(
    action=st.sampled_from(Action),
    status=st.integers(100, 999),
    body=st.binary() | JSON.map(json.dumps).map(str.encode),
    header=st.none() | st.text() | st.from_regex(r"\w{3}, \d{1,30} \w{3} \d{1,30} \d\d:\d\d:\d\d [-+]\d{4}"),
)
def test_nothing_that_comes_is_an_accident(action: Action, status: int, body: bytes, header: str | None):
    meaning = understand(action, Answer(status, body, header))

    if isinstance(meaning, Fault | Refused):
        assert not set(meaning.error) & set("\0\r\n")
        assert meaning.error.encode()
        assert 0 < len(meaning.error) <= LONGEST_ERROR + len("HTTP 999: ")
    if isinstance(meaning, Fault) and meaning.retry_after_s is not None:
        assert meaning.retry_after_s >= 0


def test_an_endless_error_is_cut():
    assert understand(SUBMIT, answer(400, {"error": "x" * 10_000})) == Refused(
        "HTTP 400: " + "x" * (LONGEST_ERROR - len("HTTP 400: "))
    )


def test_an_error_within_endless_errors_is_an_error():
    body = b'{"error":' * 900 + b"{}" + b"}" * 900

    assert isinstance(understand(SUBMIT, Answer(400, body)), Refused)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_who_says_when_to_come_again_is_heard(status: int):
    assert understand(SUBMIT, Answer(status, b"", "30")).retry_after_s == 30  # type: ignore[union-attr]
    assert understand(SUBMIT, Answer(status)).retry_after_s is None  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120),
        (" 7 ", 7),
        ("0", 0),
        (format_datetime(datetime(2026, 11, 26, 12, 1, 30, tzinfo=UTC), usegmt=True), 90),
        ("Thu, 26 Nov 2026 14:01:30 +0200", 90),
        ("Thu, 26 Nov 2026 12:01:30 -0000", 90),
        (format_datetime(datetime(2026, 11, 26, 11, 0, tzinfo=UTC), usegmt=True), 0),
        ("9" * 400, float("inf")),
        (None, None),
        ("", None),
        ("-5", None),
        ("1.5", None),
        ("²", None),
        ("soon", None),
        ("Thu, 26 Nov 99999999999999999999 12:00:00 GMT", None),
        ("Thu, 99 Nov 2026 12:00:00 GMT", None),
    ],
)
def test_when_to_come_again(header: str | None, seconds: float | None):
    assert seconds_to_wait(header, NOW) == seconds


def answer(status: int, body: object) -> Answer:
    return Answer(status, body if isinstance(body, bytes) else json.dumps(body).encode())
