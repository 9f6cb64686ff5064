"""What ClickHouse's answers mean for a batch."""

from clickhouse_connect.driver.exceptions import ClickHouseError

ABOUT_THE_DATA = {
    6: "CANNOT_PARSE_TEXT",
    26: "CANNOT_PARSE_QUOTED_STRING",
    27: "CANNOT_PARSE_INPUT_ASSERTION_FAILED",
    38: "CANNOT_PARSE_DATE",
    41: "CANNOT_PARSE_DATETIME",
    53: "TYPE_MISMATCH",
    69: "ARGUMENT_OUT_OF_BOUND",
    70: "CANNOT_CONVERT_TYPE",
    72: "CANNOT_PARSE_NUMBER",
    117: "INCORRECT_DATA",
    131: "TOO_LARGE_STRING_SIZE",
    321: "VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE",
    349: "CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN",
    376: "CANNOT_PARSE_UUID",
    469: "VIOLATED_CONSTRAINT",
}
"""Errors that sending the same again cannot mend. All others (too busy, read-only, no such table, wrong
password …) are about ClickHouse, and the batch waits until somebody has put that right.
https://github.com/ClickHouse/ClickHouse/blob/master/src/Common/ErrorCodes.cpp
"""


class Refused(Exception):
    """ClickHouse has said no to what is in the batch: nothing of it is there."""


class Unsure(Exception):
    """No answer, or none that says whether the batch is there, or will be."""


def meaning(error: Exception) -> Refused | Unsure:
    """What an error while inserting says of the batch."""
    if isinstance(error, ClickHouseError) and getattr(error, "code", None) in ABOUT_THE_DATA:
        return Refused(brief(error))
    return Unsure(f"{type(error).__name__}: {brief(error)}")


def brief(error: BaseException) -> str:
    """What it says, without the values of the event, which ClickHouse likes to quote."""
    name = getattr(error, "name", None)
    if name:
        return f"Code {getattr(error, 'code', '?')}, {name}"
    cause = error.__cause__ or error
    # What urllib3 says of giving up has the whole address, with all settings of the insert.
    reason = getattr(cause, "reason", None) or cause
    return str(reason).partition("\n")[0][:500]
