"""Routes for whoever tests: the switch, the counts, the book of arrivals."""

from http import HTTPStatus

import structlog
from flask import Blueprint, current_app, request
from flask.typing import ResponseReturnValue
from pydantic import ValidationError

from pingpong.dsp.sandbox.state import State
from pingpong.dsp.sandbox.switch import Fault, Switch

control = Blueprint("control", __name__, url_prefix="/sandbox")
log = structlog.get_logger()


@control.get("/")
def show() -> ResponseReturnValue:
    """What was received and created, how the limit was kept, what goes wrong at the moment."""
    return _state().stats()


@control.get("/arrivals")
def show_arrivals() -> ResponseReturnValue:
    """The last 10,000 requests to the platform."""
    return _state().book()


@control.post("/mode")
def switch() -> ResponseReturnValue:
    """Have something go wrong from now on; what goes wrong, as JSON."""
    fault = Fault.model_validate(request.get_json())
    state = _state()
    state.switch = Switch(fault, state.chance)
    log.info("switched", **fault.model_dump(mode="json", exclude_defaults=True))
    return fault.model_dump(mode="json")


@control.post("/reset")
def reset() -> ResponseReturnValue:
    """Be as at the start: no entity, no arrival, the mode of the command line."""
    _state().forget()
    return "", HTTPStatus.NO_CONTENT


@control.errorhandler(ValidationError)
def say_what_is_wrong(error: ValidationError) -> ResponseReturnValue:
    """400, naming each bad field."""
    problems = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
    return {"error_message": problems}, HTTPStatus.BAD_REQUEST


def _state() -> State:
    state: State = current_app.extensions["sandbox"]
    return state
