"""What comes in and goes out: conversations, messages, and what is said on a socket."""

from collections.abc import Collection
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic.config import JsonDict

from pingpong.accounts.models import User
from pingpong.chat.models import (
    LONGEST_CLIENT_ID,
    LONGEST_NAME,
    LONGEST_TEXT,
    Conversation,
    Member,
    Message,
)
from pingpong.openapi.models import Body, GivenId, Query, UtcTime
from pingpong.text import NOT_BLANK, STORABLE

EXAMPLE_ID = "01a1fb2c-5792-7422-9e6e-54e9dcfcdb55"
EXAMPLE_MESSAGE: JsonDict = {
    "id": "01a1fb2d-77c1-7aa0-8c1e-0d9f7b1c2a33",
    "seq": 7,
    "sender": {"id": EXAMPLE_ID, "username": "ada"},
    "text": "hello",
    "sent_at": "2026-11-20T22:55:49.670146Z",
    "edited_at": None,
    "deleted_at": None,
    "client_id": "c-1",
}
EXAMPLE_CONVERSATION: JsonDict = {
    "id": "01a1fb2c-9d3e-7b55-8a4f-3c2b1a0f9e8d",
    "name": "Engines",
    "is_group": True,
    "owner_id": EXAMPLE_ID,
    "participants": [
        {"id": EXAMPLE_ID, "username": "ada", "name": "Ada Lovelace", "online": True, "read_seq": 7}
    ],
    "last_message": EXAMPLE_MESSAGE,
    "unread_count": 0,
}


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be blank")
    return text


Words = Annotated[
    str,
    Field(min_length=1, max_length=LONGEST_TEXT, examples=["hello"]),
    NOT_BLANK,
    AfterValidator(_not_blank),
]
Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True),
    Field(max_length=LONGEST_NAME, examples=["Engines"]),
    STORABLE,
]
ClientId = Annotated[str, Field(min_length=1, max_length=LONGEST_CLIENT_ID, examples=["c-1"]), STORABLE]
ConversationId = Annotated[UUID, Field(description="A conversation's id.", examples=[EXAMPLE_ID])]
MessageId = Annotated[UUID, Field(description="A message's id.", examples=[EXAMPLE_ID])]
UserId = Annotated[UUID, Field(description="A person's id.", examples=[EXAMPLE_ID])]


class Who(BaseModel):
    """A person, as a message names them."""

    id: UUID
    username: str


class MessageShown(BaseModel):
    """A message. One that was deleted has no text."""

    model_config = ConfigDict(json_schema_extra={"example": EXAMPLE_MESSAGE})

    id: UUID
    seq: int
    sender: Who
    text: str
    sent_at: UtcTime
    edited_at: UtcTime | None = None
    deleted_at: UtcTime | None = None
    client_id: str | None

    @classmethod
    def of(cls, message: Message) -> Self:
        """A message as it stands."""
        return cls(
            id=message.id,
            seq=message.seq,
            sender=Who(id=message.sender_id, username=message.sender.username),
            text=message.text,
            sent_at=message.sent_at,
            edited_at=message.edited_at,
            deleted_at=message.deleted_at,
            client_id=message.client_id,
        )


class Participant(BaseModel):
    """Somebody in a conversation, and the newest message that they have read."""

    id: UUID
    username: str
    name: str
    online: bool
    read_seq: int

    @classmethod
    def of(cls, member: Member, online: Collection[UUID]) -> Self:
        """A member as they stand."""
        person: User = member.user
        return cls(
            id=person.id,
            username=person.username,
            name=person.name,
            online=person.id in online,
            read_seq=member.read_seq,
        )


class ConversationShown(BaseModel):
    """A conversation, as one of its members sees it."""

    model_config = ConfigDict(json_schema_extra={"example": EXAMPLE_CONVERSATION})

    id: UUID
    name: str | None
    is_group: bool
    owner_id: UUID | None
    participants: list[Participant]
    last_message: MessageShown | None
    unread_count: int


class ConversationPage(BaseModel):
    """Some of one's conversations, the most recent first, and where to go on."""

    items: list[ConversationShown]
    next: str | None

    model_config = ConfigDict(json_schema_extra={"example": {"items": [EXAMPLE_CONVERSATION], "next": None}})


class MessagePage(BaseModel):
    """Some of what was said, newest first, and where to go on."""

    items: list[MessageShown]
    next: UUID | None
    unread_count: int

    model_config = ConfigDict(
        json_schema_extra={"example": {"items": [EXAMPLE_MESSAGE], "next": None, "unread_count": 0}}
    )


class ChatHealth(BaseModel):
    """Chat answers; `live` is `away` while news reaches only who is connected to the same process."""

    status: Literal["ok", "degraded"]
    live: Literal["ok", "away"]
    sockets: int

    model_config = ConfigDict(json_schema_extra={"example": {"status": "ok", "live": "ok", "sockets": 3}})


class NewConversation(Body):
    """With whom. More than one other, or a name, make it a group; `is_group` makes one of two people."""

    participants: list[GivenId] = Field(min_length=1, examples=[[EXAMPLE_ID]])
    name: Name | None = None
    is_group: bool = False


class Renaming(Body):
    """Another name; none at all if it is empty."""

    name: Name


class NewMembers(Body):
    """Who is to join."""

    user_ids: list[GivenId] = Field(min_length=1, examples=[[EXAMPLE_ID]])


class Edit(Body):
    """What a message is to say."""

    text: Words


class ConversationQuery(Query):
    """Which of one's conversations."""

    after: str | None = Field(None, description="Where the page before ended: its `next`.")
    limit: int = Field(25, ge=1, le=100)


class MessageQuery(Query):
    """Which messages."""

    before: UUID | None = Field(None, description="Older than this message: `next` of the page before.")
    limit: int = Field(25, ge=1, le=100)


class Said(Body):
    """A message on a socket."""

    type: Literal["message"]
    text: Words
    client_id: ClientId | None = None


class Typing(Body):
    """Somebody begins or ends to type."""

    type: Literal["typing"]
    is_typing: bool


class Read(Body):
    """Somebody has read up to here."""

    type: Literal["read"]
    message_id: GivenId


FROM_CLIENT: dict[str, type[Said | Typing | Read]] = {"message": Said, "typing": Typing, "read": Read}
"""What a client may say, by its type."""


def conversation_shown(
    conversation: Conversation,
    me: Member,
    members: list[Member],
    last: Message | None,
    online: Collection[UUID],
) -> ConversationShown:
    """A conversation as this member sees it."""
    return ConversationShown(
        id=conversation.id,
        name=conversation.name,
        is_group=conversation.is_group,
        owner_id=conversation.owner_id,
        participants=[Participant.of(member, online) for member in members],
        last_message=MessageShown.of(last) if last else None,
        unread_count=conversation.last_seq - me.read_seq,
    )
