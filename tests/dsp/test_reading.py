"""Finding entities: pages, filters, the requests of one, and how all stands."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from pingpong import clock
from pingpong.dsp.answers import Accepted, Fault, Refused, StillPending
from pingpong.dsp.control import cancel
from pingpong.dsp.models import Entity, EntityAudit
from pingpong.dsp.reading import audit_of, export, page_of, show, show_many, standing
from pingpong.dsp.schemas import AuditQuery, EntityQuery
from pingpong.dsp.states import Action, EntityStatus
from pingpong.errors import InvalidInput
from pingpong.extensions import db
from tests.conftest import changed
from tests.dsp.graph import answered, complete, fail
from tests.people import User, some_address

OUTAGE = Fault("HTTP 500", is_outage=True)


@pytest.fixture
def eve(app):
    return User.register(email=some_address(), password="correct horse battery")


@pytest.fixture
def admin(app):
    return User.register(email=some_address(), password="correct horse battery", is_admin=True)


def refs(reader: User, **query: object) -> list[str | None]:
    return [one.ref for one in page_of(EntityQuery(**query), reader).items]


def some_requests(entity: Entity, count: int, **fields: object) -> None:
    """So many polls, a second apart, the last one now."""
    for number in range(count):
        about = {"method": "GET", "url": f"http://dsp/{number}", "attempt": number, "action": Action.POLL}
        at = clock.now() - timedelta(seconds=count - 1 - number)
        db.session.add(EntityAudit(entity_id=entity.id, at=at, **{"is_outage": False, **about, **fields}))
    db.session.commit()


def test_the_newest_come_first(submit, ada):
    submit(one=[], two=[], three=[])

    assert refs(ada) == ["three", "two", "one"]


def test_pages_lead_from_the_newest_to_the_oldest_each_one_once(submit, ada):
    submit(**{f"e{number}": [] for number in range(5)})
    first = page_of(EntityQuery(limit=2), ada)
    submit(newer=[])

    second = page_of(EntityQuery(limit=2, after=first.next), ada)
    third = page_of(EntityQuery(limit=2, after=second.next), ada)

    assert [[one.ref for one in page.items] for page in (first, second, third)] == [
        ["e4", "e3"],
        ["e2", "e1"],
        ["e0"],
    ]
    assert third.next is None


def test_a_full_last_page_leads_nowhere(submit, ada):
    submit(one=[], two=[])

    assert page_of(EntityQuery(limit=2), ada).next is None


@pytest.mark.parametrize("after", ["nonsense", "W10", "WyJhdWRpdCIsIDEsICJ4Il0"])
def test_a_bad_cursor_is_refused(ada, after):
    with pytest.raises(InvalidInput) as refused:
        page_of(EntityQuery(after=after), ada)

    assert set(refused.value.fields) == {"after"}


def test_a_cursor_of_requests_is_none_of_entities(submit, ada):
    [campaign] = submit(campaign=[])
    some_requests(campaign, 2)
    cursor = audit_of(campaign.id, AuditQuery(limit=1)).next

    with pytest.raises(InvalidInput):
        page_of(EntityQuery(after=cursor), ada)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"status": "failed"}, ["Failed"]),
        ({"status": "waiting"}, ["open_one", "held"]),
        ({"blocked": "true"}, ["held"]),
        ({"blocked": "false"}, ["open_one", "fine", "Failed"]),
        ({"blocked": "false", "status": "waiting"}, ["open_one"]),
        ({"entity_type": "ad"}, []),
        ({"entity_type": "campaign", "q": "e"}, ["open_one", "held", "fine", "Failed"]),
        ({"q": "fAIL"}, ["Failed"]),
        ({"q": "n_o"}, ["open_one"]),
        ({"q": "%"}, []),
        ({"status": "", "blocked": "", "q": "  fine "}, ["fine"]),
    ],
    ids=str,
)
def test_filters_leave_what_matches(submit, ada, query, found):
    failed, *_ = submit(Failed=[], fine=[], held=["Failed"], open_one=["fine"])
    fail(failed)

    assert refs(ada, **query) == found


def test_everybody_sees_their_own_and_an_administrator_sees_all(submit, ada, eve, admin):
    submit(hers=[])
    submit(owner=eve, theirs=[])

    assert [refs(one) for one in (ada, eve, admin)] == [["hers"], ["theirs"], ["theirs", "hers"]]


def test_an_entity_is_shown_with_what_it_depends_on_the_oldest_first(submit, ada):
    one, two, child = submit(one=[], two=[], child=["two", "one"])

    assert show(child).depends_on == [one.id, two.id]
    assert [shown.id for shown in show_many([child.id, one.id])] == [child.id, one.id]


def test_all_that_match_can_be_exported(submit, ada, eve, monkeypatch):
    monkeypatch.setattr("pingpong.dsp.reading.EXPORT_BATCH", 2)
    submit(**{f"e{number}": [] for number in range(5)})
    submit(owner=eve, theirs=[])

    assert [one.ref for one in export(EntityQuery(q="e"), ada)] == ["e4", "e3", "e2", "e1", "e0"]


def test_requests_are_kept_in_their_order_and_shown_newest_first(submit):
    campaign, other = submit(campaign=[], other=[])
    answered(campaign, Accepted("remote-1"), StillPending(), OUTAGE)
    fail(other)

    shown = audit_of(campaign.id, AuditQuery()).items

    assert [(one.action, one.attempt) for one in shown] == [("poll", 2), ("poll", 1), ("submit", 1)]
    assert [one.error for one in shown] == ["HTTP 500", None, None]
    assert shown[0].backoff_secs is not None


def test_requests_are_paged(submit):
    [campaign] = submit(campaign=[])
    some_requests(campaign, 3)

    first = audit_of(campaign.id, AuditQuery(limit=2))
    second = audit_of(campaign.id, AuditQuery(limit=2, after=first.next))

    assert [[one.attempt for one in page.items] for page in (first, second)] == [[2, 1], [0]]
    assert second.next is None


@pytest.mark.parametrize("statement", ["UPDATE dsp_audit SET error = ''", "DELETE FROM dsp_audit"])
def test_what_is_in_the_audit_stays_as_it_is(submit, statement):
    fail(submit(campaign=[])[0])

    with pytest.raises(Exception, match="the audit is append-only"):
        db.session.execute(text(statement))
    db.session.rollback()


def test_how_ones_own_stand(submit, ada, eve, admin):
    failed, done, off, taken, *_ = submit(failed=[], done=[], off=[], taken=[], held=["failed"])
    fail(failed)
    complete(done)
    cancel(off.id, ada)
    answered(taken, Accepted("x"))

    shown = standing(ada)

    assert shown.entities == dict.fromkeys(EntityStatus, 1) | {EntityStatus.PENDING: 0}
    assert shown.blocked == 1
    assert standing(admin).entities == shown.entities
    assert standing(eve).entities == dict.fromkeys(EntityStatus, 0)
    assert standing(eve).blocked == 0


def test_the_limit_is_everybodys(app, submit, eve):
    [campaign] = submit(campaign=[])
    some_requests(campaign, 10)

    with changed(app, dsp_rate_limit=7, dsp_rate_window_s=4.5, dsp_api_url="http://127.0.0.1:1"):
        shown = standing(eve)

    assert (shown.limit, shown.window_s, shown.used, shown.is_configured) == (7, 4.5, 5, True)
    assert standing(eve).is_configured is False


def test_it_is_told_for_how_long_nothing_is_sent(submit, ada):
    [campaign] = submit(campaign=[])
    assert standing(ada).stopped_for_s == 0

    some_requests(campaign, 1, retry_after_s=60)

    assert 55 < standing(ada).stopped_for_s <= 60


def test_the_circuit_is_open_after_failures_in_a_row(app, submit, ada):
    [campaign] = submit(campaign=[])
    assert standing(ada).circuit.model_dump() == {"status": "closed", "next_probe_in_s": None}

    some_requests(campaign, 5, is_outage=True)

    circuit = standing(ada).circuit
    assert circuit.status == "open"
    assert 25 < circuit.next_probe_in_s <= 30


def test_what_was_refused_does_not_speak_against_the_third_party(submit, ada):
    for entity in submit(**{f"e{number}": [] for number in range(6)}):
        answered(entity, Refused("no"))

    assert standing(ada).circuit.status == "closed"
