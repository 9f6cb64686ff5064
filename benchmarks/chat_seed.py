"""`python -m benchmarks.chat_seed 100 10`: conversations of ours, and their members, all of them logged in.

Prints the paths of their sockets as JSON, a list for each conversation. The environment says which database.
"""

import argparse
import json
import sys
from datetime import timedelta

from uuid_utils.compat import uuid7

from pingpong import clock, create_app
from pingpong.accounts import passwords
from pingpong.accounts.models import LoginSession, User
from pingpong.accounts.tokens import access_token
from pingpong.chat.models import Conversation, Member
from pingpong.extensions import db

LASTS = timedelta(days=1)


def seed(rooms: int, members: int) -> list[list[str]]:
    """Make them, and the paths by which each member opens a socket. To be called inside of an app."""
    nobodys_hash = passwords.NOBODYS  # to make one for each would take a minute
    people = [[_person(room, place, nobodys_hash) for place in range(members)] for room in range(rooms)]
    conversations = [
        Conversation(id=uuid7(), is_group=True, name=f"Conversation {room}") for room in range(rooms)
    ]
    for conversation, its in zip(conversations, people, strict=True):
        db.session.add_all([conversation, *its])
    db.session.flush()
    paths = [_join(conversation, its) for conversation, its in zip(conversations, people, strict=True)]
    db.session.commit()
    return paths


def _person(room: int, place: int, password_hash: str) -> User:
    name = f"person-{room}-{place}"
    email = f"{name}@example.com"
    return User(id=uuid7(), username=name, email=email, name=name, password_hash=password_hash)


def _join(conversation: Conversation, people: list[User]) -> list[str]:
    sessions = [LoginSession(id=uuid7(), user_id=person.id, user=person) for person in people]
    for session in sessions:
        session.expires_at = clock.now() + LASTS
        db.session.add_all([session, Member(conversation_id=conversation.id, user_id=session.user_id)])
    return [f"/ws/chat/{conversation.id}/?token={access_token(session)}" for session in sessions]


def main() -> None:
    """Seed the database of the environment."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("conversations", type=int)
    parser.add_argument("members", type=int)
    options = parser.parse_args()
    with create_app().app_context():
        sys.stdout.write(json.dumps(seed(options.conversations, options.members)))


if __name__ == "__main__":
    main()
