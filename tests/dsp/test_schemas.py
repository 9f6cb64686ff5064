"""What the API takes for an entity, before anything else is known."""

import pytest
from pydantic import ValidationError

from pingpong.dsp.schemas import Chosen, EntityChange, NewEntities, NewEntity
from tests.dsp.graph import NOBODY


def problem_of(model, **given) -> tuple[str, str]:
    """The field that is wrong, and how."""
    with pytest.raises(ValidationError) as refused:
        model.model_validate(given)
    [error, *_] = refused.value.errors()
    return ".".join(map(str, error["loc"])), error["msg"].removeprefix("Value error, ")


def test_only_a_type_is_needed():
    entity = NewEntity.model_validate({"entity_type": "campaign"})

    assert (entity.payload, entity.depends_on, entity.ref) == ({}, [], None)


def test_one_is_a_list_of_one():
    [one] = NewEntities.model_validate(
        {"entity_type": "ad", "payload": {"a": 1}, "depends_on": ["@x"], "ref": "y"}
    ).all

    assert one == NewEntity(entity_type="ad", payload={"a": 1}, depends_on=["@x"], ref="y")


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"entities": None},
        {"entity_type": None},
        {"entity_type": "ad", "entities": [{"entity_type": "ad"}]},
    ],
    ids=["neither", "no entities", "no type", "both"],
)
def test_it_is_either_one_or_a_graph(given):
    assert problem_of(NewEntities, **given) == ("", "either entity_type or entities is required")


def test_beside_a_graph_a_type_may_be_null():
    graph = NewEntities.model_validate({"entity_type": None, "entities": [{"entity_type": "ad"}]})

    assert [one.entity_type for one in graph.all] == ["ad"]


def test_a_graph_is_not_empty():
    assert problem_of(NewEntities, entities=[])[0] == "entities"


@pytest.mark.parametrize(
    "ref", ["", " ", "-a", "a b", "a\n", "@a", "ż", "a/b", "x" * 101, 5, "a\0"], ids=ascii
)
def test_a_bad_ref_is_refused(ref):
    assert problem_of(NewEntity, entity_type="ad", ref=ref)[0] == "ref"


@pytest.mark.parametrize("ref", ["a", "1", "campaign-1", "A.b_c:d-e", "x" * 100, NOBODY])
def test_a_good_ref_can_be_named(ref):
    assert NewEntity(entity_type="ad", ref=ref, depends_on=[f"@{ref}"]).ref == ref


@pytest.mark.parametrize(
    "name", ["", "campaign-1", "@", "@ a", "@a\n", NOBODY + "0", "xyz", 5, None], ids=ascii
)
def test_a_dependency_is_an_id_or_a_ref_with_a_mark(name):
    assert problem_of(NewEntity, entity_type="ad", depends_on=[name])[0] == "depends_on.0"


@pytest.mark.parametrize("entity_type", ["x" * 51, "a\0", "\ud800", 5, None], ids=ascii)
def test_a_type_is_text_that_can_be_stored(entity_type):
    assert problem_of(NewEntity, entity_type=entity_type)[0] == "entity_type"
    assert problem_of(NewEntities, entities=[{"entity_type": entity_type}])[0] == "entities.0.entity_type"


@pytest.mark.parametrize("payload", [[], "text", 5, None], ids=ascii)
def test_a_payload_is_an_object(payload):
    assert problem_of(NewEntity, entity_type="ad", payload=payload)[0] == "payload"


@pytest.mark.parametrize(
    "payload",
    [{"a": "x\0"}, {"a\0": 1}, {"a": [[{"b": ["\\\0"]}]]}],
    ids=["a value", "a key", "deep, after a backslash"],
)
def test_nul_cannot_be_stored(payload):
    told = ("payload", "must not contain the NUL character")

    assert problem_of(NewEntity, entity_type="ad", payload=payload) == told
    assert problem_of(EntityChange, payload=payload) == told


@pytest.mark.parametrize("payload", [{"a": "\ud800"}, {"\udfff": 1}, {"a": [{"b": "x\udc00"}]}], ids=ascii)
def test_half_a_character_cannot_be_stored(payload):
    told = ("payload", "must not contain unpaired surrogates")

    assert problem_of(NewEntity, entity_type="ad", payload=payload) == told


@pytest.mark.parametrize("text", ["\\u0000", "\\\\u0000", "\\", "u0000", "\u2028", "\x01"], ids=ascii)
def test_what_only_looks_like_nul_is_text(text):
    assert NewEntity(entity_type="ad", payload={text: [text]}).payload == {text: [text]}


def test_a_reference_alone_is_no_payload():
    with pytest.raises(ValidationError, match="a reference alone"):
        NewEntity(entity_type="ad", payload={"$ref": "campaign.remote_id"}, depends_on=["@campaign"])


@pytest.mark.parametrize(
    "reference",
    [
        {"$ref": "campaign"},
        {"$ref": 5},
        {"$ref": None},
        {"$ref": ["campaign.remote_id"]},
        {"$ref": "campaign.id"},
        {"$ref": "campaign.remote_id", "also": 1},
        {"$ref": {"$ref": "campaign.remote_id"}},
    ],
    ids=str,
)
@pytest.mark.parametrize(
    "wrap", [lambda one: {"x": one}, lambda one: {"x": [[{"y": one}]]}], ids=["flat", "deep"]
)
def test_a_malformed_reference_is_refused(reference, wrap):
    field, told = problem_of(NewEntity, entity_type="ad", payload=wrap(reference))

    assert field == "payload"
    assert told == 'a reference must be like {"$ref": "campaign-1.remote_id"}'


@pytest.mark.parametrize("depth", [300, 900])
def test_what_is_nested_too_deeply_is_refused(depth):
    payload: dict = {}
    for _ in range(depth):
        payload = {"x": payload}

    assert problem_of(NewEntity, entity_type="ad", payload=payload)[0].startswith("payload")


@pytest.mark.parametrize(
    "ids", [[], None, [5], ["x"], [NOBODY] * 1001], ids=["none", "null", "5", "x", "too many"]
)
def test_one_to_a_thousand_can_be_chosen_at_once(ids):
    assert problem_of(Chosen, ids=ids)[0].startswith("ids")
    assert len(Chosen(ids=[NOBODY] * 1000).ids) == 1000


def test_what_is_left_out_of_a_change_is_none():
    assert EntityChange.model_validate({}).model_dump() == {"payload": None, "depends_on": None}
