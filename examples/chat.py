"""A chat in the terminal: says what is typed, shows what is heard, and comes back when it is cut off.

    python examples/chat.py EMAIL PASSWORD OTHER_EMAIL [http://localhost:8000]

Both people need an account. Needs `pip install requests websocket-client`, and nothing of pingpong's own.
"""

import json
import sys
import threading
import time
import uuid
from urllib.parse import urlencode

import requests
import websocket

COME_BACK_AFTER_S = 1
UNAUTHORIZED = 4401
NOT_FOUND = 4404


class Chat:
    """One conversation: what is on its way, what was heard last, and the socket if there is one."""

    def __init__(self, url: str, email: str, password: str, other: str) -> None:
        self.url = url
        self.http = requests.Session()
        tokens = self.post("/api/users/login/", {"email": email, "password": password})
        self.access, self.refresh = tokens["access"], tokens["refresh"]
        self.http.headers["Authorization"] = f"Bearer {self.access}"
        self.conversation = self.post("/api/chat/conversations/", {"participants": [self.id_of(other)]})["id"]
        self.unsent: dict[str, str] = {}
        self.newest = "0"  # from the beginning
        self.socket = None

    def post(self, path: str, body: dict) -> dict:
        """Send JSON and read JSON; ends with the server's own words if it refuses."""
        response = self.http.post(self.url + path, json=body, timeout=10)
        if not response.ok:
            sys.exit(response.json()["error"]["message"])
        return response.json()

    def id_of(self, email: str) -> str:
        """Who has this e-mail address."""
        people = self.http.get(f"{self.url}/api/users/list/", params={"q": email}, timeout=10).json()["items"]
        found = [person["id"] for person in people if person["email"] == email.lower()]
        return found[0] if found else sys.exit(f"There is nobody with the address {email}.")

    def listen(self) -> None:
        """Hear for as long as one is in the conversation, and come back after whatever happens."""
        while (code := self.hear_until_closed()) != NOT_FOUND:
            if code == UNAUTHORIZED:
                self.access = self.post("/api/users/token/refresh/", {"refresh": self.refresh})["access"]
            time.sleep(COME_BACK_AFTER_S)

    def hear_until_closed(self) -> int | None:
        """The code with which the socket was closed, if it was."""
        query = {"token": self.access, "since": self.newest}
        address = f"{self.url.replace('http', 'ws', 1)}/ws/chat/{self.conversation}/?{urlencode(query)}"
        try:
            self.socket = websocket.create_connection(address, timeout=60)
            print("-- connected", flush=True)
            for client_id in self.unsent:  # sent again under its name, a message is said once
                self.send(client_id)
            while True:
                opcode, data = self.socket.recv_data()
                if opcode == websocket.ABNF.OPCODE_CLOSE:
                    return int.from_bytes(data[:2], "big")
                self.hear(json.loads(data))
        except (OSError, websocket.WebSocketException):
            return None
        finally:
            self.socket = None

    def hear(self, message: dict) -> None:
        """Show a message of the server, and say that it was read."""
        if message["type"] == "message":
            self.newest = message["id"]
            self.unsent.pop(message["client_id"], None)
            print(f"{message['sender']['username']}: {message['text']}", flush=True)
            self.socket.send(json.dumps({"type": "read", "message_id": message["id"]}))
        elif message["type"] == "presence":
            what = "is here" if message["online"] else "has gone"
            print(f"-- {message['user']['username']} {what}", flush=True)
        elif message["type"] == "error":
            print(f"-- {message['message']}", flush=True)

    def say(self, text: str) -> None:
        """Keep a message until it is heard, and send it."""
        client_id = uuid.uuid4().hex
        self.unsent[client_id] = text
        self.send(client_id)

    def send(self, client_id: str) -> None:
        """Send a message that waits, if there is a socket."""
        said = {"type": "message", "text": self.unsent[client_id], "client_id": client_id}
        try:
            if self.socket:
                self.socket.send(json.dumps(said))
        except (OSError, websocket.WebSocketException):
            pass  # it is sent again by the next socket


def main(email: str, password: str, other: str, url: str = "http://localhost:8000") -> None:
    """Talk until the input ends and all of it has been said."""
    chat = Chat(url, email, password, other)
    threading.Thread(target=chat.listen, daemon=True).start()
    for line in sys.stdin:
        chat.say(line.rstrip("\n"))
    while chat.unsent:
        time.sleep(0.1)


if __name__ == "__main__":
    main(*sys.argv[1:]) if len(sys.argv) in {4, 5} else sys.exit(__doc__)
