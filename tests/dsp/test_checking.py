"""Whether entities may be as they are wanted: payloads, what they refer to, and what needs what."""

from uuid import UUID, uuid4

import pytest

from pingpong.dsp.checking import (
    MOST_TOLD,
    Problems,
    check_alive,
    check_cycles,
    check_each,
    check_numbers,
    check_payload,
    resolve,
)
from pingpong.dsp.naming import Known
from pingpong.dsp.states import EntityStatus
from pingpong.errors import InvalidInput
from tests.conftest import changed
from tests.dsp.conftest import new

A, B, C = (UUID(int=number) for number in (1, 2, 3))
CAMPAIGN = Known(A, "campaign")
KNOWN = {"@campaign": CAMPAIGN, str(A): CAMPAIGN, "@other": Known(B, None), "@twin": Known(C, "campaign")}


@pytest.fixture
def problems(app):
    return Problems(None)


def found(problems: Problems) -> dict[str, list[str]]:
    """What was collected."""
    try:
        problems.raise_if_any()
    except InvalidInput as error:
        return error.fields
    return {}


def test_without_problems_nothing_is_raised(problems):
    problems.raise_if_any()


def test_the_problems_of_a_field_are_told_together():
    problems = Problems("entities")
    problems.add(3, "ref", "is odd")
    problems.add(3, "ref", "is old")

    assert found(problems) == {"entities.3.ref": ["is odd", "is old"]}


def test_of_very_many_problems_the_first_are_told():
    problems = Problems("entities")
    for number in range(MOST_TOLD + 50):
        problems.add(number, "ref", "is odd")

    assert list(found(problems)) == [f"entities.{number}.ref" for number in range(MOST_TOLD)]


def test_a_payload_is_measured_in_bytes_as_it_is_sent(app, problems):
    with changed(app, dsp_max_payload_bytes=len('{"n": "żółć"}'.encode())):
        check_payload(0, {"n": "żółć"}, problems)
        assert found(problems) == {}

        check_payload(0, {"n": "żółćż"}, problems)
        assert found(problems) == {"payload": ["must have at most 17 bytes as JSON"]}


def test_types_are_a_setting(app, problems):
    with changed(app, dsp_entity_types=("banner",)):
        check_each([new("a", [], entity_type="banner"), new("b", [], entity_type="ad")], problems)

    assert found(problems) == {"entity_type": ["must be one of banner: 'ad' is not"]}


def test_names_that_mean_the_same_are_one(problems):
    assert resolve(0, ["@campaign", str(A), "@campaign"], {}, KNOWN, problems) == [CAMPAIGN]


def test_no_more_dependencies_than_the_setting_says(app, problems):
    with changed(app, dsp_max_dependencies=1):
        check_numbers([["@campaign"]], problems)

        with pytest.raises(InvalidInput) as refusal:
            check_numbers([["@campaign", "@other"]], problems)

    assert refusal.value.fields == {"depends_on": ["must be at most 1"]}


def test_nor_more_in_all(app, problems):
    with changed(app, dsp_max_edges=2):
        check_numbers([["@a"], ["@a"]], problems)

        with pytest.raises(InvalidInput, match="at most 2 others in all"):
            check_numbers([["@a"], ["@a"], ["@a"]], problems)


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"campaign": "campaign.remote_id"},
        {"campaign": {"$ref": "campaign.remote_id"}},
        {"campaign": {"$ref": f"{A}.remote_id"}},
        {"deep": [1, [{"er": [{"$ref": "campaign.remote_id"}]}], {"$ref": f"{A}.remote_id"}]},
    ],
    ids=["nothing", "a text", "by ref", "by id", "deep in lists"],
)
def test_a_payload_may_refer_to_what_is_depended_on(problems, payload):
    resolve(0, ["@campaign"], payload, KNOWN, problems)

    assert found(problems) == {}


@pytest.mark.parametrize(
    ("name", "payload"),
    [
        ("other", {"x": {"$ref": "other.remote_id"}}),
        (str(B), {"x": [[{"y": [{"$ref": f"{B}.remote_id"}]}]]}),
        ("@campaign", {"x": {"$ref": "@campaign.remote_id"}}),
        ("Campaign", {"x": {"$ref": "Campaign.remote_id"}}),
    ],
    ids=["a ref", "an id, deep in lists", "with a mark", "in another case"],
)
def test_a_payload_refers_to_nothing_else(problems, name, payload):
    resolve(0, ["@campaign"], payload, KNOWN, problems)

    assert found(problems) == {"payload": [f"refers to {name}, which depends_on does not name"]}


def test_a_name_that_two_dependencies_have_is_not_clear_but_ids_are(problems):
    payload = {"x": {"$ref": "campaign.remote_id"}, "y": {"$ref": f"{A}.remote_id"}}

    resolve(0, ["@campaign", "@twin"], payload, KNOWN, problems)

    assert found(problems) == {"payload": ["refers to campaign, as several dependencies are called"]}


def test_what_was_cancelled_is_named(problems):
    gone = Known(A, "gone", EntityStatus.CANCELLED)

    check_alive(0, [CAMPAIGN, gone], problems)

    assert found(problems) == {"depends_on": ["gone was cancelled"]}


@pytest.mark.parametrize(
    "needs",
    [{}, {A: []}, {A: [B], B: [C]}, {A: [B, C], B: [C]}],
    ids=["nothing", "one", "a chain", "a diamond"],
)
def test_what_has_no_cycle_is_fine(problems, needs):
    check_cycles(needs, {}, problems)

    assert found(problems) == {}


def test_a_cycle_is_told_in_the_direction_of_need(problems):
    check_cycles({A: [B], B: [C], C: [A]}, {A: "a", B: "b", C: "c"}, problems)

    [told] = found(problems)["depends_on"]
    assert told.rpartition(": ")[2] in {"a → b → c → a", "b → c → a → b", "c → a → b → c"}


def test_a_chain_of_ten_thousand_is_looked_through(problems):
    chain = [uuid4() for _ in range(10_000)]

    check_cycles(
        {one: [other] for one, other in zip(chain, [*chain[1:], chain[0]], strict=True)}, {}, problems
    )

    assert "cycle" in found(problems)["depends_on"][0]
