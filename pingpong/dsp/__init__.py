"""Submissions to a third party: within its rate limit, in the order of their graph, every request kept."""

from collections.abc import Sequence

from pingpong.dsp import api, gauges, new_pages, pages
from pingpong.feature import Feature
from pingpong.queue.queues import MAINTENANCE
from pingpong.queue.schedule import Schedule
from pingpong.settings import Settings


def _schedules(settings: Settings) -> Sequence[Schedule]:
    """Without a third party there is nothing to pick."""
    if not settings.dsp_api_url:
        return []
    return [Schedule("dsp_pick", "pingpong.dsp.jobs.pick_due", settings.dsp_pick_every_s, MAINTENANCE)]


FEATURE = Feature(
    blueprints=[api.blueprint, pages.blueprint, new_pages.blueprint],
    schedules=_schedules,
    surveys=[gauges.SURVEY],
)
