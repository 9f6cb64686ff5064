"""The list of submissions, without JavaScript: the rate limit, the filters, and many at once."""

import re
from uuid import UUID

import pytest

from pingpong.dsp.models import Entity
from pingpong.dsp.states import EntityStatus
from pingpong.extensions import db
from tests.conftest import changed
from tests.dsp.looking import PAGE, URL, made, names, page, put, send, sent, words
from tests.people import SomeOne, some_one


@pytest.fixture
def ada(app) -> SomeOne:
    return some_one(app)


@pytest.mark.parametrize("path", ["/dsp/", "/dsp/new/", "/dsp/entities.csv", f"/dsp/{UUID(int=1)}/"])
def test_who_is_not_logged_in_is_sent_to_the_login(client, path):
    response = client.get(path, headers=PAGE)

    assert response.status_code == 303
    assert response.location.startswith("/login/?next=")


def test_everybody_sees_their_own_and_administrators_everybodys(app, ada):
    made(ada, "hers")
    bob, admin = some_one(app, name="Bob"), some_one(app, is_admin=True)
    (his,) = made(bob, "his")

    assert names(page(ada)) == ["hers"]
    assert "Bob" not in page(ada)
    assert names(page(admin)) == ["his", "hers"]
    assert "Bob" in page(admin)
    page(ada, f"/dsp/{his}/", status=404)
    assert "Bob" in page(admin, f"/dsp/{his}/")


def test_the_list_is_filtered_by_status_type_ref_and_what_is_blocked(ada):
    first, *_ = made(ada, "first", "second", "third", third=["@second"])
    put(first, status=EntityStatus.FAILED, last_error="HTTP 400: the budget is missing")
    put(made(ada, "stuck")[0], status=EntityStatus.WAITING, blocked_reason="first failed")

    assert names(page(ada, "/dsp/?status=failed")) == ["first"]
    assert names(page(ada, "/dsp/?status=waiting")) == ["stuck", "third"]
    assert names(page(ada, "/dsp/?blocked=true")) == ["stuck"]
    assert names(page(ada, "/dsp/?q=SEC&entity_type=campaign")) == ["second"]
    assert names(page(ada, "/dsp/?entity_type=creative")) == []
    assert "HTTP 400: the budget is missing" in page(ada)
    assert "first failed" in page(ada)


def test_the_counts_by_status_are_links_that_keep_the_other_filters(ada):
    first, *_ = made(ada, "first", "second")
    put(first, status=EntityStatus.COMPLETED)

    html = page(ada, "/dsp/?q=s&status=completed")

    chips = dict(re.findall(r'data-status="(\w+)" href="([^"]+)"', html))
    assert chips["pending"].replace("&amp;", "&") in {"/dsp/?status=pending&q=s", "/dsp/?q=s&status=pending"}
    assert chips["all"] == "/dsp/?q=s"
    assert "all 2 waiting 0 pending 1 submitted 0 completed 1 failed 0 cancelled 0 blocked 0" in words(html)
    assert re.search(r'data-status="completed" href="[^"]+" aria-current="true"', html)


def test_a_bad_filter_is_refused(ada):
    assert "status" in page(ada, "/dsp/?status=asleep", status=422)


def test_pages_lead_to_older_ones_and_keep_the_filters(ada):
    made(ada, *(f"one-{number}" for number in range(30)))

    html = page(ada, "/dsp/?status=pending")
    older = re.search(r'rel="next" href="([^"]+)"', html)[1].replace("&amp;", "&")

    assert names(html)[0] == "one-29"
    assert names(page(ada, older)) == [f"one-{number}" for number in range(4, -1, -1)]
    assert "status=pending" in older
    assert 'rel="next"' not in page(ada, older)


