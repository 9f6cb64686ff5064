"""`/api/dsp/…`: trying again, calling off and changing, one or many."""

import pytest

from pingpong.dsp.answers import Accepted
from pingpong.dsp.control import cancel
from tests.dsp.graph import NOBODY, answered, ask, complete, fail, problems, statuses
from tests.people import logged_in


@pytest.fixture
def hers(app, ada):
    """Ada, as a client."""
    return logged_in(app, ada)


def test_one_is_tried_again_and_what_waits_for_it_goes_on(submit, hers):
    campaign, group = submit(campaign=[], group=["campaign"])
    fail(campaign)
    assert ask(hers, "GET", f"{group.id}/").json["blocked_reason"] == "campaign failed: no budget"

    response = ask(hers, "POST", f"{campaign.id}/retry/")

    assert (response.status_code, response.json["status"]) == (200, "pending")
    assert (response.json["last_error"], response.json["failure"]) == (None, None)
    assert ask(hers, "GET", f"{group.id}/").json["blocked_reason"] is None


def test_one_is_called_off_and_what_waits_for_it_fails(submit, hers):
    campaign, group = submit(campaign=[], group=["campaign"])

    response = ask(hers, "POST", f"{campaign.id}/cancel/")

    assert (response.status_code, response.json["status"]) == (200, "cancelled")
    shown = ask(hers, "GET", f"{group.id}/").json
    assert (shown["status"], shown["failure"]) == ("failed", "dependency")
    assert shown["last_error"] == "campaign was cancelled"


def test_what_cannot_be_done_is_a_conflict_that_says_why(submit, hers, ada):
    campaign, group, done = submit(campaign=[], group=["campaign"], done=[])
    complete(done)
    cancel(campaign.id, ada)

    told = {
        path: (response.status_code, response.json["error"]["message"])
        for path in (f"{group.id}/retry/", f"{done.id}/cancel/", f"{done.id}/retry/")
        if (response := ask(hers, "POST", path))
    }

    assert told == {
        f"{group.id}/retry/": (
            409,
            "Something that it depends on was cancelled: have that tried again first.",
        ),
        f"{done.id}/cancel/": (409, "It is completed already."),
        f"{done.id}/retry/": (409, "Only an entity that failed or was cancelled can be tried again."),
    }


def test_many_are_tried_again_and_it_is_said_with_which_it_could_not_be_done(submit, hers):
    failed, fine = submit(failed=[], fine=[])
    fail(failed)

    response = ask(hers, "POST", "retry/", ids=[str(failed.id), str(fine.id), NOBODY])

    assert response.status_code == 200
    assert response.json == {
        "done": [str(failed.id)],
        "refused": [
            {
                "id": str(fine.id),
                "message": "Only an entity that failed or was cancelled can be tried again.",
            },
            {"id": NOBODY, "message": "There is no such entity."},
        ],
    }
    assert statuses(failed) == ["pending"]


def test_many_are_called_off(submit, hers):
    one, other = submit(one=[], other=["one"])

    response = ask(hers, "POST", "cancel/", ids=[str(other.id), str(one.id), str(one.id)])

    assert response.json["done"] == [str(other.id), str(one.id)]
    assert response.json["refused"] == [{"id": str(one.id), "message": "It is cancelled already."}]


@pytest.mark.parametrize("path", ["retry/", "cancel/"])
@pytest.mark.parametrize("ids", [None, [], "x", [5], ["x"], [NOBODY] * 1001], ids=lambda ids: repr(ids)[:12])
def test_whom_to_choose_is_checked(hers, path, ids):
    assert {name.partition(".")[0] for name in problems(ask(hers, "POST", path, ids=ids))} == {"ids"}


def test_an_entity_is_changed(submit, hers):
    campaign, group = submit(campaign=[], group=[])

    response = ask(hers, "PATCH", f"{group.id}/", payload={"budget": 5}, depends_on=["@campaign"])

    assert response.status_code == 200
    shown = response.json
    assert (shown["payload"], shown["depends_on"]) == ({"budget": 5}, [str(campaign.id)])
    assert (shown["status"], shown["next_attempt_at"]) == ("waiting", None)
    assert shown["updated_at"] > shown["created_at"]


def test_of_a_change_only_what_is_given_counts(submit, hers):
    campaign, group = submit(campaign=[], group=["campaign"])

    shown = ask(hers, "PATCH", f"{group.id}/", payload=None).json

    assert (shown["payload"], shown["depends_on"]) == ({"name": "group"}, [str(campaign.id)])


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"payload": 5}, "payload"),
        ({"payload": {"a": {"$ref": "x"}}}, "payload"),
        ({"payload": {"a": {"$ref": "x.remote_id"}}}, "payload"),
        ({"depends_on": ["@nobody"]}, "depends_on"),
        ({"depends_on": ["@group"]}, "depends_on"),
        ({"depends_on": [5]}, "depends_on.0"),
    ],
    ids=str,
)
def test_a_bad_change_is_refused_by_its_field(submit, hers, change, field):
    campaign, _group = submit(campaign=[], group=["campaign"])

    assert list(problems(ask(hers, "PATCH", f"{campaign.id}/", **change))) == [field]
    assert ask(hers, "GET", f"{campaign.id}/").json["payload"] == {"name": "campaign"}


def test_what_is_at_the_third_party_is_not_changed(submit, hers):
    [campaign] = submit(campaign=[])
    answered(campaign, Accepted("remote-1"))

    response = ask(hers, "PATCH", f"{campaign.id}/", payload={})

    assert (response.status_code, response.json["error"]["code"]) == (409, "conflict")
