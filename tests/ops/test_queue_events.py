"""What administrators do to queues is recorded, once it is done."""

import uuid

import pytest
from rq.exceptions import NoSuchJobError

from pingpong.ops.admin.rq import CHANGES
from tests.people import SomeOne, some_one
from tests.recorded import recording

OWN = {"Origin": "http://localhost", "X-Request-ID": "a-request"}


@pytest.fixture
def root(app) -> SomeOne:
    return some_one(app, is_admin=True)


def test_what_is_done_to_queues_is_recorded(root, failed_job):
    with recording() as events:
        for path in (
            "requeue/io",
            "queue/io/compact",
            f"job/{failed_job.id}/delete",
            "queue/io/failed/empty",
        ):
            assert root.browser.post(f"/admin/rq/{path}", headers=OWN).status_code == 200, path

    nothing = {"queue": None, "jobs": None, "job_id": None}
    assert [one.context for one in events] == [
        {**nothing, "change": "failed_requeued", "queue": "io"},
        {**nothing, "change": "compacted", "queue": "io"},
        {**nothing, "change": "job_deleted", "job_id": failed_job.id},
        {**nothing, "change": "emptied", "queue": "io", "jobs": "failed"},
    ]
    assert {(one.event_type, one.actor_id, one.request_id) for one in events} == {
        ("queue.changed", root.id, "a-request")
    }


def test_every_change_of_queues_has_a_name_in_the_event_log(app):
    of_queues = [rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/admin/rq/")]

    assert {rule.endpoint for rule in of_queues if "POST" in rule.methods} == CHANGES.keys()


def test_what_is_refused_or_fails_or_is_only_looked_at_is_no_event(root):
    with recording() as events:
        root.browser.post("/admin/rq/requeue/io")
        root.browser.get("/admin/rq/0/view/jobs")
        root.browser.post(f"/admin/rq/job/{uuid.uuid4()}/delete", headers=OWN)
        with pytest.raises(NoSuchJobError):
            root.browser.post(f"/admin/rq/job/{uuid.uuid4()}/requeue", headers=OWN)

    assert events == []


def test_no_word_of_an_address_is_in_an_event(root):
    with recording() as events:
        root.browser.post("/admin/rq/queue/some words/other words/empty", headers=OWN)

    assert events
    assert "words" not in str([one.context for one in events])
