"""What accounts record: each change that was made, and no word that people wrote."""

import json

import pytest
from sqlalchemy import update
from sqlalchemy.exc import OperationalError

from pingpong.accounts.models import LoginSession, User
from pingpong.accounts.tokens import read
from pingpong.extensions import db
from tests.accounts.test_pages import fill_in
from tests.people import PASSWORD, log_in, logged_in, some_address, some_one
from tests.recorded import outbox, recorded, recording

REQUEST = {"X-Request-ID": "a-request"}
NEW_PASSWORD = "another fine password"


@pytest.fixture
def ada(app):
    return some_one(app, username="ada")


def session_of(person):
    return read(person.access, "access").session_id


def change(person, path, **body):
    return person.browser.patch(f"/api/users/{path}/", json=body, headers={**person.csrf, **REQUEST})


def send(person, path, **body):
    return person.browser.post(f"/api/users/{path}/", json=body, headers={**person.csrf, **REQUEST})


def meanwhile(person, **values):
    """Somebody else writes this."""
    with db.engine.begin() as other:
        other.execute(update(User).where(User.id == person.id).values(values))


def types(events):
    return [one.event_type for one in events]


def test_whoever_registers_has_done_it_themselves(app, client):
    body = {"email": some_address(), "password": PASSWORD}
    user_id = client.post("/api/users/register/", json=body, headers=REQUEST).json["id"]

    (event,) = outbox()
    assert event.event_type == "user.registered"
    assert event.context == {"user_id": user_id, "is_admin": False}
    assert (str(event.actor_id), event.request_id) == (user_id, "a-request")


def test_a_form_records_what_the_api_does(app, client):
    fill_in(client, "/register/", email=some_address(), password=PASSWORD)

    registered, began = outbox()
    assert types([registered, began]) == ["user.registered", "session.began"]
    assert registered.actor_id == began.actor_id


def test_an_account_that_is_refused_is_none(app, ada, client):
    with recording() as events:
        body = {"email": some_address(), "username": "ADA", "password": PASSWORD}
        assert client.post("/api/users/register/", json=body).status_code == 409

    assert events == []


def test_a_login_begins_a_session(app, ada):
    with recording() as events:
        again = logged_in(app, User.find_by_name("ada"))

    (began,) = events
    assert began.event_type == "session.began"
    assert began.context == {"session_id": str(session_of(again)), "user_id": str(ada.id)}
    assert began.actor_id == ada.id


def test_a_wrong_password_is_recorded_for_whose_it_was_to_be(app, ada, client):
    with recording() as events:
        log_in(client, username="ada", password="a wrong password")
        log_in(client, username="nobody")

    assert [(one.event_type, one.context, one.actor_id) for one in events] == [
        ("login.failed", {"user_id": str(ada.id), "reason": "wrong_password"}, None),
        ("login.failed", {"user_id": None, "reason": "unknown"}, None),
    ]


def test_whoever_is_shut_out_fails_to_log_in_for_that(app, ada, client):
    meanwhile(ada, is_active=False)
    with recording() as events:
        log_in(client, username="ada")
        log_in(client, username="ada", password="a wrong password")

    assert [one.context["reason"] for one in events] == ["shut_out", "wrong_password"]


def test_a_logout_ends_its_session_once(app, ada):
    with recording() as events:
        send(ada, "logout")
        LoginSession.end(session_of(ada), "logout")

    (ended,) = events
    assert ended.event_type == "session.ended"
    assert ended.context == {
        "session_id": str(session_of(ada)),
        "user_id": str(ada.id),
        "reason": "logout",
    }
    assert (ended.actor_id, ended.request_id) == (ada.id, "a-request")


@pytest.mark.parametrize("known_as", ["nobody", "somebody else"])
def test_a_logout_by_token_is_of_the_token_s_person(app, ada, known_as):
    other = some_one(app)
    by = {} if known_as == "nobody" else other.csrf
    browser = app.test_client() if known_as == "nobody" else other.browser
    with recording() as events:
        browser.post("/api/users/logout/", json={"refresh": ada.refresh}, headers=by)

    (ended,) = events
    assert ended.context["session_id"] == str(session_of(ada))
    assert ended.actor_id == ada.id


