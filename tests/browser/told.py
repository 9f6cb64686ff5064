"""A page whose news the test makes up: what no server would say now, in that order, or twice."""

from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import count
from uuid import uuid4

from playwright.sync_api import Page

MADE_UP = """
globalThis.streams = [];
globalThis.EventSource = class extends EventTarget {
  constructor(url) {
    super();
    this.query = new URL(url).searchParams;
    streams.push(this);
    queueMicrotask(() => this.onopen());
  }
  close() { this.isClosed = true; }
};
globalThis.tell = (events) => {
  for (const [name, lastEventId, data] of events) {
    streams.at(-1).dispatchEvent(new MessageEvent(name, { lastEventId, data: JSON.stringify(data) }));
  }
};
"""
AFTER_ALL_OTHERS_MS = 9_000_000_000_000

Task = dict[str, object]


class News:
    """In place of the stream of one page, or of the tabs of one browser."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._ids = (f"{AFTER_ALL_OTHERS_MS + number}-0" for number in count())
        self.last_id = ""

    def tell(self, *tasks: Task) -> None:
        """Tell of tasks, all in one moment."""
        self._tell(*(["task", self._next_id(), task] for task in tasks))

    def repeat(self, task: Task, event_id: str) -> None:
        """Tell what was told before."""
        self._tell(["task", event_id, task])

    def beat(self, at: datetime) -> None:
        """A heartbeat, at this time by the server's clock."""
        self._tell(["heartbeat", "", {"beat": 1, "at": utc(at)}])

    def reset(self) -> None:
        """What was missed can no longer be told."""
        self._tell(["reset", self._next_id(), {}])

    def shut_down(self) -> None:
        """The web process leaves."""
        self._tell(["shutdown", "", {}])

    @property
    def open_streams(self) -> list[Mapping[str, str]]:
        """What the streams that are open were asked for."""
        asked: list[Mapping[str, str]] = self._page.evaluate(
            "streams.filter(({ isClosed }) => !isClosed).map(({ query }) => Object.fromEntries(query))"
        )
        return asked

    def _next_id(self) -> str:
        self.last_id = next(self._ids)
        return self.last_id

    def _tell(self, *events: list[object]) -> None:
        self._page.evaluate("events => tell(events)", list(events))


def a_task(message: str, status: str = "running", submitted_at: datetime | None = None) -> Task:
    """A ping as the news has it."""
    is_done = status == "done"
    return {
        "id": str(uuid4()),
        "kind": "ping",
        "status": status,
        "message": message,
        "reply": f"pong {message}" if is_done else None,
        "progress": 0,
        "submitted_at": utc(submitted_at or datetime.now(UTC)),
        "started_at": None,
        "finished_at": None,
        "duration_ms": 3_000.0 if is_done else None,
    }


def utc(moment: datetime) -> str:
    """A time as it is on the wire."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
