"""Registering that a job is running: the step from the intermediate queue into RQ's started registry."""

from collections.abc import Iterable, Iterator
from typing import Any

from redis.client import Pipeline
from rq.executions import Execution
from rq.job import Job
from rq.queue import Queue

from pingpong.queue.worker.view import OneJobView

EXECUTION_TTL_S = 600
"""How long RQ waits for a sign of life before it takes a running job for failed. A worker that dies is
noticed much sooner, and its jobs run again; this is for what nothing else has noticed."""

WHILE_TAKEN = """
-- KEYS: 1 intermediate queue
-- ARGV: 1 job id, then any number of commands, each as its length and its words
-- Runs the commands if the job was still in the intermediate queue, which it leaves. Returns 1 if so.
if redis.call('LREM', KEYS[1], 1, ARGV[1]) == 0 then return 0 end
local at = 2
while at <= #ARGV do
  local length = tonumber(ARGV[at])
  redis.call(unpack(ARGV, at + 1, at + length))
  at = at + length + 1
end
return 1
"""


def register_start(view: OneJobView, queue: Queue, job: Job) -> bool:
    """Write that `job` is running here, in one atomic step.

    False if someone has put the job back into its queue meanwhile, because this worker took so long that it
    was taken for dead: then it is not this worker's any more, and nothing is written.
    """
    connection = view.connection
    with connection.pipeline() as pipeline:
        # RQ's own code says what to write; the pipeline is only its list and is never executed.
        execution = Execution.create(job, EXECUTION_TTL_S, pipeline=pipeline, worker_name=view.name)
        job.prepare_for_execution(view.name, pipeline=pipeline)
        view.set_current_job_id(job.id, pipeline=pipeline)
        words = list(_words(pipeline))
    script = connection.register_script(WHILE_TAKEN)
    if not script(keys=[queue.intermediate_queue_key], args=[job.id, *words]):
        return False
    view.execution = execution
    return True


def _words(pipeline: Pipeline) -> Iterator[Any]:
    commands: Iterable[tuple[tuple[Any, ...], Any]] = pipeline.command_stack
    for command, _options in commands:
        yield len(command)
        yield from command
