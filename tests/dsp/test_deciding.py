"""What becomes of an entity after an answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pingpong.dsp.answers import Accepted, Fault, Refused, StillPending, Succeeded
from pingpong.dsp.deciding import Decision, Patience, decide
from pingpong.dsp.states import Action, EntityStatus, Failure
from pingpong.settings import load_settings

PATIENCE = Patience.of(load_settings())
OFTEN = 300


def backoffs(failures: int, retry_after_s: float | None = None) -> list[float]:
    return [PATIENCE.backoff_s(failures, retry_after_s) for _ in range(OFTEN)]


def test_patience_is_as_it_was_promised():
    assert PATIENCE.max_attempts == 5
    assert (PATIENCE.backoff_base_s, PATIENCE.backoff_cap_s) == (2, 200)
    assert (PATIENCE.poll_first_s, PATIENCE.poll_cap_s) == (5, 60)


@pytest.mark.parametrize(("failures", "longest_s"), [(1, 2), (2, 4), (3, 8), (4, 16), (7, 128), (8, 200)])
def test_backoff_is_exponential_with_full_jitter(failures: int, longest_s: float):
    waits_s = backoffs(failures)

    assert min(waits_s) >= 0
    assert max(waits_s) <= longest_s
    assert min(waits_s) < longest_s * 0.2, "some come almost at once"
    assert max(waits_s) > longest_s * 0.8, "some take almost all of it"


@given(failures=st.integers(1, 100_000), retry_after_s=st.none() | st.floats(0))
def test_backoff_has_an_end(failures: int, retry_after_s: float | None):
    assert 0 <= PATIENCE.backoff_s(failures, retry_after_s) <= PATIENCE.retry_after_cap_s


def test_who_is_told_to_wait_waits_at_least_that_long():
    assert min(backoffs(1, retry_after_s=30)) == 30
    assert max(backoffs(8, retry_after_s=1)) > 1
    assert PATIENCE.backoff_s(1, float("inf")) == PATIENCE.retry_after_cap_s


def test_the_status_is_asked_for_ever_later():
    assert [PATIENCE.poll_in_s(polls) for polls in range(7)] == [5, 10, 20, 40, 60, 60, 60]


def test_what_was_taken_is_asked_for_in_a_while():
    assert decided(Action.SUBMIT, Accepted("r-1"), failures=3) == Decision(
        EntityStatus.SUBMITTED, next_in_s=5, remote_id="r-1"
    )


def test_what_is_not_done_is_asked_for_again():
    assert decided(Action.POLL, StillPending(), polls=0) == Decision(next_in_s=10)
    assert decided(Action.POLL, StillPending(), polls=9, failures=2) == Decision(next_in_s=60)


def test_what_is_done_is_done():
    assert decided(Action.POLL, Succeeded()) == Decision(EntityStatus.COMPLETED)


@pytest.mark.parametrize("action", Action)
def test_a_no_is_the_end_at_once(action: Action):
    assert decided(action, Refused("no budget")) == Decision(
        EntityStatus.FAILED, error="no budget", failure=Failure.REFUSED
    )


def test_after_a_no_that_is_not_about_the_entity_nobody_knows_whether_it_is_there():
    assert decided(Action.POLL, Refused("who are you?", is_of_entity=False)).failure is Failure.UNANSWERED


@pytest.mark.parametrize("action", Action)
def test_without_an_answer_it_is_tried_again(action: Action):
    decision = decided(action, Fault("HTTP 500", retry_after_s=9), failures=2)

    assert decision.status is None
    assert (decision.failures, decision.error, decision.failure) == (3, "HTTP 500", None)
    assert decision.next_in_s == decision.backoff_s
    assert decision.backoff_s is not None and decision.backoff_s >= 9


@pytest.mark.parametrize(
    ("action", "error"),
    [
        (Action.SUBMIT, "HTTP 500 (submitted 5 times)"),
        (Action.POLL, "HTTP 500 (asked for its status 5 times)"),
    ],
)
def test_the_fifth_failure_in_a_row_is_the_last(action: Action, error: str):
    assert decided(action, Fault("HTTP 500"), failures=3).status is None
    assert decided(action, Fault("HTTP 500"), failures=4) == Decision(
        EntityStatus.FAILED, failures=5, error=error, failure=Failure.UNANSWERED
    )


def decided(action: Action, meaning, polls: int = 0, failures: int = 0) -> Decision:
    return decide(action, meaning, polls, failures, PATIENCE)
