"""The worker process: answers what the web processes enqueue. `python worker.py io`."""

from gevent import monkey

monkey.patch_all()

import argparse  # noqa: E402 - gevent patches first

from pingpong import create_app  # noqa: E402
from pingpong.logs import configure_logging  # noqa: E402
from pingpong.ops.waiting import wait_for_database  # noqa: E402
from pingpong.ops.warm import settle  # noqa: E402
from pingpong.queue.context import jobs_inside  # noqa: E402
from pingpong.queue.queues import HEARTBEAT, MAINTENANCE, QUEUES  # noqa: E402
from pingpong.queue.worker import GreenletWorker, StartedJob  # noqa: E402
from pingpong.redis_client import connect  # noqa: E402
from pingpong.settings import load_settings  # noqa: E402

RESERVED_SLOTS = {HEARTBEAT: 4, MAINTENANCE: 4}
SPARE_CONNECTIONS = 20


def main() -> None:
    """Work until told to stop: SIGTERM lets jobs finish in time and puts the rest back."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("mode", choices=["io"], nargs="?", default="io", help="io: many waiting jobs at once")
    parser.parse_args()
    settings = load_settings()
    configure_logging(settings, "worker")
    app = create_app(settings)
    wait_for_database(app)
    app.extensions["announcer"].start()
    worker = GreenletWorker(
        list(QUEUES),
        connection=connect(settings, max_connections=settings.worker_concurrency + SPARE_CONNECTIONS),
        job_class=jobs_inside(app.app_context, StartedJob),
        concurrency=settings.worker_concurrency,
        max_waiting=settings.worker_max_waiting,
        reserved=RESERVED_SLOTS,
        heartbeat_s=settings.worker_heartbeat_s,
        dead_after_s=settings.dead_worker_after_s,
        grace_s=settings.worker_grace_s,
    )
    settle()
    worker.work()
    app.extensions["announcer"].run_once()


if __name__ == "__main__":
    main()
