"""`/api/users/…`: profiles, finding people, and tickets."""

from pingpong.accounts.models import User
from pingpong.extensions import db
from tests.people import log_in, profile, some_one


def test_a_profile_is_changed_and_what_is_not_sent_stays(ada):
    response = ada.browser.patch("/api/users/profile/", json={"name": "Countess"}, headers=ada.csrf)

    assert response.json == {
        "id": str(ada.id),
        "username": "ada",
        "email": "ada@example.com",
        "name": "Countess",
    }
    assert profile(ada.browser).json == response.json


def test_an_address_that_is_the_username_changes_with_it(app):
    person = some_one(app)

    changed = person.browser.patch(
        "/api/users/profile/", json={"email": "New@example.com"}, headers=person.csrf
    )

    assert changed.json["username"] == changed.json["email"] == "new@example.com"


def test_nobody_takes_what_is_anothers(app, ada):
    eve = some_one(app)

    def change(**fields: str):
        return eve.browser.patch("/api/users/profile/", json=fields, headers=eve.csrf)

    assert change(username="ADA").status_code == 409
    assert change(email="ADA@example.com").status_code == 409
    assert change(username="ada@example.com").status_code == 422


def test_people_are_found_by_a_part_of_what_they_are_called(app, ada):
    some_one(app, username="grace", name="Grace Hopper")

    def found(q: str) -> list[str]:
        items = ada.browser.get("/api/users/list/", query_string={"q": q}).json["items"]
        return [person["username"] for person in items]

    assert found("HOPP") == ["grace"]
    assert found("") == ["grace", "ada"]
    assert found("%") == []


def test_people_are_paged(app, ada):
    for number in range(3):
        some_one(app, username=f"person{number}")

    first = ada.browser.get("/api/users/list/?limit=2").json
    second = ada.browser.get("/api/users/list/", query_string={"limit": 2, "after": first["next"]}).json

    assert [person["username"] for person in first["items"]] == ["person2", "person1"]
    assert [person["username"] for person in second["items"]] == ["person0", "ada"]
    assert second["next"] is None


def test_people_are_shown_to_people_only(client):
    assert client.get("/api/users/list/").status_code == 401


def test_a_ticket_opens_one_stream(app, ada):
    ticket = ada.browser.post("/api/users/tickets/", headers=ada.csrf).json["ticket"]

    def opened() -> int:
        response = app.test_client().head("/events/", query_string={"ticket": ticket})
        return response.status_code

    assert [opened(), opened()] == [200, 401]


def test_a_ticket_of_a_session_that_ended_is_worth_nothing(app, ada):
    ticket = ada.browser.post("/api/users/tickets/", headers=ada.csrf).json["ticket"]
    ada.browser.post("/api/users/logout/", headers=ada.csrf)

    assert app.test_client().head("/events/", query_string={"ticket": ticket}).status_code == 401


def test_a_ticket_expires(app, redis, ada):
    ada.browser.post("/api/users/tickets/", headers=ada.csrf)

    [key] = redis.keys("pingpong:ticket:*")
    assert 0 < redis.ttl(key) <= 30


def test_somebody_who_is_shut_out_is_nobody_at_once(app, ada):
    db.session.get(User, ada.id).is_active = False
    db.session.commit()

    assert profile(ada.browser).status_code == 401
    assert profile(app.test_client(), ada.bearer).status_code == 401
    assert log_in(app.test_client(), email="ada@example.com").status_code == 401
