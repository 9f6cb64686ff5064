"""A job that hogs the processor is noticed while it does so, by name."""

from rq import Queue

from tests.queue.jobs import add, hog, wait
from tests.queue.processes import Processes
from tests.waiting import wait_until


def test_a_job_that_hogs_the_processor_is_named_with_its_stack(queue: Queue, processes: Processes):
    worker = processes.worker()
    queue.enqueue(hog, 60)

    wait_until(lambda: "in hog" in worker.log, 20, what="the watchdog to show the stack")

    assert "the loop is blocked by tests.queue.jobs.hog" in worker.log


def test_the_kind_of_a_job_is_its_name_if_it_has_one(queue: Queue, processes: Processes):
    worker = processes.worker()
    queue.enqueue(hog, 3, meta={"kind": "crunch"})

    def said_since() -> str:
        return worker.log.partition("the loop is blocked by crunch")[2]

    wait_until(lambda: "the loop was blocked for" in said_since(), 20, what="the block to be over")


def test_a_job_that_waits_blocks_nobody(queue: Queue, processes: Processes):
    worker = processes.worker()
    first = queue.enqueue(add, 1, 2)  # it loads the code of both, which may take a while
    wait_until(lambda: first.get_status().value == "finished", 20)
    before = worker.log
    job = queue.enqueue(wait, 0.5)

    wait_until(lambda: job.get_status().value == "finished", 20)

    assert "blocked" not in worker.log.removeprefix(before)
