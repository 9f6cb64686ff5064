"""The page of an entity, without JavaScript: how it stands, its graph and every request made for it."""

import re

import pytest

from pingpong.dsp.models import Entity
from pingpong.dsp.states import EntityStatus
from pingpong.extensions import db
from tests.dsp.looking import made, page, put, send, sent, words
from tests.people import SomeOne, some_one


@pytest.fixture
def ada(app) -> SomeOne:
    return some_one(app)


def test_an_entity_is_shown_with_its_payload_and_its_relations(ada):
    parent, child, grandchild = made(
        ada, "parent", "child", "grandchild", child=["@parent"], grandchild=["@child"]
    )
    put(parent, status=EntityStatus.COMPLETED, remote_id="remote-7")

    html = words(page(ada, f"/dsp/{child}/"))

    assert "child campaign" in html
    assert "Depends on parent (completed)" in html
    assert "Needed by grandchild (waiting)" in html
    assert "remote-7" in words(page(ada, f"/dsp/{parent}/"))
    assert "Depends on nothing" in words(page(ada, f"/dsp/{parent}/"))
    assert f'href="/dsp/{grandchild}/"' in page(ada, f"/dsp/{child}/")


def test_the_graph_is_a_picture_whose_boxes_are_links(ada):
    parent, child = made(ada, "parent", "child", child=["@parent"])

    html = page(ada, f"/dsp/{child}/")

    assert '<title id="graph-name">Graph of 2 entities</title>' in html
    assert re.search(
        rf'data-status="pending" href="/dsp/{parent}/" aria-label="parent, campaign, pending"', html
    )
    assert re.search(rf'data-status="waiting" href="/dsp/{child}/" aria-current="page"', html)
    assert html.count('class="dsp-arrow dsp-near"') == 1
    assert "style=" not in html
    assert "child , campaign, waiting: depends on parent" in words(html)


def test_a_graph_that_is_too_large_says_so(ada, monkeypatch):
    monkeypatch.setattr("pingpong.dsp.picture.picture_of.__defaults__", (3,))
    root, *_ = made(
        ada, "root", *(f"leaf-{n}" for n in range(9)), **{f"leaf-{n}": ["@root"] for n in range(9)}
    )

    html = page(ada, f"/dsp/{root}/")

    assert "only the 3 nearest are drawn" in html


@pytest.mark.parametrize(
    ("status", "offered"),
    [
        (EntityStatus.PENDING, {"Cancel"}),
        (EntityStatus.FAILED, {"Retry", "Cancel"}),
        (EntityStatus.CANCELLED, {"Retry"}),
        (EntityStatus.COMPLETED, set()),
    ],
)
def test_only_what_can_be_done_is_offered(ada, status, offered):
    (id_,) = made(ada, "one")
    put(id_, status=status)

    html = page(ada, f"/dsp/{id_}/")

    assert {name for name in ("Retry", "Cancel") if f">{name}</button>" in html} == offered


def test_an_entity_is_cancelled_and_tried_again_by_its_buttons(ada):
    (id_,) = made(ada, "one")

    cancelled = send(ada, f"/dsp/{id_}/cancel/")
    assert (cancelled.status_code, cancelled.location) == (303, f"/dsp/{id_}/")
    assert db.session.get(Entity, id_).status is EntityStatus.CANCELLED
    send(ada, f"/dsp/{id_}/retry/")

    assert db.session.get(Entity, id_).status is EntityStatus.PENDING
    send(ada, f"/dsp/{id_}/retry/")
    assert "Only an entity that failed or was cancelled can be tried again." in page(ada, f"/dsp/{id_}/")


def test_the_timeline_shows_every_request_newest_first(ada):
    (id_,) = made(ada, "one")
    sent(id_, http_status=503, error="HTTP 503: away", backoff_secs=1.25, response="not json <i>")
    sent(id_, attempt=2, duration_ms=1234)

    html = page(ada, f"/dsp/{id_}/")

    told = words(html)
    assert told.index("attempt 2") < told.index("attempt 1")
    assert "answered 202 after 1,234 ms" in told
    assert "next attempt 1.2 s later" in told
    assert "HTTP 503: away" in told
    assert "not json &lt;i&gt;" in html
    assert "&#34;name&#34;: &#34;Autumn&#34;" in html


def test_a_request_without_an_answer_says_so(ada):
    (id_,) = made(ada, "one")
    sent(id_, http_status=None, response=None, error="no answer within 15 s")

    assert "no answer" in words(page(ada, f"/dsp/{id_}/"))


def test_a_long_timeline_has_pages(ada):
    (id_,) = made(ada, "one")
    for number in range(27):
        sent(id_, attempt=number + 1)

    older = re.search(r'rel="next" href="([^"]+)#', page(ada, f"/dsp/{id_}/"))[1]

    assert "attempt 2 " in words(page(ada, older))
    assert "attempt 3 " not in words(page(ada, older))
