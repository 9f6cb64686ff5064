"""Whether login sessions still count: asked for all open sockets of the same moment at once."""

from collections.abc import Sequence
from uuid import UUID

from flask import Flask, current_app

from pingpong.accounts.models import LoginSession
from pingpong.errors import Unauthorized
from pingpong.queue.batching import Batcher, in_context


def init_looks(app: Flask) -> None:
    """Give the app its batcher."""
    app.extensions["session_looks"] = Batcher(in_context(app, _count), name="find session")


def require_session(session_id: UUID) -> None:
    """Go on only if the session has neither ended nor expired. Raises Unauthorized."""
    looks: Batcher[UUID, bool] = current_app.extensions["session_looks"]
    if not looks(session_id):
        raise Unauthorized("This session has ended; log in again.")


def _count(session_ids: Sequence[UUID]) -> list[bool]:
    counting = LoginSession.still_counting(session_ids)
    return [session_id in counting for session_id in session_ids]
