"""The pages of people, without JavaScript."""

import re

import pytest

from pingpong.accounts.models import User
from pingpong.accounts.returning import page_to_return_to
from tests.conftest import changed
from tests.people import PASSWORD, some_one

PAGE = {"Accept": "text/html"}


@pytest.fixture
def browser(app):
    """A browser that has nothing yet."""
    return app.test_client()


def token_of(html: str) -> str:
    return re.search(r'name="csrf_token" value="([^"]+)"', html)[1]


def fill_in(browser, path: str, **fields: str):
    """Open the form and send it filled in."""
    token = token_of(browser.get(path, headers=PAGE).text)
    action = path.partition("?")[0]
    return browser.post(action, data={"csrf_token": token, **fields}, headers=PAGE)


def registration(**fields: str) -> dict[str, str]:
    own = {"email": "ada@example.com", "password": PASSWORD, "password_confirm": PASSWORD}
    return {**own, "username": "", "name": "", **fields}


def logged_in_as(browser) -> str | None:
    return browser.get("/api/users/profile/").json.get("email")


def test_who_registers_is_logged_in(browser):
    response = fill_in(browser, "/register/", **registration(name="Ada Lovelace"))

    assert (response.status_code, response.location) == (303, "/")
    assert logged_in_as(browser) == "ada@example.com"
    assert "Ada Lovelace" in browser.get("/", headers=PAGE).text


def test_a_refused_registration_comes_back_with_what_was_typed_but_no_password(browser):
    response = fill_in(browser, "/register/", **registration(name="X", password_confirm="other"))

    assert response.status_code == 422
    assert 'value="ada@example.com"' in response.text
    assert "must have at least 2 letters" in response.text
    assert "must be the same as password" in response.text
    assert PASSWORD not in response.text


def test_a_taken_address_is_said_beside_its_field(app, browser):
    some_one(app, email="ada@example.com")

    response = fill_in(browser, "/register/", **registration())

    assert response.status_code == 409
    assert "is taken" in response.text


def test_who_logs_in_goes_where_they_wanted_to(app, browser):
    some_one(app, email="ada@example.com")
    asked = browser.get("/profile/?saved=x", headers=PAGE)

    assert (asked.status_code, asked.location) == (303, "/login/?next=/profile/?saved%3Dx")
    response = fill_in(
        browser, asked.location, username="ada@example.com", password=PASSWORD, next="/profile/?saved=x"
    )
    assert (response.status_code, response.location) == (303, "/profile/?saved=x")


@pytest.mark.parametrize(
    "wanted",
    [
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https://evil.example",
        "https:evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "/\n/evil.example",
        " //evil.example",
        "evil.example",
        "",
    ],
)
def test_nobody_is_sent_elsewhere(app, wanted):
    with app.test_request_context("/login/", query_string={"next": wanted}):
        assert page_to_return_to() == "/"


@pytest.mark.parametrize("wanted", ["/", "/tasks/", "/history/?q=a&sort=-submitted_at", "/%2F/evil.example"])
def test_pages_of_our_own_are_gone_to(app, wanted):
    with app.test_request_context("/login/", query_string={"next": wanted}):
        assert page_to_return_to() == wanted


def test_a_wrong_password_and_an_unknown_person_read_the_same(app, browser):
    some_one(app, email="ada@example.com")

    pages = [
        fill_in(browser, "/login/", username=name, password="wrong") for name in ("ada@example.com", "nobody")
    ]

    assert [page.status_code for page in pages] == [401, 401]
    assert all("The username or the password is wrong." in page.text for page in pages)


def test_too_many_tries_say_when_to_come_back(app, browser):
    for _ in range(5):
        fill_in(browser, "/login/", username="nobody", password="wrong")

    response = fill_in(browser, "/login/", username="nobody", password="wrong")

    assert response.status_code == 429
    assert re.search(r"try again in \d+ s", response.text)
    assert int(response.headers["Retry-After"]) > 0


