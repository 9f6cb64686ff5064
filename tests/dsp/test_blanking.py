"""What is kept of requests and answers: no secrets, nothing that cannot be stored, and not all of it."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pingpong.dsp.blanking import BLANK, CUT, blanked, kept
from tests.conftest import changed

MOST = 64 * 1024
TOKEN = "t0ken-of-ours"
SECRETS = [
    *["password", "Passwd", "passphrase", "client_secret", "accessToken", "api_key", "apiKey", "x-api-key"],
    *["Authorization", "credentials", "private-key"],
]


def shown(body: bytes) -> str:
    return blanked(body, TOKEN, MOST)


@pytest.mark.parametrize("name", SECRETS)
def test_what_is_called_a_secret_is_blanked(name: str):
    body = {"name": "Autumn", "deep": [{name: "hush", "other": 1}], name: {"a": ["hush"]}}

    kept_ = json.loads(shown(json.dumps(body).encode()))

    assert kept_ == {"name": "Autumn", "deep": [{name: BLANK, "other": 1}], name: BLANK}


@pytest.mark.parametrize(
    ("text", "blank"),
    [
        ("api_key=hush&x=1", f"api_key={BLANK}&x=1"),
        ("x=1; password: hush, y", f"x=1; password: {BLANK}, y"),
        ("Authorization: Bearer hush", f"Authorization: {BLANK}"),
        ("Authorization: Basic hush==", f"Authorization: {BLANK}"),
        ('{"secret": "hu sh", "x": 1', f'{{"secret": {BLANK}, "x": 1'),
        ("{'client_secret_2': 'hush'}", f"{{'client_secret_2': {BLANK}}}"),
        ('{"token": "hush that never en', f'{{"token": {BLANK}'),
    ],
)
def test_so_it_is_in_what_is_not_json(text: str, blank: str):
    assert shown(text.encode()) == blank


def test_our_own_token_is_blanked_wherever_it_stands():
    assert shown(f"<p>{TOKEN}</p>".encode()) == f"<p>{BLANK}</p>"
    assert shown(json.dumps({"said": f"Hello {TOKEN}!"}).encode()) == f'{{"said": "Hello {BLANK}!"}}'


def test_what_is_no_secret_stays_as_it_is():
    body = '{"name": "größer", "n": [1, 2.5, null, true], "empty": {}}'

    assert shown(body.encode()) == body
    assert shown(b"Service Unavailable") == "Service Unavailable"


@pytest.mark.parametrize("body", [b"a\0b", b"a\xffb", b'"\\ud800"'])
def test_what_cannot_be_stored_is_replaced(body: bytes):
    assert "�" in shown(body)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"x" * (MOST + 1), id="text"),
        pytest.param("ü€😀".encode() * MOST, id="characters-of-many-bytes"),
        pytest.param(json.dumps({"x": "y" * MOST}).encode(), id="json"),
    ],
)
def test_what_is_long_is_cut_by_bytes(body: bytes):
    text = shown(body)

    assert MOST - 5 < len(text.encode()) <= MOST
    assert text.endswith(CUT)


def test_what_just_fits_is_not_cut():
    assert shown(b"x" * MOST) == "x" * MOST


def test_a_secret_is_blanked_before_the_cut():
    assert "hush" not in blanked(json.dumps({"token": "hush" * 100}).encode(), "", 64)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"a" * 2**20, id="one-word"),
        pytest.param(b"token" * 2**18, id="a-name-again-and-again"),
        pytest.param(b"token=" * 2**17, id="names-without-values"),
        pytest.param(b"token" + b" " * 2**20, id="blanks"),
        pytest.param(b"token='" * 2**17, id="quotes"),
        pytest.param(b"[" * 2**20, id="brackets"),
        pytest.param(b"[" * 500 + b"]" * 500, id="deep-json"),
        pytest.param(b'{"a":' * 900 + b"1" + b"}" * 900, id="deep-objects"),
    ],
)
def test_no_answer_takes_long(body: bytes):
    began_at_s = time.monotonic()

    shown(body)

    assert time.monotonic() - began_at_s < 2


@pytest.mark.parametrize(
    "said",
    [
        {"message": "got Authorization: Basic dXNlcjp4"},
        {"deep": [{"message": "password=dXNlcjp4, and more"}]},
        {"echo": '{"api_key": "dXNlcjp4"}'},
        {f"{TOKEN} dXNlcjp4, password": 1},
    ],
    ids=["a header", "a pair", "json in json", "our token as a name"],
)
def test_secrets_within_strings_are_blanked(said):
    text = blanked(json.dumps(said).replace(f"{TOKEN} dXNlcjp4", TOKEN).encode(), TOKEN, 1000)

    assert "dXNlcjp4" not in text
    assert TOKEN not in text


@given(body=st.binary(), at_most=st.integers(20, 100))
def test_whatever_comes_can_be_stored(body: bytes, at_most: int):
    text = blanked(body, TOKEN, at_most)

    assert len(text.encode()) <= at_most
    assert "\0" not in text


def test_the_settings_say_how_much(app):
    with changed(app, dsp_api_token=TOKEN, dsp_audit_max_bytes=30):
        assert kept(f"{TOKEN} {'x' * 100}".encode()) == f"{BLANK} {'x' * 11}{CUT}"
        assert kept(None) is None
