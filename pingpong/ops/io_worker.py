"""`python worker.py io`: many jobs at once that wait, as greenlets, in a process that gevent has patched."""

from collections.abc import Iterator
from functools import partial

from flask import Flask
from sqlalchemy import QueuePool

from pingpong.extensions import db
from pingpong.metrics.counters import WORKER_DB_CONNECTIONS, WORKER_JOBS, WORKER_SEATS, WORKER_SLOTS
from pingpong.metrics.metric import Reading
from pingpong.metrics.telling import Teller, over_and_over
from pingpong.ops.warm import settle
from pingpong.queue.context import jobs_inside
from pingpong.queue.queues import HEARTBEAT, IO_QUEUES, MAINTENANCE
from pingpong.queue.worker import GreenletWorker, StartedJob
from pingpong.redis_client import connect
from pingpong.settings import Settings

RESERVED_SLOTS = {HEARTBEAT: 4, MAINTENANCE: 4}
SPARE_CONNECTIONS = 20


def work(app: Flask) -> None:
    """Work until told to stop: SIGTERM lets jobs finish in time and puts the rest back."""
    settings: Settings = app.extensions["settings"]
    app.extensions["announcer"].start()
    worker = GreenletWorker(
        list(IO_QUEUES),
        connection=connect(settings, max_connections=settings.worker_concurrency + SPARE_CONNECTIONS),
        job_class=jobs_inside(app.app_context, StartedJob),
        concurrency=settings.worker_concurrency,
        max_waiting=settings.worker_max_waiting,
        reserved=RESERVED_SLOTS,
        heartbeat_s=settings.worker_heartbeat_s,
        dead_after_s=settings.dead_worker_after_s,
        grace_s=settings.worker_grace_s,
    )
    teller = Teller(app.extensions["redis"], "worker", partial(_levels, app, worker))
    over_and_over(teller.try_once)
    settle()
    worker.work()
    app.extensions["announcer"].run_once()
    teller.tell_all()


def _levels(app: Flask, worker: GreenletWorker) -> Iterator[Reading]:
    """How full the worker is."""
    settings: Settings = app.extensions["settings"]
    waiting = settings.worker_max_waiting - worker.waiting_room.free
    yield WORKER_JOBS.at(waiting, state="waiting")
    yield WORKER_JOBS.at(len(worker.runs) - waiting, state="running")
    yield WORKER_SLOTS.at(settings.worker_concurrency)
    yield WORKER_SEATS.at(settings.worker_max_waiting)
    with app.app_context():
        pool = db.engine.pool
    yield WORKER_DB_CONNECTIONS.at(pool.checkedout() if isinstance(pool, QueuePool) else 0)
