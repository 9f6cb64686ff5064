"""An error in the log: where it happened, and none of what people wrote."""

import json
from typing import NoReturn

import pytest
import structlog
from redis.exceptions import ConnectionError as RedisAway

log = structlog.get_logger("pingpong.test")


def logged(line, error: BaseException) -> dict:
    log.error("it_broke", exc_info=error)
    return line("it_broke")


def raised(error: Exception, cause: Exception | None = None) -> Exception:
    """The error as it is when it has been caught: with a stack."""
    try:
        fail(error, cause)
    except type(error) as caught:
        return caught


def fail(error: Exception, cause: Exception | None) -> NoReturn:
    raise error from cause


def test_it_keeps_its_stack_on_the_same_line_and_no_local_variables(line):
    secret = "a private text"

    [stack] = logged(line, raised(ValueError("no")))["exception"]

    assert secret
    assert stack["exc_type"] == "ValueError"
    assert stack["frames"][-1]["name"] == "fail"
    assert "private" not in json.dumps(stack)


@pytest.mark.parametrize(
    "error",
    [
        ValueError("a private text"),
        ValueError("other", ValueError("a private text")),
        ExceptionGroup("a private text", [ValueError("a private text")]),
        type("Own", (AttributeError,), {})("a private text"),
    ],
)
def test_its_words_may_quote_somebody_and_are_not_told(line, error):
    error.add_note("a private text")

    told = logged(line, raised(error, cause=raised(KeyError("a private text"))))

    assert "private" not in json.dumps(told)
    assert len(told["exception"]) == 2


def test_the_words_of_the_platforms_own_errors_are_told(line):
    told = logged(line, raised(RedisAway("Error 111 connecting to localhost:6379.")))

    assert told["exception"][0]["exc_value"] == "Error 111 connecting to localhost:6379."
