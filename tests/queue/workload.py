"""The jobs that breaking workers have to do, and whether they are done."""

from redis import Redis
from rq import Queue, Retry
from rq.job import Job

from tests.queue import jobs

QUEUES = ["high", "low"]
JOBS = ["plain", "needed", "dependent", "retried"]
RUNS = len(JOBS) + 1  # `retried` runs twice
BROKEN = "broken"
"""In database 0: how many workers broke, once they all are dead or go on."""


def enqueue(connection: Redis) -> None:
    """Two jobs for themselves, one that depends on one of these, and one that has to be retried."""
    high, low = _queues(connection)
    high.enqueue(jobs.see, "plain", job_id="plain")
    needed = high.enqueue(jobs.see, "needed", job_id="needed")
    low.enqueue(jobs.see, "dependent", job_id="dependent", depends_on=needed)
    low.enqueue(jobs.fail_at_first, "retried", job_id="retried", retry=Retry(max=1))


def are_done(connection: Redis) -> bool:
    return not _unfinished(connection)


def undone(connection: Redis) -> dict[str, list[str]]:
    """Where jobs still are though all should be done, and which have not succeeded. Empty if all is well."""
    left = {"executions": [key.decode() for key in connection.keys("rq:execution*")]}
    left["unfinished"] = _unfinished(connection)
    for queue in _queues(connection):
        for name, place in {
            "queue": queue,
            "intermediate queue": queue.intermediate_queue,
            "started registry": queue.started_job_registry,
            "scheduled registry": queue.scheduled_job_registry,
            "deferred registry": queue.deferred_job_registry,
            "failed registry": queue.failed_job_registry,
        }.items():
            left[f"{name} of {queue.name}"] = place.get_job_ids()
    return {what: names for what, names in left.items() if names}


def _unfinished(connection: Redis) -> list[str]:
    found = Job.fetch_many(JOBS, connection)
    return [name for name, job in zip(JOBS, found, strict=True) if not (job and job.is_finished)]


def _queues(connection: Redis) -> list[Queue]:
    return [Queue(name, connection=connection) for name in QUEUES]
