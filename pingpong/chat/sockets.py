"""`ws /ws/chat/<conversation>/`: one conversation, live."""

from uuid import UUID

from flask import Blueprint, Response, request

from pingpong.accounts.listening import require_listener
from pingpong.chat.seat import Seat
from pingpong.live.sockets import serve

blueprint = Blueprint("chat_sockets", __name__)


@blueprint.route("/ws/chat/<uuid:conversation_id>/", websocket=True)
def chat(conversation_id: UUID) -> Response:
    """Say and hear what is said in a conversation; `?since=` a message replays what came after it."""
    return serve(lambda: Seat(require_listener(), conversation_id, request.args.get("since")))
