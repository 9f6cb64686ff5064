"""What entities are called by others."""

import pytest

from pingpong.dsp.control import cancel
from pingpong.dsp.naming import Known, is_id, known_to, names_of
from pingpong.dsp.states import EntityStatus
from tests.dsp.graph import NOBODY, fail
from tests.people import User, some_address


@pytest.fixture
def eve(app):
    return User.register(email=some_address(), password="correct horse battery")


@pytest.mark.parametrize(
    "name", [NOBODY, NOBODY.upper(), NOBODY.replace("-", "")], ids=["plain", "capitals", "bare"]
)
def test_an_id_may_be_written_in_several_ways(submit, ada, name):
    assert is_id(name)
    assert known_to(ada.id, {name}, {}) == {}


@pytest.mark.parametrize("name", ["@campaign", "", "-" * 36, NOBODY[:-1], f"@{NOBODY}"])
def test_what_is_no_id_is_none(name):
    assert not is_id(name)


def test_an_id_is_known_under_the_name_that_was_given(submit, ada):
    [campaign] = submit(campaign=[])
    name = str(campaign.id).upper()

    assert known_to(ada.id, {name}, {}) == {name: Known(campaign.id, "campaign", EntityStatus.PENDING)}


def test_what_is_about_to_be_created_comes_before_what_there_is(submit, ada):
    submit(campaign=[], other=[])
    own = Known(ada.id, "campaign")

    known = known_to(ada.id, {"@campaign", "@other"}, {"campaign": own})

    assert known["@campaign"] is own
    assert known["@other"].ref == "other"


def test_refs_are_ones_own_and_ids_too(submit, ada, eve):
    [foreign] = submit(owner=eve, foreign=[])

    assert known_to(ada.id, {"@foreign", str(foreign.id)}, {}) == {}
    assert set(known_to(eve.id, {"@foreign", str(foreign.id)}, {})) == {"@foreign", str(foreign.id)}


def test_refs_are_told_apart_by_case(submit, ada):
    submit(campaign=[])

    assert known_to(ada.id, {"@Campaign"}, {}) == {}


def test_it_is_known_whether_what_depends_on_it_is_stuck(submit, ada):
    failed, _blocked, _fine, cancelled = submit(failed=[], blocked=["failed"], fine=[], cancelled=[])
    fail(failed)
    cancel(cancelled.id, ada)

    known = known_to(ada.id, {"@failed", "@blocked", "@fine", "@cancelled"}, {})

    assert {name: one.is_stuck for name, one in known.items()} == {
        "@failed": True,
        "@blocked": True,
        "@fine": False,
        "@cancelled": False,
    }


def test_a_payload_may_call_it_by_ref_and_by_id(ada):
    assert Known(ada.id, "campaign").names == {"campaign", str(ada.id)}
    assert Known(ada.id, None).names == {str(ada.id)}


def test_people_call_it_by_its_ref(submit):
    campaign, group = submit(campaign=[], group=[])

    assert names_of([campaign.id, group.id]) == {campaign.id: "campaign", group.id: "group"}
