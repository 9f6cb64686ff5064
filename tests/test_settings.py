"""Settings: each is checked when a process starts, and a bad one is named."""

import pytest

from pingpong.settings import DEVELOPMENT_SECRET_KEY, Settings, SettingsError, load_settings

GOOD_KEY = "c2VjcmV0-4f9d1b7e8a6c5d3f2b1a0987"


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch, tmp_path):
    for name, field in Settings.model_fields.items():
        monkeypatch.delenv(name.upper(), raising=False)
        monkeypatch.delenv(str(field.alias or name), raising=False)
    monkeypatch.chdir(tmp_path)


def test_development_needs_no_settings():
    assert load_settings().port == 8000


def test_a_bad_value_is_named_on_a_line_of_its_own(monkeypatch):
    monkeypatch.setenv("PORT", "many")
    monkeypatch.setenv("PING_DELAY_S", "-1")
    monkeypatch.setenv("DATABASE_URL", "mysql://localhost/x")

    with pytest.raises(SettingsError) as caught:
        load_settings()

    assert sorted(line.partition(":")[0] for line in str(caught.value).splitlines()) == [
        "DATABASE_URL",
        "PING_DELAY_S",
        "PORT",
    ]


def test_a_bad_value_is_not_repeated(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "mysql://user:secret@localhost/x")

    with pytest.raises(SettingsError) as caught:
        load_settings()

    assert "secret" not in str(caught.value)


def test_a_file_named_env_is_read_and_the_environment_wins(monkeypatch, tmp_path):
    (tmp_path / ".env").write_text("PORT=9000\nPING_DELAY_S=1\n")
    monkeypatch.setenv("PORT", "9001")

    settings = load_settings()

    assert (settings.port, settings.ping_delay_s) == (9001, 1)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_name_of_postgres_is_understood(scheme):
    settings = load_settings(database_url=f"{scheme}://user@host/name")

    assert settings.database_url == "postgresql+psycopg://user@host/name"


@pytest.mark.parametrize("key", [None, "", DEVELOPMENT_SECRET_KEY, "short", "a" * 64])
def test_production_refuses_a_missing_or_weak_secret(monkeypatch, key):
    monkeypatch.setenv("PINGPONG_ENV", "production")
    if key is not None:
        monkeypatch.setenv("SECRET_KEY", key)

    with pytest.raises(SettingsError, match="SECRET_KEY"):
        load_settings()


def test_production_starts_with_a_good_secret(monkeypatch):
    monkeypatch.setenv("PINGPONG_ENV", "production")
    monkeypatch.setenv("SECRET_KEY", GOOD_KEY)

    assert load_settings().is_production


def test_an_empty_variable_is_as_one_that_is_not_set(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "")
    monkeypatch.setenv("PORT", "")

    assert load_settings().port == 8000


def test_every_setting_has_a_meaning():
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


@pytest.mark.parametrize(
    "origin",
    [
        "*",
        "example.com",
        "https://*.example.com",
        "https://example.com/",
        "https://example.com/app",
        "https://example.com:443",
        "http://example.com:80",
        "ftp://example.com",
    ],
)
def test_what_no_browser_says_is_no_origin(monkeypatch, origin):
    monkeypatch.setenv("CORS_ORIGINS", f"https://good.example, {origin}")

    with pytest.raises(SettingsError) as caught:
        load_settings()

    assert str(caught.value).startswith(f"CORS_ORIGINS: {origin}")


def test_origins_stand_with_commas_between(monkeypatch):
    monkeypatch.setenv("CORS_ORIGINS", "https://a.example, http://localhost:3000,,null")

    assert load_settings().cors_origins == ("https://a.example", "http://localhost:3000", "null")


def test_a_file_is_no_origin_in_production(monkeypatch):
    monkeypatch.setenv("PINGPONG_ENV", "production")
    monkeypatch.setenv("SECRET_KEY", GOOD_KEY)
    monkeypatch.setenv("CORS_ORIGINS", "https://a.example,null")

    with pytest.raises(SettingsError) as caught:
        load_settings()

    assert "CORS_ORIGINS" in str(caught.value)


@pytest.mark.parametrize("limit", ["many", "0/minute", "100", "9/fortnight", "-1/minute", "1/minute;2/hour"])
def test_a_limit_is_a_number_in_a_time(monkeypatch, limit):
    monkeypatch.setenv("SUBMIT_RATE_LIMIT", limit)

    with pytest.raises(SettingsError) as caught:
        load_settings()

    assert str(caught.value).startswith("SUBMIT_RATE_LIMIT:")


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("SENTRY_DSN", "sentry.example.com"),
        ("SENTRY_DSN", "https://sentry.example.com/42"),
        ("SENTRY_TRACES_SAMPLE_RATE", "2"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "localhost:4318"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "a key"),
        ("OTEL_TRACES_SAMPLER_ARG", "-0.1"),
    ],
)
def test_an_address_of_reports_or_traces_that_cannot_be_is_refused(monkeypatch, name, bad):
    monkeypatch.setenv(name, bad)

    with pytest.raises(SettingsError, match=f"^{name}: "):
        load_settings()


def test_what_sentry_and_collectors_hand_out_is_taken(monkeypatch):
    monkeypatch.setenv("SENTRY_DSN", "https://0123abcd@o1.ingest.de.sentry.io/42")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "https://otlp.example.com/otlp/")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "Authorization=Basic%20a2V5Cg==, x-tenant=7")

    assert load_settings().otel_exporter_otlp_endpoint == "https://otlp.example.com/otlp"


@pytest.mark.parametrize(
    "url",
    ["http://host", "clickhouse://", "clickhouse://ada:se/cret@host:8123/db", "chdb://", "chdb://folder"],
)
def test_what_is_no_clickhouse_is_refused_and_not_repeated(monkeypatch, url):
    monkeypatch.setenv("CLICKHOUSE_URL", url)

    with pytest.raises(SettingsError) as refused:
        load_settings()

    assert str(refused.value).startswith("CLICKHOUSE_URL: must be clickhouse://")
    assert "cret" not in str(refused.value)


@pytest.mark.parametrize("value", ["inf", "nan", "0"])
def test_a_time_is_one_that_ends(monkeypatch, value):
    monkeypatch.setenv("EVENTLOG_LOOK_EVERY_S", value)

    with pytest.raises(SettingsError):
        load_settings()
