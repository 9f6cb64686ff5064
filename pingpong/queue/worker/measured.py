"""What is counted of each job, whatever kind of worker runs it."""

from rq.job import Job, JobStatus

from pingpong.metrics.counters import JOB_SECONDS, JOBS
from pingpong.queue.naming import function_name

PUT_BACK, KILLED, STOPPED = "put_back", "killed", "stopped"
OUTCOMES = {
    JobStatus.FINISHED.value: "finished",
    JobStatus.FAILED.value: "failed",
    JobStatus.QUEUED.value: "retried",
    JobStatus.SCHEDULED.value: "retried",
    JobStatus.STOPPED.value: "stopped",
}


def count_end(job: Job, queue: str, outcome: str, seconds: float) -> None:
    """A run of a job has ended, with this status or `PUT_BACK` or `KILLED`, after so many seconds."""
    kind = kind_of(job)
    JOBS.add(queue=queue, kind=kind, outcome=OUTCOMES.get(outcome, outcome))
    JOB_SECONDS.observe(seconds, queue=queue, kind=kind)


def kind_of(job: Job) -> str:
    """The kind of task, or the name of the function: both are declared in code."""
    return str(job.meta.get("kind") or function_name(job).rpartition(".")[2])
