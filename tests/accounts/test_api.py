"""`/api/users/…`: accounts, logins and what ends them."""

import uuid

import jwt
import pytest

from pingpong.accounts.models import User
from pingpong.extensions import db
from tests.people import PASSWORD, log_in, logged_in, profile, some_address, some_one


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def register(client):
    def register_one(**fields: str):
        return client.post(
            "/api/users/register/", json={"email": some_address(), "password": PASSWORD, **fields}
        )

    return register_one


@pytest.fixture
def login(app):
    """Log in with a client that knows nothing yet."""
    return lambda **fields: log_in(app.test_client(), **fields)


def cookie_content(app, value: str) -> dict:
    return app.session_interface.get_signing_serializer(app).loads(value)


def test_an_account_is_made_and_its_username_is_the_address(register):
    response = register(email="Ada@Example.COM", first_name="Ada", last_name="Lovelace")

    assert response.status_code == 201
    assert {**response.json, "id": None} == {
        "id": None,
        "username": "ada@example.com",
        "email": "ada@example.com",
        "name": "Ada Lovelace",
    }
    assert uuid.UUID(response.json["id"]).version == 7


@pytest.mark.parametrize("name", ["username", "email"])
def test_username_and_address_both_log_in(register, login, name):
    register(email="ada@example.com", username="Ada")

    given = {"username": "aDA"} if name == "username" else {"email": "ADA@example.com"}
    response = login(**given)

    assert response.status_code == 200
    assert set(response.json) == {"access", "refresh", "user", "csrf_token"}
    assert response.json["user"]["username"] == "Ada"


def test_an_address_may_be_given_as_the_username_at_login(register, login):
    register(email="ada@example.com", username="ada")

    assert login(username="ada@example.com").status_code == 200


@pytest.mark.parametrize(
    ("fields", "faulty"),
    [
        ({"email": "nobody"}, "email"),
        ({"email": "a@b@example.com"}, "email"),
        ({"email": "\u0430da@example.com"}, "email"),
        ({"email": ""}, "email"),
        ({"password": "short"}, "password"),
        ({"password": "x" * 129}, "password"),
        ({"password": "password123"}, "password"),
        ({"password_confirm": "something else"}, "password_confirm"),
        ({"username": "\u0430da"}, "username"),
        ({"username": "a da"}, "username"),
        ({"username": "somebody@example.org"}, "username"),
        ({"name": "X"}, "name"),
        ({"name": "R2D2"}, "name"),
        ({"first_name": "-a-"}, "first_name"),
        ({"last_name": "a\u202eb"}, "last_name"),
    ],
)
def test_what_is_not_acceptable_is_named(register, fields, faulty):
    response = register(**fields)

    assert response.status_code == 422
    assert list(response.json["error"]["fields"]) == [faulty]


@pytest.mark.parametrize("name", ["Ada Lovelace", "Jean-Luc", "O'Brien", "Żółć", "李小龙", "Мария", "हिन्दी"])
def test_names_of_any_script_are_names(register, name):
    assert register(name=name).json["name"] == name


@pytest.mark.parametrize(
    ("first", "second", "taken"),
    [
        ({"email": "ada@example.com"}, {"email": "ADA@Example.com"}, "email"),
        ({"email": "ada@example.com"}, {"email": "ada@\uff45xample.com"}, "email"),
        ({"username": "ada"}, {"username": "ADA"}, "username"),
    ],
)
def test_what_is_taken_is_taken_in_any_case(register, first, second, taken):
    assert register(**first).status_code == 201

    response = register(**second)

    assert response.status_code == 409
    assert response.json["error"]["code"] == "conflict"
    assert list(response.json["error"]["fields"]) == [taken]


def test_unknown_people_and_wrong_passwords_get_the_same_answer(register, login):
    register(username="ada")

    wrong, unknown = login(username="ada", password="wrong"), login(username="nobody", password="wrong")

    assert wrong.status_code == unknown.status_code == 401
    ours = [{**response.json["error"], "request_id": None} for response in (wrong, unknown)]
    assert ours[0] == ours[1]
    assert wrong.headers["WWW-Authenticate"] == "Bearer"


def test_an_unknown_person_costs_a_hash_as_a_known_one_does(register, login, monkeypatch):
    checked = []
    monkeypatch.setattr(
        "pingpong.accounts.passwords.is_right", lambda known_hash, _: bool(checked.append(known_hash))
    )
    register(username="ada")

    login(username="ada", password="wrong")
    login(username="nobody", password="wrong")

    assert [known_hash.split("$")[1:4] for known_hash in checked] == [
        ["argon2id", "v=19", "m=19456,t=2,p=1"]
    ] * 2


def test_a_login_without_a_name_is_refused(login):
    assert login().status_code == 422


def test_the_cookie_and_the_token_are_each_enough(app, ada):
    assert profile(ada.browser).json["username"] == "ada"
    assert profile(app.test_client(), ada.bearer).json["username"] == "ada"
    assert profile(app.test_client()).status_code == 401


def test_the_cookie_is_kept_from_scripts_and_from_other_sites(app, login, ada):
    cookie = login(email="ada@example.com").headers["Set-Cookie"]

    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Expires=" in cookie


