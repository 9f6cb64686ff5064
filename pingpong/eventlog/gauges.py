"""How far ClickHouse is behind, whenever `/metrics` is read."""

from collections.abc import Iterator

from pingpong.eventlog.lag import COUNTED, lag
from pingpong.extensions import settings
from pingpong.metrics.metric import Gauge, Reading, Survey

WAITING = Gauge(
    "pingpong_outbox_events_waiting",
    f"Events that are not known to be in ClickHouse; without batches, at most {COUNTED} are counted.",
)
OLDEST = Gauge("pingpong_outbox_oldest_waiting_seconds", "For how long the oldest of them has waited.")
SET_ASIDE = Gauge("pingpong_outbox_events_set_aside", "Events that ClickHouse refuses.")


def _ask() -> Iterator[Reading]:
    if not settings.clickhouse_url:
        return  # nothing waits for it
    behind = lag()
    yield WAITING.at(behind.waiting)
    yield OLDEST.at(behind.oldest_s)
    yield SET_ASIDE.at(behind.refused)


SURVEY = Survey("outbox", (WAITING, OLDEST, SET_ASIDE), _ask)
