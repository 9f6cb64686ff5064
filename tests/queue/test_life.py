"""A worker's life: told to stop, killed, robbed of its Redis; and no job lost."""

import signal

import pytest
from redis import Redis
from rq import Callback, Queue, Worker
from rq.command import send_shutdown_command, send_stop_job_command
from rq.job import JobStatus

from pingpong.queue.worker import GreenletWorker
from tests.queue.jobs import add, hold, hold_and_clean_up, hold_on_stubbornly, on_stopped, see, wait
from tests.queue.processes import Processes
from tests.queue.seen import let_go, seen, wait_for
from tests.waiting import wait_until

QUICK = {"heartbeat_s": 0.2, "dead_after_s": 1.0}


def test_one_whose_birth_was_written_and_not_confirmed_is_born(redis: Redis):
    worker = GreenletWorker(["work"], name="ours", connection=redis)
    worker.register_birth()

    worker.register_birth()

    with pytest.raises(ValueError, match="active worker named 'ours'"):
        GreenletWorker(["work"], name="ours", connection=redis).register_birth()


def test_one_told_to_stop_lets_jobs_finish(redis: Redis, queue: Queue, processes: Processes):
    job = queue.enqueue(hold, "finishes")
    worker = processes.worker(grace_s=20)
    wait_for(redis, "finishes")

    worker.signal(signal.SIGTERM)
    wait_until(lambda: "stops" in worker.log)
    queue.enqueue(see, "not taken any more")
    let_go(redis)

    assert worker.wait() == 0
    assert job.get_status() == JobStatus.FINISHED
    assert len(queue) == 1


def test_what_does_not_finish_in_time_goes_back_to_the_head_in_its_order(
    redis: Redis, queue: Queue, processes: Processes
):
    jobs = [queue.enqueue(hold_and_clean_up, name) for name in "abc"]
    worker = processes.worker(grace_s=0.5)
    wait_for(redis, "a", "b", "c")

    worker.signal(signal.SIGTERM)
    wait_until(lambda: "stops" in worker.log)
    later = queue.enqueue(see, "later")

    assert worker.wait() == 0
    assert queue.job_ids == [*(job.id for job in jobs), later.id]
    assert {job.get_status() for job in jobs} == {JobStatus.QUEUED}
    assert {f"{name} cleaned up" for name in "abc"} <= set(seen(redis))
    assert queue.failed_job_registry.count == queue.started_job_registry.count == 0


def test_the_second_signal_puts_back_at_once(redis: Redis, queue: Queue, processes: Processes):
    job = queue.enqueue(hold, "put back")
    worker = processes.worker(grace_s=3600)
    wait_for(redis, "put back")

    worker.signal(signal.SIGTERM)
    # Signals of the same second count as one: a terminal and a runner may both pass on Ctrl-C.
    wait_until(lambda: worker.signal(signal.SIGTERM) or not worker.is_running, 20)

    assert queue.job_ids == [job.id]


def test_a_job_that_will_not_let_go_does_not_keep_the_worker(
    redis: Redis, queue: Queue, processes: Processes
):
    job = queue.enqueue(hold_on_stubbornly, "stubborn")
    worker = processes.worker(grace_s=0.5)
    wait_for(redis, "stubborn")

    assert worker.leave() == 0

    assert queue.job_ids == [job.id]


def test_jobs_of_a_killed_worker_run_again_soon(redis: Redis, queue: Queue, processes: Processes):
    jobs = [queue.enqueue(hold, name) for name in ("one", "two")]
    processes.worker(**QUICK)
    victim_jobs = ("one", "two")
    wait_for(redis, *victim_jobs)
    processes.end()
    redis.delete("seen")

    processes.worker(**QUICK)

    wait_for(redis, *victim_jobs)
    let_go(redis)
    wait_until(lambda: {job.get_status() for job in jobs} == {JobStatus.FINISHED})


