"""What the API of chat does not take, and how it says so."""

import uuid

import pytest

from pingpong.chat.models import LONGEST_NAME, LONGEST_TEXT
from tests.chat.talk import ask, say, some_group, some_pair, some_people
from tests.conftest import changed
from tests.people import some_one

NOBODY = "01a1fb2c-5792-7422-9e6e-54e9dcfcdb55"


@pytest.fixture
def ada(app):
    return some_one(app)


@pytest.fixture
def eve(app):
    return some_people(1)[0]


def refused(response, *fields: str) -> bool:
    assert response.status_code == 422, response.json
    assert response.json["error"]["code"] == "validation_error"
    return [name.partition(".")[0] for name in response.json["error"]["fields"]] == list(fields)


@pytest.mark.parametrize(
    "participants",
    [None, [], {}, "", 1, ["nonsense"], [1], [None], [""], [NOBODY], [[NOBODY]], ["\0"], ["1" * 5_000]],
)
def test_bad_participants_are_named(ada, participants):
    assert refused(ask(ada, "POST", participants=participants), "participants")
    assert ask(ada, "GET").json["items"] == []


def test_a_conversation_needs_participants(ada):
    assert refused(ask(ada, "POST"), "participants")


def test_unknown_people_are_named(ada, eve):
    response = ask(ada, "POST", participants=[str(eve.id), NOBODY])

    assert NOBODY in response.json["error"]["message"]
    assert str(eve.id) not in response.json["error"]["message"]


def test_oneself_is_nobody_to_talk_to(ada):
    assert refused(ask(ada, "POST", participants=[str(ada.id), str(ada.id)]), "participants")


def test_too_many_people_are_refused_however_many_they_are(app, ada, eve):
    group = some_group(ada, eve)
    many = [str(uuid.uuid4()) for _ in range(5_000)]
    assert refused(ask(ada, "POST", participants=many), "participants")
    assert refused(ask(ada, "POST", f"{group}/members/", user_ids=many), "user_ids")

    with changed(app, chat_max_members=2):
        third = [str(some_people(1)[0].id)]
        assert refused(ask(ada, "POST", f"{group}/members/", user_ids=third), "user_ids")
        assert refused(ask(ada, "POST", participants=[str(eve.id), *third]), "participants")


@pytest.mark.parametrize("name", ["x" * (LONGEST_NAME + 1), "a\0b", "\ud800", 1, ["Engines"], {}, True])
def test_a_bad_name_is_refused(ada, eve, name):
    group = some_group(ada, eve)

    assert refused(ask(ada, "POST", participants=[str(eve.id)], name=name), "name")
    assert refused(ask(ada, "PATCH", f"{group}/", name=name), "name")
    assert ask(ada, "GET", f"{group}/").json["name"] == "Engines"


@pytest.mark.parametrize("name", ["x" * LONGEST_NAME, "Żółć 👩‍👩‍👧", "<b>"])
def test_names_of_any_script_are_names(ada, eve, name):
    assert ask(ada, "POST", participants=[str(eve.id)], name=f" {name}\n").json["name"] == name


def test_a_name_must_be_given_to_rename_and_may_be_empty(ada, eve):
    group = some_group(ada, eve)

    assert refused(ask(ada, "PATCH", f"{group}/"), "name")
    assert refused(ask(ada, "PATCH", f"{group}/", name=None), "name")
    assert ask(ada, "PATCH", f"{group}/", name=" ").json["name"] is None


@pytest.mark.parametrize("is_group", ["true", 1, [], "nonsense"])
def test_whether_it_is_a_group_is_yes_or_no(ada, eve, is_group):
    assert refused(ask(ada, "POST", participants=[str(eve.id)], is_group=is_group), "is_group")


@pytest.mark.parametrize("user_ids", [None, [], "", ["nonsense"], [NOBODY], [1]])
def test_bad_new_members_are_named(ada, eve, user_ids):
    group = some_group(ada, eve)

    assert refused(ask(ada, "POST", f"{group}/members/", user_ids=user_ids), "user_ids")
    assert len(ask(ada, "GET", f"{group}/").json["participants"]) == 2


@pytest.mark.parametrize("text", ["", " \n", "a\0", "\ud800", "x" * (LONGEST_TEXT + 1), None, 1, ["a"]])
def test_a_message_is_not_edited_into_what_cannot_be_said(ada, eve, text):
    pair = some_pair(ada, eve)
    message = say(pair, ada)

    assert refused(ask(ada, "PATCH", f"{pair}/messages/{message.id}/", text=text), "text")
    assert ask(ada, "GET", f"{pair}/messages/").json["items"][0]["text"] == "hello"


@pytest.mark.parametrize("limit", ["0", "101", "-1", "x", "1.5", ""])
def test_a_page_has_one_to_a_hundred_items(ada, eve, limit):
    pair = some_pair(ada, eve)

    assert refused(ask(ada, "GET", f"{pair}/messages/?limit={limit}"), "limit")
    assert refused(ask(ada, "GET", f"?limit={limit}"), "limit")


def test_a_page_may_have_one_or_a_hundred_items_and_has_25_if_nobody_says(ada, eve):
    pair = some_pair(ada, eve)
    for _ in range(27):
        say(pair, ada)

    sizes = {
        limit: len(ask(ada, "GET", f"{pair}/messages/{limit}").json["items"]) for limit in ("", "?limit=1")
    }

    assert sizes == {"": 25, "?limit=1": 1}
    assert len(ask(ada, "GET", f"{pair}/messages/?limit=100").json["items"]) == 27
    assert len(ask(ada, "GET", "?limit=100").json["items"]) == 1


@pytest.mark.parametrize("before", ["nonsense", "", NOBODY, "1"])
def test_a_page_goes_back_from_a_message_of_the_conversation(ada, eve, before):
    assert refused(ask(ada, "GET", f"{some_pair(ada, eve)}/messages/?before={before}"), "before")


@pytest.mark.parametrize("after", ["nonsense", "%00", "W10"])
def test_a_list_goes_on_from_a_cursor_of_its_own(ada, after):
    assert refused(ask(ada, "GET", f"?after={after}"), "after")


@pytest.mark.parametrize("bad", ["nonsense", "1", "%00", "é", "x" * 5_000, "..", NOBODY])
def test_an_id_that_is_none_is_not_found(ada, eve, bad):
    pair = some_pair(ada, eve)

    for method, path in (
        ("GET", f"{bad}/messages/"),
        ("DELETE", f"{pair}/messages/{bad}/"),
        ("DELETE", f"{some_group(ada, eve)}/members/{bad}/"),
    ):
        assert ask(ada, method, path).status_code == 404


@pytest.mark.parametrize("body", ["[]", '"text"', "null", "{", '{"participants": NaN}'])
def test_a_body_of_another_shape_is_refused(ada, body):
    response = ada.browser.post(
        "/api/chat/conversations/", data=body, headers=ada.csrf, content_type="application/json"
    )

    assert response.status_code in {400, 422}


def test_a_list_may_come_as_a_form(ada, eve):
    kim = some_people(1)[0]
    form = {"participants": [str(eve.id), str(kim.id)], "csrf_token": ada.csrf_token}

    response = ada.browser.post("/api/chat/conversations/", data=form)

    assert (response.status_code, len(response.json["participants"])) == (201, 3)
