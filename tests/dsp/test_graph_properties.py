"""Random graphs with random answers, retries and cancels, beside a model of what must become of them.

What is stored must never differ from the model, which is the sentences of the issue in Python.
"""

import pytest
from hypothesis import HealthCheck, event, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import select

from pingpong.dsp.answers import Accepted, Meaning, Refused, StillPending, Succeeded
from pingpong.dsp.changing import change
from pingpong.dsp.control import cancel, retry
from pingpong.dsp.models import Entity
from pingpong.errors import Conflict, InvalidInput
from pingpong.extensions import db
from tests.conftest import changed
from tests.dsp.graph import NO_ANSWER, answered, needs
from tests.dsp.model import ATTEMPTS, COMPLETED, ENDED, FAILED, PENDING, SUBMITTED, WAITING, Model, Node

MOST = 7

OFTEN = hypothesis_settings(
    max_examples=35,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture
def dsp_without_haste(app):
    with changed(app, dsp_max_attempts=ATTEMPTS):
        yield app


SUBMIT_ANSWERS = st.sampled_from([Accepted("remote"), Accepted("remote"), Refused("no"), NO_ANSWER])
POLL_ANSWERS = st.sampled_from([Succeeded(), Succeeded(), StillPending(), Refused("no"), NO_ANSWER])
NUMBERS = st.integers(0, MOST - 1)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("answer"), NUMBERS, SUBMIT_ANSWERS, POLL_ANSWERS),
        st.tuples(st.just("answer"), NUMBERS, SUBMIT_ANSWERS, POLL_ANSWERS),
        st.tuples(st.sampled_from(["retry", "cancel"]), NUMBERS),
    ),
    min_size=10,
    max_size=25,
)


@st.composite
def graphs(draw) -> list[list[int]]:
    """What each needs, of those before it."""
    count = draw(st.integers(2, MOST))
    return [
        sorted(draw(st.sets(st.sampled_from(range(number)), max_size=3))) if number else []
        for number in range(count)
    ]


class Both:
    """The same graph in the database and in the model."""

    def __init__(self, graph: list[list[int]], submit, person) -> None:
        self.person = person
        self.entities = submit(**{f"e{n}": [f"e{one}" for one in theirs] for n, theirs in enumerate(graph)})
        self.model = Model([Node(set(theirs)) for theirs in graph])
        self.model.start()
        self.compare()

    def step(self, kind: str, number: int, *answers: Meaning) -> None:
        number %= len(self.entities)
        if kind == "answer":
            self.answer(number, *answers)
        else:
            self.decide(kind, number)
        self.compare()

    def answer(self, number: int, *answers: Meaning) -> None:
        """What is to be sent is found in the database, as the picker does it."""
        stored = self.now()
        open_now = [n for n, one in enumerate(stored) if one.next_attempt_at is not None]
        if open_now:
            number = open_now[number % len(open_now)]
            meaning = answers[stored[number].status is SUBMITTED]
            event(type(meaning).__name__)
            answered(self.entities[number], meaning)
            self.model.answer(number, meaning)

    def decide(self, kind: str, number: int) -> None:
        expected = getattr(self.model, kind)(number)
        verb = {"retry": retry, "cancel": cancel}[kind]
        if expected:
            event(kind)
            verb(self.entities[number].id, self.person)
        else:
            with pytest.raises(Conflict):
                verb(self.entities[number].id, self.person)

    def now(self) -> list[Entity]:
        these = select(Entity).where(Entity.id.in_([one.id for one in self.entities])).order_by(Entity.id)
        return list(db.session.scalars(these.execution_options(populate_existing=True)))

    def compare(self) -> None:
        stored = self.now()
        nodes = self.model.nodes
        assert [one.status for one in stored] == [node.status for node in nodes]
        assert [one.blocked_reason is not None for one in stored] == [
            self.model.is_blocked(node) for node in nodes
        ]
        assert [one.failure for one in stored if one.status is FAILED] == [
            node.failure for node in nodes if node.status is FAILED
        ]
        self.look_at(stored)

    def look_at(self, stored: list[Entity]) -> None:
        """Only what may be sent is to be sent, and what blocks others is something that has ended."""
        culprits = {
            f"{one.ref} failed: {one.last_error}" if one.status is FAILED else f"{one.ref} was cancelled"
            for one in stored
            if one.status in ENDED
        }
        assert {one.blocked_reason for one in stored} <= {None, *culprits}
        for entity in stored:
            assert (entity.next_attempt_at is not None) == (entity.status in {PENDING, SUBMITTED})


@OFTEN
@given(graph=graphs(), steps=STEPS)
def test_whatever_happens_all_is_as_the_sentences_say(dsp_without_haste, submit, ada, graph, steps):
    both = Both(graph, submit, ada)

    for step in steps:
        both.step(*step)

    finish(both)


def finish(both: Both) -> None:
    """Try everything again, and have everything succeed: nothing is left over."""
    for _ in range(3 * MOST):
        for number, one in enumerate(both.now()):
            if one.status in ENDED and both.model.nodes[number].status in ENDED:
                both.decide("retry", number)
        both.step("answer", 0, Accepted("remote"), Succeeded())
    assert {one.status for one in both.now()} == {COMPLETED}


CHANGES = st.lists(st.tuples(NUMBERS, st.sets(NUMBERS, max_size=3)), min_size=3, max_size=8)


@OFTEN
@given(graph=graphs(), changes=CHANGES, failing=NUMBERS)
def test_however_dependencies_are_changed_there_is_never_a_cycle(submit, ada, graph, changes, failing):
    both = Both(graph, submit, ada)
    both.answer(failing, Refused("no"), Refused("no"))

    for number, wanted in changes:
        rewire(both, number % len(graph), {one % len(graph) for one in wanted})
        both.compare()

    finish(both)


def rewire(both: Both, number: int, wanted: set[int]) -> None:
    node, entity = both.model.nodes[number], both.entities[number]
    names = [str(both.entities[one].id) for one in wanted]
    if both.model.leads_to(wanted, number):
        event("a cycle")
        with pytest.raises(InvalidInput, match="in a cycle"):
            change(entity.id, both.person, None, names)
    else:
        change(entity.id, both.person, None, names)
        node.needs = wanted
        if node.status is PENDING:
            node.status = WAITING
        both.model.release(node)
    assert set(needs(entity)) == {both.entities[one].id for one in node.needs}
