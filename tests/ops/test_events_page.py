"""The catalogue of events says what the models declare."""

from pathlib import Path

from pingpong import app  # noqa: F401 - every feature declares its events
from pingpong.eventlog.catalogue import EventContext
from pingpong.ops import events_page

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_in_docs_is_up_to_date():
    written = (DOCS / "events.md").read_text()
    assert written == events_page.page(), "run: python -m pingpong.ops.events_page > docs/events.md"


def test_a_field_is_shown_with_its_type_and_meaning(monkeypatch):
    class Moved(EventContext):
        """Something moved."""

        event_type, version = "thing.moved", 2
        places: list[int]
        why: str | None = None

    monkeypatch.setattr(events_page, "catalogue", lambda: [Moved])

    page = events_page.page()
    assert "## thing.moved\n\nVersion 2. Something moved." in page
    assert "| `places` | list of integer |  |" in page
    assert "| `why` | string or null |  |" in page
