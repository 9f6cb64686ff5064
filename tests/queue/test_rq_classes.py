"""Classes, serializers and kinds of functions that RQ allows."""

import pytest
from redis import Redis
from rq import Queue
from rq.group import Group
from rq.serializers import JSONSerializer

from tests.queue import job_classes, jobs
from tests.queue.processes import Processes
from tests.queue.seen import seen


def test_a_worker_with_another_serializer_runs_what_was_written_with_it(
    redis: Redis, processes: Processes
) -> None:
    queue = Queue("work", connection=redis, serializer=JSONSerializer)
    first = queue.enqueue(jobs.add, 1, 2, meta={"given": 1})
    dependent = queue.enqueue(jobs.add, 3, 4, depends_on=first)
    failing = queue.enqueue(jobs.fail)

    processes.work_off(serializer="rq.serializers.JSONSerializer")

    assert (first.return_value(), dependent.return_value()) == (3, 7)
    assert first.get_meta() == {"given": 1}
    assert queue.failed_job_registry.get_job_ids() == [failing.id]


def test_a_job_in_another_serializers_writing_fails_alone(
    redis: Redis, queue: Queue, processes: Processes
) -> None:
    foreign = Queue("work", connection=redis, serializer=JSONSerializer).enqueue(jobs.add, 1, 2)
    own = queue.enqueue(jobs.add, 3, 4)

    processes.work_off()

    assert queue.failed_job_registry.get_job_ids() == [foreign.id]
    assert own.return_value() == 7


def test_a_worker_uses_the_job_class_and_the_queue_class_it_is_given(
    redis: Redis, queue: Queue, processes: Processes
) -> None:
    needed = queue.enqueue(jobs.see, "needed")
    queue.enqueue(jobs.see, "dependent", depends_on=needed)

    processes.work_off(
        job_class="tests.queue.job_classes.TellingJob", queue_class="tests.queue.job_classes.TellingQueue"
    )

    assert seen(redis) == ["performs", "needed", "enqueues", "performs", "dependent"]


def test_a_job_may_be_a_coroutine(queue: Queue, processes: Processes) -> None:
    job = queue.enqueue(job_classes.add_slowly, 1, 2)

    processes.work_off()

    assert job.return_value() == 3


def test_a_coroutine_that_fails_is_told_as_a_job_that_failed_and_nothing_else(
    queue: Queue, processes: Processes
) -> None:
    job = queue.enqueue(job_classes.fail_slowly)

    worker = processes.work_off()

    assert job.get_status() == "failed"
    assert worker.log.count("ERROR") == 1
    assert "failed with ValueError" not in worker.log  # as gevent tells of a thread of its own


@pytest.mark.parametrize(
    ("function", "arguments", "result"),
    [
        ("tests.queue.job_classes.Counter.of_class", [1], 11),
        ("tests.queue.job_classes.Counter.static", [1], 21),
        (job_classes.Counter(30).count, [1], 31),
        (job_classes.Counter(40), [1], 41),
        (len, ["four"], 4),
    ],
    ids=["method of a class", "static method", "method of an object", "callable object", "builtin"],
)
def test_a_job_may_be_anything_that_can_be_called(
    queue: Queue, processes: Processes, function: object, arguments: list[object], result: int
) -> None:
    job = queue.enqueue(function, *arguments)

    processes.work_off()

    assert job.return_value() == result


def test_jobs_of_a_group_run_and_are_found_by_it(redis: Redis, queue: Queue, processes: Processes) -> None:
    group = Group.create(connection=redis, name="sums")
    group.enqueue_many(queue, [Queue.prepare_data(jobs.add, (number, 1)) for number in range(3)])
    group.enqueue_many(queue, [Queue.prepare_data(jobs.add, (1, 1), result_ttl=0)])

    processes.work_off()

    assert sorted(job.return_value() for job in Group.fetch("sums", redis).get_jobs()) == [1, 2, 3]


def test_a_queue_that_is_not_asynchronous_needs_no_worker(redis: Redis, processes: Processes) -> None:
    job = Queue("work", connection=redis, is_async=False).enqueue(jobs.add, 1, 2)

    assert job.return_value() == 3


def test_many_jobs_enqueued_at_once_all_run(redis: Redis, queue: Queue, processes: Processes) -> None:
    queue.enqueue_many([Queue.prepare_data(jobs.see, (str(number),)) for number in range(50)])

    processes.work_off()

    assert sorted(seen(redis), key=int) == [str(number) for number in range(50)]


def test_many_coroutines_run_at_the_same_time(queue: Queue, processes: Processes) -> None:
    many = [queue.enqueue(job_classes.add_slowly, number, 1) for number in range(5)]

    processes.work_off()

    assert [job.return_value() for job in many] == [1, 2, 3, 4, 5]
