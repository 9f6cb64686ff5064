"""`python worker.py cpu`: jobs that compute, each in a process of its own, one to a core."""

from functools import partial

from flask import Flask

import pingpong.tasks.jobs  # noqa: F401 - what is run after the fork is loaded before it
from pingpong.extensions import db
from pingpong.ops.warm import settle
from pingpong.queue.context import jobs_inside
from pingpong.queue.cruncher import Cruncher
from pingpong.queue.queues import CPU
from pingpong.redis_client import connect
from pingpong.settings import Settings
from pingpong.tasks.prompt import PromptAnnouncer


def work(app: Flask) -> None:
    """Work until told to stop: SIGTERM lets jobs finish in time and puts the rest back.

    The app is loaded here, once; the processes that are forked have it at once and share its memory.
    """
    settings: Settings = app.extensions["settings"]
    app.extensions["announcer"] = PromptAnnouncer(app)
    cruncher = Cruncher(
        CPU,
        partial(connect, settings),
        processes=settings.cruncher_processes,
        heartbeat_s=settings.worker_heartbeat_s,
        dead_after_s=settings.dead_worker_after_s,
        grace_s=settings.worker_grace_s,
        job_class=jobs_inside(app.app_context),
    )
    _disconnect(app)
    settle()
    cruncher.start()


def _disconnect(app: Flask) -> None:
    """Close what waiting for the database has opened: no connection is used on both sides of a fork."""
    with app.app_context():
        db.engine.dispose()
