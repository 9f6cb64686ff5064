"""The JSON routes of chat: `/api/chat/…`."""

from http import HTTPStatus

from flask import Blueprint
from redis.exceptions import RedisError
from sqlalchemy import text

from pingpong.accounts.identity import require
from pingpong.accounts.limits import limited
from pingpong.chat import changing, membership, reading
from pingpong.chat.schemas import (
    ChatHealth,
    ConversationId,
    ConversationPage,
    ConversationQuery,
    ConversationShown,
    Edit,
    MessageId,
    MessagePage,
    MessageQuery,
    MessageShown,
    NewConversation,
    NewMembers,
    Renaming,
    UserId,
)
from pingpong.extensions import db, redis, release
from pingpong.live.extension import attendance
from pingpong.openapi.access import Access
from pingpong.openapi.operation import Answer, Tag, operation

blueprint = Blueprint("chat", __name__, url_prefix="/api/chat")

CHAT = Tag("Chat", "Conversations. What is said in them is said and heard on sockets.")
GONE = Answer("Done.")
CONVERSATION = "/conversations/<uuid:conversation_id>/"
MESSAGE = f"{CONVERSATION}messages/<uuid:message_id>/"


@blueprint.get("/conversations/")
@operation(CHAT, answers={200: ConversationPage}, access=Access.ACCOUNT)
def conversations(query: ConversationQuery) -> ConversationPage:
    """List one's conversations, the most recently active first."""
    return reading.conversations_of(require().user.id, after=query.after, limit=query.limit)


@blueprint.post("/conversations/")
@operation(
    CHAT,
    answers={201: ConversationShown, 200: Answer("These two have it already.", ConversationShown)},
    access=Access.ACCOUNT,
)
def begin(body: NewConversation) -> tuple[ConversationShown, int]:
    """Begin a conversation.

    With one other person it is the one that there is already, if there is; with more, or under a name, it is
    a new group.
    """
    me = require().user
    conversation, is_new = membership.begin(me, body.participants, body.name, is_group=body.is_group)
    shown = reading.conversation_of(conversation.id, me.id)
    return shown, HTTPStatus.CREATED if is_new else HTTPStatus.OK


@blueprint.get(CONVERSATION)
@operation(CHAT, answers={200: ConversationShown}, errors=[404], access=Access.ACCOUNT)
def conversation(conversation_id: ConversationId) -> ConversationShown:
    """Read a conversation that one takes part in."""
    return reading.conversation_of(conversation_id, require().user.id)


@blueprint.patch(CONVERSATION)
@operation(CHAT, answers={200: ConversationShown}, errors=[403, 404, 409], access=Access.ACCOUNT)
def rename(conversation_id: ConversationId, body: Renaming) -> ConversationShown:
    """Rename a group that one owns."""
    me = require().user
    membership.rename(conversation_id, me, body.name)
    return reading.conversation_of(conversation_id, me.id)


@blueprint.post(f"{CONVERSATION}members/")
@operation(CHAT, answers={200: ConversationShown}, errors=[403, 404, 409], access=Access.ACCOUNT)
def add_members(conversation_id: ConversationId, body: NewMembers) -> ConversationShown:
    """Let people into a group that one owns."""
    me = require().user
    membership.add(conversation_id, me, body.user_ids)
    return reading.conversation_of(conversation_id, me.id)


@blueprint.delete(f"{CONVERSATION}members/<uuid:user_id>/")
@operation(CHAT, answers={204: GONE}, errors=[403, 404, 409], access=Access.ACCOUNT)
def remove_member(conversation_id: ConversationId, user_id: UserId) -> tuple[str, int]:
    """Put somebody out of a group that one owns, or leave any group oneself."""
    membership.remove(conversation_id, require().user, user_id)
    return "", HTTPStatus.NO_CONTENT


@blueprint.get(f"{CONVERSATION}messages/")
@limited("chat_messages_rate_limit")
@operation(CHAT, answers={200: MessagePage}, errors=[404], access=Access.ACCOUNT)
def messages(conversation_id: ConversationId, query: MessageQuery) -> MessagePage:
    """Read what was said, newest first."""
    return reading.messages_of(conversation_id, require().user.id, before=query.before, limit=query.limit)


@blueprint.patch(MESSAGE)
@operation(CHAT, answers={200: MessageShown}, errors=[403, 404], access=Access.ACCOUNT)
def edit(conversation_id: ConversationId, message_id: MessageId, body: Edit) -> MessageShown:
    """Have one's own message say something else, for a while after it was sent."""
    return MessageShown.of(changing.edit(conversation_id, message_id, require().user, body.text))


@blueprint.delete(MESSAGE)
@operation(CHAT, answers={204: GONE}, errors=[403, 404], access=Access.ACCOUNT)
def delete(conversation_id: ConversationId, message_id: MessageId) -> tuple[str, int]:
    """Take one's own message back, for a while after it was sent."""
    changing.delete(conversation_id, message_id, require().user)
    return "", HTTPStatus.NO_CONTENT


@blueprint.get("/health/")
@operation(CHAT, answers={200: ChatHealth}, errors=[503])
def health() -> ChatHealth:
    """Tell whether chat works.

    Without Redis it is degraded: what is said is kept, and heard at once only in the same web process.
    """
    db.session.execute(text("SELECT 1"))
    release()
    try:
        redis.ping()
    except RedisError:
        return ChatHealth(status="degraded", live="away", sockets=len(attendance))
    return ChatHealth(status="ok", live="ok", sockets=len(attendance))