def test_a_job_that_was_taken_and_not_begun_runs_again_soon(redis: Redis, queue: Queue, processes: Processes):
    queue.enqueue(see, "taken by one that died")
    redis.lmove(queue.key, queue.intermediate_queue_key)

    processes.worker(**QUICK)

    wait_for(redis, "taken by one that died")
    wait_until(lambda: queue.intermediate_queue.get_job_ids() == [])


def test_jobs_of_a_living_worker_are_left_alone(redis: Redis, queue: Queue, processes: Processes):
    queue.enqueue(hold, "long")
    processes.worker(**QUICK)
    wait_for(redis, "long")
    processes.worker("other,work", **QUICK)

    beats = {worker.name: worker.last_heartbeat for worker in Worker.all(connection=redis)}
    wait_until(
        lambda: all(
            worker.last_heartbeat and (worker.last_heartbeat - beats[worker.name]).total_seconds() > 2
            for worker in Worker.all(connection=redis)
            if beats.get(worker.name)
        ),
        20,
    )

    assert seen(redis) == ["long"]


def test_one_of_many_jobs_is_stopped(redis: Redis, queue: Queue, processes: Processes):
    stopped = queue.enqueue(hold, "stopped", on_stopped=Callback(on_stopped))
    other = queue.enqueue(hold, "goes on")
    processes.worker()
    wait_for(redis, "stopped", "goes on")
    wait_until(lambda: redis.pubsub_numsub(f"rq:pubsub:{Worker.all(connection=redis)[0].name}")[0][1])

    send_stop_job_command(redis, stopped.id)

    wait_until(lambda: stopped.get_status() == JobStatus.STOPPED)
    let_go(redis)
    wait_until(lambda: other.get_status() == JobStatus.FINISHED)
    assert seen(redis).count("stopped") == 2


def test_a_worker_leaves_when_rq_tells_it_to(redis: Redis, processes: Processes):
    worker = processes.worker()
    wait_until(lambda: Worker.all(connection=redis))
    name = Worker.all(connection=redis)[0].name
    wait_until(lambda: redis.pubsub_numsub(f"rq:pubsub:{name}")[0][1])

    send_shutdown_command(redis, name)

    assert worker.wait() == 0
    assert Worker.all(connection=redis) == []


def test_a_job_that_waits_too_long_times_out_alone(redis: Redis, queue: Queue, processes: Processes):
    slow = queue.enqueue(wait, 60, job_timeout=1)
    other = queue.enqueue(hold, "other")
    processes.worker()
    wait_for(redis, "other")

    wait_until(lambda: slow.get_status() == JobStatus.FAILED)
    let_go(redis)

    wait_until(lambda: other.get_status() == JobStatus.FINISHED)
    assert "JobTimeoutException" in (slow.latest_result().exc_string or "")


def test_a_worker_that_redis_forgot_registers_again(redis: Redis, queue: Queue, processes: Processes):
    processes.worker(**QUICK)
    wait_until(lambda: Worker.all(connection=redis))

    redis.flushall()

    wait_until(lambda: Worker.all(connection=redis))
    queue.enqueue(see, "after the flush")
    wait_for(redis, "after the flush")


def test_a_worker_outlives_its_redis(server, tmp_path):
    server.start()
    processes = Processes(server.url, tmp_path)
    try:
        worker = processes.worker(**QUICK)
        wait_until(lambda: Worker.all(connection=server.client()))
        server.kill()
        wait_until(lambda: "away" in worker.log, 20)

        server.start()

        job = Queue("work", connection=server.client()).enqueue(add, 1, 2)
        wait_until(lambda: job.get_status() == JobStatus.FINISHED, 20)
        assert worker.is_running
    finally:
        processes.end()


@pytest.mark.parametrize("result_ttl", [0, 30])
def test_a_finished_job_leaves_nothing_for_ever(
    redis: Redis, queue: Queue, processes: Processes, result_ttl: int
):
    job = queue.enqueue(add, 1, 2, result_ttl=result_ttl)
    processes.worker("work", work={"burst": True}).wait()

    forever = [key.decode() for key in redis.keys(f"*{job.id}*") if redis.ttl(key) == -1]
    assert forever == []
