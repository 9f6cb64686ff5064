"""What can go wrong, one function a mode."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus

from flask import Response
from flask.typing import ResponseReturnValue

from pingpong.dsp.sandbox.connection import Connection
from pingpong.dsp.sandbox.platform import Entity
from pingpong.dsp.sandbox.switch import Fault, Mode

RETRY_AFTER_S = 5
NOT_JSON = "<html><body>Service temporarily unavailable</body></html>"
NOT_AS_DOCUMENTED = {"result": {"identifier": 17, "state": "fine"}}


@dataclass(frozen=True)
class Visit:
    """A request: what it wants, how it is answered if all is well, and the connection that it came in on."""

    reach: Callable[[], Entity]
    """Create the entity, or find it."""
    tell: Callable[[Entity], Response]
    """The answer."""
    connection: Connection


def ok(visit: Visit, _: Fault) -> ResponseReturnValue:
    """All is well."""
    return visit.tell(visit.reach())


def error_500(_: Visit, fault: Fault) -> ResponseReturnValue:
    """Nothing is done. A Retry-After is sent if one was asked for."""
    headers = {} if fault.retry_after_s is None else {"Retry-After": str(fault.retry_after_s)}
    return {"error_message": "Internal error."}, HTTPStatus.INTERNAL_SERVER_ERROR, headers


def timeout(visit: Visit, fault: Fault) -> ResponseReturnValue:
    """Nothing is done and nothing is said, until the client has gone or `hold_s` is over."""
    visit.connection.hold(fault.hold_s)
    return visit.connection.hang_up()


def reset(visit: Visit, _: Fault) -> ResponseReturnValue:
    """Nothing is done; the connection is reset."""
    return visit.connection.hang_up()


def too_many(_: Visit, fault: Fault) -> ResponseReturnValue:
    """Nothing is done; the client is told to come back later, though it has kept to the limit."""
    wait_s = RETRY_AFTER_S if fault.retry_after_s is None else fault.retry_after_s
    headers = {"Retry-After": str(wait_s)}
    return {"error_message": "Too many requests."}, HTTPStatus.TOO_MANY_REQUESTS, headers


def slow(visit: Visit, fault: Fault) -> ResponseReturnValue:
    """The entity is pending until `slow_s` after its creation."""
    entity = visit.reach()
    entity.slow_down(fault.slow_s)
    return visit.tell(entity)


def failed(visit: Visit, fault: Fault) -> ResponseReturnValue:
    """The entity fails when it is no longer pending."""
    entity = visit.reach()
    entity.fail(fault.error_message)
    return visit.tell(entity)


def wrong_json(visit: Visit, _: Fault) -> ResponseReturnValue:
    """It is done, with the right HTTP status, and told as a proxy would."""
    answer = visit.tell(visit.reach())
    return NOT_JSON, answer.status_code, {"Content-Type": "text/html"}


def wrong_shape(visit: Visit, _: Fault) -> ResponseReturnValue:
    """It is done, with the right HTTP status, and told in JSON that no document describes."""
    answer = visit.tell(visit.reach())
    return NOT_AS_DOCUMENTED, answer.status_code


def loses_answer(visit: Visit, _: Fault) -> ResponseReturnValue:
    """It is done, and the connection is reset instead of an answer."""
    visit.reach()
    return visit.connection.hang_up()


def reject_400(_: Visit, fault: Fault) -> ResponseReturnValue:
    """Nothing is done: the request is called wrong."""
    return {"error_message": fault.error_message}, HTTPStatus.BAD_REQUEST


FAULTS: Mapping[Mode, Callable[[Visit, Fault], ResponseReturnValue]] = {
    Mode.OK: ok,
    Mode.ERROR_500: error_500,
    Mode.TIMEOUT: timeout,
    Mode.RESET: reset,
    Mode.TOO_MANY: too_many,
    Mode.SLOW: slow,
    Mode.FAILED: failed,
    Mode.WRONG_JSON: wrong_json,
    Mode.WRONG_SHAPE: wrong_shape,
    Mode.LOSES_ANSWER: loses_answer,
    Mode.REJECT_400: reject_400,
}
