"""What rq-scheduler's own methods schedule still works, and is moved in one step."""

from datetime import UTC, datetime, timedelta

import pytest
from rq.job import Job

from tests.queue.beat_runs import HOURLY, SCHEDULED, drive, make_beat, make_due, scheduled, waiting
from tests.queue.jobs import add


@pytest.fixture
def beat(redis):
    return make_beat(redis, HOURLY)


def redis_now(redis) -> datetime:
    seconds, microseconds = redis.time()
    return datetime.fromtimestamp(seconds + microseconds / 1e6, UTC)


@pytest.mark.parametrize("zone", [UTC, None], ids=["with a zone", "without, which is UTC"])
def test_a_job_is_queued_at_its_time_to_the_microsecond(redis, queue, beat, zone):
    due = redis_now(redis) + timedelta(milliseconds=200)
    job = beat.enqueue_at(due.replace(tzinfo=zone), add, 1, 2, queue_name="work")
    assert scheduled(redis)[job.id] == due.timestamp()

    drive(beat, lambda: queue.job_ids)

    assert redis_now(redis) >= due
    assert queue.job_ids == [job.id]
    assert job.get_status() == "queued"
    assert job not in beat


def test_a_job_is_queued_after_a_while(redis, queue, beat):
    before = redis_now(redis)
    job = beat.enqueue_in(timedelta(milliseconds=200), add, 1, 2, queue_name="work")

    drive(beat, lambda: queue.job_ids)

    assert redis_now(redis) >= before + timedelta(milliseconds=200)
    assert queue.job_ids == [job.id]


def test_an_interval_counts_from_the_time_before(redis, queue, beat):
    due = redis_now(redis) + timedelta(milliseconds=100)
    job = beat.schedule(due, add, args=(1, 2), interval=5, queue_name="work")

    drive(beat, lambda: queue.job_ids == [job.id])

    assert scheduled(redis)[job.id] == pytest.approx(due.timestamp() + 5, abs=1e-5)


def test_a_job_that_is_repeated_runs_as_often_as_it_says(redis, queue, beat):
    job = beat.schedule(redis_now(redis), add, args=(1, 2), interval=60, repeat=2, queue_name="work")

    runs = 0
    for _ in range(4):
        move(redis, beat, job)
        runs += take(redis, job)

    assert runs == 2
    assert job not in beat


def test_a_run_that_nobody_takes_does_not_pile_up_and_is_not_counted(redis, queue, beat):
    job = beat.schedule(redis_now(redis), add, args=(1, 2), interval=60, repeat=2, queue_name="work")
    for _ in range(3):
        move(redis, beat, job)
    assert queue.job_ids == [job.id]

    take(redis, job)
    move(redis, beat, job)

    assert queue.job_ids == [job.id]
    assert job not in beat


def test_a_cron_job_is_set_down_for_its_next_time(redis, queue, beat):
    job = beat.cron("* * * * *", add, args=(1, 2), queue_name="work")

    move(redis, beat, job)

    assert queue.job_ids == [job.id]
    assert redis.time()[0] < scheduled(redis)[job.id] <= redis.time()[0] + 61
    assert scheduled(redis)[job.id] % 60 == 0


def test_a_job_that_is_to_go_to_the_front_goes_to_the_front(redis, queue, beat):
    first = queue.enqueue(add, 1, 2)

    job = beat.schedule(redis_now(redis), add, args=(1, 2), queue_name="work", at_front=True)
    drive(beat, lambda: len(queue) > 1)

    assert queue.job_ids == [job.id, first.id]


def test_a_job_keeps_its_arguments_and_lives_as_long_as_it_says(redis, queue, beat):
    job = beat.enqueue_at(redis_now(redis), add, 1, b=2, queue_name="work", timeout=7, job_ttl=100)

    drive(beat, lambda: queue.job_ids)

    [queued] = queue.jobs
    assert (queued.func, queued.args, queued.kwargs, queued.timeout) == (add, (1,), {"b": 2}, 7)
    assert 0 < redis.ttl(job.key) <= 100


def test_a_job_waits_for_what_it_depends_on(redis, queue, beat):
    first = queue.enqueue(add, 1, 2)
    job = beat.enqueue_at(redis_now(redis), add, 1, 2, queue_name="work", depends_on=first)

    drive(beat, lambda: job not in beat)

    assert queue.job_ids == [first.id]
    assert queue.deferred_job_registry.get_job_ids() == [job.id]


def test_a_job_does_not_wait_for_what_has_finished(redis, queue, beat):
    first = queue.enqueue(add, 1, 2)
    job = beat.enqueue_at(redis_now(redis), add, 1, 2, queue_name="work", depends_on=first)
    take(redis, first)

    drive(beat, lambda: job not in beat)

    assert queue.job_ids == [job.id]


def test_a_job_that_was_deleted_is_forgotten(redis, queue, beat):
    job = beat.enqueue_at(redis_now(redis), add, 1, 2, queue_name="work")
    redis.delete(job.key)

    drive(beat, lambda: job not in beat)

    assert queue.job_ids == []
    assert not redis.exists(job.key)


def test_a_job_that_cannot_be_moved_keeps_nothing_from_its_time(redis, queue, beat, caplog):
    broken = beat.schedule(redis_now(redis), add, args=(1, 2), queue_name="work")
    broken.meta["cron_string"] = "nonsense"
    broken.save_meta()
    good = beat.enqueue_at(redis_now(redis), add, 1, 2, queue_name="work")

    drive(beat, lambda: queue.job_ids)

    assert queue.job_ids == [good.id]
    assert scheduled(redis)[broken.id] > redis.time()[0] + 30
    assert f"{broken.id} cannot be moved" in caplog.text


def test_a_beat_does_not_wait_behind_a_backlog(redis, beat):
    beat.run_once()
    make_due(redis, HOURLY)
    redis.zadd(SCHEDULED, {f"overdue-{number}": number for number in range(500)})

    beat.run_once()

    assert len(waiting(redis)) == 1
    assert redis.zcard(SCHEDULED) > 400


def test_in_a_burst_all_that_is_due_is_moved(redis, queue, beat, processes):
    jobs = [beat.enqueue_at(redis_now(redis), add, 1, 2, queue_name="work") for _ in range(120)]
    later = beat.enqueue_in(timedelta(hours=1), add, 1, 2, queue_name="work")

    assert processes.beat(burst=True).wait() == 0

    assert sorted(queue.job_ids) == sorted(job.id for job in jobs)
    assert later in beat


def move(redis, beat, job: Job) -> None:
    """Have the job be due now, if it stands among the scheduled, and move it."""
    redis.zadd(SCHEDULED, {job.id: redis.time()[0]}, xx=True)
    beat.run_once()


def take(redis, job: Job) -> int:
    """Take the job as a worker does; how often it was in its queue."""
    redis.hset(job.key, "status", "finished")
    return redis.lrem(f"rq:queue:{job.origin}", 0, job.id)
