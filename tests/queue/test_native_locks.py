"""Threads of the operating system log beside greenlets, and keep none of them waiting for ever."""

from rq import Queue

from tests.queue.jobs import log_lines, log_lines_in_a_thread
from tests.queue.processes import Processes
from tests.waiting import wait_until


def test_jobs_that_log_get_on_while_a_thread_logs(queue: Queue, processes: Processes) -> None:
    jobs = [queue.enqueue(log_lines_in_a_thread, 20_000)]
    jobs += [queue.enqueue(log_lines, 100) for _ in range(50)]

    processes.worker()

    wait_until(lambda: all(job.get_status().value == "finished" for job in jobs), 60, what="all jobs")
