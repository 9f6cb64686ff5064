"""`/api/chat/…`: what it takes and answers."""

import uuid

import pytest

from pingpong.chat import changing, presence
from tests.chat.talk import API, as_user, ask, say, some_group, some_pair, some_people
from tests.people import some_one

NOBODY = "01a1fb2c-5792-7422-9e6e-54e9dcfcdb55"
MESSAGE_FIELDS = {"id", "seq", "sender", "text", "sent_at", "edited_at", "deleted_at", "client_id"}


@pytest.fixture
def ada(app):
    return some_one(app, username="ada", name="Ada Lovelace")


@pytest.fixture
def eve(app):
    return some_people(1)[0]


def begin(person, *others, **fields):
    return ask(person, "POST", participants=[str(one.id) for one in others], **fields)


def test_a_conversation_of_two_is_begun_once_and_found_from_then_on(app, ada):
    eve = some_one(app)

    first, second, from_the_other_side = begin(ada, eve), begin(ada, eve), begin(eve, ada)

    assert [answer.status_code for answer in (first, second, from_the_other_side)] == [201, 200, 200]
    assert {answer.json["id"] for answer in (first, second, from_the_other_side)} == {first.json["id"]}


def test_a_new_conversation_is_shown_as_it_is(ada, eve):
    presence.come(eve.id)

    shown = begin(ada, eve, name=" Engines ").json

    participants = {one["id"]: one for one in shown.pop("participants")}
    assert uuid.UUID(shown.pop("id")).version == 7
    assert shown == {
        "name": "Engines",
        "is_group": True,
        "owner_id": str(ada.id),
        "last_message": None,
        "unread_count": 0,
    }
    assert participants[str(ada.id)] == {
        "id": str(ada.id),
        "username": "ada",
        "name": "Ada Lovelace",
        "online": False,
        "read_seq": 0,
    }
    assert participants[str(eve.id)]["online"] is True
    assert len(participants) == 2


def test_a_conversation_of_two_has_neither_a_name_nor_an_owner(ada, eve):
    shown = begin(ada, eve).json

    assert (shown["name"], shown["owner_id"], shown["is_group"]) == (None, None, False)


def test_a_message_is_shown_with_its_times_in_utc(ada, eve):
    pair = some_pair(ada, eve)
    message = say(pair, ada, "hello")
    changing.edit(pair, message.id, as_user(ada), "changed")

    [shown] = ask(ada, "GET", f"{pair}/messages/").json["items"]

    assert set(shown) == MESSAGE_FIELDS
    assert shown["sender"] == {"id": str(ada.id), "username": "ada"}
    assert (shown["id"], shown["seq"], shown["text"]) == (str(message.id), 1, "changed")
    assert uuid.UUID(shown["id"]).version == 7
    for time in ("sent_at", "edited_at"):
        assert len(shown[time]) == len("2026-11-20T22:55:49.670146Z")
        assert shown[time].endswith("Z")
    assert shown["deleted_at"] is None
    assert ask(ada, "GET", f"{pair}/").json["last_message"] == shown


def test_the_newest_messages_come_first_and_next_leads_on(ada, eve):
    pair = some_pair(ada, eve)
    for number in range(3):
        say(pair, eve, f"{number}")

    first = ask(ada, "GET", f"{pair}/messages/?limit=2").json
    second = ask(ada, "GET", f"{pair}/messages/?limit=2&before={first['next']}").json

    assert [one["text"] for one in first["items"]] == ["2", "1"]
    assert first["next"] == first["items"][-1]["id"]
    assert first["unread_count"] == second["unread_count"] == 3
    assert ([one["text"] for one in second["items"]], second["next"]) == (["0"], None)


def test_ones_conversations_are_listed_the_most_recent_first_and_paged(ada):
    pairs = [some_pair(ada, one) for one in some_people(3)]
    say(pairs[0], ada)

    first = ask(ada, "GET", "?limit=2").json
    second = ask(ada, "GET", f"?limit=2&after={first['next']}").json

    assert set(first) == set(second) == {"items", "next"}
    assert [one["id"] for one in first["items"]] == [str(pairs[0]), str(pairs[2])]
    assert ([one["id"] for one in second["items"]], second["next"]) == ([str(pairs[1])], None)
    assert first["items"][0]["last_message"]["seq"] == 1
    assert first["items"][1]["last_message"] is None
    assert first["items"][0] == ask(ada, "GET", f"{pairs[0]}/").json


