"""RQ's webhooks: others are told how a job ended."""

from rq import Queue, Retry
from rq.job import JobStatus
from rq.webhook import Webhook

from tests.queue import jobs
from tests.queue.processes import Processes
from tests.queue.web_server import listening


def webhooks(url: str) -> list[Webhook]:
    return [Webhook(url, status, method="POST") for status in ("finished", "failed")]


def test_the_web_is_told_of_a_failed_job(queue: Queue, processes: Processes) -> None:
    with listening() as (url, posted):
        job = queue.enqueue(jobs.fail, webhooks=webhooks(url))

        processes.work_off()

    assert [(post["job_id"], post["status"]) for post in posted] == [(job.id, "failed")]
    assert "ValueError: on purpose" in posted[0]["exc_info"]


def test_the_web_is_told_of_a_finished_job(queue: Queue, processes: Processes) -> None:
    with listening() as (url, posted):
        job = queue.enqueue(jobs.add, 1, 2, webhooks=webhooks(url))
        needed = queue.enqueue(jobs.add, 1, 2, webhooks=webhooks(url), job_id="needed")
        queue.enqueue(jobs.add, 1, 2, depends_on=needed)

        processes.work_off()

    assert {(post["job_id"], post["status"]) for post in posted} == {
        (job.id, "finished"),
        ("needed", "finished"),
    }


def test_the_web_is_not_told_of_an_attempt_that_is_retried(queue: Queue, processes: Processes) -> None:
    with listening() as (url, posted):
        queue.enqueue(jobs.fail, retry=Retry(max=1), webhooks=webhooks(url))

        processes.work_off()

    assert [post["status"] for post in posted] == ["failed"]


def test_a_web_that_does_not_answer_does_no_harm(queue: Queue, processes: Processes) -> None:
    job = queue.enqueue(jobs.add, 1, 2, webhooks=webhooks("http://127.0.0.1:9/"))

    processes.work_off()

    assert job.get_status() == JobStatus.FINISHED
