"""Any kind of work: stored, enqueued, done, answered, told, and kept."""

from pingpong.feature import Feature
from pingpong.queue.schedule import Schedule
from pingpong.settings import Settings
from pingpong.tasks import api, gauges, history_api, pages, sockets
from pingpong.tasks import kinds as kinds
from pingpong.tasks.rescue import announce_forgotten, enqueue_lost


def _schedules(settings: Settings) -> list[Schedule]:
    return [
        Schedule(
            "forget_idempotency_keys", "pingpong.tasks.jobs.forget_idempotency_keys", 3600, "maintenance"
        )
    ]


FEATURE = Feature(
    blueprints=[api.blueprint, history_api.blueprint, pages.blueprint, sockets.blueprint],
    schedules=_schedules,
    rescues=[enqueue_lost, announce_forgotten],
    surveys=[gauges.SURVEY],
)