def test_a_login_takes_a_new_session_whatever_the_cookie_held(app, ada):
    before = ada.browser.get_cookie("session").value

    log_in(ada.browser, email="ada@example.com")

    first, second = (
        cookie_content(app, value) for value in (before, ada.browser.get_cookie("session").value)
    )
    assert first["_user_id"] != second["_user_id"]
    assert first["csrf_token"] != second["csrf_token"]


def test_a_cookie_planted_before_the_login_is_worth_nothing_after_it(app, ada):
    eve = some_one(app, username="eve")
    planted = eve.browser.get_cookie("session").value
    victim = app.test_client()
    victim.set_cookie("session", planted)

    log_in(victim, email="ada@example.com")

    assert profile(victim).json["username"] == "ada"
    assert profile(eve.browser).json["username"] == "eve"


def test_what_changes_something_needs_the_csrf_token_beside_the_cookie(ada):
    def change(headers=None):
        return ada.browser.patch("/api/users/profile/", json={"name": "Countess"}, headers=headers)

    refused = change()

    assert refused.status_code == 403
    assert refused.json["error"]["code"] == "csrf_failed"
    assert change({"X-CSRFToken": "made up"}).status_code == 403
    assert change(ada.csrf).json["name"] == "Countess"


def test_the_csrf_token_of_somebody_else_is_refused(app, ada):
    eve = some_one(app)

    response = ada.browser.patch("/api/users/profile/", json={"name": "Eve"}, headers=eve.csrf)

    assert response.status_code == 403


def test_a_bearer_request_needs_no_csrf_token_even_beside_a_cookie(ada):
    response = ada.browser.patch("/api/users/profile/", json={"name": "Countess"}, headers=ada.bearer)

    assert response.status_code == 200


def test_a_form_of_another_site_cannot_log_a_browser_in(client):
    response = client.post("/api/users/login/", data={"email": "eve@example.com", "password": PASSWORD})

    assert response.status_code == 403


def test_a_refresh_token_brings_new_access_tokens(app, ada):
    response = app.test_client().post("/api/users/token/refresh/", json={"refresh": ada.refresh})

    assert profile(app.test_client(), bearer(response.json["access"])).json["username"] == "ada"


def test_the_tokens_are_not_taken_for_each_other(app, ada):
    client = app.test_client()

    assert client.post("/api/users/token/refresh/", json={"refresh": ada.access}).status_code == 401
    assert profile(client, bearer(ada.refresh)).status_code == 401


def test_the_access_token_says_who_and_until_when(app, ada):
    claims = jwt.decode(ada.access, options={"verify_signature": False})

    assert claims["user_id"] == str(ada.id)
    assert claims["username"] == "ada"
    assert claims["exp"] - claims["iat"] == 900


def test_a_logout_ends_the_cookie_and_all_tokens_of_its_session(app, ada):
    assert ada.browser.post("/api/users/logout/", headers=ada.csrf).status_code == 200

    fresh = app.test_client()
    assert profile(ada.browser).status_code == 401
    assert profile(fresh, ada.bearer).status_code == 401
    assert fresh.post("/api/users/token/refresh/", json={"refresh": ada.refresh}).status_code == 401


def test_a_stolen_cookie_is_worth_nothing_after_the_logout(app, ada):
    thief = app.test_client()
    thief.set_cookie("session", ada.browser.get_cookie("session").value)

    ada.browser.post("/api/users/logout/", headers=ada.csrf)

    assert profile(thief).status_code == 401


def test_a_refresh_token_alone_logs_out_too(app, ada):
    response = app.test_client().post("/api/users/logout/", json={"refresh": ada.refresh})

    assert response.status_code == 200
    assert profile(ada.browser).status_code == 401


def test_a_logout_leaves_other_sessions_alone(app, ada):
    other = logged_in(app, db.session.get(User, ada.id))

    ada.browser.post("/api/users/logout/", headers=ada.csrf)

    assert profile(other.browser).status_code == 200


def test_a_logout_of_nobody_is_refused(client):
    assert client.post("/api/users/logout/").status_code == 401
    assert client.post("/api/users/logout/", json={"refresh": "nonsense"}).status_code == 401


def test_a_new_password_ends_all_other_sessions(app, ada):
    other = logged_in(app, db.session.get(User, ada.id))
    change = {"old_password": PASSWORD, "new_password": "another fine password"}

    response = ada.browser.post("/api/users/password/", json=change, headers=ada.csrf)

    assert response.status_code == 200
    assert profile(ada.browser).status_code == 200
    assert profile(other.browser).status_code == 401
    assert profile(app.test_client(), other.bearer).status_code == 401
    assert log_in(app.test_client(), email="ada@example.com").status_code == 401
    renewed = log_in(app.test_client(), email="ada@example.com", password="another fine password")
    assert renewed.status_code == 200


def test_a_password_is_changed_only_by_who_knows_the_old_one(ada):
    change = {"old_password": "wrong", "new_password": "another fine password"}

    response = ada.browser.post("/api/users/password/", json=change, headers=ada.csrf)

    assert list(response.json["error"]["fields"]) == ["old_password"]
