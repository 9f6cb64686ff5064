"""`GET /events/`: the news as Server-Sent Events (WHATWG HTML §9.2)."""

import random
from collections.abc import Iterator
from typing import Literal

import structlog
from flask import Blueprint, Response, request
from pydantic import BaseModel, Field

from pingpong.errors import InvalidInput, Unavailable
from pingpong.extensions import settings
from pingpong.live.extension import audience, current_hub, open_streams
from pingpong.live.hub import Hub
from pingpong.live.subscriber import Subscriber
from pingpong.live.topics import PUBLIC_TOPICS, Audience
from pingpong.openapi.access import Access
from pingpong.openapi.models import Query
from pingpong.openapi.operation import Answer, Tag, operation

log = structlog.get_logger(__name__)

blueprint = Blueprint("live", __name__)

LIVE = Tag("Live", "The news, as it happens.")
EXAMPLE = """retry: 2645
: connected

event: heartbeat
data: {"message": "heartbeat successful", "beat": 598405117, "at": "2026-11-20T22:55:51.000000Z"}

"""

RETRY_MS = (1000, 3000)
BUSY_RETRY_AFTER_S = 5
COMMENT = b": still here\n\n"


class WhatIsHeard(Query):
    """The query of a stream."""

    topics: str | None = Field(
        None, description="Only these, with commas between.", examples=["task,heartbeat"]
    )
    last_event_id: str | None = Field(None, description="Replay what came after this event.")
    ticket: str | None = Field(None, description="In place of a token: an EventSource sends no headers.")


class WhatWasHeard(Query):
    """What an EventSource that reconnects says by itself."""

    last_event_id: str | None = Field(None, alias="Last-Event-ID", description="As `last_event_id`.")


class Event(BaseModel):
    """One event of a stream."""

    event: Literal["task", "chat", "dsp", "heartbeat", "gap", "reset", "shutdown"]
    data: str = Field(description="JSON.")
    id: str | None = Field(None, description="Of a task's events only: the others are not replayed.")


@blueprint.get("/events/")
@operation(
    LIVE,
    answers={200: Answer("A stream that does not end.", Event, "text/event-stream", example=EXAMPLE)},
    errors=[503],
    access=Access.OPTIONAL,
    reads_itself={"query": WhatIsHeard, "header": WhatWasHeard},
)
def events() -> Response:
    """Hear updates and heartbeats as Server-Sent Events; what was missed is replayed."""
    hub = current_hub()
    if open_streams() >= settings.live_max_streams:
        raise Unavailable("Too many streams are open here.", retry_after_s=BUSY_RETRY_AFTER_S)
    listener = audience()
    topics = _topics(listener)
    last_event_id = request.headers.get("Last-Event-ID") or request.args.get("last_event_id")
    _limit_sending(settings.live_send_timeout_s)
    if request.method == "HEAD":
        return Response(mimetype="text/event-stream", headers=_HEADERS)
    subscriber = hub.subscribe(topics | listener.control, last_event_id, until=listener.until)
    stream = EventStream(hub, subscriber, settings.live_comment_every_s)
    return Response(stream, mimetype="text/event-stream", headers=_HEADERS)


_HEADERS = {"Cache-Control": "no-cache, no-transform", "X-Accel-Buffering": "no"}


class EventStream:
    """The body of one stream. The server calls `close` however the stream ends."""

    def __init__(self, hub: Hub, subscriber: Subscriber, comment_every_s: float) -> None:
        self._hub = hub
        self._subscriber = subscriber
        self._comment_every_s = comment_every_s

    def __iter__(self) -> Iterator[bytes]:
        """Chunks of whole events; many events that wait go in one chunk."""
        # Clients that lost the same process come back spread over two seconds.
        yield f"retry: {random.randint(*RETRY_MS)}\n: connected\n\n".encode()  # noqa: S311
        while (updates := self._subscriber.take(self._comment_every_s)) is not None:
            self._hub.written += len(updates)
            yield b"".join(update.frame for update in updates) or COMMENT

    def close(self) -> None:
        """Leave the hub."""
        self._hub.unsubscribe(self._subscriber)
        if self._subscriber.is_lagging:
            self._hub.dropped += 1
            log.info("stream_lagged")


def _topics(listener: Audience) -> frozenset[str]:
    """The topics asked for, of those that this client may hear. Raises InvalidInput when none is left."""
    heard = PUBLIC_TOPICS | listener.topics
    asked = {topic for value in request.args.getlist("topics") for topic in value.split(",") if topic}
    topics = heard & asked if asked else heard
    if not topics:
        raise InvalidInput.of(topics=f"must name some of {', '.join(sorted(heard))}")
    return topics


def _limit_sending(timeout_s: float) -> None:
    """Close a stream whose client takes no bytes: a full socket would hold its greenlet for ever."""
    socket = request.environ.get("gunicorn.socket")
    if socket is not None:
        socket.settimeout(timeout_s)
