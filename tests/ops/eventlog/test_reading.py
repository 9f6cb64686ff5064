"""Finding events: by key both ways, by each filter, and never at the cost of all there are."""

from datetime import timedelta
from itertools import product

import pytest
from sqlalchemy import event, text
from uuid_utils.compat import uuid7

from pingpong.cursor import Cursor
from pingpong.errors import InvalidInput
from pingpong.extensions import db
from pingpong.ops.eventlog.reading import NEWEST, export, find_page
from pingpong.ops.eventlog.schemas import EventQuery, EventState
from tests.conftest import changed
from tests.ops.eventlog.looking import NOON, batched, come, happened, series, set_aside

WINDOW = 100
COME_IN = """
INSERT INTO event_outbox (id, event_type, version, context, environment)
VALUES (gen_random_uuid(), 'new.one', 1, '{}', 'test')
"""


@pytest.fixture
def short_window(app):
    """One page looks at so few rows that a test can have more."""
    with changed(app, short_search_window=WINDOW):
        yield


def found(**query: object) -> list:
    return [event.id for event in find_page(EventQuery(**query)).items]


def walked(**query: object) -> list:
    """All pages, on to the end."""
    ids, page = [], find_page(EventQuery(**query))
    while True:
        ids += [event.id for event in page.items]
        if page.next is None:
            return ids
        page = find_page(EventQuery(**query, after=page.next))


def test_events_are_found_page_by_page_each_once_and_back_again(app):
    ids = series(60)

    first = find_page(EventQuery())
    second = find_page(EventQuery(after=first.next))
    third = find_page(EventQuery(after=second.next))
    back = find_page(EventQuery(before=third.previous))

    assert [event.id for event in (*first.items, *second.items, *third.items)] == ids
    assert (first.previous, third.next) == (None, None)
    assert [event.id for event in back.items] == ids[25:50]
    assert found(before=back.previous) == ids[:25]


def test_events_of_the_same_moment_have_an_order(app):
    ids = series(30, occurred_at=NOON)

    assert walked(limit=7) == sorted(ids, reverse=True)


def test_whatever_happens_meanwhile_a_page_stays_where_it_is(app):
    ids = series(30)
    first = find_page(EventQuery())

    happened()

    assert found(after=first.next) == ids[25:]


def test_by_type(app):
    series(3)
    ids = series(2, "message.posted")

    assert found(event_type="message.posted") == ids
    assert found(event_type="message.poste") == []


def test_by_actor_whatever_is_known_of_them(app):
    ada = come(app, username="ada")
    mine = happened(actor_id=ada.id)
    happened(actor_id=uuid7())
    happened()

    assert found(actor="ADA") == [mine]
    assert found(actor=ada.email) == [mine]
    assert found(actor=f" {ada.id} ") == [mine]
    assert found(actor=str(uuid7())) == []


def test_an_actor_who_is_nobody_is_refused(app):
    with pytest.raises(InvalidInput, match="actor: there is nobody of this name"):
        found(actor="nobody")


def test_by_time_from_a_moment_on_and_before_another(app):
    ids = series(10)  # the newest first: the first of them happened nine seconds after noon

    assert found(since="2026-11-20T12:00:08") == ids[:2]
    assert found(until="2026-11-20T12:00:02") == ids[8:]
    assert found(since="2026-11-20T13:00:03+01:00", until="2026-11-20T12:00:05Z") == ids[5:7]


def test_by_a_part_of_the_context_in_any_case_and_to_the_letter(app):
    wanted = happened(context={"kind": "count_Primes", "share": "50%"})
    happened(context={"kind": "ping", "share": "500"})

    assert found(q="count_PRIMES") == [wanted]
    assert found(q='"kind": "count_Primes"') == [wanted]
    assert found(q="0%") == [wanted]
    assert found(q="countxprimes") == []


def test_by_request(app):
    both = series(2, request_id="one-request")
    happened(request_id="one-request-more")

    assert found(request_id="one-request") == both


def test_by_state(app):
    waiting, shipping, shipped, refused = series(4)
    batched(shipping, error="TimeoutError: no answer")
    batched(shipped, shipped_ago_s=1)
    set_aside(refused)

    by_state = {state: find_page(EventQuery(state=state)).items for state in EventState}

    assert {state: [event.id for event in events] for state, events in by_state.items()} == {
        "waiting": [waiting],
        "shipping": [shipping],
        "shipped": [shipped],
        "set_aside": [refused],
    }
    assert {state: (event.state, event.error) for state, (event,) in by_state.items()} == {
        "waiting": ("waiting", None),
        "shipping": ("shipping", "TimeoutError: no answer"),
        "shipped": ("shipped", None),
        "set_aside": ("set_aside", "Code 27, CANNOT_PARSE_INPUT"),
    }


