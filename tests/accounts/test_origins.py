"""Front ends of other origins."""

import pytest

from pingpong import create_app
from pingpong.accounts.origins import is_allowed_origin
from tests.conftest import changed
from tests.people import PASSWORD, some_one

FRIEND = "http://localhost:3000"


@pytest.fixture
def friendly(app, settings):
    return create_app(settings.model_copy(update={"cors_origins": (FRIEND, "null", "http://[::1]:3000")}))


def preflight(app, origin: str, path: str = "/api/users/login/"):
    headers = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type, x-csrftoken",
    }
    return app.test_client().options(path, headers=headers)


def test_it_is_off_unless_it_is_asked_for(app):
    response = app.test_client().get("/api/tasks/", headers={"Origin": FRIEND})

    assert not [name for name, _ in response.headers if name.startswith("Access-Control")]


@pytest.mark.parametrize("origin", [FRIEND, "null", "http://[::1]:3000"])
def test_a_named_origin_may_ask_with_cookies(friendly, origin):
    response = preflight(friendly, origin)

    assert response.headers["Access-Control-Allow-Origin"] == origin
    assert response.headers["Access-Control-Allow-Credentials"] == "true"
    assert "X-CSRFToken".lower() in response.headers["Access-Control-Allow-Headers"].lower()


@pytest.mark.parametrize(
    "origin",
    [
        "http://localhost:3001",
        "https://localhost:3000",
        "http://localhost:3000.evil.example",
        "http://evil.example/http://localhost:3000",
        "http://localhostx3000",
        "http://1:3000",
    ],
)
def test_any_other_origin_may_not(friendly, origin):
    assert "Access-Control-Allow-Origin" not in preflight(friendly, origin).headers
    response = friendly.test_client().get("/api/tasks/", headers={"Origin": origin})
    assert "Access-Control-Allow-Origin" not in response.headers


def test_a_front_end_logs_in_and_changes_something(friendly):
    ada = some_one(friendly, email="ada@example.com")
    browser = friendly.test_client()
    with_origin = {"Origin": FRIEND}
    login = {"email": "ada@example.com", "password": PASSWORD}

    csrf = browser.post("/api/users/login/", json=login, headers=with_origin).json["csrf_token"]
    response = browser.patch(
        "/api/users/profile/", json={"name": "Ada"}, headers={**with_origin, "X-CSRFToken": csrf}
    )

    assert response.json["name"] == "Ada"
    assert response.headers["Access-Control-Allow-Origin"] == FRIEND
    assert ada.email == response.json["email"]


def test_errors_can_be_read_as_well_and_nothing_is_cached_for_others(friendly):
    response = friendly.test_client().get("/api/users/profile/", headers={"Origin": FRIEND})

    assert response.status_code == 401
    assert response.headers["Access-Control-Allow-Origin"] == FRIEND
    assert "X-Request-ID" in response.headers["Access-Control-Expose-Headers"]
    assert "Origin" in response.headers["Vary"]


@pytest.mark.parametrize("origin", [None, FRIEND, "http://evil.example"])
@pytest.mark.parametrize("path", ["/api/tasks/", "/events/", "/history.csv", "/api/nothing"])
def test_no_cache_gives_one_origins_answer_to_another(friendly, path, origin):
    response = friendly.test_client().head(path, headers={"Origin": origin} if origin else {})

    assert "Origin" in response.vary
    assert len(set(response.vary)) == len(list(response.vary))


def test_a_refusal_of_what_is_too_much_can_be_read(friendly):
    with changed(friendly, anonymous_rate_limit="1/minute"):
        responses = [friendly.test_client().get("/api/tasks/", headers={"Origin": FRIEND}) for _ in range(2)]

    assert [response.status_code for response in responses] == [200, 429]
    refused = responses[1].headers
    assert refused["Access-Control-Allow-Origin"] == FRIEND
    assert refused["Access-Control-Allow-Credentials"] == "true"
    readable = {name.strip() for name in refused["Access-Control-Expose-Headers"].split(",")}
    assert {"Retry-After", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"} <= readable
    assert {"X-Request-ID", "Location", "Link"} <= readable


def test_an_answer_while_the_database_is_away_can_be_read(friendly):
    away = friendly.extensions["settings"].model_copy(
        update={"database_url": "postgresql+psycopg://x@127.0.0.1:1/x"}
    )
    response = create_app(away).test_client().get("/api/history/", headers={"Origin": FRIEND})

    assert response.status_code == 503
    assert response.headers["Access-Control-Allow-Origin"] == FRIEND


def test_preflights_are_not_counted(friendly):
    with changed(friendly, anonymous_rate_limit="1/minute", submit_rate_limit="1/minute"):
        for path in ("/api/users/login/", "/submit/"):
            responses = [preflight(friendly, FRIEND, path) for _ in range(5)]
            assert [response.status_code for response in responses] == [200] * 5
            assert "RateLimit-Limit" not in responses[-1].headers


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "",
        "null",
        "localhost",
        "http://localhost:3000",
        "http://localhost.evil.example",
        "http://evil.example/localhost",
        "http://user@localhost",
        "ftp://localhost",
        "http://[",
        "http://[::1",
    ],
)
def test_only_our_own_pages_and_named_ones_may_use_a_cookie(app, origin):
    with app.test_request_context("/"):
        assert not is_allowed_origin(origin)


@pytest.mark.parametrize("origin", ["http://localhost", "https://localhost", FRIEND, "null"])
def test_those_may(friendly, origin):
    """A proxy may have taken the TLS off: our own origin is not known by its scheme."""
    with friendly.test_request_context("/"):
        assert is_allowed_origin(origin)


def test_pages_are_for_our_own_origin_only(friendly):
    response = friendly.test_client().get("/", headers={"Origin": FRIEND})

    assert "Access-Control-Allow-Origin" not in response.headers


def test_the_stream_may_be_opened(friendly):
    response = friendly.test_client().head("/events/", headers={"Origin": FRIEND})

    assert response.headers["Access-Control-Allow-Origin"] == FRIEND
