"""Jobs beside the plain ones in jobs.py: what only the tests of RQ's ways run."""

import time

from rq import Queue, Retry, get_current_job
from rq.job import Job
from rq.timeouts import JobTimeoutException

from tests.queue.jobs import hold, see, wait


def wait_at_most(seconds: float) -> str:
    try:
        return wait(seconds)
    except JobTimeoutException:
        return "caught"


def processor_time_while_waiting(seconds: float) -> float:
    """What the process, with all its greenlets, computed meanwhile, in seconds."""
    before_s = time.process_time()
    time.sleep(seconds)
    return time.process_time() - before_s


def repeat(what: str, times: int) -> str:
    return what * times


def hold_and_fail(name: str) -> None:
    raise ValueError(hold(name))


def fail_with(*arguments: object) -> None:
    raise ValueError(arguments)


def return_late_retry() -> Retry:
    return Retry(max=3, interval=100)


def return_retry_for_ever() -> Retry:
    return Retry(max=1)


def delete_itself() -> None:
    _current().delete()


def result_of_the_needed() -> object:
    [needed] = _current().fetch_dependencies()
    return needed.return_value()


def enqueue_a_child() -> None:
    job = _current()
    Queue(job.origin, connection=job.connection).enqueue(see, f"child of {job.id}")


def _current() -> Job:
    job = get_current_job()
    assert job is not None
    return job