def test_logging_out_everywhere_ends_each_session(app, ada):
    other = logged_in(app, User.find_by_name("ada"))
    with recording() as events:
        ada.browser.post("/profile/sessions/", data={"csrf_token": ada.csrf_token})

    assert {(one.context["session_id"], one.context["reason"]) for one in events} == {
        (str(session_of(ada)), "everywhere"),
        (str(session_of(other)), "everywhere"),
    }


def test_a_new_password_ends_the_other_sessions(app, ada):
    other = logged_in(app, User.find_by_name("ada"))
    with recording() as events:
        assert send(ada, "password", old_password=PASSWORD, new_password=NEW_PASSWORD).status_code == 200

    ended, changed = events
    assert ended.context["session_id"] == str(session_of(other))
    assert ended.context["reason"] == "password"
    assert changed.event_type == "password.changed"
    assert changed.context == {"user_id": str(ada.id), "sessions_ended": 1}
    assert {one.actor_id for one in events} == {ada.id}


def test_a_new_password_with_a_wrong_old_one_is_none(app, ada):
    with recording() as events:
        assert send(ada, "password", old_password=NEW_PASSWORD, new_password=NEW_PASSWORD).status_code == 422

    assert events == []


def test_a_commit_that_fails_leaves_no_event(ada, monkeypatch):
    person = User.find_by_name("ada")

    def fail():
        raise OperationalError("", {}, Exception("the database is away"))

    with recording() as events, pytest.raises(OperationalError), monkeypatch.context() as broken:
        broken.setattr(db.session, "commit", fail)
        person.set_password(NEW_PASSWORD)

    assert events == []


def test_a_profile_says_which_fields_are_others_now(app):
    person = some_one(app)
    with recording() as events:
        change(person, "profile", email=some_address(), name="Ada")

    (changed,) = events
    assert changed.event_type == "profile.changed"
    assert changed.context == {"user_id": str(person.id), "fields": ["email", "name", "username"]}
    assert (changed.actor_id, changed.request_id) == (person.id, "a-request")


def test_a_profile_that_stays_as_it_was_is_no_event(app, ada):
    with recording() as events:
        assert change(ada, "profile", username="ada", email=ada.email).status_code == 200

    assert events == []


def test_what_somebody_else_has_changed_meanwhile_is_no_event(app, ada):
    person = User.find_by_name("ada")
    meanwhile(ada, name="Ada", is_admin=True)
    with recording() as events:
        person.change_profile(name="Ada")
        person.make_admin()

    assert events == []


@pytest.mark.parametrize(("username", "status"), [("root", 409), ("somebody@example.com", 422)])
def test_a_profile_that_is_refused_is_no_event(app, ada, username, status):
    some_one(app, username="root")
    with recording() as events:
        assert change(ada, "profile", username=username).status_code == status

    assert events == []


def test_the_shell_makes_an_administrator_for_nobody(app):
    run = app.test_cli_runner().invoke
    run(
        args=["users", "create-admin", some_address(), "--username", "root", "--password-stdin"],
        input=PASSWORD,
    )
    run(args=["users", "create-admin", "root"])

    registered, made = outbox()
    assert types([registered, made]) == ["user.registered", "user.made_admin"]
    assert registered.actor_id is made.actor_id is None


def test_a_password_set_from_the_shell_is_recorded(app, ada):
    with recording() as events:
        app.test_cli_runner().invoke(
            args=["users", "set-password", "ada", "--password-stdin"], input=NEW_PASSWORD
        )

    assert types(events) == ["session.ended", "password.changed"]
    assert {one.actor_id for one in events} == {None}


def test_no_word_of_people_is_in_any_event(app, client):
    words = {"email": "zz-mail@example.com", "username": "zz-user", "name": "Zzname"}
    person = some_one(app, **words, password="zz-password-1")
    log_in(client, username="zz-user", password="zz-wrong-one")
    log_in(client, username="zz-nobody", password="zz-wrong-one")
    change(person, "profile", email="zz-other@example.com", username="zz-else", name="Zzother")
    send(person, "password", old_password="zz-password-1", new_password="zz-password-2")
    send(person, "logout", refresh=person.refresh)

    assert len(recorded("session.ended")) == 1
    everything = json.dumps([one.context for one in outbox()])
    assert "zz" not in everything.lower()
    assert person.refresh not in everything
