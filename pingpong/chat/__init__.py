"""Chat: conversations of two and of groups, over WebSockets, on the same hub and bus as all other news."""

from flask import Flask

from pingpong.chat import api, pages, people_pages, presence, sockets
from pingpong.chat.posting import init_posting
from pingpong.chat.standing import init_standing
from pingpong.feature import Feature
from pingpong.live.attendance import Attendance
from pingpong.queue.queues import MAINTENANCE
from pingpong.queue.schedule import Schedule
from pingpong.settings import Settings

TELL_LAPSED_EVERY_S = 5


def init_chat(app: Flask) -> None:
    """Give the app what its conversations share: the batchers, and who is online."""
    init_posting(app)
    init_standing(app)
    attendance: Attendance = app.extensions["attendance"]
    attendance.watch(on_come=presence.come, on_go=presence.go)


def _schedules(settings: Settings) -> list[Schedule]:
    return [
        Schedule("tell_lapsed", "pingpong.chat.presence.tell_lapsed", TELL_LAPSED_EVERY_S, MAINTENANCE),
    ]


FEATURE = Feature(
    blueprints=[api.blueprint, sockets.blueprint, pages.blueprint, people_pages.blueprint],
    schedules=_schedules,
)
