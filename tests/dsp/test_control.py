"""What people do with an entity: have it tried again, or call it off."""

import pytest

from pingpong.dsp.answers import Accepted, Refused, StillPending, Succeeded
from pingpong.dsp.control import Refusal, cancel, each, retry
from pingpong.dsp.settling import Exchange, settle
from pingpong.dsp.states import Action, EntityStatus, Failure
from pingpong.errors import Conflict, NotFound
from tests.conftest import changed
from tests.dsp.conftest import load
from tests.dsp.graph import NO_ANSWER, NOBODY, answered, claimed, complete, fail, statuses
from tests.people import User, some_address

KINDS = ["taken", "refused", "unanswered"]
WAITING, PENDING, SUBMITTED, COMPLETED, FAILED, CANCELLED = EntityStatus


@pytest.fixture
def campaign(submit):
    return submit(campaign=[])[0]


@pytest.fixture
def impatient(app):
    """Gives up after the first request that was not answered."""
    with changed(app, dsp_max_attempts=1):
        yield app


@pytest.fixture
def eve(app):
    return User.register(email=some_address(), password="correct horse battery")


@pytest.fixture
def admin(app):
    return User.register(email=some_address(), password="correct horse battery", is_admin=True)


def test_what_was_refused_is_submitted_anew_under_another_key(campaign, ada):
    key = fail(campaign).idempotency_key

    retry(campaign.id, ada)

    again = load(campaign.id)
    assert (again.status, again.submission) == (PENDING, 2)
    assert again.idempotency_key != key
    assert again.next_attempt_at is not None


def test_what_was_not_answered_is_submitted_again_under_the_same_key(impatient, campaign, ada):
    failed = answered(campaign, NO_ANSWER)
    assert (failed.status, failed.failure) == (FAILED, Failure.UNANSWERED)
    key = failed.idempotency_key

    retry(campaign.id, ada)

    again = load(campaign.id)
    assert (again.status, again.idempotency_key) == (PENDING, key)


def test_what_was_taken_and_then_not_heard_of_is_asked_for_again(impatient, campaign, ada):
    answered(campaign, Accepted("remote-1"), NO_ANSWER)

    retry(campaign.id, ada)

    again = load(campaign.id)
    assert (again.status, again.remote_id, again.submission) == (SUBMITTED, "remote-1", 1)
    assert again.next_attempt_at is not None


def test_what_failed_at_the_third_party_is_created_there_a_second_time(campaign, ada):
    answered(campaign, Accepted("remote-1"), StillPending(), Refused("the budget is missing"))

    retry(campaign.id, ada)

    again = load(campaign.id)
    assert (again.status, again.remote_id, again.submission) == (PENDING, None, 2)
    assert answered(again, Accepted("remote-2"), Succeeded()).remote_id == "remote-2"


def test_another_try_begins_from_nothing(campaign, ada):
    answered(campaign, NO_ANSWER, Accepted("remote-1"), StillPending(), NO_ANSWER, Refused("no"))

    retry(campaign.id, ada)

    again = load(campaign.id)
    assert (again.attempts, again.polls, again.failures) == (0, 0, 0)
    assert (again.last_error, again.failure, again.blocked_reason) == (None, None, None)


@pytest.mark.parametrize("answers", [[], [Accepted("x")], [Accepted("x"), Succeeded()]], ids=len)
def test_only_what_has_ended_badly_can_be_tried_again(campaign, ada, answers):
    before = answered(campaign, *answers).status

    with pytest.raises(Conflict, match="failed or was cancelled"):
        retry(campaign.id, ada)

    assert statuses(campaign) == [before]


def test_what_needs_a_cancelled_one_has_to_wait_until_that_is_tried_again(submit, ada):
    campaign, group = submit(campaign=[], group=["campaign"])
    cancel(campaign.id, ada)

    with pytest.raises(Conflict, match="depends on was cancelled"):
        retry(group.id, ada)

    failed = load(group.id)
    assert (failed.status, failed.failure) == (FAILED, Failure.DEPENDENCY)
    assert failed.last_error == "campaign was cancelled"


