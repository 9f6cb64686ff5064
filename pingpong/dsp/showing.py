"""What the pages of submissions show, made ready for templates that do nothing but show it."""

import json
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import url_for
from sqlalchemy import select

from pingpong.accounts.models import User
from pingpong.dsp.ledger import lately
from pingpong.dsp.limiter import RateLimit
from pingpong.dsp.schemas import EntityQuery, EntityShown, NodeShown, PictureShown, StandingShown
from pingpong.dsp.states import ENDED, MOVES, EntityStatus
from pingpong.extensions import db, release, settings

LONGEST_BODY = 4_000
"""Characters of a request or an answer; the whole is a link away."""


@dataclass(frozen=True)
class Chip:
    """A count that is a link to what it counts."""

    name: str
    count: int
    href: str
    is_chosen: bool


@dataclass(frozen=True)
class Relative:
    """What an entity depends on, or what depends on it. `status` is None if it is too far to be drawn."""

    id: UUID
    name: str
    status: EntityStatus | None = None


def link(query: EntityQuery, **changes: str | None) -> str:
    """The address of the list with these filters, some of them changed; of its first page."""
    return url_for("dsp_pages.entities", **_given({**filters_of(query), "after": None, **changes}))


def filters_of(query: EntityQuery) -> dict[str, str]:
    """What the list is asked for, as the parameters of an address."""
    given = query.model_dump(mode="json", exclude_defaults=True)
    return {
        name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in given.items()
    }


def chips(query: EntityQuery, standing: StandingShown) -> list[Chip]:
    """How many there are of each status, and how many of those that wait are blocked."""
    is_any = query.status is None and query.blocked is None
    every = Chip("all", sum(standing.entities.values()), link(query, status=None, blocked=None), is_any)
    by_status = [
        Chip(
            str(one), count, link(query, status=one, blocked=None), query.status is one and not query.blocked
        )
        for one, count in standing.entities.items()
    ]
    is_blocked = query.blocked is True
    return [
        every,
        *by_status,
        Chip("blocked", standing.blocked, link(query, status=None, blocked="true"), is_blocked),
    ]


def ages_ms() -> list[int]:
    """How long ago each request of the window left, so that a page can count down by itself."""
    rate = RateLimit.of(settings)
    return sorted(round(age_s * 1000) for age_s in lately(rate).ages_s if age_s <= rate.window_s)


def owners_of(entities: Sequence[EntityShown], reader: User) -> Mapping[UUID, str]:
    """Whose each is, for an administrator, who sees everybody's."""
    if not reader.is_admin:
        return {}
    found = db.session.scalars(select(User).where(User.id.in_({one.owner_id for one in entities}))).all()
    release()
    return {user.id: user.name or user.username for user in found}


def dependencies_in(picture: PictureShown, entity: EntityShown) -> list[Relative]:
    """What it depends on, directly."""
    return _relatives(entity.depends_on, picture)


def dependents_in(picture: PictureShown, entity: EntityShown) -> list[Relative]:
    """What depends on it, directly, as far as it is drawn."""
    return _relatives([one for one, needed in picture.edges if needed == entity.id], picture)


def may_be_retried(entity: EntityShown) -> bool:
    """Whether a person may have it tried again."""
    return entity.status in ENDED


def may_be_cancelled(entity: EntityShown) -> bool:
    """Whether a person may call it off."""
    return EntityStatus.CANCELLED in MOVES[entity.status]


def pretty(value: object) -> str:
    """JSON on lines of its own."""
    return json.dumps(value, ensure_ascii=False, indent=2)


def body_of(text: str | None) -> str:
    """A request or an answer as people read it, cut if it is long."""
    if not text:
        return ""
    with suppress(ValueError, RecursionError):  # what is no JSON, or was cut, is shown as it came
        text = pretty(json.loads(text))
    return text if len(text) <= LONGEST_BODY else f"{text[:LONGEST_BODY]}…"


def _given(parameters: Mapping[str, str | None]) -> dict[str, Any]:
    return {name: value for name, value in parameters.items() if value}


def _relatives(ids: Collection[UUID], picture: PictureShown) -> list[Relative]:
    nodes: dict[UUID, NodeShown] = {node.id: node for node in picture.nodes}
    found = [(one, nodes.get(one)) for one in ids]
    return [
        Relative(id_, (node and node.ref) or str(id_), node.status if node else None) for id_, node in found
    ]
