"""Beginning a conversation, and who takes part in it. Each verb is one transaction, and then told."""

from collections.abc import Callable, Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from uuid_utils.compat import uuid7

from pingpong.accounts.models import User
from pingpong.chat.events import (
    ConversationCreated,
    ConversationDeleted,
    ConversationPassedOn,
    ConversationRenamed,
    MemberLeft,
    MemberRemoved,
    MembersAdded,
)
from pingpong.chat.models import Conversation, Member, member_ids
from pingpong.chat.news import tell_left, tell_members
from pingpong.chat.reading import participants_of
from pingpong.errors import Conflict, Forbidden, InvalidInput, NotFound
from pingpong.eventlog.catalogue import EventContext
from pingpong.eventlog.recording import record
from pingpong.extensions import committed, db, release, settings

FEWEST = 2

Events = list[EventContext]


def begin(
    owner: User, others: Sequence[UUID], name: str | None = None, *, is_group: bool = False
) -> tuple[Conversation, bool]:
    """A new conversation, or the one that these two already have; and whether it is new.

    Raises InvalidInput for people who do not exist, and for too few or too many of them.
    """
    people = _others_than(owner.id, others)
    if is_group or name or len(people) > 1:
        return _begin_group(owner, people, name), True
    return _between(owner, people[0])


def rename(conversation_id: UUID, person: User, name: str) -> Conversation:
    """Give a group another name, or none. Raises NotFound, Forbidden, Conflict."""

    def give(conversation: Conversation) -> Events:
        was, conversation.name = conversation.name, name or None
        renamed = ConversationRenamed(conversation_id=conversation.id, is_named=bool(name))
        return [renamed] if conversation.name != was else []

    return _change(conversation_id, person, give)


def add(conversation_id: UUID, person: User, user_ids: Sequence[UUID]) -> Conversation:
    """Let people into a group; who is in it already stays. They read on from where it stands.

    Raises NotFound, Forbidden, Conflict, and InvalidInput for people who do not exist or are too many.
    """
    found = _existing(user_ids, "user_ids")

    def let_in(conversation: Conversation) -> Events:
        present = set(member_ids(conversation.id))
        new = [user_id for user_id in found if user_id not in present]
        _check_number(len(present) + len(new), "user_ids")
        _join(conversation, new)
        return [MembersAdded(conversation_id=conversation.id, user_ids=new)] if new else []

    return _change(conversation_id, person, let_in)


def remove(conversation_id: UUID, person: User, user_id: UUID) -> None:
    """Put somebody out of a group, or leave it oneself. Their sockets are closed at once.

    Raises NotFound, Forbidden, Conflict.
    """

    def put_out(conversation: Conversation) -> Events:
        gone = db.session.get(Member, (conversation.id, user_id))
        if gone is None:
            raise NotFound("There is no such member.")
        db.session.delete(gone)
        db.session.flush()
        went = MemberLeft if user_id == person.id else MemberRemoved
        return [went(conversation_id=conversation.id, user_id=user_id), *_pass_on(conversation, user_id)]

    _change(
        conversation_id,
        person,
        put_out,
        may=lambda group: person.id in {group.owner_id, user_id},
        tell_first=lambda: tell_left(conversation_id, user_id),
    )


def _others_than(owner_id: UUID, given: Sequence[UUID]) -> list[UUID]:
    others = [user_id for user_id in dict.fromkeys(given) if user_id != owner_id]
    if not others:
        raise InvalidInput.of(participants="must name somebody else")
    return _existing(others, "participants")


def _existing(user_ids: Sequence[UUID], field: str) -> list[UUID]:
    """All of them, each once. Raises InvalidInput, naming who does not exist."""
    wanted = list(dict.fromkeys(user_ids))
    _check_number(len(wanted), field, at_least=1)
    known = set(db.session.scalars(select(User.id).where(User.id.in_(wanted), User.is_active)))
    if unknown := [str(user_id) for user_id in wanted if user_id not in known]:
        raise InvalidInput.of(**{field: f"there is nobody with the id {', '.join(unknown)}"})
    return wanted


def _check_number(count: int, field: str, at_least: int = FEWEST) -> None:
    if not at_least <= count <= settings.chat_max_members:
        raise InvalidInput.of(**{field: f"a conversation has {FEWEST} to {settings.chat_max_members} people"})


def _begin_group(owner: User, people: Sequence[UUID], name: str | None) -> Conversation:
    _check_number(len(people) + 1, "participants")
    group = Conversation(
        id=uuid7(), is_group=True, name=name or None, owner_id=owner.id, last_seq=0, revision=0
    )
    db.session.add(group)
    db.session.flush()
    _join(group, [owner.id, *people])
    _record_created(group, [owner.id, *people])
    db.session.commit()
    _tell(group)
    return group


def _between(one: User, other_id: UUID) -> tuple[Conversation, bool]:
    """Of two who ask at the same moment, the index lets one make it; the other waits, and finds it."""
    pair = ":".join(sorted([str(one.id), str(other_id)]))
    made = db.session.scalar(
        insert(Conversation)
        .values(id=uuid7(), is_group=False, pair=pair, last_seq=0, revision=0)
        .on_conflict_do_nothing(index_elements=["pair"])
        .returning(Conversation)
    )
    if made:
        _join(made, [one.id, other_id])
        _record_created(made, [one.id, other_id])
    db.session.commit()
    if made:
        _tell(made)
        return made, True
    there = db.session.scalars(select(Conversation).filter_by(pair=pair)).one()
    release()
    return there, False


def _join(conversation: Conversation, user_ids: Sequence[UUID]) -> None:
    db.session.add_all(
        Member(conversation_id=conversation.id, user_id=user_id, read_seq=conversation.last_seq)
        for user_id in user_ids
    )
    db.session.flush()


def _record_created(conversation: Conversation, member_ids: Sequence[UUID]) -> None:
    """By the first of its members."""
    created = ConversationCreated(
        conversation_id=conversation.id, is_group=conversation.is_group, member_ids=list(member_ids)
    )
    record(created, actor_id=member_ids[0])


def _change(
    conversation_id: UUID,
    person: User,
    change: Callable[[Conversation], Events],
    may: Callable[[Conversation], bool] | None = None,
    tell_first: Callable[[], None] = lambda: None,
) -> Conversation:
    """Change a group under its lock, by its owner unless `may` says otherwise; then tell who takes part."""
    group = Conversation.lock(conversation_id, person.id)
    with committed():
        _check_right(group, may(group) if may else group.owner_id == person.id)
        record(*change(group), actor_id=person.id)
    tell_first()
    _tell(group)
    return group


def _check_right(group: Conversation, may: bool) -> None:
    if not group.is_group:
        raise Conflict("This is a conversation of two: begin a group.")
    if not may:
        raise Forbidden("Only the owner of the group may do that.")


def _pass_on(group: Conversation, user_id: UUID) -> Events:
    """A group whose owner leaves is its longest-standing member's; one that all have left is gone."""
    left = member_ids(group.id)
    if not left:
        db.session.delete(group)
        return [ConversationDeleted(conversation_id=group.id)]
    if group.owner_id == user_id:
        group.owner_id = left[0]
        return [ConversationPassedOn(conversation_id=group.id, owner_id=left[0])]
    return []


def _tell(conversation: Conversation) -> None:
    shown = participants_of(conversation.id)
    tell_members(conversation.id, conversation.name, shown, [one.id for one in shown])
