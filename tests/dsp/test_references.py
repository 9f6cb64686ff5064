"""Payloads that refer to what a dependency is called at the third party."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pingpong.dsp.references import BadReference, names_in, resolved

PLAIN = st.recursive(
    st.none() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text().filter(lambda key: key != "$ref"), inner),
)


def ref(name: str) -> dict[str, str]:
    return {"$ref": f"{name}.remote_id"}


@pytest.mark.parametrize(
    ("payload", "sent"),
    [
        pytest.param({"campaign_id": ref("c-1")}, {"campaign_id": "r-c"}, id="in-a-field"),
        pytest.param({"ids": [ref("c-1"), 2, ref("g.1")]}, {"ids": ["r-c", 2, "r-g"]}, id="in-a-list"),
        pytest.param({"a": [{"b": {"c": ref("c-1")}}]}, {"a": [{"b": {"c": "r-c"}}]}, id="deep"),
        pytest.param(ref("c-1"), "r-c", id="alone"),
        pytest.param({"ref": "$ref", "x": "c-1.remote_id"}, {"ref": "$ref", "x": "c-1.remote_id"}, id="text"),
    ],
)
def test_a_reference_becomes_the_remote_id(payload: Any, sent: Any):
    assert resolved(payload, {"c-1": "r-c", "g.1": "r-g"}) == sent


def test_the_names_that_a_payload_refers_to():
    assert names_in({"a": [ref("c-1"), {"b": ref("g.1")}], "c": ref("c-1")}) == {"c-1", "g.1"}
    assert names_in({"a": [1, "c-1.remote_id", None]}) == set()


@pytest.mark.parametrize(
    "reference",
    [
        {"$ref": "c-1"},
        {"$ref": "c-1.id"},
        {"$ref": 5},
        {"$ref": None},
        {"$ref": ["c-1.remote_id"]},
        {"$ref": "c-1.remote_id", "more": 1},
    ],
    ids=repr,
)
def test_what_is_not_written_like_one_is_refused(reference: dict[str, Any]):
    with pytest.raises(BadReference):
        names_in({"a": [reference]})


def test_a_name_that_nobody_has_is_an_error():
    with pytest.raises(KeyError):
        resolved(ref("c-2"), {"c-1": "r-c"})


@given(PLAIN)
def test_what_has_no_references_is_sent_as_it_is(payload: Any):
    assert resolved(payload, {}) == payload
    assert names_in(payload) == set()
