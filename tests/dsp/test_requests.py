"""What is sent for an entity."""

import json

import pytest

from pingpong.dsp.creating import create
from pingpong.dsp.requests import request_for
from pingpong.extensions import db
from tests.conftest import changed
from tests.dsp.conftest import load, new
from tests.dsp.party import Party


def test_a_submission_is_posted_under_its_type_with_its_key(dsp, party: Party, submit):
    [entity] = submit(one=[])

    with changed(dsp, dsp_api_token=""):
        request = request_for(entity)

    assert (request.method, request.url) == ("POST", f"{party.url}/v1/campaign")
    assert json.loads(request.body or b"") == {"name": "one"}
    assert request.headers == {
        "Content-Type": "application/json",
        "Idempotency-Key": f"{entity.id}-1",
    }


def test_another_submission_of_the_same_has_another_key(dsp, submit):
    [entity] = submit(one=[])
    first = request_for(entity).headers["Idempotency-Key"]

    entity.submission += 1

    assert request_for(entity).headers["Idempotency-Key"] != first


def test_what_was_taken_is_asked_for(dsp, party: Party, submit):
    [entity] = submit(one=[])
    entity.remote_id = "r-1"

    with changed(dsp, dsp_api_token=""):
        request = request_for(entity)

    assert (request.method, request.url) == ("GET", f"{party.url}/v1/campaign/r-1/status")
    assert (request.body, request.headers) == (None, {})


@pytest.mark.parametrize(
    ("remote_id", "path"),
    [("../x", "..%2Fx"), ("a b?c#d", "a%20b%3Fc%23d"), ("ü", "%C3%BC"), ("1\\2%", "1%5C2%25")],
)
def test_an_odd_id_stays_within_its_place_in_the_path(dsp, party: Party, submit, remote_id: str, path: str):
    [entity] = submit(one=[])
    entity.remote_id = remote_id

    assert request_for(entity).url == f"{party.url}/v1/campaign/{path}/status"


@pytest.mark.parametrize("remote_id", [None, "r-1"])
def test_the_token_is_sent_with_every_request(dsp, submit, remote_id: str | None):
    [entity] = submit(one=[])
    entity.remote_id = remote_id

    with changed(dsp, dsp_api_token="hush"):
        assert request_for(entity).headers["Authorization"] == "Bearer hush"


def test_references_become_what_the_dependencies_are_called_there(dsp, ada):
    payload = {"campaign": {"$ref": "one.remote_id"}, "all": [{"$ref": "one.remote_id"}]}
    ids = create(ada, [new("one", []), new("two", ["one"], payload=payload)], as_graph=True)
    load(ids[0]).remote_id = "r-1"
    db.session.commit()

    assert json.loads(request_for(load(ids[1])).body or b"") == {"campaign": "r-1", "all": ["r-1"]}


def test_a_dependency_may_be_called_by_its_id(dsp, ada):
    [first] = create(ada, [new("one", [])], as_graph=True)
    load(first).remote_id = "r-1"
    db.session.commit()
    wanted = new("two", [], payload={"campaign": {"$ref": f"{first}.remote_id"}})
    wanted.depends_on = [str(first)]
    [second] = create(ada, [wanted], as_graph=True)

    assert json.loads(request_for(load(second)).body or b"") == {"campaign": "r-1"}


def test_what_is_not_ascii_is_sent_as_it_is(dsp, ada):
    [entity_id] = create(ada, [new("one", [], payload={"name": "größer 大"})], as_graph=True)

    assert request_for(load(entity_id)).body == '{"name": "größer 大"}'.encode()