@pytest.mark.parametrize("path", ["/register/", "/login/"])
def test_a_form_without_its_token_is_refused(browser, path):
    response = browser.post(path, data=registration(), headers=PAGE)

    assert response.status_code == 403
    assert "text/html" in response.content_type
    assert User.query.count() == 0


@pytest.mark.parametrize("path", ["/register/", "/login/"])
def test_who_is_logged_in_is_sent_on(app, path):
    response = some_one(app).browser.get(path, headers=PAGE)

    assert (response.status_code, response.location) == (303, "/")


def test_a_logout_is_a_post_of_our_own(app):
    ada = some_one(app)

    assert ada.browser.get("/logout/").status_code == 405
    assert ada.browser.post("/logout/").status_code == 403
    assert logged_in_as(ada.browser)
    response = ada.browser.post("/logout/", data={"csrf_token": ada.csrf_token})
    assert (response.status_code, response.location) == (303, "/")
    assert logged_in_as(ada.browser) is None


def test_the_profile_is_changed(app):
    ada = some_one(app, username="ada")

    response = fill_in_profile(ada, "/profile/", name="Ada", username="countess", email=ada.email)

    assert response.location == "/profile/?saved=profile"
    page = ada.browser.get(response.location, headers=PAGE).text
    assert 'value="countess"' in page
    assert "Saved." in page


def fill_in_profile(person, path: str, **fields: str):
    data = {"csrf_token": person.csrf_token, **fields}
    return person.browser.post(path, data=data, headers=PAGE)


def test_a_refused_change_keeps_what_was_typed(app):
    ada = some_one(app, username="ada")

    response = fill_in_profile(ada, "/profile/", name="X", username="countess", email=ada.email)

    assert response.status_code == 422
    assert 'value="countess"' in response.text


def test_the_password_is_changed_and_other_sessions_end(app):
    ada = some_one(app)
    other = app.test_client()
    other.post("/api/users/login/", json={"email": ada.email, "password": PASSWORD})

    fields = {"old_password": PASSWORD, "new_password": "another fine password"}
    response = fill_in_profile(ada, "/profile/password/", **fields)

    assert response.location == "/profile/?saved=password"
    assert logged_in_as(ada.browser)
    assert logged_in_as(other) is None


def test_a_wrong_old_password_is_said_beside_its_field(app):
    ada = some_one(app)

    fields = {"old_password": "wrong", "new_password": "another fine password"}
    response = fill_in_profile(ada, "/profile/password/", **fields)

    assert response.status_code == 422
    assert "is not your password" in response.text


def test_all_sessions_end_at_once(app):
    ada = some_one(app)
    other = app.test_client()
    other.post("/api/users/login/", json={"email": ada.email, "password": PASSWORD})

    fill_in_profile(ada, "/profile/sessions/")

    assert logged_in_as(ada.browser) is None
    assert logged_in_as(other) is None


def test_what_shows_a_person_is_kept_by_no_cache(app, client):
    ada = some_one(app)

    for path in ("/", "/history/", "/profile/", "/tasks/"):
        assert "private" in ada.browser.get(path, headers=PAGE).headers["Cache-Control"]
        assert "Cookie" in ada.browser.get(path, headers=PAGE).headers["Vary"]
    assert "Cache-Control" not in client.get("/", headers=PAGE).headers


def test_administrators_find_the_way_to_their_pages(app):
    root, ada = some_one(app, is_admin=True), some_one(app)

    assert "/admin/" in root.browser.get("/", headers=PAGE).text
    assert "/admin/" not in ada.browser.get("/", headers=PAGE).text


def test_a_cookie_that_is_no_good_is_that_of_nobody(app, browser):
    browser.set_cookie("session", "nonsense")

    assert "Log in" in browser.get("/", headers=PAGE).text


def test_an_error_page_asks_the_database_nothing(app, monkeypatch):
    ada = some_one(app)
    monkeypatch.setattr("pingpong.accounts.identity.LoginSession.find", lambda _: pytest.fail("it asked"))

    with changed(app):
        assert ada.browser.get("/nothing", headers=PAGE).status_code == 404
