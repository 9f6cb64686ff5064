"""Celery without Django, for bare jobs. `python -m benchmarks.peers.bare_celery JOB COUNT` enqueues."""

import os
import sys

from celery import Celery

from benchmarks import work

app = Celery("bare", broker=os.environ["REDIS_URL"])
app.conf.update(
    task_ignore_result=True,
    worker_prefetch_multiplier=int(os.environ.get("PEER_PREFETCH", "4")),
    worker_enable_remote_control=False,
    worker_send_task_events=False,
    broker_connection_retry_on_startup=True,
)
JOBS = {"nothing": app.task(work.nothing, name="nothing"), "wait": app.task(work.wait, name="wait")}


def main():
    job, count = JOBS[sys.argv[1]], int(sys.argv[2])
    with app.producer_pool.acquire(block=True) as producer:
        for _ in range(count):
            job.apply_async(producer=producer)


if __name__ == "__main__":
    main()
