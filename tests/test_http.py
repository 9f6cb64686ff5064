"""Every request has an id, every response the same headers, every error the one format."""

import uuid

import pytest
from werkzeug.test import EnvironBuilder

from pingpong import create_app
from pingpong.accounts.models import User
from pingpong.errors import Unavailable
from pingpong.extensions import db
from pingpong.settings import Environment
from tests.people import PASSWORD, log_in, some_one

HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def test_a_sane_request_id_is_kept(client):
    response = client.get("/healthz", headers={"X-Request-ID": "abc-123"})

    assert response.headers["X-Request-ID"] == "abc-123"


@pytest.mark.parametrize("given", ["", "two words", "x" * 129, "<script>"])
def test_another_one_is_replaced(client, given):
    response = client.get("/healthz", headers={"X-Request-ID": given})

    assert uuid.UUID(response.headers["X-Request-ID"])


def test_an_error_names_its_request(client):
    response = client.get("/nothing", headers={"X-Request-ID": "abc-123"})

    assert response.json["error"]["request_id"] == "abc-123"


@pytest.mark.parametrize("path", ["/", "/healthz", "/nothing", "/static/js/live.js", "/api/history/"])
def test_every_response_has_the_security_headers(app, client, path):
    headers = client.get(path).headers

    assert "default-src 'self'" in headers["Content-Security-Policy"]
    assert "unsafe-inline" not in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "form-action 'self'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"


def test_an_error_is_json_to_a_client_and_a_page_to_a_browser(client):
    assert client.get("/nothing").json["error"]["code"] == "not_found"
    assert client.get("/nothing", headers={"Accept": "*/*"}).json["error"]["code"] == "not_found"
    page = client.get("/nothing", headers=HTML)
    assert (page.status_code, page.mimetype) == (404, "text/html")


def test_an_api_answers_json_even_to_a_browser(client):
    assert client.get("/api/nothing", headers=HTML).mimetype == "application/json"


def test_an_unexpected_error_tells_the_request_id_and_nothing_else(app, client, monkeypatch):
    def broken(*_: object) -> None:
        raise RuntimeError("a secret detail")

    monkeypatch.setattr("pingpong.pings.routes.dispatch", broken)
    monkeypatch.setitem(app.config, "TESTING", False)
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)

    response = client.post("/submit/", json={"message": "hello"})

    assert response.status_code == 500
    assert response.json["error"]["code"] == "internal_error"
    assert "secret" not in response.text
    assert "Traceback" not in response.text


def test_a_database_that_is_away_is_503_with_a_time_to_come_back(settings):
    app = create_app(settings.model_copy(update={"database_url": "postgresql+psycopg://x@127.0.0.1:1/x"}))
    for response in (
        app.test_client().post("/submit/", json={"message": "hello"}),
        app.test_client().get("/api/history/"),
    ):
        assert response.status_code == 503
        assert response.json["error"]["code"] == "unavailable"
        assert int(response.headers["Retry-After"]) > 0
    page = app.test_client().get("/", headers=HTML)
    assert (page.status_code, page.mimetype) == (503, "text/html")


def test_a_pool_without_a_free_connection_is_503_too(settings):
    app = create_app(settings.model_copy(update={"db_pool_size": 1, "db_pool_overflow": 0}))
    with app.app_context():
        db.engine.pool._timeout = 0.01
        with db.engine.connect():
            response = app.test_client().get("/api/history/")

    assert response.status_code == 503
    assert int(response.headers["Retry-After"]) > 0


def test_a_time_to_come_back_is_never_too_early(app):
    with app.test_request_context():
        response = app.handle_user_exception(Unavailable("Later.", retry_after_s=1.2))

    assert response.headers["Retry-After"] == "2"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_body_of_another_type_is_refused_whatever_the_method(client, method):
    response = client.open("/healthz", method=method, data="hello", content_type="text/plain")

    assert response.status_code == 415


@pytest.mark.parametrize("coding", ["chunked", "gzip, chunked"])
def test_a_body_in_chunks_is_a_body(client, coding):
    chunked = {"Transfer-Encoding": coding}

    response = client.post("/submit/", headers=chunked, content_type="text/plain")

    assert response.status_code == 415


