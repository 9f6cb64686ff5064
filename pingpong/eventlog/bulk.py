"""Events of many rows at once, written by the very statement that changes them, in the same round trip."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CTE,
    ColumnElement,
    FromClause,
    Select,
    String,
    Uuid,
    bindparam,
    func,
    insert,
    literal_column,
    select,
)
from sqlalchemy.types import TypeEngine
from uuid_utils.compat import uuid7

from pingpong.eventlog.catalogue import EventContext
from pingpong.eventlog.models import OutboxEvent
from pingpong.extensions import settings
from pingpong.origin import current_request_id, current_user_id


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """What is to be written together with others, and with it an event of its own.

    Made by whoever asks for it: only there it is known for which request.
    """

    event_id: UUID = field(default_factory=uuid7, compare=False)
    request_id: str | None = field(default_factory=current_request_id, compare=False)
    actor_id: UUID | None = field(default_factory=current_user_id, compare=False)


RECORDED: dict[str, TypeEngine[Any]] = {"event_id": Uuid(), "request_id": String(), "actor_id": Uuid()}
"""The columns of `Recorded`, for a statement's table of items."""


def environment() -> dict[str, str]:
    """The parameter that every statement with events needs."""
    return {"environment": settings.env.value}


def with_events(
    changed: CTE,
    items: FromClause,
    model: type[EventContext],
    *,
    on: ColumnElement[bool],
    owner_id: ColumnElement[Any],
    context: Mapping[str, ColumnElement[Any]],
) -> Select[Any]:
    """What `changed` returns; with each of its rows an event is written.

    `items` is a table with the columns of `Recorded`; `on` finds the one that each row comes from. Where
    nobody is known to have asked for it, it happened for the row's owner. `context` is of `changed`, and has
    the fields of the model. Raises ValueError if it has others.
    """
    if set(context) != set(model.model_fields):
        raise ValueError(f"{model.event_type} has the fields {', '.join(model.model_fields)}")
    pairs = [part for name, value in context.items() for part in (_constant(name), value)]
    values: dict[str, ColumnElement[Any]] = {
        "id": items.c.event_id,
        "event_type": _constant(model.event_type),
        "version": literal_column(str(model.version)),
        "context": func.jsonb_build_object(*pairs),
        "environment": bindparam("environment", type_=String()),
        "request_id": items.c.request_id,
        "actor_id": func.coalesce(items.c.actor_id, owner_id),
    }
    rows = select(*values.values()).join_from(changed, items, on)
    return select(changed).add_cte(insert(OutboxEvent).from_select(list(values), rows).cte("events"))


def _constant(name: str) -> ColumnElement[str]:
    """A name of the catalogue's, which holds no quotes. As a parameter it would cost something each time."""
    return literal_column(f"'{name}'")
