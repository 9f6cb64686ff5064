"""How submissions stand, whenever `/metrics` is read."""

from collections.abc import Iterator

from sqlalchemy import func, select

from pingpong.dsp.breaker import circuit
from pingpong.dsp.ledger import sent_within
from pingpong.dsp.models import Entity
from pingpong.dsp.states import OPEN, EntityStatus
from pingpong.extensions import db, release, settings
from pingpong.metrics.metric import Gauge, Reading, Survey

COUNTED_AT_MOST = 100_000
"""Of each status; counting more takes tens of milliseconds, and tells nobody more."""

ENTITIES = Gauge(
    "pingpong_dsp_entities",
    f"Entities that are not done, or have failed; at most {COUNTED_AT_MOST} of each are counted.",
    ("status",),
)
LIMIT = Gauge("pingpong_dsp_rate_limit", "Requests that the third party allows in its window.")
USED = Gauge("pingpong_dsp_rate_limit_used", "Requests that were sent in the last window.")
BREAKER_OPEN = Gauge(
    "pingpong_dsp_breaker_open",
    "1 while the third party seems to be away, and only a probe is sent now and then.",
)


def _ask() -> Iterator[Reading]:
    if not settings.dsp_api_url:
        return
    for status in sorted(OPEN | {EntityStatus.FAILED}):
        yield ENTITIES.at(_count(status), status=status)
    yield LIMIT.at(settings.dsp_rate_limit)
    yield USED.at(sent_within(settings.dsp_rate_window_s))
    yield BREAKER_OPEN.at(circuit().is_open)
    release()


def _count(status: EntityStatus) -> int:
    some = select(Entity.id).where(Entity.status == status).limit(COUNTED_AT_MOST).subquery()
    return db.session.scalar(select(func.count()).select_from(some)) or 0


SURVEY = Survey("dsp", (ENTITIES, LIMIT, USED, BREAKER_OPEN), _ask)
