"""What is recorded of conversations: who said how much to whom, never what, nor what a group is called.

Who did it is the event's actor: of a message its sender, of what was read its reader.
"""

from uuid import UUID

from pydantic import Field

from pingpong.eventlog.catalogue import EventContext, event


@event("conversation.created", version=1)
class ConversationCreated(EventContext):
    """Two people, or a group, have a new conversation."""

    conversation_id: UUID
    is_group: bool
    member_ids: list[UUID]


@event("conversation.renamed", version=1)
class ConversationRenamed(EventContext):
    """A group is called something else."""

    conversation_id: UUID
    is_named: bool = Field(description="Whether it has a name now.")


@event("conversation.passed_on", version=1)
class ConversationPassedOn(EventContext):
    """A group whose owner has gone belongs to another member."""

    conversation_id: UUID
    owner_id: UUID = Field(description="Who owns it now.")


@event("conversation.deleted", version=1)
class ConversationDeleted(EventContext):
    """A group that all have left is gone, with all that was said."""

    conversation_id: UUID


@event("members.added", version=1)
class MembersAdded(EventContext):
    """People were let into a group."""

    conversation_id: UUID
    user_ids: list[UUID]


@event("member.left", version=1)
class MemberLeft(EventContext):
    """Somebody has left a group."""

    conversation_id: UUID
    user_id: UUID


@event("member.removed", version=1)
class MemberRemoved(EventContext):
    """Somebody was put out of a group by its owner."""

    conversation_id: UUID
    user_id: UUID


@event("message.posted", version=1)
class MessagePosted(EventContext):
    """Something was said. Its sender has read the conversation up to here, which is no event of its own."""

    message_id: UUID
    conversation_id: UUID
    seq: int = Field(description="Its number in the conversation.")
    characters: int


@event("message.edited", version=1)
class MessageEdited(EventContext):
    """A message says something else."""

    message_id: UUID
    conversation_id: UUID
    characters: int


@event("message.deleted", version=1)
class MessageDeleted(EventContext):
    """A message was taken back by its sender."""

    message_id: UUID
    conversation_id: UUID


@event("message.read", version=1)
class MessageRead(EventContext):
    """Somebody has read further, up to this message."""

    message_id: UUID
    conversation_id: UUID
    seq: int = Field(description="The message's number in the conversation.")
