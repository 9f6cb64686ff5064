"""A round trip in Python: an account, a login, a task, and its result over the socket.

    python examples/round_trip.py [http://localhost:8000]

Needs `pip install requests websocket-client`, and nothing of pingpong's own.
"""

import json
import sys
import uuid

import requests
import websocket

ANSWERED_WITHIN_S = 30


def main(url: str) -> None:
    """Register, log in, submit a task, and print what comes of it."""
    credentials = {"email": f"python-{uuid.uuid4().hex}@example.com", "password": "correct horse battery"}
    http = requests.Session()
    post(http, f"{url}/api/users/register/", credentials)
    access = post(http, f"{url}/api/users/login/", credentials)["access"]
    http.headers["Authorization"] = f"Bearer {access}"

    socket = websocket.create_connection(
        f"{url.replace('http', 'ws', 1)}/ws/notifications/",
        header={"Authorization": f"Bearer {access}"},
        timeout=ANSWERED_WITHIN_S,
    )
    print(json.loads(socket.recv())["type"])
    task_id = post(http, f"{url}/api/tasks/count_primes/", {"limit": 100_000_000})["task_id"]
    while True:
        message = json.loads(socket.recv())
        data = message.get("data", {})
        if data.get("task_id") == task_id and message["type"] == "task_progress":
            print(f"{data['progress']} %")
        elif data.get("task_id") == task_id:
            print(data["status"], data.get("result") or data.get("error"))
            break
    socket.close()
    post(http, f"{url}/api/users/logout/", {})


def post(http: requests.Session, url: str, body: dict) -> dict:
    """Send JSON and read JSON; ends with the server's own words if it refuses."""
    response = http.post(url, json=body, timeout=10)
    if not response.ok:
        sys.exit(response.json()["error"]["message"])
    return response.json()


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "http://localhost:8000")
