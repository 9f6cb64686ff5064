"""The tables of chat: conversations, who takes part in them, and what was said."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, DateTime, ForeignKey, Index, String, Text, func, select, text
from sqlalchemy.orm import Mapped, mapped_column, relationship
from uuid_utils.compat import uuid7

from pingpong import clock
from pingpong.accounts.models import User
from pingpong.errors import NotFound
from pingpong.extensions import db

LONGEST_NAME = 100
LONGEST_TEXT = 4_000
LONGEST_CLIENT_ID = 100
CHANGED_AT = text("coalesce(deleted_at, edited_at)")
IS_CHANGED = text(f"{CHANGED_AT} IS NOT NULL")
IS_NAMED = text("client_id IS NOT NULL")


class Conversation(db.Model):  # type: ignore[name-defined]
    """What two people, or a group, say to each other.

    `last_seq` is the number of the newest message; whoever gives the next one holds the row's lock, so that
    the numbers have no gaps and one order. `revision` counts changes to what was said before.
    """

    __tablename__ = "conversations"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    is_group: Mapped[bool] = mapped_column(Boolean)
    name: Mapped[str | None] = mapped_column(String(LONGEST_NAME))
    owner_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    """Of a group: who may rename it, add and remove."""
    pair: Mapped[str | None] = mapped_column(String(80))
    """Of a conversation of two: both ids, the lesser first, so that there is one for each pair."""
    last_seq: Mapped[int] = mapped_column(BigInteger, default=0)
    revision: Mapped[int] = mapped_column(BigInteger, default=0)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=clock.now())
    active_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=clock.now())
    """When something was last said, or it was begun."""

    __table_args__ = (Index("conversations_pair", "pair", unique=True),)

    @classmethod
    def find(cls, conversation_id: UUID, member_id: UUID) -> "tuple[Conversation, Member]":
        """A conversation and one's own place in it. Raises NotFound, also for one of others."""
        found = db.session.execute(
            select(cls, Member)
            .join(Member, Member.conversation_id == cls.id)
            .where(cls.id == conversation_id, Member.user_id == member_id)
            .execution_options(populate_existing=True)
        ).first()
        if found is None:
            raise NotFound("There is no such conversation.")
        return found.Conversation, found.Member

    @classmethod
    def lock(cls, conversation_id: UUID, member_id: UUID) -> "Conversation":
        """A conversation that nobody else changes before the end of the transaction.

        Raises NotFound for one that this person does not take part in.
        """
        conversation: Conversation | None = db.session.scalar(
            select(cls)
            .where(cls.id == conversation_id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        # Looked up once the lock is held: who was removed just now is gone by then.
        if conversation is None or not is_member(conversation_id, member_id):
            db.session.rollback()
            raise NotFound("There is no such conversation.")
        return conversation


class Member(db.Model):  # type: ignore[name-defined]
    """Somebody's place in a conversation. `read_seq` is the newest message that they have read."""

    __tablename__ = "conversation_members"

    conversation_id: Mapped[UUID] = mapped_column(
        ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    read_seq: Mapped[int] = mapped_column(BigInteger, default=0)
    joined_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=clock.now())
    user: Mapped[User] = relationship(lazy="joined", innerjoin=True)

    __table_args__ = (Index("conversation_members_user", "user_id"),)


class Message(db.Model):  # type: ignore[name-defined]
    """Something that was said. `seq` counts within the conversation, and is the order.

    One that was deleted keeps its number, and loses its text.
    """

    __tablename__ = "messages"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"))
    seq: Mapped[int] = mapped_column(BigInteger)
    sender_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    text: Mapped[str] = mapped_column(Text)
    client_id: Mapped[str | None] = mapped_column(String(LONGEST_CLIENT_ID))
    """The sender's own name for it, which makes sending it again harmless."""
    sent_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=clock.now())
    edited_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    deleted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    sender: Mapped[User] = relationship(lazy="joined", innerjoin=True)

    __table_args__ = (
        Index("messages_order", "conversation_id", "seq", unique=True),
        Index(
            "messages_client_id",
            "conversation_id",
            "sender_id",
            "client_id",
            unique=True,
            postgresql_where=IS_NAMED,
        ),
        # What changed after it was said, which is little.
        Index(
            "messages_changed",
            "conversation_id",
            CHANGED_AT,
            postgresql_where=IS_CHANGED,
        ),
    )


def is_member(conversation_id: UUID, user_id: UUID) -> bool:
    """Whether this person takes part."""
    return db.session.get(Member, (conversation_id, user_id), populate_existing=True) is not None


def member_ids(conversation_id: UUID) -> list[UUID]:
    """Who takes part, the longest-standing first."""
    found = select(Member.user_id).where(Member.conversation_id == conversation_id)
    return list(db.session.scalars(found.order_by(Member.joined_at, Member.user_id)))


def member_names(conversation_id: UUID) -> dict[UUID, str]:
    """Who takes part, each with their username."""
    found = select(Member.user_id, User.username).join(User, User.id == Member.user_id)
    rows = db.session.execute(found.where(Member.conversation_id == conversation_id)).all()
    return {user_id: username for user_id, username in rows}  # noqa: C416 - rows are no pairs to mypy


def members_of(conversation_ids: list[UUID]) -> dict[UUID, list[Member]]:
    """The people of each conversation, the longest-standing first."""
    found = select(Member).where(Member.conversation_id.in_(conversation_ids))
    by_conversation: dict[UUID, list[Member]] = {one: [] for one in conversation_ids}
    for member in db.session.scalars(found.order_by(Member.joined_at, Member.user_id)):
        by_conversation[member.conversation_id].append(member)
    return by_conversation


def shared_with(user_id: UUID, at_most: int) -> list[UUID]:
    """The people with whom this one has a conversation, the newest first."""
    theirs = select(Member.conversation_id).where(Member.user_id == user_id)
    shared = select(Member.user_id).where(Member.conversation_id.in_(theirs), Member.user_id != user_id)
    newest = shared.group_by(Member.user_id).order_by(func.max(Member.joined_at).desc())
    return list(db.session.scalars(newest.limit(at_most)))
