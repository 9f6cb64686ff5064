"""A client of `/events/` for tests: reads in the background, reconnects as a browser does, remembers all."""

import json
import threading
from collections.abc import Callable
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from typing import Any, Self

from tests.waiting import wait_until

RECONNECT_AFTER_S = 0.2


class EventClient:
    """Listens until the end of the `with` block. `events` holds (id, event, data) in the order of arrival."""

    def __init__(self, port: int, path: str = "/events/") -> None:
        self.events: list[tuple[str | None, str, dict[str, Any]]] = []
        self.connections = 0
        self._port = port
        self._path = path
        self._last_event_id: str | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        wait_until(lambda: self.connections, what="the stream")
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()

    def tasks(self, status: str) -> list[dict[str, Any]]:
        """The news of tasks with this status, in the order of arrival."""
        return [data for _, event, data in list(self.events) if event == "task" and data["status"] == status]

    def of(self, name: str) -> list[dict[str, Any]]:
        """The data of all events of this name."""
        return [data for _, event, data in list(self.events) if event == name]

    def answer_to(self, task_id: str, timeout: float = 20) -> dict[str, Any]:
        """The first news that this task is done."""
        return wait_until(self._answer(task_id), timeout, what=f"the answer to {task_id}")

    def _answer(self, task_id: str) -> Callable[[], dict[str, Any] | None]:
        return lambda: next((data for data in self.tasks("done") if data["id"] == task_id), None)

    def _run(self) -> None:
        while not self._over.is_set():
            with suppress(OSError, HTTPException):
                self._listen()
            self._over.wait(RECONNECT_AFTER_S)

    def _listen(self) -> None:
        connection = HTTPConnection("127.0.0.1", self._port, timeout=20)
        headers = {"Last-Event-ID": self._last_event_id} if self._last_event_id else {}
        connection.request("GET", self._path, headers=headers)
        response = connection.getresponse()
        if response.status != 200:
            return
        fields: dict[str, str] = {}
        while not self._over.is_set() and (line := response.readline().decode()):
            if line == "\n":
                self._dispatch(fields)
                fields = {}
            else:
                name, _, value = line.rstrip("\n").partition(": ")
                fields[name] = value
        connection.close()

    def _dispatch(self, fields: dict[str, str]) -> None:
        self._last_event_id = fields.get("id", self._last_event_id)
        self.connections += "retry" in fields
        if "event" in fields:
            self.events.append((fields.get("id"), fields["event"], json.loads(fields["data"])))
