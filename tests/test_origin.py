"""For which request, and on whose behalf: known within it, carried on by its jobs."""

from uuid import uuid4

import pytest
import structlog

from pingpong.origin import current_request_id, current_user_id, names_in, on_behalf_of, to_pass_on


@pytest.fixture(autouse=True)
def _nothing_bound():
    structlog.contextvars.clear_contextvars()
    yield
    structlog.contextvars.clear_contextvars()


def test_outside_of_a_request_nobody_asks():
    assert (current_request_id(), current_user_id(), to_pass_on()) == (None, None, {})


def test_a_block_is_done_for_a_request_and_a_person_and_no_longer():
    person = uuid4()

    with on_behalf_of(request_id="abc", user_id=person):
        assert (current_request_id(), current_user_id()) == ("abc", person)
        assert to_pass_on() == {"request_id": "abc", "user_id": str(person)}
        with on_behalf_of():
            assert (current_request_id(), current_user_id(), to_pass_on()) == (None, None, {})
        assert current_request_id() == "abc"

    assert (current_request_id(), current_user_id()) == (None, None)


def test_what_else_is_bound_is_not_passed_on():
    structlog.contextvars.bind_contextvars(request_id="abc", path="/", attempt=1)

    assert to_pass_on() == {"request_id": "abc"}


def test_of_a_jobs_meta_the_ids_are_told_and_nothing_else():
    meta = {
        "kind": "ping",
        "task_id": "t",
        "request_id": "r",
        "user_id": "u",
        "text": "private",
        "interval": 3,
    }

    assert names_in(meta) == {"task_id": "t", "request_id": "r", "user_id": "u"}
    assert names_in({}) == {}
