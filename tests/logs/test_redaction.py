"""What is named like a secret, or looks like one, is blanked."""

import json
import time

import pytest

from pingpong.logs.redaction import BLANK, redact


def redacted(**event: object) -> dict:
    return dict(redact(None, "info", event))


@pytest.mark.parametrize(
    "name",
    [
        *("password", "new_password", "dsp_api_token", "Authorization", "Set-Cookie", "SECRET_KEY"),
        *("api-key", "apikey", "refresh", "access", "csrf_token", "X-CSRFToken", "ticket", "accessToken"),
    ],
)
def test_a_secrets_value_is_blanked_wherever_it_stands(name):
    value = "hunter2-hunter2"
    event = redacted(**{name: value}, nested={"deep": [{name: value}]}, lists={name: [value]})

    assert value not in json.dumps(event)
    assert event[name] == BLANK


@pytest.mark.parametrize("name", ["accessed_at", "ticketed", "path", "user_id", "event", "refreshed"])
def test_another_name_is_left_alone(name):
    assert redacted(**{name: "as it was"}) == {name: "as it was"}


def test_a_count_of_tokens_is_no_secret():
    assert redacted(tokens=3, has_password=True, token=None) == {
        "tokens": 3,
        "has_password": True,
        "token": None,
    }


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("GET /ws/?token=abc.def&v=1 done", f"GET /ws/?token={BLANK}&v={BLANK} done"),
        ("/events/?ticket=abc", f"/events/?ticket={BLANK}"),
        ("postgresql://ada:hunter2@db/x", f"postgresql://ada:{BLANK}@db/x"),
        ("redis://:hunter2@cache:6379/0", f"redis://:{BLANK}@cache:6379/0"),
        ("host=db password=hunter2 dbname=x", f"host=db password={BLANK} dbname=x"),
        ('{"password": "hunter2", "name": "ada"}', f'{{"password": "{BLANK}", "name": "ada"}}'),
        ("Authorization: Bearer abc.def-123", f"Authorization: Bearer {BLANK}"),
        ("sent bearer abcdefgh12", f"sent bearer {BLANK}"),
        ("got eyJhbGciOi.eyJzdWIi.c2ln here", f"got {BLANK} here"),
        ("SECRET_KEY=0123456789", f"SECRET_KEY={BLANK}"),
    ],
)
def test_what_looks_like_a_secret_within_a_text_is_blanked(text, left):
    assert redacted(event=text, nested=[text]) == {"event": left, "nested": [left]}


@pytest.mark.parametrize("piece", ["token", "?a&", "://", "a:b@", "eyJ", "bearer ", "password: "])
def test_a_text_that_is_made_to_be_slow_is_not(piece):
    begun_at_s = time.process_time()

    redacted(path=piece * (100_000 // len(piece)) + "=")

    assert time.process_time() - begun_at_s < 0.5


@pytest.mark.parametrize(
    "text",
    [
        "redis is away: Error 111 connecting to localhost:6379. Connection refused.",
        *("/api/tasks/", "a = b", "2026-11-20T22:55:51.000000Z"),
        *("What? Yes & no", "Bearer of news", "https://example.com/a"),
    ],
)
def test_another_text_is_left_alone(text):
    assert redacted(event=text) == {"event": text}
