"""Who did it, and in which request: through real processes, what is recorded knows it to the end."""

from collections.abc import Iterator
from contextlib import closing
from uuid import UUID, uuid4

import pytest
import requests

from tests.api_client import ApiClient
from tests.socket_peer import Room
from tests.stack import COMMANDS, Stack


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    commands = {name: COMMANDS[name] for name in ("web", "worker", "scheduler")}
    with Stack(tmp_path_factory.mktemp("stack"), commands=commands, PING_DELAY_S="0") as running:
        yield running


def recorded(stack: Stack, request_id: str) -> list[tuple[str, UUID | None]]:
    """What comes of a request, and for whom it was done."""
    of_request = (
        "SELECT event_type, actor_id FROM event_outbox WHERE request_id = %s ORDER BY occurred_at, id"
    )
    with closing(stack.postgres()) as postgres:
        return postgres.execute(of_request, [request_id]).fetchall()


def test_what_a_worker_does_is_of_the_person_and_the_request_that_asked_for_it(stack):
    ada, request_id = ApiClient(stack.url), str(uuid4())
    ada_id = UUID(ada.get("/api/users/profile/")["id"])

    headers = {**ada.headers, "X-Request-ID": request_id}
    answer = requests.post(f"{stack.url}/api/tasks/ping/", json={"text": "hi"}, headers=headers, timeout=10)
    ada.wait_for(answer.json()["task_id"], "done")

    assert recorded(stack, request_id) == [
        ("task.submitted", ada_id),
        ("task.started", ada_id),
        ("task.answered", ada_id),
    ]


def test_a_message_is_of_its_sender_and_of_the_request_that_opened_the_socket(stack):
    request_id = str(uuid4())
    with closing(Room(stack.url, people=2)) as room:
        peer = room.connect({"token": room.people[1].access}, header={"X-Request-ID": request_id})
        peer.post("hello")
        peer.hear_until("message")

    assert recorded(stack, request_id) == [("message.posted", UUID(room.ids[1]))]