def test_nothing_is_shipping_while_no_batch_is_open(app):
    batched(*series(3), shipped_ago_s=1)
    happened()

    assert found(state="shipping") == []


@pytest.mark.parametrize("state", [None, *EventState])
def test_filters_go_together(app, state):
    """Every combination finds what a look at each event by itself finds."""
    ada = come(app).id
    facts = {}
    for number, (kind, actor, where) in enumerate(product(("a.b", "c.d"), (ada, None), EventState)):
        at = NOON + timedelta(seconds=number)
        id_ = happened(kind, at, actor_id=actor, context={"number": number}, request_id=f"r{number % 2}")
        facts[id_] = (kind, actor, where, number)
        if where in {EventState.SHIPPING, EventState.SHIPPED}:
            batched(id_, shipped_ago_s=1 if where is EventState.SHIPPED else None)
        if where is EventState.SET_ASIDE:
            set_aside(id_)

    for kind, actor, request_id, q in product(("", "a.b"), (None, ada), ("", "r1"), ("", "1")):
        wanted = [
            id_
            for id_, (its_kind, its_actor, its_state, number) in reversed(facts.items())
            if kind in {"", its_kind}
            and actor in {None, its_actor}
            and state in {None, its_state}
            and request_id in {"", f"r{number % 2}"}
            and q in f'{{"number": {number}}}'
        ]
        query = {"event_type": kind, "actor": str(actor or ""), "request_id": request_id, "q": q}
        assert found(state=state, **query) == wanted, query


def test_a_search_looks_at_a_window_and_goes_on_behind_it(app, short_window):
    happened("old.one", NOON - timedelta(days=1), context={"word": "needle"})
    series(3 * WINDOW)

    page = find_page(EventQuery(q="needle"))

    assert (page.items, page.searched_all) == ([], False)
    assert page.next
    assert len(walked(q="needle")) == 1


@pytest.mark.parametrize("newer", [WINDOW - 1, WINDOW, WINDOW + 1])
def test_nothing_is_passed_over_where_a_window_ends(app, short_window, newer):
    wanted = happened("old.one", NOON - timedelta(days=1), context={"word": "needle"})
    series(newer)

    assert walked(q="needle") == [wanted]


def test_windows_do_not_overlap_though_events_come_in_while_one_is_read(app, short_window):
    wanted = happened("old.one", NOON - timedelta(days=1), context={"word": "needle"})
    series(WINDOW - 1)

    def come_in(_connection, _cursor, statement, *_rest) -> None:
        if "OFFSET" in statement:
            with db.engine.begin() as another:
                another.execute(text(COME_IN))

    event.listen(db.engine, "before_cursor_execute", come_in)
    try:
        ids = walked(q="needle")
    finally:
        event.remove(db.engine, "before_cursor_execute", come_in)

    assert ids == [wanted]


def test_what_is_on_its_way_is_found_however_much_waits(app, short_window):
    wanted = series(3)
    batched(*wanted)
    series(3 * WINDOW, occurred_at=NOON + timedelta(days=1))

    page = find_page(EventQuery(state="shipping"))

    assert ([event.id for event in page.items], page.searched_all) == (wanted, True)


def test_a_search_goes_back_through_windows_too(app, short_window):
    series(3 * WINDOW)
    newest = happened(context={"word": "needle"})
    oldest = find_page(EventQuery(until=NOON + timedelta(seconds=1)))
    end = Cursor.at(oldest.items[0].occurred_at, NEWEST, oldest.items[0].id)
    page = find_page(EventQuery(q="needle", before=str(end)))

    while not page.items:
        assert (page.previous is not None, page.searched_all) == (True, False)
        page = find_page(EventQuery(q="needle", before=page.previous))

    assert [event.id for event in page.items] == [newest]


def test_the_end_of_the_last_window_is_the_end(app, short_window):
    series(WINDOW - 1)

    page = find_page(EventQuery(q="needle"))

    assert (page.next, page.searched_all) == (None, True)


def test_all_that_match_are_exported(app, short_window, monkeypatch):
    monkeypatch.setattr("pingpong.paging.EXPORT_BATCH", 7)
    ids = series(3 * WINDOW)

    assert [event.id for event in export(EventQuery(q="number", after="", before=""))] == ids


@pytest.mark.parametrize("field", ["after", "before"])
def test_a_cursor_of_another_list_is_refused(app, field):
    with pytest.raises(InvalidInput, match=field):
        find_page(EventQuery(**{field: "bm90aGluZw"}))
