"""What the page shows, made ready for templates that do nothing but show it."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from flask import url_for

from pingpong.errors import InvalidInput
from pingpong.eventlog import events  # noqa: F401 - declares its types
from pingpong.eventlog.catalogue import catalogue
from pingpong.ops.eventlog.schemas import PageQuery

FILTERS = PageQuery.model_fields.keys() - {"after", "before"}
HIDDEN = ("hours", "limit")
"""They stay from page to page, and have no field in the form in which they could be put right."""
UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"))
WHOLE = "query"
"""What is wrong with the filters together, and not with one of them."""


def link(filters: Mapping[str, str], **changes: object) -> str:
    """The address of the page with these filters, some of them changed; without a cursor, the newest."""
    wanted: dict[str, Any] = {**filters, **changes}
    return url_for("eventlog_pages.events", **{name: value for name, value in wanted.items() if value})


def filters_of(query: PageQuery) -> dict[str, str]:
    """What is asked for, as the parameters of an address, to the microsecond."""
    given = query.model_dump(exclude_defaults=True, include=FILTERS)
    return {name: _as_field(value) for name, value in given.items()}


def filters_given(args: Mapping[str, str], wrong: Mapping[str, object]) -> dict[str, str]:
    """What was asked for, as it was; what was wrong only where it can be put right."""
    kept = FILTERS - (wrong.keys() & set(HIDDEN))
    return {name: text for name, text in args.items() if name in kept and text}


def problems_of(error: InvalidInput) -> list[str]:
    """What is wrong with the filters, in sentences."""
    return [
        problem if name == WHOLE else f"{name.replace('_', ' ')}: {problem}"
        for name, problems in error.fields.items()
        for problem in problems
    ]


def event_types() -> Sequence[str]:
    """All types that there are, each once, whatever its versions."""
    return sorted({one.event_type for one in catalogue()})


def compact(context: Mapping[str, Any]) -> str:
    """JSON on one line, as Postgres has it, so that a part of it is found again."""
    return json.dumps(context, ensure_ascii=False)


def age(seconds: float) -> str:
    """A time that has passed, in its largest unit."""
    for length_s, unit in UNITS:
        if seconds >= length_s:
            return f"{seconds / length_s:.1f} {unit}"
    return f"{seconds:.1f} s"


def _as_field(value: object) -> str:
    if isinstance(value, datetime):  # as `<input type="datetime-local">` has it, but for the microseconds
        return value.replace(tzinfo=None).isoformat()
    return str(value)
