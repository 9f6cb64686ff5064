"""Events as CSV, for spreadsheets."""

import json
from itertools import chain

from flask import Response, stream_with_context

from pingpong import clock
from pingpong.csv_lines import csv_chunks, defused
from pingpong.ops.eventlog.reading import export
from pingpong.ops.eventlog.schemas import EventQuery, EventShown

COLUMNS = tuple(EventShown.model_fields)
"""The context is JSON."""


def csv_of(query: EventQuery) -> Response:
    """All that match, newest first, streamed."""
    chunks = csv_chunks(COLUMNS, map(_row, export(query)))
    first = next(chunks)  # what goes wrong here can still be answered with an error
    headers = {"Content-Disposition": 'attachment; filename="events.csv"', "X-Accel-Buffering": "no"}
    return Response(stream_with_context(chain([first], chunks)), mimetype="text/csv", headers=headers)


def _row(event: EventShown) -> list[object]:
    cells = {
        **dict(event),
        "context": json.dumps(event.context, ensure_ascii=False),
        "request_id": defused(event.request_id),
        "error": defused(event.error),
    }
    for name in ("occurred_at", "shipped_at"):
        cells[name] = cells[name] and clock.iso(cells[name])
    return [cells[column] for column in COLUMNS]
