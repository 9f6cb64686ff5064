"""Jobs leave in Redis what RQ's own worker would leave: a change of RQ's shows here."""

import pickle
from collections.abc import Iterator
from dataclasses import replace

import pytest
from redis import Redis
from rq import Queue

from tests.queue.jobs import hold
from tests.queue.processes import Processes
from tests.queue.scenes import PLAYED, SCENES
from tests.queue.seen import wait_for
from tests.queue.traces import FOR_EVER, Trace, traces
from tests.redis_server import RedisServer
from tests.waiting import wait_until

OURS = ("rq:rescue-turn", "rq:missed:")
"""Keys that RQ does not know, which expire by themselves."""
WORKER = "rq:worker:worker"
COUNTERS = {
    "successful_job_count": "0",
    "failed_job_count": "0",
    "total_working_time": "<seconds>",
    "current_job_working_time": "0",
}
"""One that a worker has not written is 0, also for RQ."""

ALL_SCENES_WITHIN_S = 60
"""There are 29, one after the other, each with a worker of its own."""

Play = dict[str, dict[str, Trace]]


@pytest.fixture(scope="module")
def plays(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Play]]:
    """What all scenes leave: when played by RQ's worker, and by ours."""
    folder = tmp_path_factory.mktemp("traces")
    server = RedisServer(folder)
    server.start()
    yield {name: _play(server, Processes(server.url, folder), name) for name in ("rq", "greenlet")}
    server.kill()


@pytest.mark.parametrize("scene", SCENES)
def test_a_job_leaves_what_it_leaves_with_rqs_own_worker(plays: dict[str, Play], scene: str) -> None:
    theirs, ours = plays["rq"][scene], plays["greenlet"][scene]

    extra = {key: ours.pop(key) for key in list(ours) if key.startswith(OURS)}
    assert _with_counters(ours) == _with_counters(theirs)
    assert all(trace.lives_s != FOR_EVER for trace in extra.values())


def test_a_job_at_work_looks_as_with_rqs_own_worker(redis: Redis, queue: Queue, processes: Processes) -> None:
    def caught_at_work(**options: str) -> dict[str, Trace]:
        redis.flushdb()
        queue.enqueue(hold, "held", job_id="job")
        processes.worker(name="worker", **options)
        wait_for(redis, "held")
        return traces(redis)

    theirs = caught_at_work(**{"class": "rq.SimpleWorker"})
    ours = caught_at_work()

    assert {key for key in ours if not key.startswith(OURS)} == set(theirs)
    assert ours["rq:job:job"] == theirs["rq:job:job"]
    assert COUNTERS | ours[WORKER].content == COUNTERS | theirs[WORKER].content
    assert [job for job, _ends in ours["rq:wip:work"].content] == ["job:<id>"]
    for key in ("rq:execution:job:<id>", "rq:executions:job", WORKER):
        assert ours[key].type == theirs[key].type
        assert (ours[key].lives_s == FOR_EVER) is (theirs[key].lives_s == FOR_EVER)
    executions = [caught["rq:execution:job:<id>"].content for caught in (ours, theirs)]
    executions[0].pop("silent_after", None)
    assert executions[0] == executions[1]


def _play(server: RedisServer, processes: Processes, worker_class: str) -> Play:
    server.client().flushall()
    process = processes.scene_worker(worker_class)
    try:
        wait_until(lambda: not process.is_running, ALL_SCENES_WITHIN_S)
        assert process.wait() == 0, process.log
        play: Play = pickle.loads(server.client().get(PLAYED))
    finally:
        processes.end()
    return play


def _with_counters(play: dict[str, Trace]) -> dict[str, Trace]:
    worker = play[WORKER]
    return play | {WORKER: replace(worker, content=COUNTERS | worker.content)}
