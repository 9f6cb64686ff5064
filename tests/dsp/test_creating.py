"""Creating entities: one or a graph, all of it or nothing."""

import time

import pytest

from pingpong.dsp.control import cancel
from pingpong.dsp.creating import create
from pingpong.dsp.models import Entity
from pingpong.dsp.schemas import NewEntity
from pingpong.dsp.states import EntityStatus
from pingpong.errors import InvalidInput
from pingpong.extensions import db
from tests.conftest import changed
from tests.dsp.conftest import load, new
from tests.dsp.graph import NOBODY, complete, fail, needs, statuses, stored
from tests.people import User, some_address

WAITING, PENDING = EntityStatus.WAITING, EntityStatus.PENDING


@pytest.fixture
def eve(app):
    return User.register(email=some_address(), password="correct horse battery")


def refused(owner, *wanted: NewEntity, as_graph: bool = True) -> dict[str, list[str]]:
    with pytest.raises(InvalidInput) as error:
        create(owner, wanted, as_graph=as_graph)
    return error.value.fields


def test_what_is_created_is_stored_as_it_was_given(ada):
    payload = {"name": "Żółć 👩‍👩‍👧", "deep": [[{"n": 1.5, "none": None}]], "big": 10**30}

    [id_] = create(ada, [new("campaign-1", [], payload=payload)], as_graph=False)

    entity = load(id_)
    assert (entity.ref, entity.entity_type, entity.payload) == ("campaign-1", "campaign", payload)
    assert (entity.owner_id, entity.status, entity.submission) == (ada.id, PENDING, 1)
    assert (entity.attempts, entity.polls, entity.failures) == (0, 0, 0)
    assert entity.next_attempt_at is not None


def test_ids_come_in_the_order_in_which_the_graph_was_given(ada):
    ids = create(ada, [new("b", ["a"]), new("a", []), new("c", [])], as_graph=True)

    assert [load(id_).ref for id_ in ids] == ["b", "a", "c"]
    assert ids == sorted(ids)


def test_a_graph_may_name_what_comes_later_in_it(submit):
    child, parent = submit(child=["parent"], parent=[])

    assert needs(child) == [parent.id]
    assert statuses(child, parent) == [WAITING, PENDING]


def test_a_dependency_that_is_named_twice_is_one(submit, ada):
    campaign, group = submit(campaign=[], group=["campaign", "campaign"])

    assert needs(group) == [campaign.id]


def test_an_earlier_entity_is_named_by_its_ref_or_its_id(submit, ada):
    [campaign] = submit(campaign=[])

    [by_ref] = submit(group=["campaign"])
    by_id = create(ada, [NewEntity(entity_type="ad", depends_on=[str(campaign.id)])], as_graph=False)

    assert needs(by_ref) == needs(load(by_id[0])) == [campaign.id]


def test_a_ref_that_was_used_several_times_means_the_newest(submit):
    submit(campaign=[])
    [newest] = submit(campaign=[])

    [group] = submit(group=["campaign"])

    assert needs(group) == [newest.id]


def test_a_ref_of_the_same_graph_comes_before_an_older_one(submit):
    submit(campaign=[])

    group, campaign = submit(group=["campaign"], campaign=[])

    assert needs(group) == [campaign.id]


def test_below_what_is_completed_nothing_waits(submit):
    [campaign] = submit(campaign=[])
    complete(campaign)

    assert statuses(*submit(group=["campaign"])) == [PENDING]


def test_with_an_error_in_one_of_many_nothing_is_stored(ada):
    many = [new(f"e{number}", []) for number in range(50)]

    problems = refused(ada, *many, new("bad", ["nobody"]), new("good", ["e0"]))

    assert problems == {"entities.50.depends_on": ["reference @nobody is unknown"]}
    assert stored() == []


