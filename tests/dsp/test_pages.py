"""The pages of submissions, without JavaScript."""

import io
import json
import re
from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import update

from pingpong.accounts.models import User
from pingpong.dsp.creating import create
from pingpong.dsp.models import Entity, EntityAudit
from pingpong.dsp.schemas import NewEntity
from pingpong.dsp.states import Action, EntityStatus
from pingpong.extensions import db
from tests.conftest import changed
from tests.people import SomeOne, some_one

PAGE = {"Accept": "text/html"}
URL = "http://127.0.0.1:1"


@pytest.fixture
def ada(app) -> SomeOne:
    return some_one(app)


def made(person: SomeOne, *refs: str, **needs: list[str]) -> list[UUID]:
    """Campaigns of a person; `b=["@a"]` says what one depends on."""
    wanted = [NewEntity(entity_type="campaign", ref=ref, depends_on=needs.get(ref, [])) for ref in refs]
    return create(db.session.get(User, person.id), wanted, as_graph=True)


def put(id_: UUID, **values: object) -> None:
    """Have an entity be in a state, however it came there."""
    db.session.execute(update(Entity).where(Entity.id == id_).values(**values))
    db.session.commit()


def sent(id_: UUID, **values: object) -> None:
    """A request that was made for an entity."""
    usual = {
        "at": datetime.now(UTC),
        "action": Action.SUBMIT,
        "attempt": 1,
        "method": "POST",
        "url": f"{URL}/v1/campaign",
        "request": '{"name": "Autumn"}',
        "http_status": 202,
        "response": '{"id": "remote-1"}',
        "duration_ms": 120,
    }
    db.session.add(EntityAudit(entity_id=id_, **{**usual, **values}))
    db.session.commit()


def page(person: SomeOne, path: str = "/dsp/", status: int = 200) -> str:
    response = person.browser.get(path, headers=PAGE)
    assert response.status_code == status
    return response.text


def send(person: SomeOne, path: str, **fields: object):
    data = {"csrf_token": person.csrf_token, **fields}
    return person.browser.post(path, data=data, headers=PAGE)


def names(html: str) -> list[str]:
    """The entities in the table, from top to bottom."""
    return re.findall(r'class="dsp-name" href="[^"]+">([^<]+)<', html)


def words(html: str) -> str:
    """The page without its markup."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


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


def test_an_entity_is_created_by_the_form(ada):
    made(ada, "campaign-1", "campaign-2")

    response = send(
        ada,
        "/dsp/new/",
        entity_type="ad_group",
        ref=" group-1 ",
        payload='{"campaign": {"$ref": "campaign-1.remote_id"}}',
        depends_on="@campaign-1, @campaign-2",
    )

    assert response.status_code == 303
    html = words(page(ada, response.location))
    assert "group-1 ad_group" in html
    assert "Depends on campaign-1 (pending) , campaign-2 (pending)" in html


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        (
            {"payload": "{"},
            "is not valid JSON: Expecting property name enclosed in double quotes (line 1, column 2)",
        ),
        ({"payload": "[]"}, "must be an object"),
        ({"payload": '{"n": NaN}'}, "NaN is not JSON"),
        ({"entity_type": "poem"}, "must be one of campaign"),
        ({"ref": "a b"}, "must match pattern"),
        ({"depends_on": "campaign-1"}, "“campaign-1”: neither an id nor a ref with @ in front"),
        ({"depends_on": "@nobody"}, "reference @nobody is unknown"),
        ({"payload": '{"a": {"$ref": "x.remote_id"}}'}, "refers to x, which depends_on does not name"),
    ],
)
def test_what_is_wrong_with_an_entity_is_said_and_what_was_typed_is_kept(ada, fields, problem):
    given = {
        "entity_type": "creative",
        "ref": "kept-ref",
        "payload": '{"kept": 1}',
        "depends_on": "",
        **fields,
    }

    response = send(ada, "/dsp/new/", **given)

    assert response.status_code == 422
    assert problem in response.text.replace("&#34;", '"')
    assert given["ref"] in response.text
    assert given["payload"] in response.text.replace("&#34;", '"')
    assert names(page(ada)) == []


GRAPH = [
    {"ref": "c", "entity_type": "campaign", "payload": {"name": "Autumn"}},
    {"ref": "g", "entity_type": "ad_group", "depends_on": ["@c"]},
]


@pytest.mark.parametrize("graph", [GRAPH, {"entities": GRAPH}])
@pytest.mark.parametrize("way", ["file", "text"])
def test_a_graph_is_created_from_a_file_or_from_what_is_pasted(ada, graph, way):
    text = json.dumps(graph)
    fields = (
        {"file": (io.BytesIO(text.encode("utf-8-sig")), "graph.json")} if way == "file" else {"graph": text}
    )

    response = send(ada, "/dsp/graph/", **fields)

    assert (response.status_code, response.location) == (303, "/dsp/")
    html = page(ada)
    assert "2 entities were created." in html
    assert names(html) == ["g", "c"]


@pytest.mark.parametrize(
    ("graph", "problem"),
    [
        (
            "[{]",
            "The graph is not valid JSON: Expecting property name enclosed in double quotes (line 1",
        ),
        ("{}", "The graph must be a list of entities"),
        ("[]", "The graph must have at least one entity."),
        ('[{"ref": "a"}]', "Entity 1 (a), entity_type: is required."),
        ('[{"ref": "a", "entity_type": "poem"}]', "Entity 1 (a), entity_type: must be one of campaign"),
        (
            '[{"ref": "a", "entity_type": "ad", "depends_on": ["@b"]}, '
            '{"ref": "b", "entity_type": "ad", "depends_on": ["@a"]}]',
            "The graph must not depend on each other in a cycle: ",
        ),
    ],
)
def test_what_is_wrong_with_a_graph_is_said_and_what_was_pasted_is_kept(ada, graph, problem):
    response = send(ada, "/dsp/graph/", graph=graph)

    assert response.status_code == 422
    assert problem in words(response.text)
    assert f">\n{graph}</textarea>" in response.text.replace("&#34;", '"')
    assert names(page(ada)) == []


def test_of_many_problems_a_few_are_told(ada):
    graph = json.dumps([{"entity_type": "poem"} for _ in range(50)])

    response = send(ada, "/dsp/graph/", graph=graph)

    assert "Entity 20, entity_type: must be one of" in words(response.text)
    assert "And 30 more." in response.text


def test_a_file_that_is_no_text_is_refused(ada):
    response = send(ada, "/dsp/graph/", file=(io.BytesIO(b"\xff\xfe\x00"), "graph.json"))

    assert response.status_code == 422
    assert "The graph must be a file of text in UTF-8." in response.text


def test_a_file_that_is_too_large_is_refused(app, ada):
    with changed(app, dsp_max_upload_bytes=1000):
        response = send(ada, "/dsp/graph/", file=(io.BytesIO(b"x" * 2000), "graph.json"))

    assert response.status_code == 413


def test_a_graph_of_more_than_other_forms_take_is_taken(app, ada, settings):
    graph = json.dumps([{"entity_type": "ad", "payload": {"text": "x" * 60_000}} for _ in range(40)])
    assert len(graph) > settings.max_body_bytes

    assert send(ada, "/dsp/graph/", graph=graph).status_code == 303
    assert send(ada, "/dsp/graph/", file=(io.BytesIO(graph.encode()), "graph.json")).status_code == 303


def test_the_head_of_every_page_leads_there(client):
    assert '<a href="/dsp/">DSP</a>' in client.get("/", headers=PAGE).text
