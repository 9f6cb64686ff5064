"""Limits, counted by several real processes together, and what becomes of them without Redis."""

import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.stack import Stack
from tests.waiting import wait_until

AT_ONCE = 40


@pytest.fixture(scope="module")
def stack(tmp_path_factory) -> Iterator[Stack]:
    """Two web processes; proxies are believed, so that each test has an address of its own."""
    home = tmp_path_factory.mktemp("limits")
    settings = {"WEB_CONCURRENCY": "2", "TRUSTED_PROXIES": "1", "ANONYMOUS_RATE_LIMIT": "5/minute"}
    with Stack(home, **settings) as running:
        yield running


def ask(stack: Stack, address: str) -> requests.Response:
    return requests.get(f"{stack.url}/api/tasks/", headers={"X-Forwarded-For": address}, timeout=20)


def ask_at_once(stack: Stack, address: str) -> list[requests.Response]:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return [*pool.map(lambda _: ask(stack, address), range(AT_ONCE))]


def waited_s(stack: Stack, address: str) -> float:
    started_at_s = time.monotonic()
    assert ask(stack, address).status_code == 200
    return time.monotonic() - started_at_s


def test_two_processes_let_no_more_through_than_one(stack):
    answers = ask_at_once(stack, "192.0.2.1")

    assert Counter(answer.status_code for answer in answers) == {200: 5, 429: AT_ONCE - 5}
    left = [answer.headers["RateLimit-Remaining"] for answer in answers if answer.ok]
    assert sorted(left) == ["0", "1", "2", "3", "4"]


def test_what_one_process_counted_the_next_one_knows(stack):
    assert [ask(stack, "192.0.2.2").status_code for _ in range(6)] == [200] * 5 + [429]

    stack.stop("web")
    stack.start("web")
    wait_until(lambda: stack.answers("/healthz"), 60)

    assert ask(stack, "192.0.2.2").status_code == 429


def test_while_redis_answers_nothing_all_requests_pass_and_then_they_are_counted_again(stack):
    with stack.paused_redis():
        assert {answer.status_code for answer in ask_at_once(stack, "192.0.2.3")} == {200}
        ask_at_once(stack, "192.0.2.3")  # by now each process knows
        assert min(waited_s(stack, "192.0.2.3") for _ in range(3)) < 1  # one may be the one that looks

    wait_until(lambda: ask(stack, "192.0.2.3").status_code == 429, 30)