def test_with_an_accident_in_the_middle_nothing_is_stored_and_nobody_is_kept_waiting(
    submit, ada, monkeypatch
):
    fail(submit(campaign=[])[0])
    with monkeypatch.context() as broken:
        broken.setattr("pingpong.dsp.creating.mark_blocked", lambda _ids: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            submit(group=["campaign"])
    assert stored() == ["campaign"]

    submit(group=["campaign"])

    assert stored() == ["campaign", "group"]


def test_every_problem_is_named_with_its_field(ada):
    problems = refused(
        ada,
        new("fine", []),
        new("a", ["x", "fine", "y"]),
        new("a", [], entity_type="banner"),
        NewEntity(entity_type="ad", depends_on=[NOBODY]),
    )

    assert problems == {
        "entities.1.depends_on": ["reference @x is unknown", "reference @y is unknown"],
        "entities.2.entity_type": [
            "must be one of campaign, line_item, ad_group, audience, ad, creative: 'banner' is not"
        ],
        "entities.2.ref": ["is used twice: a"],
        "entities.3.depends_on": [f"id {NOBODY} is unknown"],
    }
    assert stored() == []


def test_of_a_single_one_the_fields_are_named_plainly(ada):
    problems = refused(ada, new("a", ["x"], entity_type="banner"), as_graph=False)

    assert set(problems) == {"entity_type", "depends_on"}


def test_what_belongs_to_others_is_unknown(submit, ada, eve):
    [foreign] = submit(owner=eve, foreign=[])

    problems = refused(ada, new("a", ["foreign"]), NewEntity(entity_type="ad", depends_on=[str(foreign.id)]))

    assert problems == {
        "entities.0.depends_on": ["reference @foreign is unknown"],
        "entities.1.depends_on": [f"id {foreign.id} is unknown"],
    }


def test_nor_do_administrators_build_upon_what_belongs_to_others(submit, eve):
    admin = User.register(email=some_address(), password="correct horse battery", is_admin=True)
    [foreign] = submit(owner=eve, foreign=[])

    by_id = NewEntity(entity_type="ad", depends_on=[str(foreign.id)])

    assert set(refused(admin, by_id)) == {"entities.0.depends_on"}
    assert set(refused(admin, new("a", ["foreign"]))) == {"entities.0.depends_on"}


def test_what_was_cancelled_is_nothing_to_build_upon(submit, ada):
    [campaign] = submit(campaign=[])
    cancel(campaign.id, ada)

    assert refused(ada, new("group", ["campaign"])) == {"entities.0.depends_on": ["campaign was cancelled"]}
    assert stored() == ["campaign"]


@pytest.mark.parametrize(
    ("graph", "words"),
    [
        ({"a": ["a"]}, "a → a"),
        ({"a": ["b"], "b": ["a"]}, "a → b → a"),
        ({"a": ["b"], "b": ["c"], "c": ["a"], "d": []}, "a → b → c → a"),
        ({"x": [], "a": ["b", "x"], "b": ["x", "a"]}, "a → b → a"),
    ],
    ids=["itself", "each other", "three", "beside others"],
)
def test_a_cycle_is_refused_and_named(submit, ada, graph, words):
    with pytest.raises(InvalidInput) as error:
        submit(**graph)

    [problem] = error.value.fields["entities"]
    named = problem.removeprefix("must not depend on each other in a cycle: ")
    circle, where = words.split(" → ")[:-1], words.split(" → ").index(named.split(" → ")[0])
    turned = circle[where:] + circle[:where]
    assert named == " → ".join([*turned, turned[0]])
    assert stored() == []


def test_of_a_long_cycle_the_beginning_is_named(submit):
    with pytest.raises(InvalidInput) as error:
        submit(**{f"e{number}": [f"e{(number + 1) % 500}"] for number in range(500)})

    assert error.value.message.count("→") == 10
    assert "→ … →" in error.value.message


def test_no_more_than_so_many_at_once(app, ada):
    with changed(app, dsp_max_entities=2):
        assert refused(ada, new("a", []), new("b", []), new("c", [])) == {"entities": ["must be at most 2"]}
        create(ada, [new("a", []), new("b", [])], as_graph=True)

    assert stored() == ["a", "b"]


def test_ten_thousand_are_created_at_once_in_seconds(ada):
    wanted = [new(f"e{n}", [f"e{n // 3}"] if n else []) for n in range(10_000)]
    began_at_s = time.monotonic()

    ids = create(ada, wanted, as_graph=True)

    assert time.monotonic() - began_at_s < 20
    assert db.session.query(Entity).count() == len(set(ids)) == 10_000
    assert db.session.query(Entity).filter_by(status=PENDING).count() == 1


def test_more_names_than_postgres_takes_parameters_are_looked_up(app, ada):
    names = [f"@n{number}" for number in range(70_000)]
    wanted = [
        NewEntity.model_construct(entity_type="ad", payload={}, ref=None, depends_on=names[n : n + 100])
        for n in range(0, len(names), 100)
    ]

    with changed(app, dsp_max_edges=100_000):
        problems = refused(ada, *wanted)

    assert len(problems) == 100
    assert len(problems["entities.0.depends_on"]) == 100
