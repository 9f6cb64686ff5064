"""What an error says of a batch."""

import pytest
from clickhouse_connect.driver.exceptions import DatabaseError, OperationalError

from pingpong.eventlog.clickhouse.refusals import ABOUT_THE_DATA, Refused, Unsure, brief, meaning
from tests.eventlog.clickhouse_process import ClickHouseProcess

ABOUT_CLICKHOUSE = {
    60: "UNKNOWN_TABLE",
    159: "TIMEOUT_EXCEEDED",
    164: "READONLY",
    202: "TOO_MANY_SIMULTANEOUS_QUERIES",
    241: "MEMORY_LIMIT_EXCEEDED",
    242: "TABLE_IS_READ_ONLY",
    243: "NOT_ENOUGH_SPACE",
    252: "TOO_MANY_PARTS",
    516: "AUTHENTICATION_FAILED",
    999: "KEEPER_EXCEPTION",
    1002: "UNKNOWN_EXCEPTION",
}


@pytest.mark.parametrize("code", ABOUT_THE_DATA)
def test_an_error_about_the_data_is_a_refusal(code: int) -> None:
    found = meaning(DatabaseError("no", code=code, name=ABOUT_THE_DATA[code]))

    assert isinstance(found, Refused)
    assert str(found) == f"Code {code}, {ABOUT_THE_DATA[code]}"


@pytest.mark.parametrize("code", ABOUT_CLICKHOUSE)
def test_an_error_about_clickhouse_is_none(code: int) -> None:
    assert isinstance(meaning(DatabaseError("no", code=code, name="NO")), Unsure)


def test_an_error_without_a_code_is_none() -> None:
    assert isinstance(meaning(DatabaseError("<h1>Bad gateway</h1>")), Unsure)
    assert isinstance(meaning(OperationalError("no answer")), Unsure)
    assert isinstance(meaning(ConnectionResetError("reset")), Unsure)


def test_the_codes_have_the_names_that_clickhouse_gives_them(clickhouse: ClickHouseProcess) -> None:
    for code, name in {**ABOUT_THE_DATA, **ABOUT_CLICKHOUSE}.items():
        assert clickhouse.ask(f"SELECT errorCodeToName({code})") == [[name]]


def test_an_error_in_brief_does_not_quote_what_was_sent() -> None:
    error = DatabaseError("Cannot parse 'secret' (CANNOT_PARSE_TEXT)", code=6, name="CANNOT_PARSE_TEXT")

    assert brief(error) == "Code 6, CANNOT_PARSE_TEXT"


def test_an_error_without_a_name_is_told_by_its_cause_in_one_line() -> None:
    error = OperationalError("a whole\naddress")
    error.__cause__ = ConnectionRefusedError("Connection refused\nand more")

    assert brief(error) == "Connection refused"
