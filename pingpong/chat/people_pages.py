"""The pages of who takes part: beginning a conversation, and the members of a group."""

from collections.abc import Callable
from uuid import UUID

from flask import Blueprint, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from pingpong.accounts.identity import login_required, require
from pingpong.accounts.limits import limited
from pingpong.accounts.models import User
from pingpong.accounts.schemas import PeopleQuery
from pingpong.chat import membership, reading
from pingpong.chat.forms import chosen, filled, in_words
from pingpong.chat.models import LONGEST_NAME
from pingpong.chat.schemas import NewConversation, NewMembers, Renaming
from pingpong.chat.showing import Listed, Somebody, chosen_people, found_people
from pingpong.errors import InvalidInput, PingpongError, Unauthorized, mark
from pingpong.http import see

blueprint = Blueprint("chat_people", __name__, template_folder="templates")

MEMBERS = "/chat/<uuid:conversation_id>/members/"
NOBODY_CHOSEN = "Choose somebody first."


@blueprint.get("/chat/new/")
@login_required
def choose() -> str:
    """Search for people, and choose some."""
    return _choose()


@blueprint.post("/chat/new/")
@limited("user_rate_limit")
@login_required
def begin() -> ResponseReturnValue:
    """Begin a conversation with those who were chosen."""
    try:
        new = filled(NewConversation, participants=_somebody(), name=request.form.get("name") or None)
        conversation, _ = membership.begin(require().user, new.participants, new.name)
    except InvalidInput as error:
        return mark(make_response(_choose(error)), error)
    return see(url_for("chat_pages.show", conversation_id=conversation.id))


@blueprint.get(MEMBERS)
@login_required
def members(conversation_id: UUID) -> str:
    """Who takes part in a group, and what one may do about it."""
    return _members(conversation_id)


@blueprint.post(f"{MEMBERS}name/")
@login_required
def rename(conversation_id: UUID) -> ResponseReturnValue:
    """Give a group another name."""
    name = request.form.get("name", "")
    return _change(
        conversation_id,
        lambda me: membership.rename(conversation_id, me, filled(Renaming, name=name).name),
    )


@blueprint.post(f"{MEMBERS}add/")
@login_required
def add(conversation_id: UUID) -> ResponseReturnValue:
    """Let those who were chosen into a group."""
    return _change(
        conversation_id,
        lambda me: membership.add(conversation_id, me, filled(NewMembers, user_ids=_somebody()).user_ids),
    )


@blueprint.post(f"{MEMBERS}<uuid:user_id>/remove/")
@login_required
def remove(conversation_id: UUID, user_id: UUID) -> ResponseReturnValue:
    """Put somebody out of a group, or leave it."""
    is_leaving = user_id == require().user.id
    return _change(
        conversation_id,
        lambda me: membership.remove(conversation_id, me, user_id),
        url_for("chat_pages.conversations") if is_leaving else None,
    )


def _change(
    conversation_id: UUID, change: Callable[[User], object], then: str | None = None
) -> ResponseReturnValue:
    """Change a group, and show its members; what was refused is said on their page."""
    try:
        change(require().user)
    except Unauthorized:
        raise
    except PingpongError as error:
        return mark(make_response(_members(conversation_id, error)), error)
    return see(then or url_for("chat_people.members", conversation_id=conversation_id))


def _choose(error: InvalidInput | None = None) -> str:
    me, already = require().user, chosen()
    return render_template(
        "chat/new.html",
        name=request.values.get("name", ""),
        problem=_words(error),
        longest_name=LONGEST_NAME,
        **_people([me.id], already),
    )


def _members(conversation_id: UUID, error: PingpongError | None = None) -> str:
    me = require().user
    conversation = reading.conversation_of(conversation_id, me.id)
    return render_template(
        "chat/members.html",
        open=Listed.of(conversation, me.id),
        members=[Somebody.of(person) for person in conversation.participants],
        is_owner=conversation.owner_id == me.id,
        problem=_words(error),
        longest_name=LONGEST_NAME,
        **_people([person.id for person in conversation.participants], chosen()),
    )


def _people(but: list[UUID], already: list[UUID]) -> dict[str, object]:
    """Who was chosen already, and who else may be."""
    part = filled(PeopleQuery, q=request.values.get("q", "")).q
    others = [user_id for user_id in already if user_id not in but]
    return {"q": part, "chosen": chosen_people(others), "found": found_people(part, [*but, *others])}


def _somebody() -> list[UUID]:
    people = chosen()
    if not people:
        raise InvalidInput(NOBODY_CHOSEN)
    return people


def _words(error: PingpongError | None) -> str | None:
    return in_words(error) if error else None