def test_the_gauge_says_how_much_of_the_limit_is_used(app, ada):
    (id_,) = made(ada, "one")
    sent(id_)
    sent(id_)

    with changed(app, dsp_api_url=URL):
        html = page(ada)

    assert "2 of 40 requests in the last 60 s" in words(html)
    assert 'max="40" value="2"' in html
    assert len(re.search(r'data-ages-ms="([\d ]+)"', html)[1].split()) == 2
    assert "Circuit breaker closed" in words(html)


def test_the_page_says_for_how_long_all_is_stopped(app, ada):
    (id_,) = made(ada, "one")
    sent(id_, http_status=429, retry_after_s=90.0, error="HTTP 429")

    with changed(app, dsp_api_url=URL):
        html = page(ada)

    assert re.search(r"wants to hear nothing for another (8\d|90|91) s", words(html))


def test_the_page_says_that_the_circuit_breaker_is_open(app, ada):
    (id_,) = made(ada, "one")
    for _ in range(5):
        sent(id_, http_status=500, is_outage=True, error="HTTP 500")

    with changed(app, dsp_api_url=URL):
        html = page(ada)

    assert "Circuit breaker open" in words(html)
    assert re.search(r"Next probe in (2\d|30) s", words(html))


def test_without_a_third_party_the_page_says_so(app, ada):
    with changed(app, dsp_api_url=""):
        assert "No third party is configured" in page(ada)


def test_what_people_have_written_is_shown_as_text(ada):
    (id_,) = made(ada, "one")
    put(id_, last_error="<script>alert(1)</script>", payload={"name": "<b>bold</b>"})

    for html in (page(ada), page(ada, f"/dsp/{id_}/")):
        assert "<script>alert" not in html
        assert "<b>bold" not in html


def test_the_chosen_are_tried_again_and_what_is_refused_is_said(ada):
    first, second, third = made(ada, "first", "second", "third")
    put(first, status=EntityStatus.FAILED)
    put(second, status=EntityStatus.CANCELLED)

    response = send(ada, "/dsp/chosen/?q=ir", action="retry", entity=[str(first), str(second), str(third)])

    assert (response.status_code, response.location) == (303, "/dsp/?q=ir")
    told = words(page(ada))
    assert "To be tried again: 2 entities (first and second)." in told
    assert "Left as before: 1 entity (third). Only an entity that failed or was cancelled" in told
    assert "To be tried again" not in words(page(ada))
    assert db.session.get(Entity, first).status is EntityStatus.PENDING


def test_the_chosen_are_cancelled(ada):
    first, second = made(ada, "first", "second", second=["@first"])

    send(ada, "/dsp/chosen/", action="cancel", entity=str(first))

    assert "Cancelled: 1 entity (first)." in words(page(ada))
    assert db.session.get(Entity, second).status is EntityStatus.FAILED


def test_nobody_does_anything_with_what_is_not_theirs(app, ada):
    (his,) = made(some_one(app), "his")

    send(ada, "/dsp/chosen/", action="cancel", entity=str(his))

    assert f"Left as before: 1 entity ({his}). There is no such entity." in words(page(ada))
    assert send(ada, f"/dsp/{his}/cancel/").status_code == 404
    assert db.session.get(Entity, his).status is EntityStatus.PENDING


def test_who_chooses_nothing_is_told_to(ada):
    assert send(ada, "/dsp/chosen/", action="cancel").status_code == 303
    assert "Choose some entities first." in page(ada)


def test_many_are_named_by_a_few(ada):
    ids = made(ada, *(f"one-{number}" for number in range(9)))

    send(ada, "/dsp/chosen/", action="cancel", entity=[str(one) for one in ids])

    assert "9 entities (one-0, one-1, one-2, one-3, one-4 and 4 more)" in words(page(ada))


def test_a_form_without_the_token_does_nothing(ada):
    (id_,) = made(ada, "one")

    response = ada.browser.post("/dsp/chosen/", data={"action": "cancel", "entity": str(id_)}, headers=PAGE)

    assert response.status_code == 403


def test_the_head_of_every_page_leads_there(client):
    assert '<a href="/dsp/">DSP</a>' in client.get("/", headers=PAGE).text