def test_an_empty_body_in_chunks_is_none(client):
    response = client.post("/submit/", headers={"Transfer-Encoding": "chunked"})

    assert response.status_code == 422


@pytest.mark.parametrize(
    ("path", "target"), [("/history", "/history/"), ("/api/history?limit=1", "/api/history/?limit=1")]
)
def test_an_address_without_its_slash_leads_to_the_same_host_whatever_it_is_called(client, path, target):
    response = client.get(path, headers={"Host": "anything.example"})

    assert (response.status_code, response.headers["Location"]) == (308, target)


def test_what_depends_on_accept_says_so(client):
    assert "Accept" in client.get("/nothing").vary
    assert "Accept" in client.post("/submit/", json={"message": "hello"}).vary
    assert "Accept" not in client.get("/healthz").vary


def test_an_error_has_the_same_code_under_every_python(client):
    assert client.put("/healthz").json["error"]["code"] == "method_not_allowed"


def test_no_proxy_is_believed_unless_it_is_named(settings):
    headers = {
        "X-Forwarded-For": "203.0.113.9",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "anything.example",
    }
    seen = []
    for trusted in (0, 1):
        app = create_app(settings.model_copy(update={"trusted_proxies": trusted}))
        app.before_request(lambda: seen.append(_seen()))
        app.test_client().open(EnvironBuilder("/healthz", headers=headers))

    assert seen == [("127.0.0.1", "http", "localhost"), ("203.0.113.9", "https", "localhost")]


def _seen() -> tuple[str | None, str, str]:
    from flask import request  # noqa: PLC0415 - the request of the app under test

    return request.remote_addr, request.scheme, request.host


@pytest.mark.parametrize("path", ["/", "/api/tasks/", "/nothing", "/healthz"])
def test_every_response_tells_browsers_what_not_to_do(client, path):
    headers = client.get(path).headers

    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "unsafe-inline" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]


@pytest.fixture
def production(app, settings):
    return create_app(
        settings.model_copy(update={"env": Environment.PRODUCTION, "secret_key": "0123456789" * 5})
    )


@pytest.mark.parametrize("path", ["/", "/healthz", "/nothing", "/static/js/live.js", "/api/tasks/"])
def test_only_production_wants_tls_for_good(app, production, path):
    assert "Strict-Transport-Security" not in app.test_client().get(path).headers
    assert "max-age=31536000" in production.test_client().get(path).headers["Strict-Transport-Security"]


def test_cookies_are_for_the_server_alone_and_in_production_for_tls_alone(app, production):
    User.register(email="ada@example.com", password=PASSWORD)
    for made, is_production in ((app, False), (production, True)):
        page = made.test_client().get("/login/")
        login = log_in(made.test_client(), email="ada@example.com")
        cookies = [cookie for answer in (page, login) for cookie in answer.headers.getlist("Set-Cookie")]

        assert len(cookies) == 2
        for cookie in cookies:
            properties = {part.strip() for part in cookie.split(";")}
            assert {"HttpOnly", "SameSite=Lax"} <= properties
            assert ("Secure" in properties) is is_production


def test_a_whole_number_may_be_written_with_a_fraction(client):
    response = client.post("/submit/", data='{"message": 1.0}', content_type="application/json")
    assert response.status_code == 422  # text is wanted, and it is read
    assert client.application.json.loads("[1.0, 1.5, 1e2]") == [1, 1.5, 100]


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e400"])
def test_what_is_no_number_in_json_is_no_json(client, number):
    response = client.post("/submit/", data=f'{{"message": {number}}}', content_type="application/json")
    assert response.status_code == 400


@pytest.mark.parametrize(("text", "number"), [("1.0", 1), ("1e3", 1000), ("1e308", 1e308), ("0.5", 0.5)])
def test_a_whole_number_is_one_however_it_is_written_unless_it_is_only_roughly_so(app, text, number):
    read = app.json.loads(text)

    assert (read, type(read)) == (number, type(number))


def test_of_very_many_problems_a_hundred_are_told(app, client):
    ada = some_one(app)

    response = client.post("/api/dsp/entities/cancel/", json={"ids": ["x"] * 900}, headers=ada.bearer)

    assert len(response.json["error"]["fields"]) == 100
