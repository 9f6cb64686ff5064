"""Jobs that depend on others: when they run, and when they do not."""

from redis import Redis
from rq import Queue, Retry
from rq.job import Dependency, JobStatus

from tests.queue import jobs, odd_jobs
from tests.queue.processes import Processes
from tests.queue.seen import let_go, seen, wait_for
from tests.waiting import wait_until


def test_a_job_waits_for_all_it_needs(redis: Redis, queue: Queue, processes: Processes) -> None:
    quick = queue.enqueue(jobs.see, "quick")
    slow = queue.enqueue(jobs.hold, "slow")
    both = queue.enqueue(jobs.see, "both", depends_on=[quick, slow])
    processes.worker()
    wait_until(lambda: quick.get_status() == JobStatus.FINISHED)
    wait_for(redis, "slow")

    assert both.get_status() == JobStatus.DEFERRED
    assert queue.deferred_job_registry.get_job_ids() == [both.id]
    let_go(redis)

    wait_for(redis, "both")
    wait_until(lambda: both.get_status() == JobStatus.FINISHED)
    assert queue.deferred_job_registry.count == 0


def test_a_job_that_needs_two_which_end_together_runs_once(
    redis: Redis, queue: Queue, processes: Processes
) -> None:
    for number in range(10):
        needed = [queue.enqueue(jobs.add, number, number) for _ in range(2)]
        queue.enqueue(jobs.see, str(number), depends_on=needed)

    processes.work_off()

    assert sorted(seen(redis)) == [str(number) for number in range(10)]


def test_a_dependent_of_a_failed_job_waits_unless_it_allows_failure(
    redis: Redis, queue: Queue, processes: Processes
) -> None:
    failing = queue.enqueue(jobs.fail)
    strict = queue.enqueue(jobs.see, "strict", depends_on=failing)
    lenient = queue.enqueue(jobs.see, "lenient", depends_on=Dependency(failing, allow_failure=True))

    processes.work_off()

    assert seen(redis) == ["on purpose", "lenient"]
    assert strict.get_status() == JobStatus.DEFERRED
    assert lenient.get_status() == JobStatus.FINISHED


def test_dependents_wait_until_the_last_retry(redis: Redis, queue: Queue, processes: Processes) -> None:
    retried = queue.enqueue(jobs.fail_at_first, "tried", retry=Retry(max=1))
    queue.enqueue(jobs.see, "dependent", depends_on=Dependency(retried, allow_failure=True))

    processes.work_off()

    assert seen(redis) == ["tried", "tried", "dependent"]


def test_a_dependent_comes_first_in_its_queue_if_wanted(
    redis: Redis, queue: Queue, processes: Processes
) -> None:
    first = queue.enqueue(jobs.see, "first")
    queue.enqueue(jobs.see, "next")
    queue.enqueue(jobs.see, "at the end", depends_on=first)
    queue.enqueue(jobs.see, "at front", depends_on=Dependency(first, enqueue_at_front=True))

    processes.work_off(concurrency=1)

    assert seen(redis) == ["first", "at front", "next", "at the end"]


def test_a_dependent_goes_to_its_own_queue(redis: Redis, queue: Queue, processes: Processes) -> None:
    other = Queue("other", connection=redis)
    first = queue.enqueue(jobs.add, 1, 2)
    dependent = other.enqueue(jobs.see, "dependent", depends_on=first)

    processes.work_off("work")

    assert other.job_ids == [dependent.id]
    assert dependent.get_status() == JobStatus.QUEUED


def test_a_cancelled_job_lets_its_dependents_go_if_wanted(
    redis: Redis, queue: Queue, processes: Processes
) -> None:
    cancelled = queue.enqueue(jobs.see, "cancelled")
    queue.enqueue(jobs.see, "dependent", depends_on=cancelled)
    cancelled.cancel(enqueue_dependents=True)

    processes.work_off()

    assert seen(redis) == ["dependent"]


def test_a_job_reads_the_result_of_the_one_it_needed(
    redis: Redis, queue: Queue, processes: Processes
) -> None:
    first = queue.enqueue(jobs.add, 1, 2)
    dependent = queue.enqueue(odd_jobs.result_of_the_needed, depends_on=first)

    processes.work_off()

    assert dependent.return_value() == 3