def test_one_that_is_tried_again_waits_for_what_it_needs(submit, ada):
    campaign, group, other = submit(campaign=[], group=["campaign"], other=["campaign"])
    cancel(group.id, ada)
    cancel(other.id, ada)

    retry(group.id, ada)
    assert statuses(group) == [WAITING]

    complete(campaign)
    retry(other.id, ada)
    assert statuses(group, other) == [PENDING, PENDING]


def test_one_whose_need_has_failed_is_blocked_when_it_is_tried_again(submit, ada):
    campaign, group = submit(campaign=[], group=["campaign"])
    cancel(group.id, ada)
    fail(campaign)

    retry(group.id, ada)

    assert load(group.id).blocked_reason == "campaign failed: no budget"


@pytest.mark.parametrize(
    ("answers", "status"), [([], PENDING), ([Accepted("x")], SUBMITTED), ([Refused("no")], FAILED)], ids=str
)
def test_what_is_not_completed_can_be_called_off(campaign, ada, answers, status):
    assert answered(campaign, *answers).status is status

    cancel(campaign.id, ada)

    gone = load(campaign.id)
    assert (gone.status, gone.next_attempt_at) == (CANCELLED, None)


def test_what_was_called_off_after_it_was_refused_is_a_new_submission_when_it_is_tried_again(campaign, ada):
    fail(campaign)
    cancel(campaign.id, ada)

    retry(campaign.id, ada)

    assert load(campaign.id).submission == 2


def test_what_is_completed_cannot_be_called_off(campaign, ada):
    complete(campaign)

    with pytest.raises(Conflict, match="It is completed already"):
        cancel(campaign.id, ada)

    assert statuses(campaign) == [COMPLETED]


def test_nothing_is_called_off_twice(campaign, ada):
    cancel(campaign.id, ada)

    with pytest.raises(Conflict, match="It is cancelled already"):
        cancel(campaign.id, ada)


@pytest.mark.parametrize("meaning", [Accepted("remote-1"), Refused("no"), NO_ANSWER], ids=KINDS)
def test_an_answer_that_comes_after_it_was_called_off_changes_nothing(campaign, ada, meaning):
    claim = claimed(campaign.id)
    cancel(campaign.id, ada)

    settle(claim, Exchange(Action.SUBMIT, "POST", "http://dsp/v1/campaign", None), meaning)

    gone = load(campaign.id)
    assert (gone.status, gone.claim, gone.next_attempt_at) == (CANCELLED, None, None)


@pytest.mark.parametrize("verb", [retry, cancel])
def test_others_do_not_even_know_that_it_exists(campaign, eve, verb):
    fail(campaign)

    with pytest.raises(NotFound):
        verb(campaign.id, eve)

    assert statuses(campaign) == [FAILED]


def test_an_administrator_may_do_it_for_everybody(campaign, admin):
    cancel(campaign.id, admin)
    assert statuses(campaign) == [CANCELLED]

    retry(campaign.id, admin)
    assert statuses(campaign) == [PENDING]


def test_with_many_it_is_done_where_it_can_be_and_said_where_not(submit, ada, eve):
    failed, fine, cancelled = submit(failed=[], fine=[], cancelled=[])
    [foreign] = submit(owner=eve, foreign=[])
    fail(failed)
    cancel(cancelled.id, ada)

    done, refused = each(retry, [failed.id, fine.id, foreign.id, NOBODY, cancelled.id, failed.id], ada)

    not_ended = "Only an entity that failed or was cancelled can be tried again."
    assert done == [failed.id, cancelled.id]
    assert refused == [
        Refusal(fine.id, not_ended),
        Refusal(foreign.id, "There is no such entity."),
        Refusal(NOBODY, "There is no such entity."),
        Refusal(failed.id, not_ended),
    ]
    assert statuses(failed, fine, cancelled) == [PENDING] * 3


def test_many_that_depend_on_each_other_can_be_called_off_together(submit, ada):
    chain = submit(campaign=[], group=["campaign"], creative=["group"])

    done, refused = each(cancel, [one.id for one in chain], ada)

    assert (done, refused) == ([one.id for one in chain], [])
    assert statuses(*chain) == [CANCELLED] * 3
