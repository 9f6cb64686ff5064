"""What is told to ClickHouse with each insert and each query, so that no profile changes what they mean."""

from uuid import uuid4

from pingpong.eventlog.clickhouse.exact import insert_settings, query_settings

MODES = ("read_overflow_mode", "result_overflow_mode", "set_overflow_mode", "timeout_overflow_mode")


def test_an_answer_in_part_is_an_error_and_none_is_from_a_cache() -> None:
    settings = query_settings(7, {*MODES, "use_query_cache"})

    assert {settings[name] for name in MODES} == {"throw"}
    assert settings["use_query_cache"] == 0
    assert settings["max_execution_time"] == 7


def test_what_a_server_does_not_know_is_not_sent() -> None:
    assert set(query_settings(7, {"limit"})) == {"limit", "max_execution_time"}
    assert "deduplicate_insert" not in insert_settings(uuid4(), 7, {"insert_deduplicate"})
