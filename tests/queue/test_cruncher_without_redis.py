"""A cruncher whose Redis goes away, comes back, or is not there yet."""

import pytest
from rq import Queue
from rq.job import JobStatus

from tests.queue.crunchers import QUICK, crunchers
from tests.queue.jobs import add, hold_without_redis, wait
from tests.queue.processes import Processes
from tests.waiting import wait_until


@pytest.mark.parametrize("is_busy", [False, True], ids=["idle", "busy"])
def test_a_cruncher_outlives_its_redis(server, tmp_path, is_busy):
    server.start()
    processes = Processes(server.url, tmp_path)
    try:
        queue = Queue("work", connection=server.client())
        cruncher = processes.cruncher(**QUICK)
        wait_until(lambda: crunchers(server.client()), 20)
        job = queue.enqueue(hold_without_redis, str(tmp_path)) if is_busy else None
        wait_until(lambda: not is_busy or (tmp_path / "runs").exists(), 20)
        server.kill()
        wait_until(lambda: "away" in cruncher.log or "could not connect" in cruncher.log, 20)

        server.start()

        (tmp_path / "go").touch()
        job = job or queue.enqueue(add, 1, 2)
        wait_until(lambda: job.get_status() == JobStatus.FINISHED, 30)
        assert cruncher.is_running
        assert job.latest_result().return_value in (3, "waited")
    finally:
        processes.end()


def test_a_cruncher_waits_for_a_redis_that_is_not_there_yet(server, tmp_path):
    processes = Processes(server.url, tmp_path)
    try:
        cruncher = processes.cruncher(**QUICK)
        wait_until(lambda: "away" in cruncher.log, 20)

        server.start()

        wait_until(lambda: crunchers(server.client()), 20)
    finally:
        processes.end()


@pytest.mark.parametrize("is_busy", [False, True], ids=["idle", "busy"])
def test_a_cruncher_leaves_while_its_redis_is_away(server, tmp_path, is_busy):
    server.start()
    processes = Processes(server.url, tmp_path)
    try:
        queue = Queue("work", connection=server.client())
        cruncher = processes.cruncher(**QUICK, grace_s=0.5)
        wait_until(lambda: crunchers(server.client()), 20)
        if is_busy:
            queue.enqueue(wait, 3600)
            wait_until(lambda: queue.started_job_registry.count, 20)
        server.kill()

        assert cruncher.leave() == 0
        assert "unhandled" not in cruncher.log
    finally:
        processes.end()
