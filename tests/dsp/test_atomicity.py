"""What happens to an entity and the event that tells of it are one: not the one without the other."""

import pytest

from pingpong.dsp import control
from pingpong.dsp.answers import Accepted
from pingpong.dsp.changing import change
from pingpong.dsp.creating import create
from pingpong.dsp.settling import Exchange, settle, settle_unanswered
from pingpong.dsp.states import Action
from tests.dsp.conftest import new
from tests.dsp.graph import claimed, fail
from tests.recorded import comes_to_nothing_without_its_event

ASKED = Exchange(Action.SUBMIT, "POST", "http://dsp/v1/campaign", None)
TABLES = ("dsp_entities", "dsp_dependencies", "dsp_audit")
VERBS = {
    "create": lambda ada, mine: create(ada, [new("a", []), new("b", ["a"])], as_graph=True),
    "change": lambda ada, mine: change(mine.id, ada, {"name": "else"}, None),
    "cancel": lambda ada, mine: control.cancel(mine.id, ada),
}
ANSWERS = {
    "settle": lambda picked: settle(picked, ASKED, Accepted("remote")),
    "settle unanswered": lambda picked: settle_unanswered(picked, ASKED, "nobody knows"),
}


@pytest.mark.parametrize("verb", VERBS.values(), ids=VERBS)
def test_what_cannot_be_recorded_is_not_done(ada, mine, verb):
    comes_to_nothing_without_its_event(lambda: verb(ada, mine), *TABLES)


@pytest.mark.parametrize("verb", ANSWERS.values(), ids=ANSWERS)
def test_an_answer_that_cannot_be_recorded_is_not_kept(mine, verb):
    picked = claimed(mine.id)

    comes_to_nothing_without_its_event(lambda: verb(picked), *TABLES)


def test_another_try_that_cannot_be_recorded_is_none(ada, mine):
    fail(mine)

    comes_to_nothing_without_its_event(lambda: control.retry(mine.id, ada), *TABLES)
