"""The live hub as part of an app: one hub, and in web processes one listener, per process."""

from typing import cast

from flask import Flask, current_app
from werkzeug.local import LocalProxy

from pingpong.live.attendance import Attendance
from pingpong.live.hub import Hub
from pingpong.live.listener import Listener
from pingpong.live.publish import Bus
from pingpong.live.rounds import Rounds
from pingpong.live.topics import Audience, AudienceOfRequest
from pingpong.redis_client import connect
from pingpong.settings import Settings


def current_hub() -> Hub:
    """The hub itself, for what outlives the request, as a stream does."""
    return cast(Hub, current_app.extensions["hub"])


hub = cast(Hub, LocalProxy(current_hub))
attendance = cast(Attendance, LocalProxy(lambda: current_app.extensions["attendance"]))
bus = cast(Bus, LocalProxy(lambda: current_app.extensions["bus"]))


def open_streams() -> int:
    """How many streams this process serves: whoever hears the news, but on no socket."""
    return len(hub) - len(attendance)


def audience() -> Audience:
    """Who opens a stream or socket by the present request."""
    of_request: AudienceOfRequest = current_app.extensions["audience"]
    return of_request()


def init_live(app: Flask, settings: Settings, of_request: AudienceOfRequest) -> None:
    """Give the app a hub that hears nothing yet, the address of the bus, and who may hear what."""
    app.extensions["audience"] = of_request
    app.extensions["hub"] = Hub(settings.live_ring_length, settings.live_client_buffer)
    app.extensions["attendance"] = Attendance(settings)
    app.extensions["rounds"] = Rounds()
    app.extensions["bus"] = Bus.of(settings, app.extensions["redis"])


def listen(app: Flask) -> Listener:
    """Start to feed the app's hub. Called once by each web process, never before it forks."""
    settings: Settings = app.extensions["settings"]
    listener = Listener(
        connect(settings), app.extensions["bus"], app.extensions["hub"], settings.live_ring_length
    )
    listener.start()
    return listener
