"""The platform's routes, and what is done with a request before it reaches them."""

import math
import time
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from random import Random

import gevent
import structlog
from flask import Blueprint, Flask, Response, current_app, g, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from pingpong.dsp.sandbox.connection import ENVIRON_KEY
from pingpong.dsp.sandbox.control import control
from pingpong.dsp.sandbox.faults import FAULTS, Visit
from pingpong.dsp.sandbox.options import Options
from pingpong.dsp.sandbox.platform import Entity, Refused, Status
from pingpong.dsp.sandbox.state import State
from pingpong.dsp.sandbox.switch import Kind

PLATFORM = "/v1/"

platform = Blueprint("platform", __name__, url_prefix="/v1")
log = structlog.get_logger()


def create_app(options: Options, chance: Random | None = None) -> Flask:
    """The sandbox, to be served by a server that hands on connections; tests may bring their own chance."""
    app = Flask(__name__, static_folder=None)
    app.extensions["sandbox"] = State(options, chance or Random())  # noqa: S311 - nothing is secret here
    app.before_request(receive)
    app.after_request(note)
    app.register_blueprint(platform)
    app.register_blueprint(control)
    app.register_error_handler(Refused, refuse)
    app.register_error_handler(HTTPException, refuse_as_http)
    return app


def receive() -> ResponseReturnValue | None:
    """Count what comes for the platform, whatever it is, and refuse what is too much."""
    if not request.path.startswith(PLATFORM):
        return None
    g.arrival = _state().arrive(request.method, request.path)
    if not g.arrival.refused_for_s:
        return None
    headers = {"Retry-After": str(math.ceil(g.arrival.refused_for_s))}
    return {"error_message": "Too many requests."}, HTTPStatus.TOO_MANY_REQUESTS, headers


@platform.post("/<entity_type>")
def submit(entity_type: str) -> ResponseReturnValue:
    """Accept an entity: 202 with its id. Under the same Idempotency-Key it is created once."""
    return _meet(Kind.SUBMIT, entity_type, partial(_create, entity_type), _accepted)


@platform.get("/<entity_type>/<entity_id>/status")
def poll(entity_type: str, entity_id: str) -> ResponseReturnValue:
    """What has become of an entity: pending, success, or failed with an error_message."""
    return _meet(Kind.POLL, entity_type, partial(_find, entity_type, entity_id), _status)


def _meet(
    kind: Kind, entity_type: str, reach: Callable[[], Entity], tell: Callable[[Entity], Response]
) -> ResponseReturnValue:
    """What goes wrong is settled when a request comes, not when it is answered."""
    fault = _state().switch.met_by(kind, entity_type)
    g.arrival.met = fault.mode
    request.get_data()
    gevent.sleep(_state().latency_s())
    return FAULTS[fault.mode](Visit(reach, tell, request.environ[ENVIRON_KEY]), fault)


def _create(entity_type: str) -> Entity:
    key = request.headers.get("Idempotency-Key")
    body = request.get_json(force=True, silent=True)
    if not key:
        raise Refused("The header Idempotency-Key is missing.")
    if not isinstance(body, dict):
        raise Refused("The body must be a JSON object.")
    state = _state()
    return state.platform.submit(
        entity_type, key, body, now=time.monotonic(), processing_s=state.processing_s()
    )


def _find(entity_type: str, entity_id: str) -> Entity:
    return _state().platform.find(entity_type, entity_id)


def _accepted(entity: Entity) -> Response:
    response = jsonify(id=entity.id)
    response.status_code = HTTPStatus.ACCEPTED
    return response


def _status(entity: Entity) -> Response:
    status = entity.status(time.monotonic())
    reason = {"error_message": entity.error_message} if status is Status.FAILED else {}
    return jsonify(status=status, **reason)


def refuse(refusal: Refused) -> ResponseReturnValue:
    """The platform's no."""
    return {"error_message": str(refusal)}, refusal.status


def refuse_as_http(error: HTTPException) -> ResponseReturnValue:
    """The same for what the platform has no route or method for."""
    return {"error_message": error.description or error.name}, error.code or HTTPStatus.INTERNAL_SERVER_ERROR


def note(response: Response) -> Response:
    """Log what came for the platform. If the connection is broken off, nobody sees the status."""
    if "arrival" in g:
        arrival = g.arrival
        log.info(
            "answered",
            method=arrival.method,
            path=arrival.path,
            met=arrival.met,
            status=response.status_code,
        )
    return response


def _state() -> State:
    state: State = current_app.extensions["sandbox"]
    return state
