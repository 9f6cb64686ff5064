"""The pages of chat: one's conversations, and one of them open. They work without JavaScript, too."""

from uuid import UUID

from flask import Blueprint, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from uuid_utils.compat import uuid7

from pingpong.accounts.identity import login_required, require
from pingpong.accounts.limits import limited
from pingpong.chat import reading
from pingpong.chat.forms import filled, in_words
from pingpong.chat.models import LONGEST_TEXT
from pingpong.chat.posting import post
from pingpong.chat.schemas import Read, Said, Who
from pingpong.chat.showing import Listed, lines_of
from pingpong.errors import InvalidInput, mark
from pingpong.extensions import settings
from pingpong.http import see
from pingpong.live.extension import hub
from pingpong.openapi.reading import given_body

blueprint = Blueprint("chat_pages", __name__, template_folder="templates")

MESSAGES = 50
CONVERSATIONS = 50
CONVERSATION = "/chat/<uuid:conversation_id>/"


@blueprint.get("/chat/")
@login_required
def conversations() -> str:
    """One's conversations, the most recently active first."""
    return _page("chat/list.html")


@blueprint.get(CONVERSATION)
@login_required
def show(conversation_id: UUID) -> str:
    """A conversation that one takes part in."""
    return _thread(conversation_id)


@blueprint.post(CONVERSATION)
@limited("user_rate_limit")
@login_required
def say(conversation_id: UUID) -> ResponseReturnValue:
    """Say something, by the form."""
    try:
        given = given_body()
        said = filled(Said, type="message", text=given.get("message", ""), client_id=given.get("client_id"))
    except InvalidInput as error:
        return mark(make_response(_thread(conversation_id, error)), error)
    post(conversation_id, require().user.id, said.text, said.client_id)
    return see(url_for("chat_pages.show", conversation_id=conversation_id))


@blueprint.post(f"{CONVERSATION}read/")
@login_required
def read(conversation_id: UUID) -> ResponseReturnValue:
    """Say that one has read up to a message."""
    me = require().user
    up_to = filled(Read, type="read", message_id=request.form.get("message_id", ""))
    reading.conversation_of(conversation_id, me.id)
    reading.mark_read(conversation_id, Who(id=me.id, username=me.username), up_to.message_id)
    return see(url_for("chat_pages.show", conversation_id=conversation_id))


def _thread(conversation_id: UUID, error: InvalidInput | None = None) -> str:
    me, last_event_id = require().user, hub.last_event_id
    before = request.args.get("before", type=UUID)
    conversation = reading.conversation_of(conversation_id, me.id)
    page = reading.messages_of(conversation_id, me.id, before=before, limit=MESSAGES)
    return _page(
        "chat/show.html",
        open=Listed.of(conversation, me.id),
        lines=lines_of(page.items[::-1], conversation, me.id),
        older=page.next,
        is_newest=before is None,
        new_client_id=uuid7(),
        edit_within_s=settings.chat_edit_within_s,
        max_length=LONGEST_TEXT,
        message=request.form.get("message"),
        problem=in_words(error) if error else None,
        last_event_id=last_event_id,
    )


def _page(template: str, **shown: object) -> str:
    """A page with the list beside whatever else it shows."""
    me = require().user
    shown.setdefault("last_event_id", hub.last_event_id)
    listed = reading.conversations_of(me.id, after=request.args.get("after"), limit=CONVERSATIONS)
    return render_template(
        template,
        listed=[Listed.of(one, me.id) for one in listed.items],
        unread=sum(one.unread_count for one in listed.items),
        next=listed.next,
        after=request.args.get("after", ""),
        **shown,
    )
