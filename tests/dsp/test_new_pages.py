"""Creating submissions by forms, without JavaScript."""

import io
import json

import pytest

from tests.conftest import changed
from tests.dsp.looking import made, names, page, send, words
from tests.people import SomeOne, some_one


@pytest.fixture
def ada(app) -> SomeOne:
    return some_one(app)


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
