"""Operating pingpong: health, the heartbeat, and the embedded servers and the runner of `make run`."""

from pingpong.eventlog import gauges as of_events
from pingpong.feature import Feature
from pingpong.ops import eventlog, gauges
from pingpong.ops.health import blueprint
from pingpong.queue.queues import HEARTBEAT, MAINTENANCE
from pingpong.queue.schedule import Schedule
from pingpong.settings import Settings


def _schedules(settings: Settings) -> list[Schedule]:
    return [
        Schedule(
            "heartbeat", "pingpong.ops.heartbeat.beat", settings.heartbeat_every_s, HEARTBEAT, takes_slot=True
        ),
        Schedule("rescue", "pingpong.queue.rescue.run_once", settings.rescue_every_s, MAINTENANCE),
    ]


FEATURE = Feature(
    blueprints=[blueprint, *eventlog.BLUEPRINTS],
    schedules=_schedules,
    surveys=[gauges.QUEUES, gauges.BEAT, of_events.SURVEY],
)