def test_a_group_is_renamed_let_into_and_left(ada, eve):
    kim = some_people(1)[0]
    group = some_group(ada, eve)

    renamed = ask(ada, "PATCH", f"{group}/", name="Turbines")
    joined = ask(ada, "POST", f"{group}/members/", user_ids=[str(kim.id)])
    put_out = ask(ada, "DELETE", f"{group}/members/{eve.id}/")
    left = ask(ada, "DELETE", f"{group}/members/{ada.id}/")

    assert (renamed.status_code, renamed.json["name"]) == (200, "Turbines")
    assert (joined.status_code, len(joined.json["participants"])) == (200, 3)
    assert (put_out.status_code, put_out.data) == (left.status_code, left.data) == (204, b"")
    assert ask(ada, "GET", f"{group}/").status_code == 404


def test_a_message_is_edited_and_deleted(ada, eve):
    pair = some_pair(ada, eve)
    path = f"{pair}/messages/{say(pair, ada).id}/"

    edited = ask(ada, "PATCH", path, text="changed")
    deleted = ask(ada, "DELETE", path)

    assert (edited.status_code, set(edited.json), edited.json["text"]) == (200, MESSAGE_FIELDS, "changed")
    assert (deleted.status_code, deleted.data) == (204, b"")
    [shown] = ask(ada, "GET", f"{pair}/messages/").json["items"]
    assert (shown["seq"], shown["text"]) == (1, "")
    assert shown["deleted_at"].endswith("Z")
    assert [ask(ada, "DELETE", path).status_code, ask(ada, "PATCH", path, text="x").status_code] == [404, 404]


def test_what_one_may_not_do_is_forbidden_and_what_cannot_be_is_a_conflict(app, ada, eve):
    pair, group = some_pair(ada, eve), some_group(eve, ada)
    message = say(group, eve)

    forbidden = [
        ask(ada, "PATCH", f"{group}/", name="Mine"),
        ask(ada, "POST", f"{group}/members/", user_ids=[str(ada.id)]),
        ask(ada, "DELETE", f"{group}/members/{eve.id}/"),
        ask(ada, "PATCH", f"{group}/messages/{message.id}/", text="mine"),
        ask(ada, "DELETE", f"{group}/messages/{message.id}/"),
    ]
    conflicts = [
        ask(ada, "PATCH", f"{pair}/", name="Us"),
        ask(ada, "POST", f"{pair}/members/", user_ids=[str(eve.id)]),
        ask(ada, "DELETE", f"{pair}/members/{ada.id}/"),
    ]

    assert {(one.status_code, one.json["error"]["code"]) for one in forbidden} == {(403, "forbidden")}
    assert {(one.status_code, one.json["error"]["code"]) for one in conflicts} == {(409, "conflict")}


def routes(conversation_id, message_id, user_id):
    """Every route of one conversation."""
    return [
        ("GET", f"{conversation_id}/", {}),
        ("PATCH", f"{conversation_id}/", {"name": "Mine"}),
        ("POST", f"{conversation_id}/members/", {"user_ids": [str(user_id)]}),
        ("DELETE", f"{conversation_id}/members/{user_id}/", {}),
        ("GET", f"{conversation_id}/messages/", {}),
        ("GET", f"{conversation_id}/messages/?before={message_id}", {}),
        ("PATCH", f"{conversation_id}/messages/{message_id}/", {"text": "mine"}),
        ("DELETE", f"{conversation_id}/messages/{message_id}/", {}),
    ]


@pytest.mark.parametrize("is_admin", [False, True])
def test_to_others_a_conversation_does_not_exist_whatever_they_ask(app, ada, eve, is_admin):
    outsider = some_one(app, is_admin=is_admin)
    pair = some_pair(ada, eve)
    message_id = say(pair, ada).id

    for user_id in (ada.id, outsider.id):
        theirs = [ask(outsider, *route[:2], **route[2]) for route in routes(pair, message_id, user_id)]
        nowhere = [ask(outsider, *route[:2], **route[2]) for route in routes(NOBODY, message_id, user_id)]
        assert {answer.status_code for answer in theirs} == {404}
        assert [one.json["error"]["message"] for one in theirs] == [
            one.json["error"]["message"] for one in nowhere
        ]
    assert ask(outsider, "GET").json["items"] == []
    assert ask(ada, "GET", f"{pair}/").json["last_message"]["text"] == "hello"


def test_every_route_of_a_conversation_was_tried(app):
    known = {
        (method, rule.rule)
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith(f"{API}<")
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }

    assert len(known) == len({(method, path.partition("?")[0]) for method, path, _ in routes("a", "b", "c")})


def test_nobody_in_particular_has_no_conversations(client, ada, eve):
    pair = some_pair(ada, eve)
    others = [("GET", "", {}), ("POST", "", {"participants": [str(ada.id)]})]

    for method, path, body in [*routes(pair, NOBODY, ada.id), *others]:
        assert client.open(API + path, method=method, json=body).status_code == 401


def test_what_comes_by_cookie_needs_its_token(ada, eve):
    response = ada.browser.post(API, json={"participants": [str(eve.id)]})

    assert response.status_code == 403
