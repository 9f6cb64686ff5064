"""What is done in chat and the event that tells of it are one: without the one there is not the other."""

import pytest

from pingpong.chat import changing, membership
from pingpong.chat.posting import post
from pingpong.chat.reading import mark_read
from pingpong.chat.schemas import Who
from tests.chat.talk import say, some_group, some_people
from tests.recorded import comes_to_nothing_without_its_event

TABLES = ("conversations", "conversation_members", "messages")
VERBS = {
    "begin a pair": lambda group, message, ada, bob, eve: membership.begin(ada, [eve.id]),
    "begin a group": lambda group, message, ada, bob, eve: membership.begin(ada, [bob.id], name="Looms"),
    "rename": lambda group, message, ada, bob, eve: membership.rename(group, ada, "Looms"),
    "add": lambda group, message, ada, bob, eve: membership.add(group, ada, [eve.id]),
    "put out": lambda group, message, ada, bob, eve: membership.remove(group, ada, bob.id),
    "leave": lambda group, message, ada, bob, eve: membership.remove(group, ada, ada.id),
    "post": lambda group, message, ada, bob, eve: post(group, bob.id, "hello"),
    "edit": lambda group, message, ada, bob, eve: changing.edit(group, message.id, ada, "hello again"),
    "delete": lambda group, message, ada, bob, eve: changing.delete(group, message.id, ada),
    "read": lambda group, message, ada, bob, eve: mark_read(
        group, Who(id=bob.id, username=bob.username), message.id
    ),
}


@pytest.mark.parametrize("verb", VERBS.values(), ids=VERBS)
def test_what_cannot_be_recorded_is_not_done(app, verb):
    ada, bob, eve = some_people(3)
    group = some_group(ada, bob)
    message = say(group, ada)

    comes_to_nothing_without_its_event(lambda: verb(group, message, ada, bob, eve), *TABLES)
