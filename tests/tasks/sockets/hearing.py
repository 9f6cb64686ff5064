"""What tests ask of what a socket has told."""

from tests.api_client import ApiClient
from tests.socket_peer import Peer


def id_of(person: ApiClient) -> str:
    return person.get("/api/users/profile/")["id"]


def numbers_of(peer: Peer, count: int) -> list[int]:
    return [int(peer.hear_until("task_result")["data"]["error"].split()[0]) for _ in range(count)]
