"""Taking goes on, whatever Redis answers."""

from redis import Redis
from rq import Queue

from tests.queue.jobs import see
from tests.queue.processes import Processes
from tests.queue.seen import wait_for
from tests.waiting import wait_until


def test_a_queue_that_cannot_be_read_for_a_while_is_taken_from_again(
    redis: Redis, queue: Queue, processes: Processes
) -> None:
    redis.set(queue.key, "not a list")
    worker = processes.worker()
    wait_until(lambda: "taking from work broke" in worker.log, 20, what="the worker to say so")

    redis.delete(queue.key)
    queue.enqueue(see, "at last")

    wait_for(redis, "at last")
