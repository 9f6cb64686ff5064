"""Entities as CSV, for spreadsheets."""

import json
from itertools import chain

from flask import Response, stream_with_context

from pingpong import clock
from pingpong.accounts.models import User
from pingpong.csv_lines import csv_chunks, defused
from pingpong.dsp.reading import export
from pingpong.dsp.schemas import EntityQuery, EntityShown

COLUMNS = (
    "id",
    "ref",
    "entity_type",
    "status",
    "failure",
    "blocked_reason",
    "attempts",
    "polls",
    "last_error",
    "remote_id",
    "depends_on",
    "next_attempt_at",
    "created_at",
    "updated_at",
    "owner_id",
    "payload",
)
"""Several dependencies stand in one cell, with spaces between; the payload is JSON."""


def csv_of(query: EntityQuery, reader: User) -> Response:
    """All that match and that this person may see, newest first, streamed."""
    chunks = csv_chunks(COLUMNS, map(_row, export(query, reader)))
    first = next(chunks)  # what goes wrong here can still be answered with an error
    headers = {"Content-Disposition": 'attachment; filename="entities.csv"', "X-Accel-Buffering": "no"}
    return Response(stream_with_context(chain([first], chunks)), mimetype="text/csv", headers=headers)


def _row(entity: EntityShown) -> list[object]:
    cells = {
        **dict(entity),
        **{name: defused(getattr(entity, name)) for name in ("blocked_reason", "last_error", "remote_id")},
        "depends_on": " ".join(map(str, entity.depends_on)),
        "payload": json.dumps(entity.payload, ensure_ascii=False),
    }
    for name in ("next_attempt_at", "created_at", "updated_at"):
        cells[name] = cells[name] and clock.iso(cells[name])
    return [cells[column] for column in COLUMNS]
