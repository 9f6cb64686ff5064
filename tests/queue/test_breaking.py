"""A worker that breaks at any of its commands: killed there, or cut off from Redis, no job is lost."""

from contextlib import suppress

import pytest
from redis import Redis
from rq import Queue

from tests.queue.jobs import see
from tests.queue.processes import Processes
from tests.queue.seen import seen
from tests.queue.wire import MOMENTS
from tests.queue.workload import BROKEN, JOBS, undone
from tests.waiting import wait_until

PATIENCE_S = 60  # a hundred workers share one process, and perhaps a busy machine
AT_EACH_COMMAND = pytest.mark.parametrize("moment", MOMENTS)


@AT_EACH_COMMAND
def test_a_worker_that_is_killed_at_any_command_loses_no_job(
    redis: Redis, processes: Processes, moment: str
) -> None:
    databases = break_at_each_command(redis, processes, "kill", moment)

    assert left_undone(databases) == {}
    assert any(seen(database).count("plain") > 1 for database in databases), "no job was interrupted"


@AT_EACH_COMMAND
def test_a_worker_that_is_cut_off_from_redis_at_any_command_loses_no_job(
    redis: Redis, processes: Processes, moment: str
) -> None:
    databases = break_at_each_command(redis, processes, "cut", moment)

    assert left_undone(databases) == {}
    assert {job for database in databases for job in seen(database)} == set(JOBS)


def test_workers_of_other_queues_do_not_keep_jobs_from_being_found(
    redis: Redis, queue: Queue, processes: Processes
) -> None:
    queue.enqueue(see, "taken by one that died")
    redis.lmove(queue.key, queue.intermediate_queue_key)
    processes.worker("other", dead_after_s=3600)
    wait_until(lambda: redis.exists("rq:rescue-turn:other"), what="the other to look for jobs of the dead")

    processes.worker("work", heartbeat_s=0.2, dead_after_s=1)

    wait_until(lambda: seen(redis) == ["taken by one that died"])


def break_at_each_command(redis: Redis, processes: Processes, what: str, moment: str) -> list[Redis]:
    """The databases in which a worker broke, the first at its first command, and so on."""
    process = processes.breaking_workers(what, moment)
    wait_until(lambda: redis.exists(BROKEN) or not process.is_running, 60)
    path = redis.connection_pool.connection_kwargs["path"]
    return [Redis(unix_socket_path=path, db=number) for number in range(1, int(redis.get(BROKEN)) + 1)]


def left_undone(databases: list[Redis]) -> dict[int, dict[str, list[str]]]:
    """What is left undone after some patience, by the number of the command at which the worker broke."""
    left: dict[int, dict[str, list[str]]] = {number: {} for number in range(1, len(databases) + 1)}

    def is_done() -> bool:
        for number in list(left):
            left[number] = undone(databases[number - 1])
            if not left[number]:
                del left[number]
        return not left

    with suppress(AssertionError):  # for the test to say what is left
        wait_until(is_done, PATIENCE_S)
    return left
